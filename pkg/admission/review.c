#include "admission/review.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "failover/setting_rule.h"
#include "json/read.h"
#include "model/destinationrule.h"
#include "model/meta.h"

#include "base/banned.h"

/* Members of the review itself, then those of an object, which stand twice: for object and, from
 * OBJECT_SLOTS on, for oldObject. */
enum slot {
    API_VERSION,
    KIND,
    REQUEST,
    UID,
    REQUEST_GROUP,
    REQUEST_VERSION,
    REQUEST_KIND,
    SUB_RESOURCE,
    NAME,
    NAMESPACE,
    OPERATION,
    OBJECT,
    OBJECT_METADATA,
    OBJECT_NAME,
    OBJECT_CREATED,
    OBJECT_DELETED,
    OBJECT_LABELS,
    OBJECT_INJECT,
    OBJECT_ALLOW_UNMATCHED,
    OBJECT_ALWAYS_REFUSE,
    OBJECT_ORGANIZATION,
    OBJECT_TENANT,
    OBJECT_WORKSPACE,
    OBJECT_SPEC,
    OBJECT_MISPLACED,
    N_SLOTS_WITH_ONE_OBJECT,
};

#define OBJECT_SLOTS (N_SLOTS_WITH_ONE_OBJECT - OBJECT)
#define N_SLOTS      (N_SLOTS_WITH_ONE_OBJECT + OBJECT_SLOTS)
_Static_assert(N_SLOTS <= SW_REVIEW_SLICES, "a review keeps all its slices");

/* What trimming adds to the slices of an object: keys, quotes and braces. */
#define MAX_TRIM_BYTES 1024

#define MISPLACED "defaultEastWestGatewaySettings"

#define OBJECT_WANTS(name, shift)                                                                  \
    static const struct sw_scan_want name##_annotations[] = {                                      \
        {SW_ANNOTATION_INJECT, OBJECT_INJECT + (shift), NULL},                                     \
        {SW_ANNOTATION_ALLOW_UNMATCHED, OBJECT_ALLOW_UNMATCHED + (shift), NULL},                   \
        {SW_ANNOTATION_ALWAYS_REFUSE, OBJECT_ALWAYS_REFUSE + (shift), NULL},                       \
        {SW_ANNOTATION_ORGANIZATION, OBJECT_ORGANIZATION + (shift), NULL},                         \
        {SW_ANNOTATION_TENANT, OBJECT_TENANT + (shift), NULL},                                     \
        {SW_ANNOTATION_WORKSPACE, OBJECT_WORKSPACE + (shift), NULL},                               \
        {NULL, 0, NULL},                                                                           \
    };                                                                                             \
    static const struct sw_scan_want name##_metadata[] = {                                         \
        {"name", OBJECT_NAME + (shift), NULL},                                                     \
        {"creationTimestamp", OBJECT_CREATED + (shift), NULL},                                     \
        {"deletionTimestamp", OBJECT_DELETED + (shift), NULL},                                     \
        {"labels", OBJECT_LABELS + (shift), NULL},                                                 \
        {"annotations", -1, name##_annotations},                                                   \
        {NULL, 0, NULL},                                                                           \
    };                                                                                             \
    static const struct sw_scan_want name##_wants[] = {                                            \
        {"metadata", OBJECT_METADATA + (shift), name##_metadata},                                  \
        {"spec", OBJECT_SPEC + (shift), NULL},                                                     \
        {MISPLACED, OBJECT_MISPLACED + (shift), NULL},                                             \
        {NULL, 0, NULL},                                                                           \
    }

OBJECT_WANTS(object, 0);
OBJECT_WANTS(old_object, OBJECT_SLOTS);

static const struct sw_scan_want kind_wants[] = {
    {"group", REQUEST_GROUP, NULL},
    {"version", REQUEST_VERSION, NULL},
    {"kind", REQUEST_KIND, NULL},
    {NULL, 0, NULL},
};

static const struct sw_scan_want request_wants[] = {
    {"uid", UID, NULL},
    {"kind", -1, kind_wants},
    {"subResource", SUB_RESOURCE, NULL},
    {"name", NAME, NULL},
    {"namespace", NAMESPACE, NULL},
    {"operation", OPERATION, NULL},
    {"object", OBJECT, object_wants},
    {"oldObject", OBJECT + OBJECT_SLOTS, old_object_wants},
    {NULL, 0, NULL},
};

static const struct sw_scan_want review_wants[] = {
    {"apiVersion", API_VERSION, NULL},
    {"kind", KIND, NULL},
    {"request", REQUEST, request_wants},
    {NULL, 0, NULL},
};

