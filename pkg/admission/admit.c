#include "admission/admit.h"

#include "admission/response.h"
#include "failover/destinationrule_rule.h"
#include "failover/service_rule.h"
#include "failover/setting_rule.h"
#include "failover/stale.h"
#include "json/apply.h"
#include "json/read.h"
#include "json/write.h"

#include "base/banned.h"

/* Long enough for a watch to bring what the same `kubectl apply` has just created; the API server
 * asks again up to 10 times within the webhook's timeout (client-go rest/with_retry.go). */
#define RETRY_AFTER_S 1

static const struct {
    const char *word;
    int http_status;
} verdicts[SW_N_VERDICTS] = {
#define VERDICT_ROW(name, word, http_status) [name] = {word, http_status},
    SW_VERDICT_MAP(VERDICT_ROW)
#undef VERDICT_ROW
};

/* A kind that is judged: on which path, and by which rule. */
struct judged {
    enum sw_kind kind;
    enum sw_admit_path path;
    int (*rule)(const struct sw_index *index, const json_t *object, struct sw_outcome *outcome,
                struct sw_err *reterr);
    /* 1 for what passes without an index; NULL: nothing does. */
    int (*is_unjudged)(const json_t *object, const json_t *old, struct sw_arena *arena,
                       struct sw_err *reterr);
    /* 1 for what is refused without an index, the refusal in `outcome`; NULL: nothing is. */
    int (*refuses_always)(const json_t *object, struct sw_outcome *outcome, struct sw_err *reterr);
};

static const struct judged all_judged[] = {
    {SW_KIND_SERVICE, SW_ADMIT_MUTATE, sw_service_rule, NULL, NULL},
    {SW_KIND_DESTINATIONRULE, SW_ADMIT_MUTATE, sw_destinationrule_rule, NULL, NULL},
    {SW_KIND_SETTING, SW_ADMIT_VALIDATE, sw_setting_rule, sw_setting_is_unjudged,
     sw_setting_refuses_always},
};

/* NULL for what is let through. */
static const struct judged *find_judged(enum sw_admit_path path, const struct sw_review *review)
{
    if (review->sub_resource ||
        (review->operation != SW_CREATE && review->operation != SW_UPDATE))
        return NULL;
    for (size_t i = 0; i < sizeof(all_judged) / sizeof(all_judged[0]); i++) {
        if (all_judged[i].path == path && all_judged[i].kind == review->kind)
            return &all_judged[i];
    }
    return NULL;
}

static bool any_live(const struct sw_index *index)
{
    for (size_t i = 0; i < index->n_views; i++) {
        if (index->views[i]->source.live)
            return true;
    }
    return false;
}

/* A rule decides from the config cluster's workspaces, and what it writes from the local cluster's
 * namespaces: never from half of them. A remote that is away only narrows what is known. */
static bool is_synced(const struct sw_admit_input *input)
{
    if (!sw_index_config(input->index)->source.synced)
        return false;
    return input->path == SW_ADMIT_VALIDATE || sw_index_local(input->index)->source.synced;
}

/* 1 if the object passes unjudged. What cannot be read is for the rule to say. */
static int is_unjudged(const struct judged *judged, const json_t *object, struct sw_arena *arena,
                       struct sw_admit_answer *answer)
{
    struct sw_err unreadable = {0};
    json_t *old = NULL;
    int r;

    if (!judged->is_unjudged)
        return 0;
    r = sw_review_object(&answer->review, SW_REVIEW_OLD_OBJECT, &old, &answer->error);
    if (r < 0)
        return r; /* SW_ETYPE: no object at all */
    r = judged->is_unjudged(object, old, arena, &unreadable);
    if (r >= 0 || r == SW_ETYPE)
        return r == 1;
    return sw_err_set(&answer->error, r, "%s", unreadable.message);
}

/* Of a review that could not be read: its fault, or ours. */
static enum sw_verdict failure_verdict(int r)
{
    return r == SW_ETYPE || r == SW_ESYNTAX || r == SW_ELIMIT ? SW_VERDICT_MALFORMED
                                                              : SW_VERDICT_FAILED;
}

