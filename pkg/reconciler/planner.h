/*
 * From what has changed to what is written: plans of what is concerned, one diff, operations.
 *
 * A change that comes alone is acted on at once. What comes within a moment of a plan is acted on
 * after a moment without another, so that what changes together is planned once; in a burst, after
 * ten such moments at the latest. What has to wait is planned again when its time comes, and
 * everything every ten minutes. For the thread of the state.
 */
#ifndef SW_RECONCILER_PLANNER_H
#define SW_RECONCILER_PLANNER_H

#include "io/log.h"
#include "mesh/state.h"
#include "reconciler/ledger.h"
#include "reconciler/writer.h"

/* So long after a plan a change waits for others. Quiet for so long, it is acted on; after so long,
 * all the same. */
#define SW_PLANNER_QUIET_MS 20
#define SW_PLANNER_BURST_MS 200

/* Everything is planned anew. */
#define SW_PLANNER_RESYNC_MS 600000

/* Borrowed for the planner's life. */
struct sw_planner_options {
    struct sw_state *state;
    struct sw_ledger *ledger;
    struct sw_writer *writer;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* What has been done so far. */
struct sw_planner_stats {
    uint64_t n_rounds;
    uint64_t n_plans;
    uint64_t n_failures;             /* rounds that there was no memory for */
    uint64_t last_ns;                /* that the last round took */
    uint64_t all_ns;                 /* and the last of all plans; 0 before there was one */
    size_t n_owned[SW_MESH_N_KINDS]; /* our objects in the local cluster, as of the last round */
};

struct sw_planner;

/* Owned: sw_planner_free(). Fails with SW_ENOMEM. */
int sw_planner_new(const struct sw_planner_options *options, struct sw_planner **ret,
                   struct sw_err *reterr);

/* NULL is allowed. */
void sw_planner_free(struct sw_planner *planner);

/* Everything is planned anew in the next round: what is written may be otherwise than it seems. */
void sw_planner_all(struct sw_planner *planner);

/* As struct sw_writer_sink's again(); the planner is its context. */
void sw_planner_again(void *planner, struct sw_str namespace_, struct sw_str name, int64_t at_ms);

/* Plans what is due at now_ms (monotonic), and returns when something will be. `changes` is a
 * number that is another when something has changed; `ready` says that the clusters that planning
 * rests on were seen: before that nothing is planned. */
int64_t sw_planner_step(struct sw_planner *planner, uint64_t changes, bool ready, int64_t now_ms);

/* True once everything was planned, while nothing that has changed is still to be. */
bool sw_planner_is_current(const struct sw_planner *planner);

/* Borrowed. */
const struct sw_planner_stats *sw_planner_stats(const struct sw_planner *planner);

#endif