/* The string members of a review: what a message calls them, and whether they must be there. */
static const struct {
    const char *path;
    bool required;
} strings[] = {
    [API_VERSION] = {"apiVersion", true},
    [KIND] = {"kind", true},
    [UID] = {"request.uid", true},
    [REQUEST_GROUP] = {"request.kind.group", false},
    [REQUEST_VERSION] = {"request.kind.version", true},
    [REQUEST_KIND] = {"request.kind.kind", true},
    [SUB_RESOURCE] = {"request.subResource", false},
    [NAME] = {"request.name", false},
    [NAMESPACE] = {"request.namespace", false},
    [OPERATION] = {"request.operation", true},
};

/* The text of a string member; *ret is untouched when it may be absent and is, or is null. */
static int read_string(const struct sw_review *review, enum slot slot, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr)
{
    const struct sw_scan_slice *slice = &review->slices[slot];

    if (slice->type == SW_SCAN_STRING)
        return sw_scan_string(slice, arena, ret, reterr);
    if (!strings[slot].required && (slice->type == SW_SCAN_ABSENT || slice->type == SW_SCAN_NULL))
        return 0;
    return sw_err_set(reterr, SW_ETYPE, "%s: expected a string, found %s", strings[slot].path,
                      sw_scan_type_name(slice->type));
}

/* The members that say what text this is. */
static int check_envelope(const struct sw_review *review, struct sw_arena *arena,
                          struct sw_err *reterr)
{
    struct sw_str version = {NULL, 0}, kind = {NULL, 0};
    int r = read_string(review, API_VERSION, arena, &version, reterr);

    if (r == 0)
        r = read_string(review, KIND, arena, &kind, reterr);
    if (r < 0)
        return r;
    if (!sw_str_is(version, "admission.k8s.io/v1") || !sw_str_is(kind, "AdmissionReview"))
        return sw_err_set(reterr, SW_ETYPE,
                          "expected an AdmissionReview of admission.k8s.io/v1, found %.*s of %.*s",
                          SW_STR_ARG(kind), SW_STR_ARG(version));
    if (review->slices[REQUEST].type != SW_SCAN_OBJECT)
        return sw_err_set(reterr, SW_ETYPE, "request: expected an object, found %s",
                          sw_scan_type_name(review->slices[REQUEST].type));
    return 0;
}

static int read_operation(struct sw_review *review, struct sw_arena *arena, struct sw_err *reterr)
{
    static const char *const names[] = {
        [SW_CREATE] = "CREATE",
        [SW_UPDATE] = "UPDATE",
        [SW_DELETE] = "DELETE",
        [SW_CONNECT] = "CONNECT",
    };
    struct sw_str text = {NULL, 0};
    int r = read_string(review, OPERATION, arena, &text, reterr);

    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (sw_str_is(text, names[i])) {
            review->operation = (enum sw_operation)i;
            return 0;
        }
    }
    return sw_err_set(reterr, SW_ETYPE,
                      "request.operation: expected CREATE, UPDATE, DELETE or CONNECT, found %.*s",
                      SW_STR_ARG(text));
}

static int read_kind(struct sw_review *review, struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_str group = {NULL, 0}, version = {NULL, 0}, sub_resource = {NULL, 0};
    int r = read_string(review, REQUEST_GROUP, arena, &group, reterr);

    if (r == 0)
        r = read_string(review, REQUEST_VERSION, arena, &version, reterr);
    if (r == 0)
        r = read_string(review, REQUEST_KIND, arena, &review->kind_name, reterr);
    if (r == 0)
        r = read_string(review, SUB_RESOURCE, arena, &sub_resource, reterr);
    if (r < 0)
        return r;
    review->kind = sw_kind_of(group, version, review->kind_name);
    review->sub_resource = sub_resource.len > 0;
    return 0;
}

/* Only null (or nothing) and an object may stand where an object is expected. */
static int check_object(const struct sw_review *review, enum slot slot, const char *path,
                        struct sw_err *reterr)
{
    enum sw_scan_type type = review->slices[slot].type;

    if (type == SW_SCAN_OBJECT || type == SW_SCAN_NULL || type == SW_SCAN_ABSENT)
        return 0;
    return sw_err_set(reterr, SW_ETYPE, "%s: expected an object, found %s", path,
                      sw_scan_type_name(type));
}

static int read_request(struct sw_review *review, struct sw_arena *arena, struct sw_err *reterr)
{
    int r = read_string(review, UID, arena, &review->uid, reterr);

    review->uid_json = review->slices[UID].text;
    if (r == 0)
        r = read_kind(review, arena, reterr);
    if (r == 0)
        r = read_string(review, NAME, arena, &review->name, reterr);
    if (r == 0)
        r = read_string(review, NAMESPACE, arena, &review->namespace_,
                        reterr);
    if (r == 0)
        r = read_operation(review, arena, reterr);
    if (r == 0)
        r = check_object(review, OBJECT, "request.object", reterr);
    if (r == 0)
        r = check_object(review, OBJECT + OBJECT_SLOTS, "request.oldObject", reterr);
    return r;
}

