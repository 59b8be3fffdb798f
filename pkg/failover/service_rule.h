/*
 * The rule for a Service that is created or updated: the failover label of its namespace, and the
 * record of who exposes it.
 */
#ifndef SW_FAILOVER_SERVICE_RULE_H
#define SW_FAILOVER_SERVICE_RULE_H

#include "failover/outcome.h"
#include "model/view.h"

/* Ours: a record made at the write. Nothing is decided from it. */
#define SW_LABEL_WORKSPACE "failover.tetrate.io/workspace"
#define SW_LABEL_CLUSTER   "failover.tetrate.io/cluster"

/* Judges `object`, a Service of the local cluster with metadata.namespace set, and fills `outcome`
 * with what to add and what to warn of. Nothing is refused, and an object that cannot be read is
 * left to the API server's own validation, with a warning.
 * Call inside a sw_json_scope of the outcome's arena. Fails with SW_ENOMEM. */
int sw_service_rule(const struct sw_index *index, const json_t *object, struct sw_outcome *outcome,
                    struct sw_err *reterr);

#endif
