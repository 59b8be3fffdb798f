/*
 * The DNS names of gateways: what they were last resolved to, and when to ask again.
 *
 * Pure: whoever asks the DNS (kube/resolver) takes the next name that is due and brings the answer
 * back. What a name was resolved to is kept when an answer fails, for the DNS being away says
 * nothing about the gateway. That a name does not exist, or has no addresses, is an answer: but
 * load balancers are re-registered, and providers' servers do not all change at once, so the
 * addresses go only when that has been the answer for 10 minutes. Keeping them is safe for as
 * long: only failed-over traffic goes there, and mTLS ends at the Service's own pod or nowhere.
 */
#ifndef SW_SYNC_NAMES_H
#define SW_SYNC_NAMES_H

#include "base/err.h"
#include "model/ip.h"

/* An answer holds for its TTL, and for as long as this at least and at most. */
#define SW_NAMES_MIN_MS 30000
#define SW_NAMES_MAX_MS 600000

/* A name that has never had an answer is asked for again then, and twice as late each time, up to
 * SW_NAMES_MIN_MS. */
#define SW_NAMES_RETRY_MS 2000

/* A name that is said not to exist keeps its addresses for so long. */
#define SW_NAMES_GONE_MS 600000

/* Most names, and addresses of one name (the lowest are kept). */
#define SW_NAMES_MAX           10000
#define SW_NAMES_MAX_ADDRESSES 32

enum sw_names_outcome {
    SW_NAMES_FOUND,  /* at least one address; as NONE if no other cluster could reach any */
    SW_NAMES_NONE,   /* there is no such name, or it has no addresses */
    SW_NAMES_FAILED, /* no answer: time-out, SERVFAIL, a malformed or refused one */
};

struct sw_names_answer {
    enum sw_names_outcome outcome;
    const struct sw_ip *addresses; /* of FOUND; borrowed, in any order, doubles allowed */
    size_t n;
    int64_t ttl_ms;     /* the shortest of all records that led there */
    uint8_t unanswered; /* of FOUND: the family, 4 or 6, that there was no answer for, whose
                           addresses stay; 0 for none */
};

struct sw_names;

/* Empty. Owned: sw_names_free(). Fails with SW_ENOMEM. */
int sw_names_new(struct sw_names **ret, struct sw_err *reterr);
void sw_names_free(struct sw_names *names);

/* Tells which names are wanted from now on: begin, each of them, end, which forgets all others. A
 * trailing dot and letter case make no other name. Fails with SW_ENOMEM, SW_ELIMIT (too many) and
 * SW_ETYPE (no host name: over 253 bytes, an empty or too long label, or another byte than letters,
 * digits, '-' and '_'). */
void sw_names_begin(struct sw_names *names);
int sw_names_want(struct sw_names *names, struct sw_str name, struct sw_err *reterr);
void sw_names_end(struct sw_names *names);

/* The next name to ask for at now_ms, NUL-terminated, lower-case, without a dot at its end; valid
 * until sw_names_answer() for it, and not given again before. NULL if none is due: *ret_wake_ms is
 * when one will be (INT64_MAX for never). */
const char *sw_names_next(struct sw_names *names, int64_t now_ms, int64_t *ret_wake_ms);

/* The answer for a name; one that is not wanted any more is passed over. */
void sw_names_answer(struct sw_names *names, const char *name, int64_t now_ms,
                     const struct sw_names_answer *answer);

/* The addresses of a name, sorted, each once, borrowed until the next answer; none while there are
 * none or it is not wanted. Those that no other cluster could reach (loopback, link-local,
 * multicast, unspecified) are left out. */
size_t sw_names_addresses(const struct sw_names *names, struct sw_str name,
                          const struct sw_ip **ret);

/* How the names fare that are wanted, one that is being asked for the first time included. */
struct sw_names_summary {
    size_t n; /* all of them */
    size_t
        n_failing;  /* whose last answer was no address; what was known stays in use, for a while */
    size_t n_empty; /* that have no address */
    /* When the oldest of the addresses that are still in use, though the last answer was none, were
     * last found (as now_ms); -1 for no such. */
    int64_t oldest_ms;
};

/* Counts them. */
struct sw_names_summary sw_names_summary(const struct sw_names *names);

/* Counts the answers that changed a name's addresses: compare to see that there were some. */
uint64_t sw_names_version(const struct sw_names *names);

#endif
