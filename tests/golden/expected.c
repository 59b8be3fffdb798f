#include "golden/expected.h"

#include "base/cleanup.h"
#include "golden/check.h"
#include "golden/response.h"
#include "json/yaml.h"

#define MAX_TEXT_BYTES ((size_t)16 << 20)

/* Each adder below leaves out what there is none of, and returns false when out of memory. */

static bool add_number(json_t *document, const char *key, long long number)
{
    return !number || json_object_set_new(document, key, json_integer(number)) == 0;
}

static bool add_value(json_t *document, const char *key, json_t *value)
{
    return !value || json_object_set(document, key, value) == 0;
}

/* Of a Status that is the whole answer only the message says more than the HTTP status does. */
static bool add_status(json_t *document, const struct sw_admit_answer *answer,
                       const struct golden_response *response)
{
    if (answer->http_status == 200)
        return add_value(document, "denial", response->status);
    return add_value(document, "error", json_object_get(response->status, "message"));
}

static bool add_reasons(json_t *list, const struct sw_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const char *word = sw_reason_word(findings->items[i].reason);

        if (json_array_append_new(list, json_string(word)) < 0)
            return false;
    }
    return true;
}

static bool add_all_reasons(json_t *document, const struct sw_outcome *outcome)
{
    json_t *list = json_array();

    if (!outcome->refusals.n && !outcome->warnings.n)
        return true;
    return add_reasons(list, &outcome->refusals) && add_reasons(list, &outcome->warnings) &&
           json_object_set_new(document, "reasons", list) == 0;
}

static bool add_patch(json_t *document, const struct sw_patch *patch)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < patch->n_ops; i++) {
        const struct sw_patch_op *op = &patch->ops[i];
        json_t *item =
            json_pack("{s:s,s:O*}", sw_patch_verb_name(op->verb), op->pointer, "value", op->value);

        if (json_array_append_new(list, item) < 0)
            return false;
    }
    return !patch->n_ops || json_object_set_new(document, "patch", list) == 0;
}

static int to_text(const json_t *document, struct sw_arena *arena, struct sw_str *ret,
                   struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    int r;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_yaml_write(document, &buf);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    *ret = sw_arena_copy(arena, sw_buf_str(&buf));
    return ret->data ? 0 : sw_err_nomem(reterr);
}

int golden_expected_write(const struct golden_case *golden, const struct sw_admit_answer *answer,
                          struct sw_str bytes, struct sw_arena *arena, struct sw_str *ret,
                          struct sw_err *reterr)
{
    json_t *document = json_object(), *patched = NULL;
    struct golden_response response;
    int r = golden_response_read(answer, golden->body, bytes, arena, &response, reterr);

    if (r == 0 && response.patch.n_ops)
        r = golden_check_patch(&response.patch, golden_response_object(golden->body), &patched,
                               reterr);
    if (r < 0)
        return r;
    if (json_object_set_new(document, "verdict", json_string(sw_verdict_word(answer->verdict))) <
            0 ||
        !add_number(document, "http", answer->http_status) ||
        !add_number(document, "retryAfter", answer->retry_after_s) ||
        !add_value(document, "notes", golden->notes) || !add_status(document, answer, &response) ||
        !add_value(document, "warnings", response.warnings) ||
        !add_all_reasons(document, &answer->outcome) || !add_patch(document, &response.patch) ||
        !add_value(document, "object", patched))
        return sw_err_nomem(reterr);
    return to_text(document, arena, ret, reterr);
}
