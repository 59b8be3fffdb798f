#include "model/strlist.h"

#include "json/get.h"

#include "base/banned.h"

int sw_strings_read(const json_t *object, const char *key, const struct sw_at *at,
                    struct sw_arena *arena, struct sw_strings *ret, struct sw_err *reterr)
{
    struct sw_str *items;
    json_t *list = NULL, *item;
    size_t i;
    int r = sw_get_strings(object, key, at, &list, reterr);

    if (r < 0)
        return r;
    *ret = (struct sw_strings){NULL, 0};
    if (json_array_size(list) == 0)
        return 0;
    items = sw_arena_alloc(arena, json_array_size(list) * sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    json_array_foreach (list, i, item) {
        items[i] = sw_arena_copy(
            arena, (struct sw_str){json_string_value(item), json_string_length(item)});
        if (!items[i].data)
            return sw_err_nomem(reterr);
    }
    *ret = (struct sw_strings){items, json_array_size(list)};
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct sw_str trim(struct sw_str s)
{
    while (s.len && is_blank(s.data[0]))
        s = sw_str_slice(s, 1, s.len);
    while (s.len && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

int sw_strings_split(struct sw_str text, struct sw_arena *arena, struct sw_strings *ret,
                     struct sw_err *reterr)
{
    struct sw_str *items = NULL;
    size_t n = 0;

    while (text.len) {
        struct sw_str part = trim(sw_str_cut(&text, ','));

        if (part.len == 0)
            continue;
        items = sw_arena_push(arena, items, n, sizeof(*items));
        if (!items)
            return sw_err_nomem(reterr);
        items[n++] = part;
    }
    *ret = (struct sw_strings){items, n};
    return 0;
}

bool sw_strings_have(const struct sw_strings *strings, struct sw_str text)
{
    for (size_t i = 0; i < strings->n; i++) {
        if (sw_str_eq(strings->items[i], text))
            return true;
    }
    return false;
}
