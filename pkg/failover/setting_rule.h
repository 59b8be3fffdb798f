/*
 * The rule for a WorkspaceSetting that is created or updated: every selector must match something,
 * and a refusal says what was searched and what comes nearest.
 */
#ifndef SW_FAILOVER_SETTING_RULE_H
#define SW_FAILOVER_SETTING_RULE_H

#include "failover/outcome.h"
#include "model/view.h"

/* The annotation, "true", that turns "matches nothing" into a warning. */
#define SW_ANNOTATION_ALLOW_UNMATCHED "spillway.dev/allow-unmatched"

/* Judges `object`, a WorkspaceSetting in the CRD form, and fills `outcome` with all refusals and
 * warnings. `old` is what it replaces, NULL on create. The config cluster must have been synced.
 *
 * Left unjudged: an object that is being deleted, and an update that changes neither the spec nor
 * the hierarchy annotations, so that finalizers and annotations are never stuck because Services
 * went away.
 * Call inside a sw_json_scope of the outcome's arena. Fails with SW_ENOMEM. */
int sw_setting_rule(const struct sw_index *index, const json_t *object, const json_t *old,
                    struct sw_outcome *outcome, struct sw_err *reterr);

#endif
