/*
 * One reconciler: real reflectors, state, plans and diffs over simulated clusters, in the way in
 * which the program goes about it. It plans what has changed and what was to be planned again, and
 * nothing else, so that a change that nobody noted is found at the next comparison.
 */
#ifndef SW_TESTS_SIM_KEEPER_H
#define SW_TESTS_SIM_KEEPER_H

#include "link.h"
#include "mesh/full.h"
#include "truth.h"

#define SIM_DUE_MAX 512

/* A plan to be made again. */
struct sim_due {
    char namespace_[64];
    char name[SIM_NAME_SIZE];
    int64_t at_ms; /* INT64_MAX: when something happens */
};

struct sim_keeper;

/* A keeper wants to write: the HTTP status that comes back, or 0 for none. */
typedef int sim_write_fn(void *context, struct sim_keeper *keeper, const struct sim_write *write);

/* All of this but the first part is private. */
struct sim_keeper {
    size_t cluster; /* where it is local */
    bool alive;
    struct sim_path paths[SIM_CLUSTERS];
    struct sim_link links[SIM_CLUSTERS][SW_N_RESOURCES];
    size_t n_clusters;
    sim_write_fn *write;
    void (*say)(void *context, const char *text); /* what is waited for; NULL for no one to tell */
    void *context;

    struct sw_state *state;
    struct sw_state_cluster *views[SIM_CLUSTERS];
    bool ok[SIM_CLUSTERS];
    int64_t current_ms[SIM_CLUSTERS];
    struct sw_withdrawals withdrawals;
    struct sim_due due[SIM_DUE_MAX];
    size_t n_due;
    int64_t gateways_ms; /* when to plan these again; INT64_MAX for never */
    struct sw_arena arena;
    struct sim_write *writes; /* owned; of this step, in order */
    size_t n_writes;
};

/* True if keepers elsewhere read this resource of a cluster, or `local` do. */
bool sim_keeper_reads(enum sw_resource resource, bool local);

/* Begins without knowing anything. keeper->cluster, paths, write, say and context are set, and
 * stay. */
void sim_keeper_start(struct sim_keeper *keeper, struct sim_cluster *clusters, size_t n,
                      struct sim_random *random);

/* Everything it knew is lost. */
void sim_keeper_crash(struct sim_keeper *keeper);

/* Reads what comes, plans and writes. Returns how many writes it wanted. */
size_t sim_keeper_step(struct sim_keeper *keeper, int64_t now_ms);

/* True if it knows all there is and has nothing in mind, for now or for later. */
bool sim_keeper_is_current(const struct sim_keeper *keeper);

/* A fresh look at the true state of all clusters, with one of them as the local one: how many
 * operations and waits a full plan comes to, told to `tell`. */
size_t sim_keeper_audit(struct sim_cluster *clusters, size_t n, size_t local, int64_t now_ms,
                        void (*tell)(void *, const char *), void *context);

#endif
