/*
 * One seed of sim_mesh: clusters, their life, their reconcilers, and what goes on between them.
 */
#ifndef SW_TESTS_SIM_RUN_H
#define SW_TESTS_SIM_RUN_H

#include "keeper.h"
#include "life.h"

/* A second leader for each cluster: for a while there may be two that write. */
#define SIM_KEEPERS  ((size_t)2 * SIM_CLUSTERS)
#define SIM_LATE_MAX 64

struct sim_run_totals {
    uint64_t hours, changes, writes, refused, crashes;
};

/* A write that was sent and has not arrived yet. */
struct sim_late {
    size_t cluster;
    int64_t at_ms;
    struct sim_write write;
};

struct sim_run {
    uint64_t seed;
    bool trace;
    bool failed;
    int64_t now_ms;
    const char *doing; /* what goes on, for messages */
    size_t n;          /* clusters */
    struct sim_random random;
    struct sw_arena arena;
    struct sim_cluster clusters[SIM_CLUSTERS];
    struct sim_life life;
    struct sim_truth truth;
    struct sim_keeper keepers[SIM_KEEPERS]; /* of cluster i: i, and SIM_CLUSTERS + i */
    struct sim_late late[SIM_LATE_MAX];
    size_t n_late;
    bool wrong;                /* things go wrong */
    unsigned int refusals;     /* times in 1000 that a write comes to nothing while they do */
    bool writes_again;         /* set with every write that changes something */
    bool silent[SIM_CLUSTERS]; /* no write is right in that cluster */
    bool stays[SIM_CLUSTERS][SIM_SERVICES][SIM_CLUSTERS]; /* entries there, of that Service, to that
                                                             cluster: one at least must be there */
    bool retired[SIM_CLUSTERS]; /* nobody reconciles that cluster any more */
    bool strict; /* what leads to a cluster must be held by its Gateway, at any moment */
    struct sim_run_totals *totals;
};

/* Runs one seed; true if all was as it must be. */
bool sim_run_seed(uint64_t seed, unsigned int n_rounds, bool trace, struct sim_run_totals *totals);

/* Something is not as it must be. */
void sim_run_found(struct sim_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_run_say(struct sim_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Everyone reads, plans and writes once; `ms` go by. */
void sim_run_step(struct sim_run *run, int64_t ms);

/* Nothing goes wrong any more: goes on until nobody has anything to do. Then all must be as a fresh
 * look at everything would have it. */
void sim_run_rest(struct sim_run *run);

/* Things go wrong from now on: as likely as `rate` of 1000, or not at all. */
void sim_run_trouble(struct sim_run *run, unsigned int rate, bool lies);

/* A reconciler forgets everything. */
void sim_run_crash(struct sim_run *run, size_t keeper);

#endif
