/*
 * The Istio Gateways of the local cluster: what of it other clusters may reach through its
 * east-west gateways, host by host and nothing else.
 */
#ifndef SW_MESH_GATEWAYS_H
#define SW_MESH_GATEWAYS_H

#include "mesh/plan.h"
#include "mesh/withdrawals.h"

/* A host that is no longer exposed stays no longer than this, however many other clusters still
 * have a WorkloadEntry for it. */
#define SW_WITHDRAWN_MAX_MS 60000

/* Plans one Gateway, `k-<Service>` in its namespace, for each gateway workload that something is
 * exposed through: one AUTO_PASSTHROUGH server with exact hosts. Two gateway Services, one of whose
 * selectors contains the other's, share pods and so a Gateway: that of the wider selector. Nothing
 * is made beside a user's AUTO_PASSTHROUGH server on the same pods and port (D10).
 *
 * A host that is withdrawn stays while a cluster that can be read has a WorkloadEntry for it, for
 * SW_WITHDRAWN_MAX_MS at most; `withdrawals` remembers since when, and the plan's
 * again_ms is when the next of them has had its time. The plan's key is unset. Fails with
 * SW_ENOMEM. */
int sw_plan_gateways(const struct sw_mesh *mesh, struct sw_withdrawals *withdrawals,
                     uint64_t now_ms, struct sw_arena *arena, struct sw_plan *ret,
                     struct sw_err *reterr);

#endif
