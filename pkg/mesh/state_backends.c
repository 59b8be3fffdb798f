#include "mesh/state_cluster.h"

#include <stdlib.h>

#include "base/banned.h"

static int by_str(const void *a, const void *b)
{
    return sw_str_cmp(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

static int copy_sorted(const struct sw_strings *from, struct sw_arena *arena,
                       struct sw_mesh_backends *ret, struct sw_err *reterr)
{
    struct sw_str *items = sw_arena_alloc(arena, from->n * sizeof(*items));

    if (!items)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < from->n; i++) {
        items[i] = sw_arena_copy(arena, from->items[i]);
        if (!items[i].data)
            return sw_err_nomem(reterr);
    }
    if (from->n > 0)
        qsort(items, from->n, sizeof(*items), by_str);
    ret->export_to = items;
    ret->n_export_to = from->n;
    return 0;
}

static bool is_same(const struct sw_mesh_backends *a, const struct sw_mesh_backends *b)
{
    if (a->waiting != b->waiting || a->n_plain != b->n_plain || a->n_export_to != b->n_export_to)
        return false;
    for (size_t i = 0; i < a->n_export_to; i++) {
        if (!sw_str_eq(a->export_to[i], b->export_to[i]))
            return false;
    }
    return sw_group_eq(a->groups, a->n_groups, b->groups, b->n_groups);
}

/* Copies groups that stay while their Service waits. */
static int keep_groups(const struct sw_mesh_backends *from, struct sw_arena *arena,
                       struct sw_group_list *ret, struct sw_err *reterr)
{
    int r = sw_group_copy(from->groups, from->n_groups, arena, &ret->groups, reterr);

    ret->n = from->n_groups;
    ret->n_plain = from->n_plain;
    return r;
}

/* What is behind the Service now, in `arena`. */
static int compute(struct sw_state_cluster *cluster, const struct sw_backing *backing,
                   struct sw_arena *arena, struct sw_mesh_backends *ret, struct sw_err *reterr)
{
    static const struct sw_strings nobody_said = {NULL, 0};
    const struct sw_item_service *service =
        sw_table_find(&cluster->tables[SW_RESOURCE_SERVICE], backing->backends.namespace_,
                      backing->backends.service);
    struct sw_arena *scratch = &cluster->state->scratch;
    struct sw_mesh_backends backends = {.namespace_ = backing->backends.namespace_,
                                        .service = backing->backends.service};
    struct sw_group_list groups = {0};
    struct sw_group_pod *pods;
    struct sw_strings keys;
    size_t n;
    int r = sw_slices_pods(backing, scratch, &pods, &n, &backends.waiting, reterr);

    if (r == 0 && backends.waiting)
        r = keep_groups(&backing->backends, arena, &groups, reterr);
    else if (r == 0 && n > 0) {
        r = sw_state_subset_keys(cluster->state, backends.namespace_, backends.service, scratch,
                                 &keys, reterr);
        if (r == 0)
            r = sw_group_build(pods, n, &keys, scratch, &groups, reterr);
        if (r == 0)
            r = sw_group_copy(groups.groups, groups.n, arena, &groups.groups, reterr);
    }
    if (r == 0)
        r = copy_sorted(service ? &service->front.export_to : &nobody_said, arena, &backends,
                        reterr);
    if (r < 0)
        return r;
    backends.groups = groups.groups;
    backends.n_groups = groups.n;
    backends.n_plain = groups.n_plain;
    *ret = backends;
    return 0;
}

/* Lists it, or takes it off the list: one without anything says nothing. */
static int publish(struct sw_state_cluster *cluster, struct sw_backing *backing,
                   struct sw_err *reterr)
{
    const struct sw_mesh_backends *b = &backing->backends;
    bool wanted = b->n_groups > 0 || b->n_plain > 0 || b->n_export_to > 0 || b->waiting;
    int r = 0;

    if (wanted && !backing->published)
        r = sw_sorted_add(&cluster->backends, b, reterr);
    else if (!wanted && backing->published)
        sw_sorted_remove(&cluster->backends, b);
    if (r == 0)
        backing->published = wanted;
    return r;
}

static int refresh(struct sw_state_cluster *cluster, struct sw_backing *backing,
                   struct sw_err *reterr)
{
    struct sw_arena arena, old = backing->arena;
    struct sw_mesh_backends backends;
    int r;

    sw_arena_clear(&cluster->state->scratch);
    sw_arena_init(&arena, SW_BACKING_CHUNK_BYTES, SW_BACKING_MAX_BYTES);
    r = compute(cluster, backing, &arena, &backends, reterr);
    if (r < 0 || is_same(&backends, &backing->backends)) {
        sw_arena_release(&arena);
        return r < 0 ? r : publish(cluster, backing, reterr);
    }
    cluster->slices.n_bytes += arena.held_bytes - old.held_bytes;
    backing->arena = arena;
    backing->backends = backends;
    sw_arena_release(&old);
    sw_dirty_add_pods(&cluster->state->dirty, backends.namespace_, backends.service);
    return publish(cluster, backing, reterr);
}

static int refresh_cluster(struct sw_state_cluster *cluster, struct sw_err *reterr)
{
    struct sw_backing *backing;

    if (cluster->pods.nodes_moved)
        sw_slices_nodes_moved(&cluster->slices);
    cluster->pods.nodes_moved = false;
    while ((backing = sw_slices_next_stale(&cluster->slices))) {
        const struct sw_item_service *service =
            sw_table_find(&cluster->tables[SW_RESOURCE_SERVICE], backing->backends.namespace_,
                          backing->backends.service);
        int r = refresh(cluster, backing, reterr);

        if (r < 0) {
            sw_slices_stale(&cluster->slices, backing);
            return r;
        }
        if (service && service->is_gateway)
            cluster->gateways_stale = true;
        sw_slices_settle(&cluster->slices, backing);
    }
    sw_sorted_settle(&cluster->backends, (sw_sorted_cmp_fn *)sw_mesh_backends_cmp);
    return 0;
}

int sw_state_refresh_backends(struct sw_state *state, struct sw_err *reterr)
{
    for (size_t i = 0; i < state->n_clusters; i++) {
        int r = refresh_cluster(state->clusters[i], reterr);

        if (r < 0)
            return r;
    }
    return 0;
}
