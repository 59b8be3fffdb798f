/*
 * The command line of spillway-webhook.
 *
 * Everything is checked here that can be checked without touching a file or a socket, so that wrong
 * usage is told before anything starts.
 */
#ifndef SW_WEBHOOK_OPTIONS_H
#define SW_WEBHOOK_OPTIONS_H

#include "base/err.h"
#include "io/clusters.h"
#include "io/log.h"
#include "serve/tls.h"
#include "webhook/cert_keeper.h"

/* Most server threads: each holds an arena and a loop, and 64 of them answer more reviews than API
 * servers send. */
#define SW_OPTIONS_THREADS_MAX 64
/* Most server threads that are started unasked. */
#define SW_OPTIONS_THREADS_DEFAULT_MAX 8
/* Longest drain: far over any terminationGracePeriodSeconds in use. */
#define SW_OPTIONS_DRAIN_MAX_S 3600
/* Most --client-name. */
#define SW_OPTIONS_CLIENT_NAMES_MAX 16

/* What the command line asks for. */
enum sw_options_action { SW_OPTIONS_RUN, SW_OPTIONS_HELP, SW_OPTIONS_VERSION };

/* The caller's storage; strings are borrowed from argv. */
struct sw_options {
    enum sw_options_action action; /* where it is not SW_OPTIONS_RUN, the rest was not checked */
    const char *listen;            /* ADDR:PORT, for TLS */
    const char *probe_listen;      /* ADDR:PORT, plain */
    struct sw_tls_options tls;     /* with cert_file and key_file, or late; names point into
                                      client_names */
    struct sw_cert_keeping certs;  /* where tls is late: how the webhook keeps its own */
    size_t n_threads;              /* 1 to SW_OPTIONS_THREADS_MAX */
    unsigned int drain_s;          /* seconds, 0 to SW_OPTIONS_DRAIN_MAX_S */
    enum sw_log_level log_level;
    struct sw_clusters clusters;                               /* checked: at least one */
    const char *cluster_secrets; /* the namespace of Secrets that name remote clusters; NULL: not
                                    said; then our own, where the local cluster is our Pod's */
    bool no_cluster_secrets;     /* there are none */
    const char *client_names[SW_OPTIONS_CLIENT_NAMES_MAX + 1]; /* ends in NULL */
    size_t n_client_names;
};

/* Reads argv[1] to argv[argc - 1] into *ret, which must stay where it is while it is used; it is
 * undefined on failure. n_cpus is the number of processors that the process may use. Not for two
 * threads at once (getopt). Fails with SW_EUSAGE and SW_ELIMIT; the message names the option, what
 * was expected and what was found. */
int sw_options_parse(int argc, char *const argv[], size_t n_cpus, struct sw_options *ret,
                     struct sw_err *reterr);

/* What --help prints, whole lines of at most 80 columns; static. */
const char *sw_options_help(void);

#endif
