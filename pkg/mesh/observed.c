#include "mesh/observed.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "model/meta.h"
#include "json/read.h"
#include "json/write.h"

#include "base/banned.h"

/* How FieldsV1 (structured-merge-diff) names what stands below: a member, an item by its keys, an
 * item by its value. */
#define MEMBER       "f:"
#define BY_KEYS      "k:"
#define BY_SELF      "v:"
#define TAG_LEN      2

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

static void write_line(const json_t *value, struct sw_buf *buf)
{
    if (value)
        sw_json_write_canonical(value, buf);
    sw_buf_append_text(buf, "\n");
}

int sw_digest_object(const json_t *object, struct sw_digest *ret, struct sw_err *reterr)
{
    const json_t *metadata = json_object_get(object, "metadata");
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_sha256 hash;
    int r;

    sw_buf_init(&buf, SW_OBSERVED_MAX_BYTES);
    write_line(json_object_get(object, "spec"), &buf);
    write_line(json_object_get(metadata, "annotations"), &buf);
    write_line(json_object_get(metadata, "labels"), &buf);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    sw_sha256_init(&hash);
    sw_sha256_add_str(&hash, sw_buf_str(&buf));
    *ret = sw_sha256_digest(&hash);
    return 0;
}

static bool begins(const char *key, const char *tag)
{
    return strncmp(key, tag, TAG_LEN) == 0;
}

/* True if every member of `keys` is in `item`. */
static bool has_keys(const json_t *item, json_t *keys)
{
    const char *name;
    json_t *value;

    json_object_foreach (keys, name, value) {
        if (!json_equal(json_object_get(item, name), value))
            return false;
    }
    return true;
}

/* Sets *ret to the fields below the item of a list, NULL if none of it is in `fields`. Fails with
 * SW_ENOMEM. */
static int find_fields(const json_t *item, json_t *fields, json_t **ret)
{
    const char *name;
    json_t *below;

    *ret = NULL;
    json_object_foreach (fields, name, below) {
        json_auto_t *value = NULL;
        int r;

        if (!begins(name, BY_KEYS) && !begins(name, BY_SELF))
            continue;
        r = sw_json_read(sw_str_from(name + TAG_LEN), &value, NULL);
        if (r == SW_ENOMEM)
            return r;
        if (r < 0)
            continue;
        if (begins(name, BY_KEYS) ? json_is_object(value) && has_keys(item, value)
                                  : json_equal(item, value)) {
            *ret = below;
            return 0;
        }
    }
    return 0;
}

static json_t *project(json_t *value, json_t *fields);

static json_t *project_members(const json_t *value, json_t *fields)
{
    json_auto_t *result = json_object();
    const char *name;
    json_t *below;

    json_object_foreach (fields, name, below) {
        json_t *member = begins(name, MEMBER) ? json_object_get(value, name + TAG_LEN) : NULL;

        if (member && json_object_set_new(result, name + TAG_LEN, project(member, below)) < 0)
            return NULL;
    }
    return SW_TAKE(result);
}

static json_t *project_items(const json_t *value, json_t *fields)
{
    json_auto_t *result = json_array();
    json_t *item, *below;
    size_t i;

    json_array_foreach (value, i, item) {
        if (find_fields(item, fields, &below) < 0)
            return NULL;
        if (below && json_array_append_new(result, project(item, below)) < 0)
            return NULL;
    }
    return SW_TAKE(result);
}

/* What of `value` is in `fields`; a leaf (no fields below) is all of it. A new reference, NULL when
 * out of memory. It goes as deep as `fields`, which was read with a cap on that. */
static json_t *project(json_t *value, json_t *fields)
{
    if (json_object_size(fields) == 0)
        return json_incref(value);
    if (json_is_array(value))
        return project_items(value, fields);
    return json_is_object(value) ? project_members(value, fields) : json_incref(value);
}

static bool is_ours(const json_t *entry)
{
    const char *manager = json_string_value(json_object_get(entry, "manager"));

    return manager && strcmp(manager, SW_MANAGED_BY) == 0;
}

/* True if these fields make an object somebody's: any of its spec, or kubectl's note of what was
 * applied. That is all that a client-side apply leaves behind where it changed nothing. */
static bool is_claim(const json_t *fields)
{
    const json_t *metadata = json_object_get(fields, MEMBER "metadata");

    return json_object_size(json_object_get(fields, MEMBER "spec")) > 0 ||
           json_object_get(json_object_get(metadata, MEMBER "annotations"), MEMBER LAST_APPLIED);
}

/* Adds what is in `these` to `fields`, as a tree of objects, in which an empty one is a leaf. It
 * goes as deep as `these`, which was read with a cap on that. -1 when out of memory. */
static int add_fields(json_t *these, json_t *fields)
{
    const char *name;
    json_t *below, *known;

    json_object_foreach (these, name, below) {
        if (!json_object_get(fields, name) && json_object_set_new(fields, name, json_object()) < 0)
            return -1;
        known = json_object_get(fields, name);
        if (add_fields(below, known) < 0)
            return -1;
    }
    return 0;
}

/* Takes one entry of managedFields into account; what is ours is added to `fields`. */
static int gather(const json_t *entry, json_t *fields, struct sw_observed *ret)
{
    json_t *these = json_object_get(entry, "fieldsV1");

    if (!json_is_object(these) || json_string_length(json_object_get(entry, "subresource")))
        return 0; /* of a status, say: nothing that we write */
    if (!is_ours(entry)) {
        ret->shared |= is_claim(these);
        return 0;
    }
    ret->managed = true;
    return add_fields(these, fields);
}

int sw_observed_read(const json_t *object, struct sw_observed *ret, struct sw_err *reterr)
{
    json_t *entries = json_object_get(json_object_get(object, "metadata"), "managedFields");
    json_auto_t *fields = json_object(), *ours = NULL;
    struct sw_observed observed = {0};
    json_t *entry;
    size_t i;
    int r;

    json_array_foreach (entries, i, entry) {
        if (gather(entry, fields, &observed) < 0)
            return sw_err_nomem(reterr);
    }
    if (observed.managed) {
        ours = project_members(object, fields);
        if (!ours)
            return sw_err_nomem(reterr);
        r = sw_digest_object(ours, &observed.digest, reterr);
        if (r < 0)
            return r;
    }
    *ret = observed;
    return 0;
}

int sw_observed_others(const json_t *object, struct sw_arena *arena, struct sw_str *ret,
                       struct sw_err *reterr)
{
    json_t *entries = json_object_get(json_object_get(object, "metadata"), "managedFields");
    json_auto_t *others = json_array();
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    json_t *entry;
    size_t i;
    int r;

    sw_buf_init(&buf, SW_OBSERVED_MAX_BYTES);
    if (!others)
        return sw_err_nomem(reterr);
    json_array_foreach (entries, i, entry) {
        if (!is_ours(entry) && json_array_append(others, entry) < 0)
            return sw_err_nomem(reterr);
    }
    sw_json_write(others, &buf);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    *ret = sw_arena_copy(arena, sw_buf_str(&buf));
    return ret->data ? 0 : sw_err_nomem(reterr);
}
