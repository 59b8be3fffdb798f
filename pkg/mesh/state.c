#include "mesh/state_cluster.h"

#include <stdlib.h>

#include "base/banned.h"

/* The JSON of one object while it is read: jansson makes a few times its text. The chunk is kept
 * from one to the next, and most fit. */
#define READ_CHUNK_BYTES    ((size_t)128 << 10)
#define READ_MAX_BYTES      ((size_t)64 << 20)

#define SCRATCH_CHUNK_BYTES ((size_t)64 << 10)
#define SCRATCH_MAX_BYTES   ((size_t)256 << 20)

#define CLAIMS_CHUNK_BYTES  4096
#define CLAIMS_MAX_BYTES    ((size_t)64 << 20)

#define ISTIO_NAMESPACE     "istio-system"

int sw_state_new(struct sw_names *names, struct sw_state **ret, struct sw_err *reterr)
{
    struct sw_state *state = calloc(1, sizeof(*state));

    if (!state)
        return sw_err_nomem(reterr);
    state->names = names;
    state->config.root_namespace = SW_STR(ISTIO_NAMESPACE);
    state->now_ms = 1;
    state->dirty.all = true;
    state->dirty.gateways = true;
    sw_arena_init(&state->reading, READ_CHUNK_BYTES, READ_MAX_BYTES);
    sw_arena_init(&state->scratch, SCRATCH_CHUNK_BYTES, SCRATCH_MAX_BYTES);
    *ret = state;
    return 0;
}

/* Frees a cluster that is in no list any more. Its own lists go first, so that what leaves need not
 * be looked for in them. */
static void free_cluster(struct sw_state_cluster *cluster)
{
    struct sw_sorted *lists[] = {
        &cluster->services, &cluster->namespaces,   &cluster->workspaces, &cluster->settings,
        &cluster->backends, &cluster->passthroughs, &cluster->rules,      &cluster->entries,
        &cluster->owned,    &cluster->ingresses,
    };

    sw_dirty_add_all(&cluster->state->dirty);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        sw_sorted_release(lists[i]);
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++)
        sw_table_release(&cluster->tables[i]);
    sw_lapses_release(&cluster->unheld);
    sw_lapses_release(&cluster->unruled);
    sw_slices_release(&cluster->slices);
    sw_pods_release(&cluster->pods);
    sw_arena_release(&cluster->claims_arena);
    sw_arena_release(&cluster->mtls_arena);
    sw_arena_release(&cluster->gateway_arena);
    sw_arena_release(&cluster->names_arena);
    free(cluster);
}

void sw_state_free(struct sw_state *state)
{
    if (!state)
        return;
    while (state->n_clusters > 0)
        free_cluster(state->clusters[--state->n_clusters]);
    free(state->clusters);
    free(state->views);
    free(state->meshes);
    sw_dirty_release(&state->dirty);
    sw_hash_release(&state->hosts);
    sw_arena_release(&state->reading);
    sw_arena_release(&state->scratch);
    free(state);
}

static bool is_same_config(const struct sw_state_config *a, const struct sw_state_config *b)
{
    if (a->fleet_known != b->fleet_known || a->native_some != b->native_some ||
        a->n_native != b->n_native || a->remote_ttl_ms != b->remote_ttl_ms ||
        !sw_str_eq(a->root_namespace, b->root_namespace) || !sw_str_eq(a->local, b->local) ||
        !sw_str_eq(a->config, b->config))
        return false;
    for (size_t i = 0; i < a->n_native; i++) {
        if (!sw_str_eq(a->native[i], b->native[i]))
            return false;
    }
    return true;
}

void sw_state_configure(struct sw_state *state, const struct sw_state_config *config)
{
    struct sw_state_config next = *config;
    bool same;

    if (!next.root_namespace.len)
        next.root_namespace = SW_STR(ISTIO_NAMESPACE);
    same = is_same_config(&next, &state->config);
    state->config = next;
    if (same)
        return;
    for (size_t i = 0; i < state->n_clusters; i++)
        state->clusters[i]->gateways_stale = true;
    state->names_stale = true;
    sw_dirty_add_all(&state->dirty);
}