static enum sw_verdict verdict_of(const struct sw_admit_input *input,
                                  const struct sw_outcome *outcome)
{
    if (outcome->refusals.n)
        return any_live(input->index) && !input->retried ? SW_VERDICT_AGAIN : SW_VERDICT_REFUSED;
    return outcome->patch.n_ops ? SW_VERDICT_PATCHED : SW_VERDICT_ALLOWED;
}

static enum sw_verdict judge_object(const struct sw_admit_input *input,
                                    const struct judged *judged, json_t *object,
                                    struct sw_admit_answer *answer)
{
    struct sw_outcome *outcome = &answer->outcome;
    int r = is_unjudged(judged, object, outcome->arena, answer);

    if (r < 0)
        return failure_verdict(r);
    if (r == 1)
        return SW_VERDICT_ALLOWED;
    if (judged->refuses_always)
        r = judged->refuses_always(object, outcome, &answer->error);
    if (r != 0)
        return r < 0 ? SW_VERDICT_FAILED : SW_VERDICT_REFUSED;
    if (!is_synced(input))
        return SW_VERDICT_UNSYNCED;
    r = judged->rule(input->index, object, outcome, &answer->error);
    /* A setting's findings name the clusters, and say it there. */
    if (r == 0 && judged->path == SW_ADMIT_MUTATE)
        r = sw_stale_warn(input->index,
                          judged->kind == SW_KIND_SERVICE ? SW_STALE_HOME : SW_STALE_ALL, outcome,
                          &answer->error);
    /* The API server answers its user 500 for a patch that does not apply, failurePolicy or not. */
    if (r == 0)
        r = sw_patch_apply(&outcome->patch, object, &answer->error);
    return r < 0 ? SW_VERDICT_FAILED : verdict_of(input, outcome);
}

static enum sw_verdict judge(const struct sw_admit_input *input, struct sw_arena *arena,
                             struct sw_admit_answer *answer)
{
    int r = sw_review_read(input->body, arena, &answer->review, &answer->error);
    const struct judged *judged;
    json_t *object = NULL;

    if (r < 0)
        return failure_verdict(r);
    judged = find_judged(input->path, &answer->review);
    if (!judged)
        return SW_VERDICT_ALLOWED;
    r = sw_review_object(&answer->review, SW_REVIEW_OBJECT, &object, &answer->error);
    if (r < 0)
        return failure_verdict(r);
    if (!object) {
        sw_err_set(&answer->error, SW_ETYPE, "request.object: expected an object");
        return SW_VERDICT_MALFORMED;
    }
    return judge_object(input, judged, object, answer);
}

/* A Kubernetes Status, which the API server shows its user for anything but 200. */
static void write_status(const struct sw_admit_answer *answer, struct sw_buf *buf)
{
    const char *message = answer->error.message;

    if (answer->verdict == SW_VERDICT_AGAIN)
        message = "the index may be a moment behind: ask again";
    else if (answer->verdict == SW_VERDICT_UNSYNCED)
        message = "the index is not synced yet: ask again";
    sw_buf_printf(buf, "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\","
                       "\"code\":%d,\"message\":",
                  answer->http_status);
    sw_json_write_string(sw_str_from(message), buf);
    sw_buf_append_text(buf, "}\n");
}

static void answer_with(enum sw_verdict verdict, struct sw_admit_answer *answer)
{
    answer->verdict = verdict;
    answer->http_status = verdicts[verdict].http_status;
    answer->retry_after_s =
        verdict == SW_VERDICT_AGAIN || verdict == SW_VERDICT_UNSYNCED ? RETRY_AFTER_S : 0;
}

void sw_admit(const struct sw_admit_input *input, struct sw_arena *arena,
              struct sw_admit_answer *ret, struct sw_buf *ret_body)
{
    SW_JSON_SCOPE(arena);
    struct sw_admit_answer answer = {0};

    sw_outcome_init(&answer.outcome, arena);
    answer_with(judge(input, arena, &answer), &answer);
    sw_buf_clear(ret_body);
    if (answer.http_status == 200)
        sw_response_write(&answer.review, &answer.outcome, ret_body);
    else
        write_status(&answer, ret_body);
    if (sw_buf_status(ret_body, &answer.error) < 0) {
        answer_with(SW_VERDICT_FAILED, &answer);
        sw_buf_clear(ret_body);
    }
    *ret = answer;
}

const char *sw_verdict_word(enum sw_verdict verdict)
{
    return verdicts[verdict].word;
}
