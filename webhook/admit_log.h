/*
 * What is logged of a review: a line for each warning and refusal that its user was given, and a
 * line for what should not happen. Never an object's body.
 */
#ifndef SW_WEBHOOK_ADMIT_LOG_H
#define SW_WEBHOOK_ADMIT_LOG_H

#include "admission/admit.h"
#include "io/log.h"

/* Most lines for one review: an object can be made that has thousands of findings. */
#define SW_ADMIT_LOG_MAX_LINES 32

/* The caller's storage, shared by all threads; private. Reviews that are no reviews, or that come
 * before the index is synced, are logged once a second: anybody may send them, at any rate. */
struct sw_admit_log {
    struct sw_log *log;        /* borrowed; NULL: nothing is logged */
    _Atomic uint64_t quiet_ms; /* until then, nothing of the kind is logged */
};

/* Begins with `to` (borrowed; may be NULL), and nothing said yet. */
void sw_admit_log_init(struct sw_admit_log *log, struct sw_log *to);

/* Logs what there is to say of an answer given at now_ms (monotonic) to `remote`. */
void sw_admit_log_answer(struct sw_admit_log *log, const struct sw_admit_answer *answer,
                         struct sw_str remote, uint64_t now_ms);

#endif