void sw_state_set_now(struct sw_state *state, uint64_t now_ms)
{
    if (now_ms > state->now_ms)
        state->now_ms = now_ms;
}

/* NULL if there is none. */
static struct sw_state_cluster *find_cluster(const struct sw_state *state, struct sw_str name)
{
    for (size_t i = 0; i < state->n_clusters; i++) {
        if (sw_str_eq(state->clusters[i]->mesh.name, name))
            return state->clusters[i];
    }
    return NULL;
}

struct sw_state_cluster *sw_state_config_cluster(const struct sw_state *state)
{
    return find_cluster(state, state->config.config);
}

bool sw_state_is_root(const struct sw_state *state, struct sw_str namespace_)
{
    return sw_str_eq(state->config.root_namespace, namespace_);
}

static void pod_changed(void *context, struct sw_pod_record *pod)
{
    sw_slices_pod_changed(&((struct sw_state_cluster *)context)->slices, pod);
}

static const struct sw_table_kind *kind_of(enum sw_resource resource)
{
    const struct sw_table_kind *kind = sw_state_core_kind(resource);

    if (!kind)
        kind = sw_state_route_kind(resource);
    return kind ? kind : sw_state_mesh_kind(resource);
}

static void init_intakes(struct sw_state_cluster *cluster)
{
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        const struct sw_table_kind *kind = kind_of((enum sw_resource)i);
        void *keeper = kind ? (void *)&cluster->tables[i] : (void *)cluster;

        cluster->tables[i] = (struct sw_table){.kind = kind, .context = cluster};
        cluster->intakes[i] = (struct sw_intake){
            .keeper = sw_state_keeper((enum sw_resource)i),
            .context = keeper,
            .reading = &cluster->state->reading,
            .now_ms = &cluster->state->now_ms,
        };
    }
    cluster->pods.context = cluster;
    cluster->pods.changed = pod_changed;
    cluster->pods.class_changed = sw_state_class_changed;
    cluster->slices.pods = &cluster->pods;
}

static struct sw_state_cluster *new_cluster(struct sw_state *state, struct sw_str name,
                                            struct sw_str network)
{
    struct sw_state_cluster *cluster = calloc(1, sizeof(*cluster));

    if (!cluster)
        return NULL;
    cluster->state = state;
    sw_arena_init(&cluster->names_arena, 256, CLAIMS_MAX_BYTES);
    sw_arena_init(&cluster->claims_arena, CLAIMS_CHUNK_BYTES, CLAIMS_MAX_BYTES);
    sw_arena_init(&cluster->mtls_arena, CLAIMS_CHUNK_BYTES, CLAIMS_MAX_BYTES);
    sw_arena_init(&cluster->gateway_arena, CLAIMS_CHUNK_BYTES, CLAIMS_MAX_BYTES);
    init_intakes(cluster);
    cluster->mesh.name = sw_arena_copy(&cluster->names_arena, name);
    cluster->configured_network = sw_arena_copy(&cluster->names_arena, network);
    cluster->view.source = (struct sw_view_source){.cluster = cluster->mesh.name, .live = true};
    if (!cluster->mesh.name.data || !cluster->configured_network.data) {
        free_cluster(cluster);
        return NULL;
    }
    return cluster;
}

/* Room for one more in each of the three lists. */
static int make_room(struct sw_state *state, struct sw_err *reterr)
{
    size_t n = state->n_clusters + 1;
    struct sw_state_cluster **clusters =
        realloc(state->clusters, n * sizeof(struct sw_state_cluster *));
    const struct sw_view **views;
    const struct sw_mesh_cluster **meshes;

    if (!clusters)
        return sw_err_nomem(reterr);
    state->clusters = clusters;
    views = realloc(state->views, n * sizeof(struct sw_view *));
    if (!views)
        return sw_err_nomem(reterr);
    state->views = views;
    meshes = realloc(state->meshes, n * sizeof(struct sw_mesh_cluster *));
    if (!meshes)
        return sw_err_nomem(reterr);
    state->meshes = meshes;
    return 0;
}

