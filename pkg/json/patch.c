#include "json/patch.h"

#include "json/get.h"
#include "json/read.h"
#include "json/write.h"

#include "base/banned.h"

static const char *const verb_names[] = {
    [SW_PATCH_ADD] = "add",
    [SW_PATCH_REPLACE] = "replace",
    [SW_PATCH_REMOVE] = "remove",
};
#define N_VERBS (sizeof(verb_names) / sizeof(verb_names[0]))

const char *sw_patch_verb_name(enum sw_patch_verb verb)
{
    return verb_names[verb];
}

static int push_op(struct sw_patch *patch, struct sw_arena *arena, struct sw_patch_op op,
                   struct sw_err *reterr)
{
    struct sw_patch_op *ops = sw_arena_push(arena, patch->ops, patch->n_ops, sizeof(op));

    if (!ops)
        return sw_err_nomem(reterr);
    ops[patch->n_ops++] = op;
    patch->ops = ops;
    return 0;
}

int sw_patch_push(struct sw_patch *patch, struct sw_arena *arena, enum sw_patch_verb verb,
                  const struct sw_at *at, json_t *value, struct sw_err *reterr)
{
    const char *pointer = sw_at_pointer(at, arena);

    if (!pointer)
        return sw_err_nomem(reterr);
    return push_op(patch, arena, (struct sw_patch_op){verb, pointer, value}, reterr);
}

void sw_patch_write(const struct sw_patch *patch, struct sw_buf *buf)
{
    sw_buf_append_text(buf, "[");
    for (size_t i = 0; i < patch->n_ops; i++) {
        const struct sw_patch_op *op = &patch->ops[i];

        sw_buf_append_text(buf, i ? ",{\"op\":\"" : "{\"op\":\"");
        sw_buf_append_text(buf, verb_names[op->verb]);
        sw_buf_append_text(buf, "\",\"path\":");
        sw_json_write_string(sw_str_from(op->pointer), buf);
        if (op->value) {
            sw_buf_append_text(buf, ",\"value\":");
            sw_json_write(op->value, buf);
        }
        sw_buf_append_text(buf, "}");
    }
    sw_buf_append_text(buf, "]");
}

static int read_verb(const json_t *item, const struct sw_at *at, enum sw_patch_verb *ret,
                     struct sw_err *reterr)
{
    struct sw_str name = {NULL, 0};
    int r = sw_get_str(item, "op", at, &name, reterr);

    if (r < 0)
        return r;
    for (size_t i = 0; i < N_VERBS; i++) {
        if (sw_str_is(name, verb_names[i])) {
            *ret = (enum sw_patch_verb)i;
            return 0;
        }
    }
    return sw_get_fail(json_object_get(item, "op"), "op", at, "\"add\", \"replace\" or \"remove\"",
                       reterr);
}

static int read_pointer(const json_t *item, const struct sw_at *at, const char **ret,
                        struct sw_err *reterr)
{
    struct sw_str text;
    int r = sw_get_str(item, "path", at, &text, reterr);

    if (r < 0)
        return r;
    /* A NUL names no member, as no key can hold one. */
    if (r == 0 || sw_str_find(text, '\0') < text.len)
        return sw_get_fail(json_object_get(item, "path"), "path", at, "a JSON pointer", reterr);
    *ret = text.data;
    return 0;
}

static int read_op(json_t *item, const struct sw_at *at, struct sw_patch_op *ret,
                   struct sw_err *reterr)
{
    struct sw_patch_op op = {0};
    int r;

    if (!json_is_object(item))
        return sw_get_fail(item, NULL, at, "an object", reterr);
    r = read_verb(item, at, &op.verb, reterr);
    if (r < 0)
        return r;
    r = read_pointer(item, at, &op.pointer, reterr);
    if (r < 0)
        return r;
    if (op.verb != SW_PATCH_REMOVE) {
        op.value = json_object_get(item, "value");
        if (!op.value)
            return sw_get_fail(NULL, "value", at, "a value", reterr);
    }
    *ret = op;
    return 0;
}

int sw_patch_read(struct sw_str text, struct sw_arena *arena, struct sw_patch *ret,
                  struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);
    struct sw_patch patch = {0};
    json_t *list = NULL;
    int r = sw_json_read(text, &list, reterr);

    if (r < 0)
        return r;
    if (!json_is_array(list))
        return sw_get_fail(list, NULL, NULL, "an array", reterr);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct sw_patch_op op = {0};

        r = read_op(json_array_get(list, i), SW_AT_INDEX(NULL, i), &op, reterr);
        if (r < 0)
            return r;
        r = push_op(&patch, arena, op, reterr);
        if (r < 0)
            return r;
    }
    *ret = patch;
    return 0;
}
