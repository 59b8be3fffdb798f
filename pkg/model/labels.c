#include "model/labels.h"

#include "json/get.h"

#include <stdlib.h>

#include "base/banned.h"

static int by_key(const void *a, const void *b)
{
    return sw_str_cmp(((const struct sw_label *)a)->key, ((const struct sw_label *)b)->key);
}

static int copy_pair(const char *key, const json_t *value, const struct sw_at *at,
                     struct sw_arena *arena, struct sw_label *ret, struct sw_err *reterr)
{
    struct sw_str text;

    if (json_is_null(value))
        value = NULL; /* reads as "", as for the API server */
    else if (!json_is_string(value))
        return sw_get_fail(value, key, at, "a string", reterr);
    text = (struct sw_str){json_string_value(value), json_string_length(value)};
    ret->key = sw_arena_copy(arena, sw_str_from(key));
    ret->value = sw_arena_copy(arena, text);
    return ret->key.data && ret->value.data ? 0 : sw_err_nomem(reterr);
}

int sw_labels_read(const json_t *object, const char *key, const struct sw_at *at,
                   struct sw_arena *arena, struct sw_labels *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, key);
    json_t *map = NULL, *value;
    struct sw_label *pairs;
    const char *name;
    size_t n = 0;
    int r = sw_get_object(object, key, at, &map, reterr);

    if (r < 0)
        return r;
    if (r == 0 || json_object_size(map) == 0) {
        *ret = (struct sw_labels){NULL, 0};
        return 0;
    }
    pairs = sw_arena_alloc(arena, json_object_size(map) * sizeof(*pairs));
    if (!pairs)
        return sw_err_nomem(reterr);
    json_object_foreach (map, name, value) {
        r = copy_pair(name, value, here, arena, &pairs[n], reterr);
        if (r < 0)
            return r;
        n++;
    }
    qsort(pairs, n, sizeof(*pairs), by_key);
    *ret = (struct sw_labels){pairs, n};
    return 0;
}

const struct sw_str *sw_labels_get(const struct sw_labels *labels, struct sw_str key)
{
    for (size_t i = 0; i < labels->n; i++) {
        if (sw_str_eq(labels->pairs[i].key, key))
            return &labels->pairs[i].value;
    }
    return NULL;
}

bool sw_labels_match(const struct sw_labels *selector, const struct sw_labels *labels)
{
    for (size_t i = 0; i < selector->n; i++) {
        const struct sw_str *value = sw_labels_get(labels, selector->pairs[i].key);

        if (!value || !sw_str_eq(*value, selector->pairs[i].value))
            return false;
    }
    return true;
}

bool sw_labels_agree(const struct sw_labels *a, const struct sw_labels *b)
{
    size_t i = 0, j = 0;

    while (i < a->n && j < b->n) {
        int order = sw_str_cmp(a->pairs[i].key, b->pairs[j].key);

        if (order == 0 && !sw_str_eq(a->pairs[i].value, b->pairs[j].value))
            return false;
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

void sw_labels_write(const struct sw_labels *labels, struct sw_buf *buf)
{
    for (size_t i = 0; i < labels->n; i++) {
        sw_buf_append_text(buf, i ? ", " : "");
        sw_buf_append_str(buf, labels->pairs[i].key);
        sw_buf_append_text(buf, "=");
        sw_buf_append_str(buf, labels->pairs[i].value);
    }
}
