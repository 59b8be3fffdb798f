#include "golden/response.h"

#include <stdlib.h>

#define WRONG(reterr, ...) sw_err_set((reterr), SW_EINTERNAL, __VA_ARGS__)

/* apiserver pkg/warning and apimachinery util/net NewWarningHeader. */
#define MAX_WARNING_RUNES 4096

static json_t *parse(struct sw_str text)
{
    return json_loadb(text.len ? text.data : "", text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                      NULL);
}

json_t *golden_response_object(struct sw_str body)
{
    json_t *review = json_loadb(body.len ? body.data : "", body.len, JSON_ALLOW_NUL, NULL);
    json_t *object = json_object_get(json_object_get(review, "request"), "object");

    return json_is_object(object) ? object : NULL;
}

static int decode_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Decodes padded base64; false where it is none. */
static bool decode(struct sw_str text, struct sw_arena *arena, struct sw_str *ret)
{
    char *out = sw_arena_alloc(arena, text.len);
    unsigned int bits = 0, n_bits = 0;
    size_t n = 0, i = 0;

    if (!out || text.len % 4 != 0)
        return false;
    for (; i < text.len && text.data[i] != '='; i++) {
        int digit = decode_digit(text.data[i]);

        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned int)digit;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[n++] = (char)(bits >> n_bits & 0xff);
        }
    }
    if (text.len - i > 2 || (text.len - i == 2 && text.data[text.len - 1] != '='))
        return false;
    *ret = (struct sw_str){out, n};
    return true;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int check_members(const json_t *object, const char *const *allowed, struct sw_err *reterr)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)object, key, value) {
        size_t i = 0;

        while (allowed[i] && strcmp(allowed[i], key) != 0)
            i++;
        if (!allowed[i])
            return WRONG(reterr, "the answer has a member %s", key);
    }
    return 0;
}

/* One character of UTF-8 (jansson has checked it) that unicode.IsControl says yes to. */
static bool is_control(const char *p)
{
    unsigned char c = (unsigned char)p[0], next = (unsigned char)p[1];

    return c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0);
}

static int check_warnings(const json_t *warnings, struct sw_err *reterr)
{
    size_t runes = 0, i;
    json_t *item;

    if (!json_is_array(warnings) || json_array_size(warnings) == 0)
        return WRONG(reterr, "warnings is no list of some");
    json_array_foreach (warnings, i, item) {
        const char *text = json_string_value(item);

        if (!text || !*text || strlen(text) != json_string_length(item))
            return WRONG(reterr, "warning %zu is no text", i);
        for (; *text; text++) {
            if (is_control(text))
                return WRONG(reterr, "warning %zu has a control character: it would vanish", i);
            runes += ((unsigned char)*text & 0xc0) != 0x80;
        }
    }
    if (runes > MAX_WARNING_RUNES)
        return WRONG(reterr, "the warnings have %zu characters", runes);
    return 0;
}

static int read_patch(const json_t *response, const struct sw_admit_answer *answer,
                      struct sw_arena *arena, struct golden_response *ret, struct sw_err *reterr)
{
    const json_t *encoded = json_object_get(response, "patch");
    const char *type = text_of(response, "patchType");
    struct sw_str text;
    int r;

    if ((answer->verdict == SW_VERDICT_PATCHED) != (encoded != NULL) ||
        strcmp(type, encoded ? "JSONPatch" : "") != 0)
        return WRONG(reterr, "verdict, patch and patchType do not go together");
    if (!encoded)
        return 0;
    if (!decode((struct sw_str){json_string_value(encoded), json_string_length(encoded)}, arena,
                &text))
        return WRONG(reterr, "the patch is not base64");
    if (!parse(text))
        return WRONG(reterr, "the patch is not JSON");
    r = sw_patch_read(text, arena, &ret->patch, reterr);
    if (r == 0 && (!ret->patch.n_ops || ret->patch.n_ops != answer->outcome.patch.n_ops))
        return WRONG(reterr, "the patch has %zu operations, its struct %zu", ret->patch.n_ops,
                     answer->outcome.patch.n_ops);
    return r;
}

static int check_denial(const struct golden_response *response,
                        const struct sw_admit_answer *answer, struct sw_err *reterr)
{
    json_int_t code = json_integer_value(json_object_get(response->status, "code"));

    if (response->allowed != (answer->verdict != SW_VERDICT_REFUSED) ||
        response->allowed != !response->status)
        return WRONG(reterr, "verdict, allowed and status do not go together");
    if (response->allowed)
        return 0;
    if (code < 400 || code > 499 || !*text_of(response->status, "message"))
        return WRONG(reterr, "a denial needs a code 4xx and a message");
    return 0;
}

static int read_review(json_t *document, const struct sw_admit_answer *answer, struct sw_str body,
                       struct sw_arena *arena, struct golden_response *ret, struct sw_err *reterr)
{
    static const char *const outer[] = {"apiVersion", "kind", "response", NULL};
    static const char *const inner[] = {"uid",       "allowed",  "status", "patch",
                                        "patchType", "warnings", NULL};
    const json_t *request = json_object_get(
        json_loadb(body.len ? body.data : "", body.len, JSON_ALLOW_NUL, NULL), "request");
    const json_t *response = json_object_get(document, "response");
    int r = check_members(document, outer, reterr);

    if (r == 0)
        r = check_members(response, inner, reterr);
    if (r < 0)
        return r;
    if (strcmp(text_of(document, "apiVersion"), "admission.k8s.io/v1") != 0 ||
        strcmp(text_of(document, "kind"), "AdmissionReview") != 0)
        return WRONG(reterr, "the answer is no AdmissionReview of v1");
    if (!json_equal(json_object_get(request, "uid"), json_object_get(response, "uid")))
        return WRONG(reterr, "the answer's uid is not the request's");
    ret->allowed = json_is_true(json_object_get(response, "allowed"));
    ret->status = json_object_get(response, "status");
    ret->warnings = json_object_get(response, "warnings");
    r = check_denial(ret, answer, reterr);
    if (r == 0 && ret->warnings)
        r = check_warnings(ret->warnings, reterr);
    return r < 0 ? r : read_patch(response, answer, arena, ret, reterr);
}

static int check_status(const json_t *document, const struct sw_admit_answer *answer,
                        struct sw_err *reterr)
{
    if (strcmp(text_of(document, "kind"), "Status") != 0 ||
        json_integer_value(json_object_get(document, "code")) != answer->http_status ||
        !*text_of(document, "message"))
        return WRONG(reterr, "a status of %d needs a Status with that code and a message",
                     answer->http_status);
    return 0;
}

int golden_response_read(const struct sw_admit_answer *answer, struct sw_str body,
                         struct sw_str bytes, struct sw_arena *arena, struct golden_response *ret,
                         struct sw_err *reterr)
{
    struct golden_response response = {0};
    json_t *document = parse(bytes);
    int r;

    if (!document)
        return WRONG(reterr, "the answer is not JSON: %.*s", SW_STR_ARG(bytes));
    if ((answer->http_status == 429 || answer->http_status == 503) != (answer->retry_after_s > 0))
        return WRONG(reterr, "status %d with Retry-After %d", answer->http_status,
                     answer->retry_after_s);
    if (answer->http_status == 200) {
        r = read_review(document, answer, body, arena, &response, reterr);
    } else {
        response.status = document;
        r = check_status(document, answer, reterr);
    }
    if (r < 0)
        return r;
    *ret = response;
    return 0;
}
