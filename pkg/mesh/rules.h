/*
 * The DestinationRules that Istio goes by for one Service.
 *
 * For each client istiod takes the first of three namespaces that has a rule for the host: the
 * client's, the Service's, the root namespace; in it, the most specific host. Rules of one host
 * are merged where their exportTo is equal, and then the trafficPolicy of the oldest that has one
 * stands (facts: istio push_context.go destinationRule, destination_rule.go).
 */
#ifndef SW_MESH_RULES_H
#define SW_MESH_RULES_H

#include "mesh/finding.h"
#include "mesh/world.h"

/* Rules of one cluster that cover one Service, one after the other; the caller's storage. */
struct sw_rules_walk {
    const struct sw_mesh_cluster *cluster;
    struct sw_str namespace_;
    struct sw_str service;
    size_t at, end;
    bool wild; /* past the exact hosts */
};

/* Begins before the first, and gives the next, borrowed; NULL after the last. */
struct sw_rules_walk sw_rules_begin(const struct sw_mesh_cluster *cluster, struct sw_str namespace_,
                                    struct sw_str service);
const struct sw_mesh_rule *sw_rules_next(struct sw_rules_walk *walk);

/* What holds for one Service in the local cluster. Rules are borrowed. */
struct sw_rules {
    bool wants_ours; /* some clients have no rule of a user's, and none of root's stands in the way
                      */
    const struct sw_mesh_rule *lacking; /* a user's rule that some clients go by, and that lacks
                                           outlierDetection on some level; NULL for none */
    const struct sw_mesh_rule *client;  /* the same in a client's own namespace */
    const struct sw_mesh_rule *locality_off; /* a user's rule that turns locality off */
    uint64_t seen_ms; /* when the last of those that clients go by was seen; 0 while one (ours) has
                         not been */
};

/* Judges the Service in the local cluster. */
struct sw_rules sw_rules_judge(const struct sw_mesh *mesh, struct sw_str namespace_,
                               struct sw_str service);

#endif
