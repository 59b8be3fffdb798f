#include "model/view.h"

#include <stdlib.h>

#include "base/banned.h"

struct sw_view_entry {
    struct sw_object object;
    size_t position; /* when it was added */
};

void sw_view_builder_init(struct sw_view_builder *builder, struct sw_view_source source,
                          struct sw_arena *arena)
{
    *builder = (struct sw_view_builder){.arena = arena, .scratch = arena, .source = source};
}

int sw_view_builder_put(struct sw_view_builder *builder, const struct sw_object *object,
                        struct sw_err *reterr)
{
    struct sw_view_entry *entries =
        sw_arena_push(builder->scratch, builder->entries, builder->n_entries, sizeof(*entries));

    if (!entries)
        return sw_err_nomem(reterr);
    entries[builder->n_entries] = (struct sw_view_entry){*object, builder->n_entries};
    builder->n_entries++;
    builder->entries = entries;
    return 0;
}

int sw_view_builder_add(struct sw_view_builder *builder, const json_t *object,
                        struct sw_err *reterr)
{
    struct sw_object typed;
    int r = sw_object_read(object, builder->arena, &typed, reterr);

    if (r <= 0)
        return r;
    r = sw_view_builder_put(builder, &typed, reterr);
    return r < 0 ? r : 1;
}

static int by_identity(const void *a, const void *b)
{
    const struct sw_view_entry *x = a, *y = b;
    int order = sw_object_cmp(&x->object, &y->object);

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
        if (sw_object_cmp(&builder->entries[kept].object, &builder->entries[i].object) != 0)
            kept++;
        builder->entries[kept] = builder->entries[i];
    }
    builder->n_entries = kept + 1;
}

/* Puts one object, in their order, on the list of its kind; the lists have room. */
static void place(struct sw_view *view, const struct sw_object *object)
{
    switch (object->kind) {
    case SW_KIND_NAMESPACE:
        view->namespaces[view->n_namespaces++] = object->item;
        break;
    case SW_KIND_SERVICE:
        view->services[view->n_services++] = object->item;
        break;
    case SW_KIND_WORKSPACE:
        view->workspaces[view->n_workspaces++] = object->item;
        break;
    case SW_KIND_SETTING:
        view->settings[view->n_settings++] = object->item;
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
        n += builder->entries[i].object.kind == kind;
    return n;
}

int sw_view_builder_finish(struct sw_view_builder *builder, struct sw_view *ret,
                           struct sw_err *reterr)
{
    struct sw_arena *arena = builder->arena;
    struct sw_view view = {.source = builder->source};
    int r;

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
        place(&view, &builder->entries[i].object);
    qsort(view.workspaces, view.n_workspaces, sizeof(*view.workspaces), by_workspace_precedence);
    qsort(view.settings, view.n_settings, sizeof(*view.settings), by_setting_precedence);
    r = sw_claims_build(view.workspaces, view.n_workspaces, arena, &view.claims, reterr);
    if (r < 0)
        return r;
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
