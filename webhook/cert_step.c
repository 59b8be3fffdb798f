#include "webhook/cert_step.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "certs/issue.h"
#include "failover/reason.h"
#include "failover/setting_rule.h"
#include "io/clock.h"
#include "kube/applier.h"

#include "base/banned.h"

/* Of the object by which refusals are tried. It is never stored. */
#define TRIED_NAME "spillway-always-refused"

/* How the API server begins a denial by a webhook (apiserver pkg/admission/plugin/webhook/errors).
 */
#define DENIED_FORMAT "admission webhook \"%s\" denied the request"

static void count(const struct sw_cert_round *round, enum sw_cert_write what, uint64_t n)
{
    sw_counter_add(round->options.stats->writes[what], n);
}

static int64_t wall_s(void)
{
    return (int64_t)(sw_clock_wall_ms() / 1000);
}

/* --- the Secret ------------------------------------------------------------------------------ */

static int write_secret(struct sw_cert_round *round, struct sw_cert_round_link link,
                        const struct sw_cert_texts *texts, struct sw_err *reterr)
{
    const struct sw_cert_secret_change change = {
        .namespace_ = round->options.namespace_,
        .name = round->options.secret,
        .texts = *texts,
    };
    struct sw_applier_op op = {
        .verb = round->secret.exists ? SW_APPLIER_UPDATE : SW_APPLIER_CREATE,
        .ref = {.gvr = sw_gvr(SW_GVR_SECRET),
                .namespace_ = round->options.namespace_,
                .name = round->options.secret},
    };
    json_t *object = NULL;
    struct sw_answer answer;
    int r;

    r = sw_cert_secret_write(round->secret_object, &change, &round->arena, &object, reterr);
    if (r < 0)
        return r;
    op.object = object;
    sw_applier_wait(link.waiter, &op, NULL, &answer);
    return sw_answer_status(&answer, reterr);
}

static int issue_leaf(const struct sw_cert_round *round, struct sw_str ca_cert,
                      struct sw_str ca_key, struct sw_cert_pair *ret, struct sw_err *reterr)
{
    const struct sw_cert_request request = {
        .ca_cert = ca_cert,
        .ca_key = ca_key,
        .names = (const char *const *)round->names,
        .n_names = SW_CERT_ROUND_NAMES,
    };

    return sw_cert_issue_leaf(
        &request, (struct sw_cert_term){wall_s(), round->options.cert_lifetime_s}, ret, reterr);
}

/* A new authority; `begins`: with a certificate of it at once. */
static int write_authority(struct sw_cert_round *round, struct sw_cert_round_link link,
                           const struct sw_cert_state *state, bool begins, struct sw_err *reterr)
{
    const struct sw_cert_term term = {wall_s(), round->options.ca_lifetime_s};
    SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair ca = {0};
    SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair leaf = {0};
    SW_CLEANUP(sw_buf_release) struct sw_buf list;
    struct sw_cert_texts texts = {0};
    int r = sw_cert_issue_ca(term, &ca, reterr);

    sw_buf_init(&list, SW_CERT_TEXT_MAX_BYTES);
    if (r == 0 && begins)
        r = issue_leaf(round, sw_buf_str(&ca.cert), sw_buf_str(&ca.key), &leaf, reterr);
    if (r < 0)
        return r;
    sw_cert_bundle_write_authorities(state, sw_buf_str(&ca.cert), &list);
    r = sw_buf_status(&list, reterr);
    if (r < 0)
        return r;
    texts.ca_cert = sw_buf_str(&list);
    texts.ca_key = sw_buf_str(&ca.key);
    texts.cert = sw_buf_str(&leaf.cert);
    texts.key = sw_buf_str(&leaf.key);
    r = write_secret(round, link, &texts, reterr);
    count(round, SW_CERT_WROTE_AUTHORITY, r == 0);
    count(round, SW_CERT_WROTE_SERVING, r == 0 && begins);
    return r;
}

