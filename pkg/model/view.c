#include "model/view.h"

#include "model/kind.h"

#include <stdlib.h>

#include "base/banned.h"

struct sw_view_entry {
    enum sw_kind kind;
    const struct sw_meta *meta; /* of `item` */
    const void *item;           /* the struct of that kind; arena */
    size_t position;            /* when it was added */
};

void sw_view_builder_init(struct sw_view_builder *builder, struct sw_view_source source,
                          struct sw_arena *arena)
{
    *builder = (struct sw_view_builder){.arena = arena, .source = source};
}

static int push(struct sw_view_builder *builder, enum sw_kind kind, struct sw_meta *meta,
                const void *item, struct sw_err *reterr)
{
    struct sw_view_entry *entries = sw_arena_push(builder->arena, builder->entries,
                                                  builder->n_entries, sizeof(*entries));

    if (!entries)
        return sw_err_nomem(reterr);
    if (meta->namespace_.len == 0 && kind != SW_KIND_NAMESPACE)
        meta->namespace_ = SW_STR("default");
    entries[builder->n_entries] = (struct sw_view_entry){
        .kind = kind, .meta = meta, .item = item, .position = builder->n_entries};
    builder->n_entries++;
    builder->entries = entries;
    return 1;
}

/* One adder a kind: reads the object into the arena and lists it. */
#define DEFINE_ADD(noun, kind)                                                                     \
    static int add_##noun(struct sw_view_builder *builder, const json_t *object,                   \
                          struct sw_err *reterr)                                                   \
    {                                                                                              \
        struct sw_##noun *item = sw_arena_zalloc(builder->arena, sizeof(*item));                   \
        int r;                                                                                     \
                                                                                                   \
        if (!item)                                                                                 \
            return sw_err_nomem(reterr);                                                           \
        r = sw_##noun##_read(object, builder->arena, item, reterr);                                \
        return r < 0 ? r : push(builder, kind, &item->meta, item, reterr);                         \
    }                                                                                              \
    struct sw_swallow_semicolon

DEFINE_ADD(namespace, SW_KIND_NAMESPACE);
DEFINE_ADD(service, SW_KIND_SERVICE);
DEFINE_ADD(workspace, SW_KIND_WORKSPACE);
DEFINE_ADD(setting, SW_KIND_SETTING);

int sw_view_builder_add(struct sw_view_builder *builder, const json_t *object,
                        struct sw_err *reterr)
{
    switch (sw_kind_of_object(object)) {
    case SW_KIND_NAMESPACE:
        return add_namespace(builder, object, reterr);
    case SW_KIND_SERVICE:
        return add_service(builder, object, reterr);
    case SW_KIND_WORKSPACE:
        return add_workspace(builder, object, reterr);
    case SW_KIND_SETTING:
        return add_setting(builder, object, reterr);
    case SW_KIND_DESTINATIONRULE:
    case SW_KIND_OTHER:
    default:
        return 0;
    }
}

static int cmp_identity(const struct sw_view_entry *a, const struct sw_view_entry *b)
{
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    if (!order)
        order = sw_str_cmp(a->meta->namespace_, b->meta->namespace_);
    return order ? order : sw_str_cmp(a->meta->name, b->meta->name);
}

static int by_identity(const void *a, const void *b)
{
    const struct sw_view_entry *x = a, *y = b;
    int order = cmp_identity(x, y);

    return order ? order : (x->position > y->position) - (x->position < y->position);
}

static int by_workspace_precedence(const void *a, const void *b)
{
    return sw_workspace_cmp(*(const struct sw_workspace *const *)a,
                            *(const struct sw_workspace *const *)b);
}

static int by_setting_precedence(const void *a, const void *b)
{
    return sw_setting_cmp(*(const struct sw_setting *const *)a,
                          *(const struct sw_setting *const *)b);
}

