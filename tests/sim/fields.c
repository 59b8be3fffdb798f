#include "fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of a member in a set of fields: "f:" and its key. */
#define KEY_SIZE 512

static json_t *sure(json_t *value)
{
    if (!value)
        abort();
    return value;
}

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, sure(value)) < 0)
        abort();
}

static const char *field_key(const char *key, char buf[static KEY_SIZE])
{
    snprintf(buf, KEY_SIZE, "f:%s", key);
    return buf;
}

static bool is_tree(const json_t *value)
{
    return json_is_object(value) && json_object_size(value) > 0;
}

/* The fields that `value` has. */
static json_t *fields_of(const json_t *value)
{
    json_t *fields = sure(json_object()), *member;
    char buf[KEY_SIZE];
    const char *key;

    if (is_tree(value)) {
        json_object_foreach ((json_t *)value, key, member)
            put(fields, field_key(key, buf), fields_of(member));
    }
    return fields;
}

/* Whole objects have owners of what stands outside of these. */
static bool is_owned_member(const char *key)
{
    return strcmp(key, "apiVersion") != 0 && strcmp(key, "kind") != 0 &&
           strcmp(key, "metadata") != 0 && strcmp(key, "status") != 0;
}

/* The part of a whole object that has owners: a copy without names and versions. */
static json_t *owned_part(const json_t *object)
{
    json_t *part = sure(json_object()), *metadata = sure(json_object()), *member;
    const json_t *from = json_object_get(object, "metadata");
    const char *key;

    json_object_foreach ((json_t *)object, key, member) {
        if (is_owned_member(key))
            put(part, key, json_incref(member));
    }
    if (is_tree(json_object_get(from, "labels")))
        put(metadata, "labels", json_incref(json_object_get(from, "labels")));
    if (is_tree(json_object_get(from, "annotations")))
        put(metadata, "annotations", json_incref(json_object_get(from, "annotations")));
    put(part, "metadata", metadata);
    return part;
}

static json_t *managers_of(const json_t *object)
{
    return json_object_get(json_object_get(object, "metadata"), "managedFields");
}

static bool is_manager(const json_t *entry, const char *manager)
{
    return strcmp(json_string_value(json_object_get(entry, "manager")), manager) == 0;
}

static json_t *fields_by(const json_t *object, const char *manager)
{
    json_t *entry;
    size_t i;

    json_array_foreach (managers_of(object), i, entry) {
        if (is_manager(entry, manager))
            return json_object_get(entry, "fieldsV1");
    }
    return NULL;
}

/* True if applying `applied` over `live` would change what is in `fields`. */
static bool conflicts(const json_t *live, const json_t *applied, const json_t *fields)
{
    char buf[KEY_SIZE];
    const char *key;
    json_t *member;

    json_object_foreach ((json_t *)applied, key, member) {
        const json_t *now = json_object_get(live, key);
        const json_t *below = json_object_get(fields, field_key(key, buf));

        if (!below || !now || json_equal(now, member))
            continue;
        if (!is_tree(member) || !is_tree(now) || conflicts(now, member, below))
            return true;
    }
    return false;
}

/* Sets what `applied` says. */
static void merge(json_t *live, const json_t *applied)
{
    const char *key;
    json_t *member;

    json_object_foreach ((json_t *)applied, key, member) {
        json_t *now = json_object_get(live, key);

        if (is_tree(member) && json_is_object(now))
            merge(now, member);
        else
            put(live, key, json_deep_copy(member));
    }
}

/* The way to a field, innermost first. */
struct path {
    const struct path *outer;
    const char *field;
};

static const json_t *at_path(const json_t *fields, const struct path *path)
{
    if (!path || !fields)
        return fields;
    return json_object_get(at_path(fields, path->outer), path->field);
}

/* True if any other manager has that field. */
static bool others_have(const json_t *object, const char *manager, const struct path *path)
{
    json_t *entry;
    size_t i;

    json_array_foreach (managers_of(object), i, entry) {
        if (!is_manager(entry, manager) && at_path(json_object_get(entry, "fieldsV1"), path))
            return true;
    }
    return false;
}

/* What is applied at last, and by whom. */
struct applying {
    const json_t *object; /* whole, as it was */
    const char *manager;
};

/* Takes away what the manager had, does not apply any more, and nobody else has. */
static void prune(json_t *live, const json_t *before, const json_t *now,
                  const struct applying *applying, const struct path *outer)
{
    const char *field;
    json_t *below;

    json_object_foreach ((json_t *)before, field, below) {
        const struct path path = {outer, field};
        const json_t *still = json_object_get(now, field);
        json_t *member = json_object_get(live, field + 2);

        if (!member)
            continue;
        if (is_tree(below) && json_is_object(member))
            prune(member, below, still, applying, &path);
        if (!still && !(is_tree(member)) &&
            !others_have(applying->object, applying->manager, &path))
            json_object_del(live, field + 2);
    }
}

/* Takes the fields away whose values differ in the two, or that are absent in `after`. */
static void drop_changed(json_t *fields, const json_t *before, const json_t *after)
{
    const char *field;
    json_t *below;
    void *next;

    json_object_foreach_safe(fields, next, field, below)
    {
        const json_t *was = json_object_get(before, field + 2);
        const json_t *is = json_object_get(after, field + 2);

        if (is_tree(below) && json_is_object(was) && json_is_object(is)) {
            drop_changed(below, was, is);
            if (json_object_size(below) == 0)
                json_object_del(fields, field);
        } else if (!is || !json_equal(was, is)) {
            json_object_del(fields, field);
        }
    }
}

