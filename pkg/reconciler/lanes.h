/*
 * Writes on their way, in lanes: one for each plan, so that within a plan one comes after the
 * other, and plans do not wait for each other.
 *
 * For one thread.
 */
#ifndef SW_RECONCILER_LANES_H
#define SW_RECONCILER_LANES_H

#include "kube/call.h"
#include "mesh/hash.h"
#include "mesh/op.h"
#include "reconciler/retries.h"

struct sw_lane;

/* One write, from when it is taken until it is answered. */
struct sw_task {
    struct sw_task *next, *previous;           /* of all that were not sent; private */
    struct sw_task *lane_next, *lane_previous; /* in its lane; private */
    struct sw_lane *lane;
    void *user;             /* of who owns the lanes; borrowed */
    struct sw_retry *retry; /* the object; borrowed from its retries while it is under way */
    enum sw_op_verb verb;
    int phase;            /* one of a higher one waits for it */
    struct sw_call *call; /* owned; NULL until it is sent */
    int64_t sent_ms;      /* 0 until then */
    struct sw_str uid;    /* as in struct sw_op; owned by the task, as are the next two */
    struct sw_str resource_version;
    struct sw_str body; /* JSON; unset for a deletion */
    char texts[];       /* private */
};

/* The caller's storage; a zeroed one is empty. */
struct sw_lanes {
    struct sw_hash lanes;         /* private */
    struct sw_task *first, *last; /* those that were not sent, in order */
    size_t n_queued;
    size_t n_sent;
};

/* Cancels what was sent, and frees everything. */
void sw_lanes_release(struct sw_lanes *lanes);

/* Adds a task for the operation, behind all others. `body` is copied. Fails with SW_ENOMEM. */
int sw_lanes_add(struct sw_lanes *lanes, const struct sw_op *op, struct sw_str body,
                 struct sw_task **ret, struct sw_err *reterr);

/* True if nothing that was taken before and is not answered yet has to come first. */
bool sw_task_is_next(const struct sw_task *task);

/* It was sent. */
void sw_lanes_sent(struct sw_lanes *lanes, struct sw_task *task);

/* Takes a task out, sent or not, and frees it; its call is over, or cancelled by this. */
void sw_lanes_end(struct sw_lanes *lanes, struct sw_task *task);

/* The first task of the plan's lane that was not sent and is of a later phase than `after`; NULL if
 * there is none. */
struct sw_task *sw_lanes_waiting(const struct sw_lanes *lanes, struct sw_str namespace_,
                                 struct sw_str name, int after);

/* One that was sent; NULL if there is none. */
struct sw_task *sw_lanes_under_way(const struct sw_lanes *lanes);

#endif