/* Sorts the entries and leaves one of each identity, the last that was added. */
static void sort_and_deduplicate(struct sw_view_builder *builder)
{
    size_t kept = 0;

    if (builder->n_entries == 0)
        return;
    qsort(builder->entries, builder->n_entries, sizeof(*builder->entries), by_identity);
    for (size_t i = 1; i < builder->n_entries; i++) {
        if (cmp_identity(&builder->entries[kept], &builder->entries[i]) != 0)
            kept++;
        builder->entries[kept] = builder->entries[i];
    }
    builder->n_entries = kept + 1;
}

/* Puts one (sorted) entry on the list of its kind; the lists have room. */
static void place(struct sw_view *view, const struct sw_view_entry *entry)
{
    switch (entry->kind) {
    case SW_KIND_NAMESPACE:
        view->namespaces[view->n_namespaces++] = entry->item;
        break;
    case SW_KIND_SERVICE:
        view->services[view->n_services++] = entry->item;
        break;
    case SW_KIND_WORKSPACE:
        view->workspaces[view->n_workspaces++] = entry->item;
        break;
    case SW_KIND_SETTING:
        view->settings[view->n_settings++] = entry->item;
        break;
    case SW_KIND_DESTINATIONRULE:
    case SW_KIND_OTHER:
    default:
        break;
    }
}

static size_t count_kind(const struct sw_view_builder *builder, enum sw_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < builder->n_entries; i++)
        n += builder->entries[i].kind == kind;
    return n;
}

int sw_view_builder_finish(struct sw_view_builder *builder, struct sw_view *ret,
                           struct sw_err *reterr)
{
    struct sw_arena *arena = builder->arena;
    struct sw_view view = {.source = builder->source};

    sort_and_deduplicate(builder);
    view.namespaces =
        sw_arena_alloc(arena, count_kind(builder, SW_KIND_NAMESPACE) * sizeof(*view.namespaces));
    view.services =
        sw_arena_alloc(arena, count_kind(builder, SW_KIND_SERVICE) * sizeof(*view.services));
    view.workspaces =
        sw_arena_alloc(arena, count_kind(builder, SW_KIND_WORKSPACE) * sizeof(*view.workspaces));
    view.settings =
        sw_arena_alloc(arena, count_kind(builder, SW_KIND_SETTING) * sizeof(*view.settings));
    if (!view.namespaces || !view.services || !view.workspaces || !view.settings)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < builder->n_entries; i++)
        place(&view, &builder->entries[i]);
    qsort(view.workspaces, view.n_workspaces, sizeof(*view.workspaces), by_workspace_precedence);
    qsort(view.settings, view.n_settings, sizeof(*view.settings), by_setting_precedence);
    *ret = view;
    return 0;
}

const struct sw_namespace *sw_view_namespace(const struct sw_view *view, struct sw_str name)
{
    size_t low = 0, high = view->n_namespaces;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sw_str_cmp(view->namespaces[middle]->meta.name, name);

        if (order == 0)
            return view->namespaces[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Position of the first Service not before namespace/name. */
static size_t lower_bound(const struct sw_view *view, struct sw_str namespace_, struct sw_str name)
{
    size_t low = 0, high = view->n_services;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct sw_meta *meta = &view->services[middle]->meta;
        int order = sw_str_cmp(meta->namespace_, namespace_);

        if (order < 0 || (order == 0 && sw_str_cmp(meta->name, name) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct sw_service *sw_view_service(const struct sw_view *view, struct sw_str namespace_,
                                         struct sw_str name)
{
    size_t at = lower_bound(view, namespace_, name);
    const struct sw_service *service = at < view->n_services ? view->services[at] : NULL;

    if (!service || !sw_str_eq(service->meta.namespace_, namespace_) ||
        !sw_str_eq(service->meta.name, name))
        return NULL;
    return service;
}

size_t sw_view_services_in(const struct sw_view *view, struct sw_str namespace_, size_t *ret_n)
{
    size_t first = lower_bound(view, namespace_, (struct sw_str){NULL, 0});
    size_t end = first;

    while (end < view->n_services &&
           sw_str_eq(view->services[end]->meta.namespace_, namespace_))
        end++;
    *ret_n = end - first;
    return first;
}
