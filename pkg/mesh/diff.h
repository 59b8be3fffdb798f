/*
 * From what is wanted and what is there to what is written, in an order in which no moment in
 * between does harm.
 *
 * A diff takes in any number of plans (all of them, or those of what has changed) and then gives
 * operations in the order in which to send them. What must not be written yet waits: a wait says
 * for what, and until when at the latest; then the plan is made and taken in anew, as it is when
 * anything that it depends on changes. The rules:
 *
 *  - Created: DestinationRule, Gateway, stub, WorkloadEntry, in that order. A WorkloadEntry only
 *    once the DestinationRules that clients go by have been visible for SW_RULE_VISIBLE_MS, the
 *    stub is there, and the remote gateway, as read from its cluster, holds the host.
 *  - Deleted: in reverse. A DestinationRule or stub only once no WorkloadEntry needs it; a
 *    WorkloadEntry that others for the same cluster replace only once these are there (D5).
 *  - Withdrawn: a WorkloadEntry whose gateway, in a cluster that can be read, has not held the host
 *    for SW_LAPSE_MAX_MS; it comes back when it does again. Nor is such a replacement waited for,
 *    unless another gateway of that cluster holds the host. So is every WorkloadEntry of a Service
 *    of which clients have been without our DestinationRule for as long: somebody's object has its
 *    name, say, and without outlierDetection every cluster is as near as the local one.
 *  - What leads to, or is there because of, a cluster that has not been seen yet stays.
 *  - Where more than SW_RELIST_MAX_DELETES deletions follow while a relist that lost objects is
 *    unconfirmed, they wait until it is confirmed, for SW_RELIST_MAX_MS at most.
 *  - Nothing without both our label and our field manager is touched; a stub that another manager
 *    has fields of is let go, never deleted.
 *
 * Pure: time and everything remembered come with the mesh. Results are arena memory, or borrowed
 * from plans and mesh.
 */
#ifndef SW_MESH_DIFF_H
#define SW_MESH_DIFF_H

#include "mesh/op.h"
#include "mesh/plan.h"

/* Long enough for istiod to have pushed a rule to proxies: its debounce is 0.1 s when quiet. */
#define SW_RULE_VISIBLE_MS 2000

/* A handful of Services may well go at once; more is looked at twice. */
#define SW_RELIST_MAX_DELETES 10
#define SW_RELIST_MAX_MS      30000

/* Something that is not written for now. */
struct sw_wait {
    enum sw_op_verb verb; /* what would be done */
    enum sw_mesh_kind kind;
    enum sw_reason reason; /* one of SW_WAITS_..., or SW_FOREIGN for what is not ours to change */
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_str remote;        /* as in struct sw_op */
    struct sw_str for_namespace; /* the plan to make anew */
    struct sw_str for_service;
    uint64_t until_ms; /* when time alone may end it; 0 where only an event does */
};

/* The caller's storage. ops and waits are complete after sw_diff_finish(). */
struct sw_diff {
    const struct sw_mesh *mesh; /* borrowed, as is the arena */
    struct sw_arena *arena;
    uint64_t now_ms;
    struct sw_op *ops;
    size_t n_ops;
    struct sw_wait *waits; /* as they came */
    size_t n_waits;
    uint64_t again_ms; /* the earliest until_ms, and again_ms of the plans; 0 for none */
};

/* An empty diff. */
void sw_diff_init(struct sw_diff *diff, const struct sw_mesh *mesh, uint64_t now_ms,
                  struct sw_arena *arena);

/* Takes in one plan of the diff's mesh, which must live as long as the operations are used. Nothing
 * comes of it while the local or the config cluster has not been seen. Fails with SW_ENOMEM. */
int sw_diff_add(struct sw_diff *diff, const struct sw_plan *plan, struct sw_err *reterr);

/* Holds back what a relist may have made up, and sorts the operations. Fails with SW_ENOMEM. */
int sw_diff_finish(struct sw_diff *diff, struct sw_err *reterr);

#endif
