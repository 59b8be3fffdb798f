#include "model/form.h"

#include "model/meta.h"
#include "json/at.h"
#include "json/get.h"

#include "base/banned.h"

#define CRD_VERSION     "tsb.tetrate.io/v2"
#define TCTL_VERSION    "api.tsb.tetrate.io/v2"
#define INSTALL_VERSION "install.tetrate.io/v1alpha1"

#define LIST_SUFFIX     "List"

/* What the tctl form has in metadata, and the CRD form in annotations. */
static const struct {
    const char *key;
    const char *annotation;
} hierarchy[] = {
    {"organization", SW_ANNOTATION_ORGANIZATION},
    {"tenant", SW_ANNOTATION_TENANT},
    {"workspace", SW_ANNOTATION_WORKSPACE},
};

#define N_HIERARCHY (sizeof(hierarchy) / sizeof(hierarchy[0]))

struct notes {
    const char **items; /* arena */
    size_t n;
};

/* A member of the root as it was written. */
struct root {
    const char *name; /* its proper name: static */
    const char *key;  /* borrowed from the object; NULL when absent */
    json_t *value;    /* borrowed; NULL when absent */
};

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_word(const char *a, const char *b)
{
    while (*a && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Member `name` in any letter case; the proper spelling wins over others. Fails with SW_ETYPE where
 * two others stand for it. */
static int find_root(json_t *object, const char *name, struct root *ret, struct sw_err *reterr)
{
    struct root root = {.name = name, .value = json_object_get(object, name)};
    const char *key;
    json_t *value;

    if (root.value)
        root.key = name;
    else
        json_object_foreach (object, key, value) {
            if (!is_same_word(key, name))
                continue;
            if (root.key)
                return sw_err_set(reterr, SW_ETYPE, "%s: expected once, found as %s and as %s",
                                  name, root.key, key);
            root.key = key;
            root.value = value;
        }
    *ret = root;
    return 0;
}

/* Gives member `from` of `object` the name `to`, in its place. */
static int rename_member(json_t *object, const char *from, const char *to, struct sw_err *reterr)
{
    json_auto_t *members = json_object();
    const char *key;
    json_t *value;
    int r = 0;

    json_object_foreach (object, key, value)
        if (json_object_set_nocheck(members, strcmp(key, from) == 0 ? to : key, value) < 0)
            r = sw_err_nomem(reterr);
    if (r == 0 && (json_object_clear(object) < 0 || json_object_update(object, members) < 0))
        r = sw_err_nomem(reterr);
    return r;
}

/* Writes the member's name as it should be, and notes that, if it was not. */
static int mend(json_t *object, const struct root *root, struct sw_arena *arena,
                struct notes *notes, struct sw_err *reterr)
{
    const char **items;

    if (!root->key || strcmp(root->key, root->name) == 0)
        return 0;
    items = sw_arena_push(arena, notes->items, notes->n, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    notes->items = items;
    items[notes->n] = sw_arena_printf(
        arena, "%s: read as %s, the only spelling that Kubernetes knows", root->key, root->name);
    if (!items[notes->n++])
        return sw_err_nomem(reterr);
    return rename_member(object, root->key, root->name, reterr);
}

static int mend_both(json_t *object, const struct root *version, const struct root *kind,
                     struct sw_arena *arena, struct notes *notes, struct sw_err *reterr)
{
    struct root again;
    int r = mend(object, version, arena, notes, reterr);

    /* A renaming ends the life of all keys. */
    if (r == 0)
        r = find_root(object, kind->name, &again, reterr);
    return r < 0 ? r : mend(object, &again, arena, notes, reterr);
}

static int find_named(json_t *object, const char *name, struct root *ret, struct sw_err *reterr)
{
    struct root root;
    int r = find_root(object, name, &root, reterr);

    if (r < 0)
        return r;
    if (json_string_length(root.value) == 0)
        return sw_get_fail(root.value, root.key ? root.key : name, NULL,
                           "a string (every Kubernetes object has apiVersion and kind)", reterr);
    *ret = root;
    return 0;
}

static enum sw_form_kind classify(const struct root *version, const struct root *kind)
{
    struct sw_str v = sw_str_from(json_string_value(version->value));
    struct sw_str k = sw_str_from(json_string_value(kind->value));
    bool known = sw_str_is(k, "Workspace") || sw_str_is(k, "WorkspaceSetting");

    if (sw_str_is(v, CRD_VERSION))
        return SW_FORM_CRD;
    if (sw_str_is(v, TCTL_VERSION) && known)
        return SW_FORM_TCTL;
    return sw_str_is(v, INSTALL_VERSION) ? SW_FORM_INSTALL : SW_FORM_OTHER;
}

/* Is what the tctl form says of the hierarchy strings, and do annotations not contradict it? */
static int check_hierarchy(const json_t *metadata, struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "metadata");
    json_t *annotations = NULL;
    int r = sw_get_object(metadata, "annotations", at, &annotations, reterr);

    for (size_t i = 0; r >= 0 && i < N_HIERARCHY; i++) {
        const json_t *annotation = json_object_get(annotations, hierarchy[i].annotation);
        const char *expected;
        struct sw_str name;

        r = sw_get_str(metadata, hierarchy[i].key, at, &name, reterr);
        if (r < 1 || !annotation || json_is_null(annotation) ||
            sw_str_eq(sw_str_from(json_string_value(annotation)), name))
            continue;
        expected = sw_arena_printf(arena, "\"%.*s\", as metadata.%s is", SW_STR_ARG(name),
                                   hierarchy[i].key);
        if (!expected)
            return sw_err_nomem(reterr);
        return sw_get_fail(annotation, hierarchy[i].annotation, SW_AT_KEY(at, "annotations"),
                           expected, reterr);
    }
    return r < 0 ? r : 0;
}

/* The annotations of `metadata`, made if it has none; borrowed. NULL when out of memory. */
static json_t *need_annotations(json_t *metadata)
{
    json_t *annotations = json_object_get(metadata, "annotations");

    if (json_is_object(annotations))
        return annotations;
    if (json_object_set_new(metadata, "annotations", json_object()) < 0)
        return NULL;
    return json_object_get(metadata, "annotations");
}

/* From the tctl form, checked, to the CRD form. */
static int convert(json_t *object, json_t *metadata, struct sw_err *reterr)
{
    if (json_object_set_new(object, "apiVersion", json_string(CRD_VERSION)) < 0)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < N_HIERARCHY; i++) {
        json_t *name = json_object_get(metadata, hierarchy[i].key);

        if (json_is_string(name)) {
            json_t *annotations = need_annotations(metadata);

            if (json_object_set(annotations, hierarchy[i].annotation, name) < 0)
                return sw_err_nomem(reterr);
        }
        json_object_del(metadata, hierarchy[i].key);
    }
    return 0;
}

int sw_form_normalise(json_t *object, struct sw_arena *arena, struct sw_form *ret,
                      struct sw_err *reterr)
{
    struct root version, kind;
    struct sw_form form = {0};
    struct notes notes = {0};
    json_t *metadata = NULL;
    int r;

    if (!json_is_object(object))
        return sw_get_fail(object, NULL, NULL, "a Kubernetes object", reterr);
    r = find_named(object, "apiVersion", &version, reterr);
    if (r == 0)
        r = find_named(object, "kind", &kind, reterr);
    if (r == 0)
        r = sw_get_object(object, "metadata", NULL, &metadata, reterr);
    if (r < 0)
        return r;
    form.kind = classify(&version, &kind);
    if (form.kind == SW_FORM_TCTL)
        r = check_hierarchy(metadata, arena, reterr);
    if (r >= 0)
        r = mend_both(object, &version, &kind, arena, &notes, reterr);
    if (r == 0 && form.kind == SW_FORM_TCTL)
        r = convert(object, metadata, reterr);
    if (r < 0)
        return r;
    form.notes = notes.items;
    form.n_notes = notes.n;
    *ret = form;
    return 0;
}

static bool is_list(const json_t *document)
{
    struct root kind = {0};
    struct sw_str text;

    /* jansson's iterators take no const object, but change nothing. */
    if (find_root((json_t *)document, "kind", &kind, NULL) < 0)
        return false;
    text = sw_str_from(json_string_value(kind.value));
    return sw_str_is(text, LIST_SUFFIX) || (sw_str_has_suffix(text, SW_STR(LIST_SUFFIX)) &&
                                            json_is_array(json_object_get(document, "items")));
}

int sw_form_items_begin(json_t *document, struct sw_arena *arena, struct sw_form_items *ret,
                        struct sw_err *reterr)
{
    struct sw_form_items items = {.document = document, .is_list = is_list(document)};
    const json_t *array = json_object_get(document, "items");
    struct notes notes = {0};
    struct root version, kind;
    int r = 0;

    if (items.is_list) {
        if (array && !json_is_array(array) && !json_is_null(array))
            return sw_get_fail(array, "items", NULL, "an array", reterr);
        r = find_root(document, "apiVersion", &version, reterr);
        if (r == 0)
            r = find_root(document, "kind", &kind, reterr);
        if (r == 0)
            r = mend_both(document, &version, &kind, arena, &notes, reterr);
    }
    if (r < 0)
        return r;
    items.notes = notes.items;
    items.n_notes = notes.n;
    *ret = items;
    return 0;
}

/* kubectl does the same for items of a typed list (apimachinery, decodeToList). */
static int name_item(const json_t *list, json_t *item, struct sw_err *reterr)
{
    json_t *list_version = json_object_get(list, "apiVersion");
    struct sw_str list_kind = sw_str_from(json_string_value(json_object_get(list, "kind")));
    size_t len = list_kind.len - (sizeof(LIST_SUFFIX) - 1);
    struct root version, kind;

    /* What is written twice is for sw_form_normalise() to refuse. */
    if (find_root(item, "apiVersion", &version, NULL) < 0 ||
        find_root(item, "kind", &kind, NULL) < 0)
        return 0;
    if (version.key || kind.key || len == 0 || !list_version)
        return 0;
    if (json_object_set(item, "apiVersion", list_version) < 0 ||
        json_object_set_new(item, "kind", json_stringn(list_kind.data, len)) < 0)
        return sw_err_nomem(reterr);
    return 0;
}

int sw_form_items_next(struct sw_form_items *items, json_t **ret, struct sw_err *reterr)
{
    json_t *array = json_object_get(items->document, "items");
    size_t index = items->next;
    json_t *item = items->is_list ? json_array_get(array, index) : items->document;
    int r = 0;

    if (index >= (items->is_list ? json_array_size(array) : 1))
        return 0;
    items->next++;
    if (items->is_list) {
        if (!json_is_object(item))
            return sw_get_fail(item, NULL, SW_AT_INDEX(SW_AT_KEY(NULL, "items"), index),
                               "an object", reterr);
        if (is_list(item))
            return sw_err_set(reterr, SW_ETYPE,
                              "items[%zu]: expected an object, found a list inside a list", index);
        r = name_item(items->document, item, reterr);
    }
    if (r < 0)
        return r;
    *ret = item;
    return 1;
}
