/*
 * The DestinationRule that we make where users have none: in the root namespace, where any of
 * theirs in the Service's or a client's namespace wins over it, and nothing is merged with it
 * (D11).
 */
#ifndef SW_MESH_DESTINATIONRULE_H
#define SW_MESH_DESTINATIONRULE_H

#include "mesh/subject.h"
#include "mesh/subsets.h"

/* Adds `k-<service>.<namespace>` of the root namespace: outlierDetection and locality settings as
 * `setting` has them (failover/policy.h), and these subsets. Call inside a sw_json_scope of the
 * subject's arena. Fails with SW_ENOMEM. */
int sw_destinationrule_plan(const struct sw_subject *subject, const struct sw_setting *setting,
                            const struct sw_subsets *subsets, struct sw_err *reterr);

#endif
