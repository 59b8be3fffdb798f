/*
 * Is a Workspace or a WorkspaceSetting that is there understood, and does what it names exist? What
 * its status says as the condition Accepted.
 *
 * A setting is judged by the rule that admits it (setting_rule.h), for what it named may have gone
 * since. Ages of clusters that cannot be read are left out: the same knowledge gives the same
 * words.
 */
#ifndef SW_FAILOVER_ACCEPT_H
#define SW_FAILOVER_ACCEPT_H

#include "failover/outcome.h"
#include "model/view.h"

struct sw_acceptance {
    bool accepted;
    enum sw_reason reason; /* SW_ACCEPTED, or the first that speaks against it */
    const char *message;   /* one line: what was found and what to do; arena or static */
};

/* Judges `object`, a WorkspaceSetting in the CRD form. Call inside a sw_json_scope of `arena`.
 * Fails with SW_ENOMEM. */
int sw_accept_setting(const struct sw_index *index, const json_t *object, struct sw_arena *arena,
                      struct sw_acceptance *ret, struct sw_err *reterr);

/* Judges `object`, a Workspace in the CRD form, of the config cluster: it is not accepted where it
 * cannot be read, where an older one owns a namespace that it claims, and where it claims none in
 * any cluster. Fails with SW_ENOMEM. */
int sw_accept_workspace(const struct sw_index *index, const json_t *object, struct sw_arena *arena,
                        struct sw_acceptance *ret, struct sw_err *reterr);

#endif
