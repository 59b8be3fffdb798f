#include "mesh/full.h"

#include "base/banned.h"

static int by_name(const void *a, const void *b)
{
    const struct sw_plan_key *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    return order ? order : sw_str_cmp(x->name, y->name);
}

/* Sorts and leaves one of each; the number of these. */
static size_t sort_keys(struct sw_plan_key *keys, size_t n)
{
    size_t kept = 0;

    if (n == 0)
        return 0;
    qsort(keys, n, sizeof(*keys), by_name);
    for (size_t i = 1; i < n; i++) {
        if (by_name(&keys[kept], &keys[i]) != 0)
            keys[++kept] = keys[i];
    }
    return kept + 1;
}

int sw_plan_keys(const struct sw_mesh *mesh, struct sw_arena *arena, struct sw_plan_key **ret,
                 size_t *ret_n, struct sw_err *reterr)
{
    struct sw_plan_key *keys;
    size_t n = mesh->n_owned;

    for (size_t i = 0; i < mesh->index->n_views; i++)
        n += mesh->index->views[i]->n_services;
    keys = sw_arena_alloc(arena, n * sizeof(*keys));
    if (!keys)
        return sw_err_nomem(reterr);
    n = 0;
    for (size_t i = 0; i < mesh->n_owned; i++) {
        if (mesh->owned[i]->for_service.len)
            keys[n++] =
                (struct sw_plan_key){mesh->owned[i]->for_namespace, mesh->owned[i]->for_service};
    }
    for (size_t i = 0; i < mesh->index->n_views; i++) {
        const struct sw_view *view = mesh->index->views[i];

        for (size_t j = 0; j < view->n_services; j++)
            keys[n++] = (struct sw_plan_key){view->services[j]->meta.namespace_,
                                             view->services[j]->meta.name};
    }
    *ret_n = sort_keys(keys, n);
    *ret = keys;
    return 0;
}

int sw_plan_eastwest_keys(const struct sw_mesh *mesh, struct sw_arena *arena,
                          struct sw_plan_key **ret, size_t *ret_n, struct sw_err *reterr)
{
    struct sw_plan_key *keys =
        sw_arena_alloc(arena, (mesh->n_ingresses + mesh->n_owned) * sizeof(*keys));
    size_t n = 0;

    if (!keys)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < mesh->n_ingresses; i++)
        keys[n++] = (struct sw_plan_key){mesh->ingresses[i]->namespace_, mesh->ingresses[i]->name};
    for (size_t i = 0; i < mesh->n_owned; i++) {
        const struct sw_mesh_owned *owned = mesh->owned[i];

        if (owned->kind <= SW_MESH_GATEWAY_SERVICE) /* the first three are an IngressGateway's */
            keys[n++] = (struct sw_plan_key){owned->for_namespace, owned->for_service};
    }
    *ret_n = sort_keys(keys, n);
    *ret = keys;
    return 0;
}
