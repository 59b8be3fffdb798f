/*
 * Writes the status of WorkspaceSettings and Workspaces (mesh/standing.h) where it is another one.
 *
 * For the reconciler whose local cluster is the config cluster, and which leads. Something is
 * written only where it differs from what stands there; a round of writes comes at most every
 * SW_CONDITIONS_GAP_MS, and costs a twentieth of the time at most. Before the first, the other
 * clusters have some time to be seen and to be heard of, so that a new leader does not say that
 * they are not there. For the thread that runs the sw_http.
 */
#ifndef SW_RECONCILER_CONDITIONS_H
#define SW_RECONCILER_CONDITIONS_H

#include "reconciler/hearsay.h"

#define SW_CONDITIONS_GAP_MS      5000
#define SW_CONDITIONS_PATIENCE_MS 30000

/* After failures the gap doubles, up to this. */
#define SW_CONDITIONS_MAX_RETRY_MS 80000

/* Borrowed for its life. */
struct sw_conditions_options {
    struct sw_http *http;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* What is known at a turn; borrowed for that turn. */
struct sw_conditions_turn {
    struct sw_state *state;
    const struct sw_ledger *ledger;
    const struct sw_members *members;
    const struct sw_member *local; /* of them */
    struct sw_hearsay *hearsay;
    int64_t now_ms; /* monotonic */
};

struct sw_conditions;

/* Writes nothing yet. Owned: sw_conditions_free(). Fails with SW_ENOMEM. */
int sw_conditions_new(const struct sw_conditions_options *options, struct sw_conditions **ret,
                      struct sw_err *reterr);

/* Gives up what is under way. NULL is allowed. */
void sw_conditions_free(struct sw_conditions *conditions);

/* Where to write from now on, borrowed until the next call; NULL: nowhere. */
void sw_conditions_point(struct sw_conditions *conditions, struct sw_http_target *target);

/* Another may write meanwhile: everything is read again before something is written. What is under
 * way is given up. */
void sw_conditions_forget(struct sw_conditions *conditions);

/* Reads and writes what is due, and returns when something is due again. What fails is logged, and
 * tried again. */
int64_t sw_conditions_step(struct sw_conditions *conditions, const struct sw_conditions_turn *turn);

#endif
