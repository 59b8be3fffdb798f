#include "kube/resolver.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/banned.h"

#define DEFAULT_TIMEOUT_MS 2000
#define DEFAULT_TRIES      2

/* Most addresses of one answer that are looked at. */
#define MAX_RECORDS 64

struct sw_resolver {
    struct sw_names *names; /* borrowed */
    ares_channel channel;
    int64_t now_ms; /* of the step under way */
    size_t n_queries;
    struct sw_resolver_stats stats;
};

/* One name, asked for twice. */
struct query {
    struct sw_resolver *resolver;
    const char *name; /* borrowed from the names, which keep it until it is answered */
    int n_left;       /* answers to come */
    int n_failed;
    uint8_t failed_family;
    int64_t ttl_ms;
    size_t n;
    struct sw_ip addresses[2 * MAX_RECORDS];
};

int sw_resolver_setup(struct sw_err *reterr)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return sw_err_set(reterr, SW_EINTERNAL, "c-ares does not initialise");
    return 0;
}

int sw_resolver_new(struct sw_names *names, const struct sw_resolver_options *options,
                    struct sw_resolver **ret, struct sw_err *reterr)
{
    struct ares_options ares = {
        .timeout = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS,
        .tries = options->tries ? options->tries : DEFAULT_TRIES,
    };
    struct sw_resolver *resolver = calloc(1, sizeof(*resolver));
    int status;

    if (!resolver)
        return sw_err_nomem(reterr);
    resolver->names = names;
    status = ares_init_options(&resolver->channel, &ares, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS) {
        free(resolver);
        return status == ARES_ENOMEM
                   ? sw_err_nomem(reterr)
                   : sw_err_set(reterr, SW_EINTERNAL, "c-ares: %s", ares_strerror(status));
    }
    if (options->servers) {
        status = ares_set_servers_ports_csv(resolver->channel, options->servers);
        if (status != ARES_SUCCESS) {
            sw_resolver_free(resolver);
            return sw_err_set(reterr, SW_EUSAGE, "DNS servers: expected addresses, found \"%s\"",
                              options->servers);
        }
    }
    *ret = resolver;
    return 0;
}

/* c-ares ends what is under way with a callback each. */
void sw_resolver_free(struct sw_resolver *resolver)
{
    if (!resolver)
        return;
    ares_destroy(resolver->channel);
    free(resolver);
}

const struct sw_resolver_stats *sw_resolver_stats(const struct sw_resolver *resolver)
{
    return &resolver->stats;
}

static void tell(struct sw_resolver *resolver, const char *name,
                 const struct sw_names_answer *answer)
{
    resolver->stats.n_found += answer->outcome == SW_NAMES_FOUND;
    resolver->stats.n_none += answer->outcome == SW_NAMES_NONE;
    resolver->stats.n_failed += answer->outcome == SW_NAMES_FAILED;
    sw_names_answer(resolver->names, name, resolver->now_ms, answer);
}

/* One answer less to come. After the last, the names learn of all. */
static void finish_one(struct query *query)
{
    struct sw_resolver *resolver = query->resolver;
    struct sw_names_answer answer = {
        .outcome = query->n          ? SW_NAMES_FOUND
                   : query->n_failed ? SW_NAMES_FAILED
                                     : SW_NAMES_NONE,
        .addresses = query->addresses,
        .n = query->n,
        .ttl_ms = query->ttl_ms,
        .unanswered = query->failed_family,
    };

    if (--query->n_left > 0)
        return;
    resolver->n_queries--;
    tell(resolver, query->name, &answer);
    free(query);
}

static void fail_one(struct query *query, uint8_t family)
{
    query->n_failed++;
    query->failed_family = family;
}

static void add(struct query *query, uint8_t family, const void *bytes, int ttl_s)
{
    struct sw_ip *ip = &query->addresses[query->n++];

    *ip = (struct sw_ip){.family = family};
    memcpy(ip->bytes, bytes, family == 4 ? 4 : 16);
    if ((int64_t)ttl_s * 1000 < query->ttl_ms)
        query->ttl_ms = (int64_t)ttl_s * 1000;
}

/* An answer that there is no such name, or no such record of it, is an answer too. */
static bool is_none(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA;
}

