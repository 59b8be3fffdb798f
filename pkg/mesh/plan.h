/*
 * What the local cluster should hold of ours, and why: pure, from a mesh (mesh/world.h).
 *
 * A plan is about one thing: a Service (its DestinationRule, its stub, its WorkloadEntries), or an
 * IngressGateway, or all Gateways. Plans do not depend on each other, so that one changed endpoint
 * costs one plan; a full plan is all of them, in the order of sw_plan_keys(). Equal meshes give
 * equal plans. Time plays no part: what has to wait is told by mesh/diff.h.
 *
 * Everything in a plan is arena memory or borrowed from the mesh. The functions open a
 * sw_json_scope of the arena by themselves.
 */
#ifndef SW_MESH_PLAN_H
#define SW_MESH_PLAN_H

#include "mesh/finding.h"
#include "mesh/rules.h"
#include "mesh/wanted.h"

/* What a plan can be about. */
struct sw_plan_key {
    struct sw_str namespace_;
    struct sw_str name;
};

struct sw_plan {
    struct sw_str namespace_; /* of the Service or the IngressGateway; unset for Gateways */
    struct sw_str service;    /* its name */
    uint32_t kinds;           /* what it speaks for: 1u << kind of each; others are left alone */
    struct sw_wanteds wanteds;
    struct sw_mesh_findings findings;
    bool own_rule;         /* clients go by our DestinationRule, if there is to be one: no user's
                              stands in its place */
    uint64_t rule_seen_ms; /* since when the rules that clients go by are seen, all of them with
                              outlierDetection; 0 while they are not */
    uint64_t again_ms;     /* when to plan anew though nothing has changed; 0 for never */
};

/* The names of all Services of all clusters, and of what owned objects are for; sorted, each once.
 * A failed allocation is SW_ENOMEM. */
int sw_plan_keys(const struct sw_mesh *mesh, struct sw_arena *arena, struct sw_plan_key **ret,
                 size_t *ret_n, struct sw_err *reterr);

/* Plans one Service, be it one that no cluster has any more. Fails with SW_ENOMEM. */
int sw_plan_service(const struct sw_mesh *mesh, struct sw_plan_key key, struct sw_arena *arena,
                    struct sw_plan *ret, struct sw_err *reterr);

#endif
