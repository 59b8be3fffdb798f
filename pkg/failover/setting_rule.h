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

/* The annotation, "true", by which a setting asks to be refused: a try whether refusals reach
 * whoever writes it, which says nothing about clusters and so needs no index. */
#define SW_ANNOTATION_ALWAYS_REFUSE "spillway.dev/always-refuse"

/* 1 if `object` asks to be refused; the refusal is then in `outcome`. Fails with SW_ENOMEM; what
 * cannot be read does not ask. */
int sw_setting_refuses_always(const json_t *object, struct sw_outcome *outcome,
                              struct sw_err *reterr);

/* 1 for what is let through unjudged, and needs no index for that: an object that is being
 * deleted, and an update that changes neither the spec nor the hierarchy annotations, so that
 * finalizers and annotations are never stuck because Services went away. `old` is what the object
 * replaces, NULL on create. Fails with SW_ETYPE (what cannot be read is not let through here) and
 * SW_ENOMEM. */
int sw_setting_is_unjudged(const json_t *object, const json_t *old, struct sw_arena *arena,
                           struct sw_err *reterr);

/* Judges `object`, a WorkspaceSetting in the CRD form, and fills `outcome` with all refusals and
 * warnings. The config cluster must have been synced.
 * Call inside a sw_json_scope of the outcome's arena. Fails with SW_ENOMEM. */
int sw_setting_rule(const struct sw_index *index, const json_t *object,
                    struct sw_outcome *outcome, struct sw_err *reterr);

#endif