static int write_leaf(struct sw_cert_round *round, struct sw_cert_round_link link,
                      const struct sw_cert_state *state, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair leaf = {0};
    struct sw_cert_texts texts = {0};
    int r = issue_leaf(round, state->cas->items[state->signer].text, round->secret.texts.ca_key,
                       &leaf, reterr);

    if (r < 0)
        return r;
    texts.cert = sw_buf_str(&leaf.cert);
    texts.key = sw_buf_str(&leaf.key);
    r = write_secret(round, link, &texts, reterr);
    count(round, SW_CERT_WROTE_SERVING, r == 0);
    return r;
}

static int drop_authorities(struct sw_cert_round *round, struct sw_cert_round_link link,
                            const struct sw_cert_state *state, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf list;
    struct sw_cert_texts texts = {0};
    int r;

    sw_buf_init(&list, SW_CERT_TEXT_MAX_BYTES);
    sw_cert_bundle_write_authorities(state, (struct sw_str){0}, &list);
    r = sw_buf_status(&list, reterr);
    if (r < 0)
        return r;
    texts.ca_cert = sw_buf_str(&list);
    r = write_secret(round, link, &texts, reterr);
    count(round, SW_CERT_WROTE_DROPPED, r == 0);
    return r;
}

/* --- the configurations ---------------------------------------------------------------------- */

static int write_webhooks(struct sw_cert_round *round, struct sw_cert_round_link link,
                          const struct sw_cert_webhooks *webhooks, struct sw_err *reterr)
{
    const bool mutates = webhooks == &round->mutating;
    const struct sw_applier_op op = {
        .verb = SW_APPLIER_UPDATE,
        .ref = {.gvr = sw_gvr(mutates ? SW_GVR_MUTATING_WEBHOOK : SW_GVR_VALIDATING_WEBHOOK),
                .name = round->options.configuration},
        .object = webhooks->object,
    };
    struct sw_answer answer;

    sw_applier_wait(link.waiter, &op, NULL, &answer);
    return sw_answer_status(&answer, reterr);
}

static int write_bundles(struct sw_cert_round *round, struct sw_cert_round_link link,
                         const struct sw_cert_state *state, struct sw_err *reterr)
{
    struct sw_cert_webhooks *const both[] = {&round->mutating, &round->validating};

    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;
        int r = sw_cert_webhooks_trust(both[i], state, &n, reterr);

        if (r == 0 && n > 0)
            r = write_webhooks(round, link, both[i], reterr);
        if (r < 0)
            return r;
        count(round, SW_CERT_WROTE_BUNDLES, n);
    }
    return 0;
}

int sw_cert_step_do(struct sw_cert_round *round, struct sw_cert_round_link link,
                    const struct sw_cert_state *state, const struct sw_cert_plan *plan,
                    struct sw_err *reterr)
{
    switch (plan->step) {
    case SW_CERT_BEGIN:
    case SW_CERT_NEW_CA:
        return write_authority(round, link, state, plan->step == SW_CERT_BEGIN, reterr);
    case SW_CERT_NEW_LEAF:
        return write_leaf(round, link, state, reterr);
    case SW_CERT_DROP_CA:
        return drop_authorities(round, link, state, reterr);
    case SW_CERT_WRITE_BUNDLES:
        return write_bundles(round, link, state, reterr);
    case SW_CERT_REST:
    case SW_CERT_WAIT:
    default:
        return 0;
    }
}

/* --- the failurePolicy ----------------------------------------------------------------------- */