int sw_review_read(struct sw_str body, struct sw_arena *arena, struct sw_review *ret,
                   struct sw_err *reterr)
{
    struct sw_review review = {0};
    int r = sw_scan(body, review_wants, review.slices, N_SLOTS, reterr);

    if (r == 0)
        r = check_envelope(&review, arena, reterr);
    if (r == 0)
        r = read_request(&review, arena, reterr);
    if (r < 0)
        return r;
    *ret = review;
    return 0;
}

/* A member of the trimmed object and the slot that its text comes from. */
struct member {
    enum slot slot;
    const char *key;
};

/* Appends `"key":<text>` for each member that is there, commas between them. */
static void append_members(const struct sw_scan_slice *slices, const struct member *members,
                           size_t n, struct sw_buf *buf)
{
    for (size_t i = 0; i < n; i++) {
        const struct sw_scan_slice *slice = &slices[members[i].slot];

        if (slice->type == SW_SCAN_ABSENT)
            continue;
        if (buf->len && buf->data[buf->len - 1] != '{')
            sw_buf_append_text(buf, ",");
        sw_buf_append_text(buf, "\"");
        sw_buf_append_text(buf, members[i].key);
        sw_buf_append_text(buf, "\":");
        sw_buf_append_str(buf, slice->text);
    }
}

#define APPEND(slices, members, buf)                                                               \
    append_members((slices), (members), sizeof(members) / sizeof((members)[0]), (buf))

static void write_trimmed(const struct sw_scan_slice *slices, struct sw_buf *buf)
{
    static const struct member metadata[] = {
        {OBJECT_NAME, "name"},
        {OBJECT_CREATED, "creationTimestamp"},
        {OBJECT_DELETED, "deletionTimestamp"},
        {OBJECT_LABELS, "labels"},
    };
    static const struct member annotations[] = {
        {OBJECT_INJECT, SW_ANNOTATION_INJECT},
        {OBJECT_ALLOW_UNMATCHED, SW_ANNOTATION_ALLOW_UNMATCHED},
        {OBJECT_ALWAYS_REFUSE, SW_ANNOTATION_ALWAYS_REFUSE},
        {OBJECT_ORGANIZATION, SW_ANNOTATION_ORGANIZATION},
        {OBJECT_TENANT, SW_ANNOTATION_TENANT},
        {OBJECT_WORKSPACE, SW_ANNOTATION_WORKSPACE},
    };
    static const struct member object[] = {{OBJECT_SPEC, "spec"}, {OBJECT_MISPLACED, MISPLACED}};

    sw_buf_append_text(buf, "{\"metadata\":{\"annotations\":{");
    APPEND(slices, annotations, buf);
    sw_buf_append_text(buf, "}");
    APPEND(slices, metadata, buf);
    sw_buf_append_text(buf, "}");
    APPEND(slices, object, buf);
    sw_buf_append_text(buf, "}");
}

int sw_review_object(const struct sw_review *review, enum sw_review_which which, json_t **ret,
                     struct sw_err *reterr)
{
    const struct sw_scan_slice *slices =
        review->slices + (which == SW_REVIEW_OLD_OBJECT ? OBJECT_SLOTS : 0);
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    json_t *object = NULL, *namespace_;
    int r;

    sw_buf_init(&text, slices[OBJECT].text.len + MAX_TRIM_BYTES);
    if (slices[OBJECT].type != SW_SCAN_OBJECT) {
        *ret = NULL;
        return 0;
    }
    /* The trimmed object has metadata in any case: a label added to it must find the same place in
     * the object that came. */
    if (slices[OBJECT_METADATA].type != SW_SCAN_OBJECT)
        return sw_err_set(reterr, SW_ETYPE, "request.%s.metadata: expected an object, found %s",
                          which == SW_REVIEW_OLD_OBJECT ? "oldObject" : "object",
                          sw_scan_type_name(slices[OBJECT_METADATA].type));
    sw_buf_reserve(&text, text.max_bytes);
    write_trimmed(slices, &text);
    r = sw_buf_status(&text, reterr);
    if (r == 0)
        r = sw_json_read(sw_buf_str(&text), &object, reterr);
    if (r < 0)
        return r;
    namespace_ = json_stringn(review->namespace_.data ? review->namespace_.data : "",
                              review->namespace_.len);
    if (json_object_set_new(json_object_get(object, "metadata"), "namespace", namespace_) < 0)
        return sw_err_nomem(reterr);
    *ret = object;
    return 0;
}