/* The fields of `after` that are not as in `before`. */
static json_t *changed(const json_t *before, const json_t *after)
{
    json_t *fields = sure(json_object()), *member;
    char buf[KEY_SIZE];
    const char *key;

    json_object_foreach ((json_t *)after, key, member) {
        const json_t *was = json_object_get(before, key);

        if (was && json_equal(was, member))
            continue;
        if (is_tree(member) && json_is_object(was))
            put(fields, field_key(key, buf), changed(was, member));
        else
            put(fields, field_key(key, buf), fields_of(member));
    }
    return fields;
}

static void add_fields(json_t *fields, const json_t *more)
{
    const char *key;
    json_t *below;

    json_object_foreach ((json_t *)more, key, below) {
        json_t *now = json_object_get(fields, key);

        if (now)
            add_fields(now, below);
        else
            put(fields, key, json_deep_copy(below));
    }
}

/* Managers of `live` after a change to `after`: the others lose what has changed, `manager` has
 * `own` (taken). */
static json_t *managers_after(const json_t *live, const json_t *after, const char *manager,
                              const char *operation, json_t *own)
{
    json_t *managers = sure(json_array()), *entry;
    json_t *was = owned_part(live), *is = owned_part(after);
    size_t i;

    json_array_foreach (managers_of(live), i, entry) {
        json_t *copy, *fields;

        if (is_manager(entry, manager))
            continue;
        copy = sure(json_deep_copy(entry));
        fields = json_object_get(copy, "fieldsV1");
        drop_changed(fields, was, is);
        if (json_object_size(fields) > 0)
            json_array_append(managers, copy);
        json_decref(copy);
    }
    if (json_object_size(own) > 0)
        json_array_append_new(managers, sure(json_pack("{s:s,s:s,s:O}", "manager", manager,
                                                       "operation", operation, "fieldsV1", own)));
    json_decref(own);
    json_decref(was);
    json_decref(is);
    return managers;
}

static json_t *metadata_of(json_t *object)
{
    json_t *metadata = json_object_get(object, "metadata");

    if (!metadata) {
        metadata = sure(json_object());
        put(object, "metadata", metadata);
    }
    return metadata;
}

/* A whole copy; where there is none yet, the shell of `otherwise`. */
static json_t *begin_with(const json_t *live, const json_t *otherwise)
{
    const json_t *metadata = json_object_get(otherwise, "metadata");
    json_t *object = live ? json_deep_copy(live) : json_object(), *meta;

    sure(object);
    if (live)
        return object;
    put(object, "apiVersion", json_incref(json_object_get(otherwise, "apiVersion")));
    put(object, "kind", json_incref(json_object_get(otherwise, "kind")));
    meta = metadata_of(object);
    put(meta, "name", json_incref(json_object_get(metadata, "name")));
    if (json_object_get(metadata, "namespace"))
        put(meta, "namespace", json_incref(json_object_get(metadata, "namespace")));
    return object;
}

json_t *sim_fields_apply(const json_t *live, const json_t *applied, const char *manager, bool force)
{
    const struct applying applying = {live, manager};
    json_t *part = owned_part(applied), *object, *entry, *own;
    size_t i;

    json_array_foreach (managers_of(live), i, entry) {
        if (!force && !is_manager(entry, manager) &&
            conflicts(live, part, json_object_get(entry, "fieldsV1"))) {
            json_decref(part);
            return NULL;
        }
    }
    object = begin_with(live, applied);
    own = fields_of(part);
    prune(object, fields_by(live, manager), own, &applying, NULL);
    merge(object, part);
    put(metadata_of(object), "managedFields", managers_after(live, object, manager, "Apply", own));
    json_decref(part);
    return object;
}

json_t *sim_fields_update(const json_t *live, const json_t *object, const char *manager)
{
    json_t *next = sure(json_deep_copy(object)), *was = owned_part(live), *is = owned_part(next);
    json_t *own = changed(was, is), *kept = sure(json_object());
    const json_t *before = fields_by(live, manager);

    if (before) {
        add_fields(kept, before);
        drop_changed(kept, was, is);
    }
    add_fields(kept, own);
    put(metadata_of(next), "managedFields", managers_after(live, next, manager, "Update", kept));
    json_decref(own);
    json_decref(was);
    json_decref(is);
    return next;
}

static void patch_value(json_t *object, const json_t *patch)
{
    const char *key;
    json_t *member;

    json_object_foreach ((json_t *)patch, key, member) {
        json_t *now = json_object_get(object, key);

        if (json_is_null(member)) {
            json_object_del(object, key);
        } else if (json_is_object(member)) {
            if (!json_is_object(now)) {
                now = sure(json_object());
                put(object, key, now);
            }
            patch_value(now, member);
        } else {
            put(object, key, json_deep_copy(member));
        }
    }
}

json_t *sim_fields_patch(const json_t *live, const json_t *patch, const char *manager)
{
    json_t *next = sure(json_deep_copy(live)), *before = sure(json_deep_copy(live)), *result;

    patch_value(next, patch);
    /* Managers are counted from those that the patch leaves (managedfields decodeLiveOrNew). */
    put(metadata_of(before), "managedFields", json_incref(managers_of(next)));
    result = sim_fields_update(before, next, manager);
    json_decref(next);
    json_decref(before);
    return result;
}

bool sim_fields_has(const json_t *object, const char *manager)
{
    return is_tree(fields_by(object, manager));
}

bool sim_fields_spec_shared(const json_t *object, const char *manager)
{
    json_t *entry;
    size_t i;

    json_array_foreach (managers_of(object), i, entry) {
        if (!is_manager(entry, manager) &&
            is_tree(json_object_get(json_object_get(entry, "fieldsV1"), "f:spec")))
            return true;
    }
    return false;
}
