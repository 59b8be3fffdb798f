/*
 * Asks the DNS for the names of gateways that are due (sync/names), over c-ares.
 *
 * Names are asked for as they stand: no search domains, which in a pod would make five questions of
 * each, and no hosts file. A and AAAA are asked for each; a CNAME leads on as the DNS server has
 * it, and its TTL counts. A truncated answer is asked for again over TCP.
 */
#ifndef SW_KUBE_RESOLVER_H
#define SW_KUBE_RESOLVER_H

#include "kube/http.h"
#include "sync/names.h"

/* Most names that are asked for at a time. */
#define SW_RESOLVER_MAX_QUERIES 32

struct sw_resolver;

struct sw_resolver_options {
    const char *servers; /* "192.0.2.1:53,[2001:db8::1]:53"; NULL: those of /etc/resolv.conf */
    int timeout_ms;      /* of the first try; 0: 2 s. Later ones wait longer */
    int tries;           /* of each server; 0: 2 */
};

/* Once in a process, before any thread starts; calls c-ares' global initialisation. Fails with
 * SW_EINTERNAL. */
int sw_resolver_setup(struct sw_err *reterr);

/* `names` is borrowed for the resolver's life. Owned: sw_resolver_free(). Fails with SW_ENOMEM and
 * SW_EUSAGE (servers that are no addresses). */
int sw_resolver_new(struct sw_names *names, const struct sw_resolver_options *options,
                    struct sw_resolver **ret, struct sw_err *reterr);

/* Gives up what is under way: it has failed, as far as the names know. NULL is allowed. */
void sw_resolver_free(struct sw_resolver *resolver);

/* Asks for what is due at now_ms (monotonic) and takes the answers that have come. Returns when to
 * call again at the latest; before that, when one of sw_resolver_fds() is ready. */
int64_t sw_resolver_step(struct sw_resolver *resolver, int64_t now_ms);

/* Lookups that have ended, by what they came to; a name that is asked for twice, for both families,
 * is one. */
struct sw_resolver_stats {
    uint64_t n_found;
    uint64_t n_none;
    uint64_t n_failed;
};

/* Borrowed. */
const struct sw_resolver_stats *sw_resolver_stats(const struct sw_resolver *resolver);

/* What to wait for, for sw_http_wait_too(): the number of `fds` that were filled in. Valid until
 * the next step. */
size_t sw_resolver_fds(const struct sw_resolver *resolver,
                       struct sw_http_fd fds[static SW_HTTP_MAX_FDS]);

#endif
