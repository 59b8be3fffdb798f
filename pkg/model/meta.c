#include "model/meta.h"

#include "json/get.h"

#include "base/banned.h"

int sw_model_copy_str(const json_t *object, const char *key, const struct sw_at *at,
                      struct sw_arena *arena, struct sw_str *ret, struct sw_err *reterr)
{
    struct sw_str text = {NULL, 0};
    int r = sw_get_str(object, key, at, &text, reterr);

    if (r < 0)
        return r;
    if (r == 1) {
        text = sw_arena_copy(arena, text);
        if (!text.data)
            return sw_err_nomem(reterr);
    }
    *ret = text;
    return 0;
}

int sw_meta_read(const json_t *object, struct sw_arena *arena, struct sw_meta *ret,
                 struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "metadata");
    struct sw_meta meta = {0};
    struct sw_str deleted;
    json_t *metadata = NULL;
    int r = sw_get_object(object, "metadata", NULL, &metadata, reterr);

    if (r < 0)
        return r;
    r = sw_model_copy_str(metadata, "name", at, arena, &meta.name, reterr);
    if (r < 0)
        return r;
    r = sw_model_copy_str(metadata, "namespace", at, arena, &meta.namespace_, reterr);
    if (r < 0)
        return r;
    r = sw_model_copy_str(metadata, "creationTimestamp", at, arena, &meta.created, reterr);
    if (r < 0)
        return r;
    r = sw_get_str(metadata, "deletionTimestamp", at, &deleted, reterr);
    if (r < 0)
        return r;
    meta.deleting = r == 1;
    r = sw_labels_read(metadata, "labels", at, arena, &meta.labels, reterr);
    if (r < 0)
        return r;
    *ret = meta;
    return 0;
}

int sw_meta_annotation(const json_t *object, const char *key, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "metadata");
    json_t *metadata = NULL, *annotations = NULL;
    int r = sw_get_object(object, "metadata", NULL, &metadata, reterr);

    if (r < 0)
        return r;
    r = sw_get_object(metadata, "annotations", at, &annotations, reterr);
    if (r < 0)
        return r;
    return sw_model_copy_str(annotations, key, SW_AT_KEY(at, "annotations"), arena, ret, reterr);
}

int sw_meta_cmp_age(const struct sw_meta *a, const struct sw_meta *b)
{
    if (!a->created.len != !b->created.len)
        return a->created.len ? -1 : 1;
    return sw_str_cmp(a->created, b->created);
}

bool sw_meta_is_ours(const struct sw_meta *meta)
{
    const struct sw_str *value = sw_labels_get(&meta->labels, SW_STR(SW_LABEL_MANAGED_BY));

    return value && sw_str_is(*value, SW_MANAGED_BY);
}
