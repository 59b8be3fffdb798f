#include "json/yaml_anchor.h"

#include "base/cleanup.h"
#include "json/scan.h"
#include "json/yaml.h"

#include "base/banned.h"

int sw_yaml_check_depth(int depth, struct sw_err *reterr)
{
    if (depth >= SW_JSON_MAX_DEPTH)
        return sw_err_set(reterr, SW_ELIMIT, "nested deeper than %d", SW_JSON_MAX_DEPTH);
    return 0;
}

int sw_yaml_anchors_begin(struct sw_yaml_anchors *anchors, const char *name, size_t *ret,
                          struct sw_err *reterr)
{
    struct sw_yaml_anchor *items;
    size_t id = anchors->n;

    if (!name) {
        *ret = SW_YAML_NO_ANCHOR;
        return 0;
    }
    if (!anchors->ids)
        anchors->ids = json_object();
    items = sw_arena_push(anchors->arena, anchors->items, id, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    anchors->items = items;
    anchors->n++;
    if (json_object_set_new(anchors->ids, name, json_integer((json_int_t)id)) < 0)
        return sw_err_nomem(reterr);
    *ret = id;
    return 0;
}

void sw_yaml_anchors_end(struct sw_yaml_anchors *anchors, size_t id, json_t *value,
                         const struct sw_yaml_scalar *scalar)
{
    struct sw_yaml_anchor *anchor;

    if (id == SW_YAML_NO_ANCHOR)
        return;
    anchor = &anchors->items[id];
    anchor->value = json_incref(value);
    if (!scalar)
        return;
    anchor->scalar = *scalar;
    /* The text that came with the scalar dies; that of a string value stays. */
    anchor->scalar.text = (struct sw_str){json_string_value(value), json_string_length(value)};
}

int sw_yaml_anchors_find(const struct sw_yaml_anchors *anchors, const char *name,
                         const struct sw_yaml_anchor **ret, struct sw_err *reterr)
{
    json_t *id = json_object_get(anchors->ids, name);
    const struct sw_yaml_anchor *anchor;

    if (!id)
        return sw_err_set(reterr, SW_ESYNTAX, "the alias *%s has no anchor before it", name);
    anchor = &anchors->items[json_integer_value(id)];
    if (!anchor->value)
        return sw_err_set(reterr, SW_ESYNTAX, "the alias *%s stands inside its own anchor", name);
    *ret = anchor;
    return 0;
}

/* Counts text that is about to be copied. */
static int count_text(struct sw_yaml_anchors *anchors, size_t len, struct sw_err *reterr)
{
    if (len > SW_YAML_MAX_ALIAS_BYTES - anchors->n_copied_bytes)
        return sw_err_set(reterr, SW_ELIMIT, "the aliases stand for more than %zu bytes of text",
                          SW_YAML_MAX_ALIAS_BYTES);
    anchors->n_copied_bytes += len;
    return 0;
}

static int copy_members(struct sw_yaml_anchors *anchors, json_t *from, int depth, json_t *to,
                        struct sw_err *reterr)
{
    const char *key;
    json_t *member;

    json_object_foreach (from, key, member) {
        json_t *copy;
        int status = count_text(anchors, strlen(key), reterr);

        if (status == 0)
            status = sw_yaml_copy(anchors, member, depth, &copy, reterr);
        if (status < 0)
            return status;
        if (json_object_set_new_nocheck(to, key, copy) < 0)
            return sw_err_nomem(reterr);
    }
    return 0;
}

static int copy_items(struct sw_yaml_anchors *anchors, json_t *from, int depth, json_t *to,
                      struct sw_err *reterr)
{
    size_t i;
    json_t *item;

    json_array_foreach (from, i, item) {
        json_t *copy;
        int status = sw_yaml_copy(anchors, item, depth, &copy, reterr);

        if (status < 0)
            return status;
        if (json_array_append_new(to, copy) < 0)
            return sw_err_nomem(reterr);
    }
    return 0;
}

int sw_yaml_copy(struct sw_yaml_anchors *anchors, json_t *value, int depth, json_t **ret,
                 struct sw_err *reterr)
{
    json_auto_t *to = NULL;
    bool object = json_is_object(value), array = json_is_array(value);
    int status = object || array ? sw_yaml_check_depth(depth, reterr) : 0;

    if (status < 0)
        return status;
    if (++anchors->n_copied > SW_YAML_MAX_NODES)
        return sw_err_set(reterr, SW_ELIMIT, "the aliases stand for more than %d values",
                          SW_YAML_MAX_NODES);
    status = count_text(anchors, json_string_length(value), reterr);
    if (status < 0)
        return status;
    if (object)
        to = json_object();
    else
        to = array ? json_array() : json_copy(value);
    if (!to)
        return sw_err_nomem(reterr);
    if (object)
        status = copy_members(anchors, value, depth + 1, to, reterr);
    else if (array)
        status = copy_items(anchors, value, depth + 1, to, reterr);
    if (status < 0)
        return status;
    *ret = SW_TAKE(to);
    return 0;
}

void sw_yaml_anchors_clear(struct sw_yaml_anchors *anchors)
{
    for (size_t i = 0; i < anchors->n; i++)
        json_decref(anchors->items[i].value);
    anchors->items = NULL;
    anchors->n = 0;
    json_decref(anchors->ids);
    anchors->ids = NULL;
}