int sw_state_add_cluster(struct sw_state *state, struct sw_str name, struct sw_str network,
                         struct sw_state_cluster **ret, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster;
    int r;

    if (find_cluster(state, name))
        return sw_err_set(reterr, SW_EUSAGE, "there is a cluster %.*s already", SW_STR_ARG(name));
    r = make_room(state, reterr);
    if (r < 0)
        return r;
    cluster = new_cluster(state, name, network);
    if (!cluster)
        return sw_err_nomem(reterr);
    state->clusters[state->n_clusters] = cluster;
    state->views[state->n_clusters] = &cluster->view;
    state->meshes[state->n_clusters] = &cluster->mesh;
    state->n_clusters++;
    sw_dirty_add_all(&state->dirty);
    *ret = cluster;
    return 0;
}

void sw_state_remove_cluster(struct sw_state *state, struct sw_state_cluster *cluster)
{
    size_t i = 0;

    while (i < state->n_clusters && state->clusters[i] != cluster)
        i++;
    if (i == state->n_clusters)
        return;
    for (state->n_clusters--; i < state->n_clusters; i++) {
        state->clusters[i] = state->clusters[i + 1];
        state->views[i] = state->views[i + 1];
        state->meshes[i] = state->meshes[i + 1];
    }
    for (i = 0; i < state->n_clusters; i++)
        state->clusters[i]->gateways_stale = true; /* it may have been the config cluster */
    state->names_stale = true;
    free_cluster(cluster);
}

struct sw_reflector_sink sw_state_sink(struct sw_state_cluster *cluster, enum sw_resource resource)
{
    cluster->asked[resource] = true;
    return sw_intake_sink(&cluster->intakes[resource]);
}

const struct sw_intake_stats *sw_state_stats(const struct sw_state_cluster *cluster,
                                             enum sw_resource resource)
{
    return &cluster->intakes[resource].stats;
}

size_t sw_state_count(const struct sw_state_cluster *cluster, enum sw_resource resource)
{
    switch (resource) {
    case SW_RESOURCE_POD:
        return cluster->pods.pods.n;
    case SW_RESOURCE_NODE:
        return cluster->pods.nodes.n;
    case SW_RESOURCE_ENDPOINTSLICE:
        return cluster->slices.slices.n;
    default:
        return cluster->tables[resource].entries.n;
    }
}

int sw_state_put(struct sw_state_cluster *cluster, const json_t *object, struct sw_err *reterr)
{
    enum sw_resource resource = sw_resource_of(object);
    int r;

    if (resource == SW_N_RESOURCES)
        return 0;
    r = sw_intake_put(&cluster->intakes[resource], object, reterr);
    return r < 0 ? r : 1;
}

void sw_state_set_reach(struct sw_state_cluster *cluster, bool readable, uint64_t current_ms)
{
    struct sw_state *state = cluster->state;
    uint64_t ttl_ms = state->config.remote_ttl_ms;
    bool expired = ttl_ms && !readable && state->now_ms > current_ms + ttl_ms;

    if (cluster->mesh.readable != readable || cluster->expired != expired) {
        sw_dirty_add_all(&state->dirty);
        cluster->n_reach++;
    }
    cluster->mesh.readable = readable;
    cluster->current_ms = current_ms;
    cluster->expired = expired;
}

uint64_t sw_state_reach_changes(const struct sw_state_cluster *cluster)
{
    return cluster->n_reach;
}

void sw_state_names_changed(struct sw_state *state)
{
    for (size_t i = 0; i < state->n_clusters; i++)
        state->clusters[i]->gateways_stale = true;
}

int sw_state_take_dirty(struct sw_state *state, struct sw_arena *arena, struct sw_dirty_list *ret,
                        struct sw_err *reterr)
{
    sw_state_mark_sharers(state);
    return sw_dirty_take(&state->dirty, arena, ret, reterr);
}
