/*
 * The subsets that DestinationRules give one Service.
 *
 * A client routes to a subset by name, and the gateway of the other cluster has a way in for it
 * only where a rule there has the same name: so the rules that we make hold those of all clusters.
 */
#ifndef SW_MESH_SUBSETS_H
#define SW_MESH_SUBSETS_H

#include "mesh/rules.h"

struct sw_subsets {
    struct sw_mesh_subset *items; /* arena; contents borrowed */
    size_t n;
};

/* The subsets that users' rules in the Service's and the root namespace have for it, in any
 * cluster, the local one first. Where two give one name different labels, the first stands and a
 * finding says so. While not all clusters have been seen, those of our own rule come first: whoever
 * wanted them may be one of these. Fails with SW_ENOMEM. */
int sw_subsets_gather(const struct sw_mesh *mesh, struct sw_about service, struct sw_arena *arena,
                      struct sw_mesh_findings *findings, struct sw_subsets *ret,
                      struct sw_err *reterr);

/* The first subset of a local user's rule for the Service that no rule of `remote` has; NULL for
 * none. */
const struct sw_mesh_subset *sw_subsets_absent(const struct sw_mesh *mesh,
                                               const struct sw_mesh_cluster *remote,
                                               struct sw_str namespace_, struct sw_str service);

#endif
