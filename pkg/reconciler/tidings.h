/*
 * One cluster's report as it was last read from its ConfigMap, and whether somebody still writes
 * it.
 *
 * That somebody does is known by what is written changing; the writer's clock is compared with ours
 * once, roughly. Reads no clock.
 */
#ifndef SW_RECONCILER_TIDINGS_H
#define SW_RECONCILER_TIDINGS_H

#include "kube/answer.h"
#include "reconciler/report.h"

/* A report is written anew every minute. One that was not for so long has nobody who writes it. */
#define SW_TIDINGS_STALE_MS 300000

/* One that was written longer ago than that, by our clock, when it is first seen counts as stale
 * until it changes: clocks that are ten minutes apart break more than this. */
#define SW_TIDINGS_OLD_MS 600000

/* The caller's storage; may be read. */
struct sw_tidings {
    bool known;            /* the next two are set */
    struct sw_tally tally; /* in `kept` */
    bool omitted;          /* there are settings that the report has no room for */
    int64_t written_s;     /* Unix time, by the writer's clock; -1: never */
    int64_t changed_ms;    /* private: when that was last seen to change (monotonic); -1: it was old
                              when it was first seen */
    struct sw_digest digest; /* private: of the report's text */
    struct sw_arena kept;    /* private */
};

/* Knows nothing; takes no memory yet. */
void sw_tidings_init(struct sw_tidings *tidings);
void sw_tidings_release(struct sw_tidings *tidings);

/* Reads the ConfigMap that `answer` holds. Returns 1 where the report is another one than before, 0
 * where it is the same. Fails with SW_ESYNTAX, SW_ETYPE and SW_ELIMIT, after which nothing is known
 * (the message says where, what was expected and what was found), and SW_ENOMEM. */
int sw_tidings_take(struct sw_tidings *tidings, const struct sw_answer *answer, int64_t wall_ms,
                    int64_t now_ms, struct sw_err *reterr);

/* True if nobody seems to write it any more. */
bool sw_tidings_is_stale(const struct sw_tidings *tidings, int64_t now_ms);

#endif
