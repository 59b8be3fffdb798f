/*
 * Which workspace's patterns cover a namespace, found without looking at every pattern.
 *
 * A config cluster may hold a hundred workspaces of a thousand patterns each, and every review asks
 * who owns a namespace: the patterns of all of them stand sorted here, exact names apart from
 * prefixes.
 */
#ifndef SW_MODEL_CLAIMS_H
#define SW_MODEL_CLAIMS_H

#include "model/workspace.h"

/* One pattern of one workspace. */
struct sw_claim {
    const struct sw_ns_pattern *pattern; /* borrowed from the workspace */
    size_t rank;                         /* the workspace's place in the order of precedence */
};

struct sw_claims {
    const struct sw_claim *items; /* arena; exact names first, each part by namespace, then rank */
    size_t n_exact;
    size_t n;
};

/* What sw_claims_find() gives for a namespace that nobody claims. */
#define SW_CLAIMS_NOBODY SIZE_MAX

/* Sorts the patterns of `workspaces`, which stand in order of precedence and are borrowed. Fails
 * with SW_ENOMEM. */
int sw_claims_build(const struct sw_workspace *const *workspaces, size_t n_workspaces,
                    struct sw_arena *arena, struct sw_claims *ret, struct sw_err *reterr);

/* The rank of the first workspace by precedence that covers this namespace of this cluster, or
 * SW_CLAIMS_NOBODY. */
size_t sw_claims_find(const struct sw_claims *claims, struct sw_str cluster,
                      struct sw_str namespace_);

#endif
