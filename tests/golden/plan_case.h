/*
 * One case of plan/: clusters as folders of manifests, and what the reconciler of the first makes
 * of them.
 *
 *   case.yaml      what is particular about it (golden/plan_options.h)
 *   clusters/NAME  what that cluster holds beside the shared folders
 *   then/NAME      what changes there once all is in place: objects come in the place of others
 *                  (over one of ours, they are applied); those with annotation golden/gone go
 *   expected.yaml  findings, operations round by round, and objects as they are sent
 */
#ifndef GOLDEN_PLAN_CASE_H
#define GOLDEN_PLAN_CASE_H

#include "golden/plan_options.h"
#include "golden/scene.h"
#include "mesh/full.h"
#include "sim/cluster.h"

#define GOLDEN_PLAN_CLUSTERS 4

struct golden_plan {
    struct golden_place place; /* borrowed */
    struct golden_plan_options options;
    struct sw_str expected;       /* unset where there is none */
    struct sim_cluster *clusters; /* owned */
    size_t n;
    struct sw_names *names; /* owned; NULL where names are not resolved */
    struct sw_state *state; /* owned */
    struct sw_state_cluster *views[GOLDEN_PLAN_CLUSTERS];
    struct sw_str native[GOLDEN_PLAN_CLUSTERS];
    struct sw_withdrawals withdrawals;
    uint64_t now_ms;
    bool then; /* what happens then has happened, and the rest of the options hold */
    struct sw_arena *arena;
};

/* Reads the case in `place`. Outside of any sw_json_scope. Fails with SW_EUSAGE (a file that has no
 * business there, or that is missing), with what reading its files fails with, and SW_ENOMEM. */
int golden_plan_open(const struct golden_place *place, struct sw_arena *arena,
                     struct golden_plan *ret, struct sw_err *reterr);
void golden_plan_close(struct golden_plan *plan);

/* Lets the state see the clusters as they are now: lists of everything, twice, so that what is
 * missing is confirmed (once, where a list is to have lost it). */
int golden_plan_look(struct golden_plan *plan, const struct sw_mesh **ret, struct sw_err *reterr);

/* Puts all in place, without a word, where the case has a then/, and lets that happen. */
int golden_plan_settle(struct golden_plan *plan, struct sw_err *reterr);

/* Goes on until there is nothing left to do, and writes down what was done: expected.yaml, arena
 * memory. */
int golden_plan_run(struct golden_plan *plan, struct sw_str *ret, struct sw_err *reterr);

#endif
