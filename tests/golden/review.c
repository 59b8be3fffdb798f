#include "golden/review.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "json/get.h"
#include "json/read.h"
#include "json/write.h"

#define MAX_REVIEW_BYTES ((size_t)16 << 20)

static int to_text(const json_t *value, struct sw_arena *arena, struct sw_str *ret,
                   struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_str text;
    int r;

    sw_buf_init(&buf, MAX_REVIEW_BYTES);
    sw_json_write(value, &buf);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    text = sw_arena_copy(arena, sw_buf_str(&buf));
    if (!text.data)
        return sw_err_nomem(reterr);
    *ret = text;
    return 0;
}

/* The plural by which the API server names the kinds that we read. */
static json_t *resource_of(const char *kind)
{
    char text[64];
    size_t n = 0;

    for (; kind[n] && n < sizeof(text) - 2; n++)
        text[n] = kind[n] >= 'A' && kind[n] <= 'Z' ? (char)(kind[n] - 'A' + 'a') : kind[n];
    text[n++] = 's';
    return json_stringn(text, n);
}

static json_t *string_of(struct sw_str s)
{
    return json_stringn(s.data ? s.data : "", s.len);
}

/* What both `kind` and `requestKind` (or, with the plural, `resource`) hold. */
static json_t *versioned(struct sw_str api_version, const char *key, json_t *name)
{
    struct sw_str version = api_version, group = {NULL, 0};

    if (sw_str_find(version, '/') < version.len)
        group = sw_str_cut(&version, '/');
    return json_pack("{s:o,s:o,s:o}", "group", string_of(group), "version", string_of(version), key,
                     name);
}

int golden_review_make(const struct golden_request *request, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr)
{
    bool deletes = sw_str_is(request->operation, "DELETE");
    json_t *metadata = json_object_get(request->object, "metadata");
    const char *name = json_string_value(json_object_get(metadata, "name"));
    const char *namespace_ = json_string_value(json_object_get(metadata, "namespace"));
    struct sw_str api_version = {NULL, 0}, kind = {NULL, 0};
    json_t *body;
    int r = sw_get_str(request->object, "apiVersion", NULL, &api_version, reterr);

    if (r >= 0)
        r = sw_get_str(request->object, "kind", NULL, &kind, reterr);
    if (r < 0)
        return r;
    if (!api_version.len || !kind.len)
        return sw_err_set(reterr, SW_ETYPE, "apiVersion and kind: expected both");
    body = json_pack(
        "{s:s, s:s, s:{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:{s:s, s:[s]}, s:O?, s:O?, s:b,"
        " s:n}}",
        "kind", "AdmissionReview", "apiVersion", "admission.k8s.io/v1", "request", "uid",
        GOLDEN_UID, "kind", versioned(api_version, "kind", string_of(kind)), "resource",
        versioned(api_version, "resource", resource_of(kind.data)), "subResource",
        string_of(request->sub_resource), "requestKind",
        versioned(api_version, "kind", string_of(kind)), "name", string_of(sw_str_from(name)),
        "namespace", namespace_ ? namespace_ : "default", "operation",
        string_of(request->operation), "userInfo", "username", "kubernetes-admin", "groups",
        "system:masters", "object", deletes ? NULL : request->object, "oldObject",
        deletes ? request->object : request->old, "dryRun", 0, "options");
    if (!body)
        return sw_err_nomem(reterr);
    return to_text(body, arena, ret, reterr);
}

int golden_review_replace(struct sw_str body, json_t *object, struct sw_arena *arena,
                          struct sw_str *ret, struct sw_err *reterr)
{
    json_t *review = NULL;
    int r = sw_json_read(body, &review, reterr);

    if (r < 0)
        return r;
    if (json_object_set(json_object_get(review, "request"), "object", object) < 0)
        return sw_err_nomem(reterr);
    return to_text(review, arena, ret, reterr);
}
