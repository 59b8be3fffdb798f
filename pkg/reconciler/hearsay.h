/*
 * What the reconcilers of other clusters say in the ConfigMaps that they keep there
 * (reconciler/bulletin.h): asked for again and again, for whoever writes status conditions.
 *
 * What a cluster said last stays while it cannot be asked; where it can be and does not hand its
 * report out, that grows old, as one does that nobody writes. Its clock is not compared with ours
 * but once, roughly: that somebody still writes is known by what is written changing. For the
 * thread that runs the sw_http.
 */
#ifndef SW_RECONCILER_HEARSAY_H
#define SW_RECONCILER_HEARSAY_H

#include "failover/reason.h"
#include "io/log.h"
#include "kube/call.h"
#include "reconciler/members.h"
#include "reconciler/tally.h"

/* How often each is asked, and how often while something is not as it should be. */
#define SW_HEARSAY_PERIOD_MS 30000
#define SW_HEARSAY_HURRY_MS  10000

/* Borrowed for its life. */
struct sw_hearsay_options {
    struct sw_http *http;
    struct sw_str namespace_; /* of the ConfigMaps: as ours is; unset: nobody is asked */
    struct sw_log *log;       /* NULL: nothing is logged */
};

/* What is known of one cluster's report. */
struct sw_hearsay_word {
    enum sw_reason reason; /* SW_PROGRAMMED: it is there and is kept; else why not */
    const char *detail;    /* one line: what is wrong and what to do; "" for nothing; borrowed */
    int64_t written_s;     /* Unix time, by its clock; -1: never */
    const struct sw_tally *tally; /* as last reported; borrowed; NULL: never */
    bool omitted;                 /* it has no room for all settings */
};

struct sw_hearsay;

/* Asks nobody yet. Owned: sw_hearsay_free(). Fails with SW_ENOMEM. */
int sw_hearsay_new(const struct sw_hearsay_options *options, struct sw_hearsay **ret,
                   struct sw_err *reterr);

/* Gives up what is under way. NULL is allowed. */
void sw_hearsay_free(struct sw_hearsay *hearsay);

/* Gives up what is under way, and asks again: clusters are reached another way from now on. */
void sw_hearsay_move(struct sw_hearsay *hearsay);

/* The same, and forgets all that was said. */
void sw_hearsay_forget(struct sw_hearsay *hearsay);

/* From now on everybody is asked more often, or is not. */
void sw_hearsay_hurry(struct sw_hearsay *hearsay, bool hurry);

/* Asks those members, but for the one of that name, whose time has come; returns when something is
 * due again (monotonic). */
int64_t sw_hearsay_step(struct sw_hearsay *hearsay, const struct sw_members *members,
                        struct sw_str local, int64_t now_ms);

/* What that cluster says; *ret is borrowed until the next step or run of the sw_http. */
void sw_hearsay_of(const struct sw_hearsay *hearsay, struct sw_str cluster,
                   struct sw_hearsay_word *ret);

/* True once so many are known of, and each that can be asked has given some answer. */
bool sw_hearsay_is_settled(const struct sw_hearsay *hearsay, size_t n);

/* Rises whenever what is known is another thing. */
uint64_t sw_hearsay_version(const struct sw_hearsay *hearsay);

#endif
