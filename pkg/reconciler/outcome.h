/*
 * What the answer to a write means for the next one.
 *
 * Pure.
 */
#ifndef SW_RECONCILER_OUTCOME_H
#define SW_RECONCILER_OUTCOME_H

#include "kube/answer.h"
#include "mesh/op.h"
#include "reconciler/retries.h"

/* Longest wait that an API server's Retry-After is heeded for, and the shortest after it could not
 * be reached: the next request would not reach it either. */
#define SW_OUTCOME_MAX_PAUSE_MS       120000
#define SW_OUTCOME_UNREACHED_PAUSE_MS 1000

struct sw_outcome {
    bool done;                       /* it is as it was to be */
    struct sw_retry_failure failure; /* where not; `why` is borrowed from the answer, or static */
    int64_t pause_ms;                /* nothing else is to be asked for so long: an API server that
                                        is overrun, or out of reach */
};

/* Judges the answer to a write by `verb` of an object that had this version (unset for none). An
 * apply after which the object has the version it had is not done: nothing changed, and nothing
 * will the next time. `arena` is used, and cleared. */
struct sw_outcome sw_outcome_judge(const struct sw_answer *answer, enum sw_op_verb verb,
                                   struct sw_str version, struct sw_arena *arena);

#endif