/* Asks the API server to take what is always refused, and to store nothing of it. */
static int try_refusal(struct sw_cert_round *round, struct sw_cert_round_link link,
                       struct sw_answer *ret, struct sw_err *reterr)
{
    struct sw_applier_op op = {
        .verb = SW_APPLIER_CREATE,
        .ref = {.gvr = sw_gvr(SW_GVR_WORKSPACE_SETTING), .namespace_ = round->options.namespace_},
        .dry_run = true,
    };
    json_t *object =
        json_pack("{s:s, s:s, s:{s:s, s:s%, s:{s:s}}, s:{}}", "apiVersion", "tsb.tetrate.io/v2",
                  "kind", "WorkspaceSetting", "metadata", "name", TRIED_NAME, "namespace",
                  round->options.namespace_.data, round->options.namespace_.len, "annotations",
                  SW_ANNOTATION_ALWAYS_REFUSE, "true", "spec");

    if (!object)
        return sw_err_nomem(reterr);
    op.object = object;
    sw_applier_wait(link.waiter, &op, NULL, ret);
    return 0;
}

/* Whether it was this webhook that refused, and for our reason: a schema, a policy of somebody else
 * or a webhook of the same name elsewhere prove nothing. */
static bool is_refused_by(const struct sw_cert_webhook *webhook, const struct sw_answer *answer)
{
    char denied[SW_ERR_MESSAGE_SIZE];

    snprintf(denied, sizeof(denied), DENIED_FORMAT, webhook->name);
    return answer->verdict != SW_ANSWER_OK && strstr(answer->message, denied) &&
           strstr(answer->message, sw_reason_sentence(SW_ALWAYS_REFUSED));
}

static void say_not_refused(struct sw_cert_round *round, const struct sw_cert_webhook *webhook,
                            const struct sw_answer *answer)
{
    struct sw_err err = {0};

    sw_err_set(&err, SW_EIO, "expected a try of ours to be refused by it, found %s",
               answer->verdict == SW_ANSWER_OK ? "that it was taken" : answer->message);
    if (strcmp(err.message, round->said_of_refusal.message) != 0)
        sw_log(round->options.log, SW_LOG_INFO, "webhook goes on ignoring failures",
               sw_log_text("webhook", webhook->name), sw_log_err(&err));
    round->said_of_refusal = err;
}

static int disown(struct sw_cert_round *round, struct sw_cert_round_link link,
                  struct sw_err *reterr)
{
    int r;

    sw_cert_webhooks_disown_policy(&round->validating);
    r = write_webhooks(round, link, &round->validating, reterr);
    return r < 0 ? r : 1;
}

static int close_webhook(struct sw_cert_round *round, struct sw_cert_round_link link,
                         struct sw_cert_webhook *webhook, struct sw_err *reterr)
{
    struct sw_answer answer;
    int r = try_refusal(round, link, &answer, reterr);

    if (r < 0)
        return r;
    if (!is_refused_by(webhook, &answer)) {
        say_not_refused(round, webhook, &answer);
        return 0;
    }
    /* The try took its time: the lead may be somebody else's by now. */
    if (!sw_elector_leads(link.elector, (int64_t)sw_clock_mono_ms()))
        return 0;
    r = sw_cert_webhooks_close(webhook, reterr);
    if (r == 0)
        r = write_webhooks(round, link, &round->validating, reterr);
    if (r < 0)
        return r;
    round->said_of_refusal = (struct sw_err){0};
    count(round, SW_CERT_WROTE_POLICY, 1);
    sw_log(round->options.log, SW_LOG_INFO, "webhook refuses, and so fails closed from now on",
           sw_log_text("webhook", webhook->name));
    return 1;
}

int sw_cert_step_close(struct sw_cert_round *round, struct sw_cert_round_link link,
                       struct sw_err *reterr)
{
    if (round->validating.owns_policy)
        return disown(round, link, reterr);
    if (round->validating.policy_stands)
        return 0;
    for (size_t i = 0; i < round->validating.n; i++) {
        struct sw_cert_webhook *webhook = &round->validating.items[i];
        int r = webhook->ignores ? close_webhook(round, link, webhook, reterr) : 0;

        if (r != 0)
            return r;
    }
    return 0;
}
