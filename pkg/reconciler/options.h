/*
 * The command line of spillway-reconciler.
 *
 * Everything is checked here that can be checked without touching a file or a socket, so that wrong
 * usage is told before anything starts.
 */
#ifndef SW_RECONCILER_OPTIONS_H
#define SW_RECONCILER_OPTIONS_H

#include "base/err.h"
#include "io/clusters.h"
#include "io/log.h"

/* Longest --remote-ttl: a year, beyond which one may as well say nothing. */
#define SW_RECONCILER_TTL_MAX_S (365u * 24 * 60 * 60)

/* Writes a second. One leader a cluster writes, nothing at all while nothing changes; when it does,
 * traffic waits: a gateway's new address costs two writes an entry, so that 5,000 Services follow
 * in under a minute, and would in four at the 50/s that controllers without users behind them are
 * given. An API server takes thousands of such writes a second; one that is busy says so by API
 * Priority and Fairness (429), which is heeded. And the most that can be asked for. */
#define SW_RECONCILER_RATE     200u
#define SW_RECONCILER_RATE_MAX 10000u

/* What the command line asks for. */
enum sw_reconciler_action { SW_RECONCILER_RUN, SW_RECONCILER_HELP, SW_RECONCILER_VERSION };

/* The caller's storage; strings are borrowed from argv. */
struct sw_reconciler_options {
    enum sw_reconciler_action action; /* where it is not SW_RECONCILER_RUN, the rest was not
                                         checked */
    const char *probe_listen;         /* ADDR:PORT, plain */
    struct sw_str namespace_;         /* ours: of the Lease, of what we tell other clusters, and of
                                         the Secrets; unset: the Pod's own */
    struct sw_str root_namespace;     /* of the mesh; istio-system unless it was said */
    bool leader_elect;                /* only the holder of the Lease writes */
    bool no_cluster_secrets;          /* remote clusters are those of the command line alone */
    unsigned int remote_ttl_s;        /* a view that is frozen for longer counts for nothing; 0:
                                         for ever */
    unsigned int write_rate;          /* writes a second */
    const char *dns_servers;          /* NULL: those of /etc/resolv.conf */
    enum sw_log_level log_level;
    struct sw_clusters clusters; /* checked: at least one, the local one an API server */
};

/* Reads argv[1] to argv[argc - 1] into *ret, which must stay where it is while it is used; it is
 * undefined on failure. Not for two threads at once (getopt). Fails with SW_EUSAGE and SW_ELIMIT;
 * the message names the option, what was expected and what was found. */
int sw_reconciler_options_parse(int argc, char *const argv[], struct sw_reconciler_options *ret,
                                struct sw_err *reterr);

/* What --help prints, whole lines of at most 80 columns; static. */
const char *sw_reconciler_options_help(void);

#endif
