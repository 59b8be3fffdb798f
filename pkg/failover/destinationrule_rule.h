/*
 * The rule for a DestinationRule that is created or updated: outlier detection and locality
 * settings where they are absent, so that failover works and healthy pods keep their traffic.
 */
#ifndef SW_FAILOVER_DESTINATIONRULE_RULE_H
#define SW_FAILOVER_DESTINATIONRULE_RULE_H

#include "failover/outcome.h"
#include "model/view.h"

/* Judges `object`, a DestinationRule of the local cluster with metadata.namespace set, and fills
 * `outcome` with what to add and what to warn of. Only what is absent is added; nothing is refused;
 * an object that cannot be read is left to the API server's own validation, with a warning.
 * Call inside a sw_json_scope of the outcome's arena. Fails with SW_ENOMEM. */
int sw_destinationrule_rule(const struct sw_index *index, const json_t *object,
                            struct sw_outcome *outcome, struct sw_err *reterr);

#endif
