/*
 * The writes of a round: each step of a plan, and the failurePolicy of the webhook that refuses.
 * Every one is an update of what the round has read: where somebody else was quicker it fails as a
 * conflict, and the next round looks anew.
 */
#ifndef SW_WEBHOOK_CERT_STEP_H
#define SW_WEBHOOK_CERT_STEP_H

#include "webhook/cert_round.h"

/* Does a step that writes. Within a sw_json_scope of the round's arena. Fails as
 * sw_answer_status() and sw_cert_issue_leaf() do. */
int sw_cert_step_do(struct sw_cert_round *round, struct sw_cert_round_link link,
                    const struct sw_cert_state *state, const struct sw_cert_plan *plan,
                    struct sw_err *reterr);

/* Makes a validating webhook that still ignores failures close, once a refusal of ours has come
 * back through the API server that would have to make it: Ignore forgives until then whatever is
 * not right yet (istio pkg/webhooks/validation/controller). It never opens one. Returns 1 if it
 * wrote, 0 where there is nothing to do, or no refusal came back yet, which is logged when it is
 * news. Otherwise as above. */
int sw_cert_step_close(struct sw_cert_round *round, struct sw_cert_round_link link,
                       struct sw_err *reterr);

#endif
