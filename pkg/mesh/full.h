/*
 * Everything at once: for a start, for files, and for whoever wants to see the whole.
 *
 * The same as one plan after the other, in one stable order; a reconciler that knows what has
 * changed makes those plans alone.
 */
#ifndef SW_MESH_FULL_H
#define SW_MESH_FULL_H

#include "mesh/diff.h"
#include "mesh/gateways.h"

struct sw_plans {
    struct sw_plan *items; /* arena; of IngressGateways, then the Gateways', then of Services */
    size_t n;
};

/* The names of all IngressGateways, and of those that owned objects are for; sorted, each once.
 * Fails with SW_ENOMEM. */
int sw_plan_eastwest_keys(const struct sw_mesh *mesh, struct sw_arena *arena,
                          struct sw_plan_key **ret, size_t *ret_n, struct sw_err *reterr);

/* Plans all there is. `withdrawals` is as in sw_plan_gateways(). Fails with SW_ENOMEM. */
int sw_plan(const struct sw_mesh *mesh, struct sw_withdrawals *withdrawals, uint64_t now_ms,
            struct sw_arena *arena, struct sw_plans *ret, struct sw_err *reterr);

/* The diff of plans, complete. Fails with SW_ENOMEM. */
int sw_diff(const struct sw_mesh *mesh, const struct sw_plans *plans, uint64_t now_ms,
            struct sw_arena *arena, struct sw_diff *ret, struct sw_err *reterr);

#endif