static void on_a(void *context, int status, int timeouts, unsigned char *bytes, int len)
{
    struct ares_addrttl records[MAX_RECORDS];
    struct query *query = context;
    int n = MAX_RECORDS;

    (void)timeouts;
    if (status == ARES_SUCCESS)
        status = ares_parse_a_reply(bytes, len, NULL, records, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++)
        add(query, 4, &records[i].ipaddr, records[i].ttl);
    if (status != ARES_SUCCESS && !is_none(status))
        fail_one(query, 4);
    finish_one(query);
}

static void on_aaaa(void *context, int status, int timeouts, unsigned char *bytes, int len)
{
    struct ares_addr6ttl records[MAX_RECORDS];
    struct query *query = context;
    int n = MAX_RECORDS;

    (void)timeouts;
    if (status == ARES_SUCCESS)
        status = ares_parse_aaaa_reply(bytes, len, NULL, records, &n);
    for (int i = 0; status == ARES_SUCCESS && i < n; i++)
        add(query, 6, &records[i].ip6addr, records[i].ttl);
    if (status != ARES_SUCCESS && !is_none(status))
        fail_one(query, 6);
    finish_one(query);
}

/* An answer may come from within ares_query(): the third one is ours, so that it outlives both. */
static void ask(struct sw_resolver *resolver, const char *name)
{
    const struct sw_names_answer failed = {.outcome = SW_NAMES_FAILED};
    struct query *query = calloc(1, sizeof(*query));

    if (!query) {
        tell(resolver, name, &failed);
        return;
    }
    query->resolver = resolver;
    query->name = name;
    query->n_left = 3;
    query->ttl_ms = SW_NAMES_MAX_MS;
    resolver->n_queries++;
    ares_query(resolver->channel, name, ns_c_in, ns_t_a, on_a, query);
    ares_query(resolver->channel, name, ns_c_in, ns_t_aaaa, on_aaaa, query);
    finish_one(query);
}

/* c-ares' sockets, with what it waits for on each. (Its own macros shift into the sign.) */
static size_t get_sockets(const struct sw_resolver *resolver,
                          struct sw_http_fd fds[static ARES_GETSOCK_MAXNUM])
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned int mask = (unsigned int)ares_getsock(resolver->channel, sockets, ARES_GETSOCK_MAXNUM);
    size_t n = 0;

    for (unsigned int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        bool reads = mask >> i & 1, writes = mask >> (i + ARES_GETSOCK_MAXNUM) & 1;

        if (reads || writes)
            fds[n++] = (struct sw_http_fd){sockets[i], reads, writes};
    }
    return n;
}

/* The sockets do not block: those that are not ready are tried in vain. Answers may close sockets,
 * and open others, which c-ares passes over by their numbers. */
static void process(struct sw_resolver *resolver)
{
    struct sw_http_fd fds[ARES_GETSOCK_MAXNUM];
    size_t n = get_sockets(resolver, fds);

    for (size_t i = 0; i < n; i++)
        ares_process_fd(resolver->channel, fds[i].readable ? fds[i].fd : ARES_SOCKET_BAD,
                        fds[i].writable ? fds[i].fd : ARES_SOCKET_BAD);
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* time-outs */
}

int64_t sw_resolver_step(struct sw_resolver *resolver, int64_t now_ms)
{
    int64_t wake_ms = INT64_MAX;
    struct timeval wait, *next;
    const char *name;

    resolver->now_ms = now_ms;
    process(resolver);
    while (resolver->n_queries < SW_RESOLVER_MAX_QUERIES &&
           (name = sw_names_next(resolver->names, now_ms, &wake_ms)))
        ask(resolver, name);
    next = ares_timeout(resolver->channel, NULL, &wait);
    if (next) {
        int64_t due_ms = now_ms + (int64_t)next->tv_sec * 1000 + next->tv_usec / 1000 + 1;

        wake_ms = due_ms < wake_ms ? due_ms : wake_ms;
    }
    return wake_ms;
}

size_t sw_resolver_fds(const struct sw_resolver *resolver,
                       struct sw_http_fd fds[static SW_HTTP_MAX_FDS])
{
    _Static_assert(ARES_GETSOCK_MAXNUM <= SW_HTTP_MAX_FDS, "all of them can be waited for");

    return get_sockets(resolver, fds);
}
