#include "model/object.h"

#include "model/service.h"
#include "model/setting.h"
#include "model/workspace.h"

#include "base/banned.h"

/* One reader a kind: makes the typed struct in the arena. */
#define DEFINE_READ(noun)                                                                          \
    static int read_##noun(const json_t *object, struct sw_arena *arena,                           \
                           struct sw_meta **ret_meta, struct sw_object *ret,                       \
                           struct sw_err *reterr)                                                  \
    {                                                                                              \
        struct sw_##noun *item = sw_arena_zalloc(arena, sizeof(*item));                            \
        int r;                                                                                     \
                                                                                                   \
        if (!item)                                                                                 \
            return sw_err_nomem(reterr);                                                           \
        r = sw_##noun##_read(object, arena, item, reterr);                                         \
        *ret_meta = &item->meta;                                                                   \
        ret->meta = &item->meta;                                                                   \
        ret->item = item;                                                                          \
        return r;                                                                                  \
    }                                                                                              \
    struct sw_swallow_semicolon

DEFINE_READ(namespace);
DEFINE_READ(service);
DEFINE_READ(workspace);
DEFINE_READ(setting);

int sw_object_read_as(enum sw_kind kind, const json_t *object, struct sw_arena *arena,
                      struct sw_object *ret, struct sw_err *reterr)
{
    struct sw_object typed = {.kind = kind};
    struct sw_meta *meta = NULL;
    int r;

    switch (kind) {
    case SW_KIND_NAMESPACE:
        r = read_namespace(object, arena, &meta, &typed, reterr);
        break;
    case SW_KIND_SERVICE:
        r = read_service(object, arena, &meta, &typed, reterr);
        break;
    case SW_KIND_WORKSPACE:
        r = read_workspace(object, arena, &meta, &typed, reterr);
        break;
    case SW_KIND_SETTING:
        r = read_setting(object, arena, &meta, &typed, reterr);
        break;
    case SW_KIND_DESTINATIONRULE:
    case SW_KIND_OTHER:
    default:
        return 0;
    }
    if (r < 0)
        return r;
    if (kind == SW_KIND_NAMESPACE)
        meta->namespace_ = (struct sw_str){NULL, 0};
    else if (meta->namespace_.len == 0)
        meta->namespace_ = SW_STR("default");
    *ret = typed;
    return 1;
}

int sw_object_read(const json_t *object, struct sw_arena *arena, struct sw_object *ret,
                   struct sw_err *reterr)
{
    return sw_object_read_as(sw_kind_of_object(object), object, arena, ret, reterr);
}

int sw_object_cmp(const struct sw_object *a, const struct sw_object *b)
{
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    if (!order)
        order = sw_str_cmp(a->meta->namespace_, b->meta->namespace_);
    return order ? order : sw_str_cmp(a->meta->name, b->meta->name);
}
