#include "mesh/state_cluster.h"

#include <stdlib.h>

#include "base/banned.h"

#define NETWORK_LABEL   "topology.istio.io/network"
#define ISTIO_NAMESPACE "istio-system"

static int by_namespace(const void *a, const void *b)
{
    const struct sw_namespace *x = a, *y = b;

    return sw_str_cmp(x->meta.name, y->meta.name);
}

static int by_service(const void *a, const void *b)
{
    const struct sw_service *x = a, *y = b;
    int order = sw_str_cmp(x->meta.namespace_, y->meta.namespace_);

    return order ? order : sw_str_cmp(x->meta.name, y->meta.name);
}

/* Two objects may be one workspace, in namespaces of their own. */
static int by_workspace(const void *a, const void *b)
{
    const struct sw_workspace *x = a, *y = b;
    int order = sw_workspace_cmp(x, y);

    return order ? order : sw_str_cmp(x->meta.namespace_, y->meta.namespace_);
}

static int by_setting(const void *a, const void *b)
{
    return sw_setting_cmp(a, b);
}

static int by_passthrough(const void *a, const void *b)
{
    const struct sw_mesh_passthrough *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    if (!order)
        order = sw_str_cmp(x->name, y->name);
    return order ? order : (x->port > y->port) - (x->port < y->port);
}

static int by_rule(const void *a, const void *b)
{
    return sw_mesh_rule_cmp(a, b);
}

static int by_entry(const void *a, const void *b)
{
    return sw_mesh_entry_cmp(a, b);
}

static int by_owned(const void *a, const void *b)
{
    return sw_mesh_owned_cmp(a, b);
}

static int by_ingress(const void *a, const void *b)
{
    const struct sw_mesh_ingress *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    return order ? order : sw_str_cmp(x->name, y->name);
}

static void settle(struct sw_state_cluster *cluster)
{
    struct sw_mesh_cluster *mesh = &cluster->mesh;
    struct sw_view *view = &cluster->view;

    sw_sorted_settle(&cluster->namespaces, by_namespace);
    sw_sorted_settle(&cluster->services, by_service);
    sw_sorted_settle(&cluster->workspaces, by_workspace);
    sw_sorted_settle(&cluster->settings, by_setting);
    sw_sorted_settle(&cluster->passthroughs, by_passthrough);
    sw_sorted_settle(&cluster->rules, by_rule);
    sw_sorted_settle(&cluster->entries, by_entry);
    sw_sorted_settle(&cluster->owned, by_owned);
    sw_sorted_settle(&cluster->ingresses, by_ingress);
    view->namespaces = (const struct sw_namespace **)cluster->namespaces.items;
    view->n_namespaces = cluster->namespaces.n;
    view->services = (const struct sw_service **)cluster->services.items;
    view->n_services = cluster->services.n;
    view->workspaces = (const struct sw_workspace **)cluster->workspaces.items;
    view->n_workspaces = cluster->workspaces.n;
    view->settings = (const struct sw_setting **)cluster->settings.items;
    view->n_settings = cluster->settings.n;
    mesh->passthroughs = (const struct sw_mesh_passthrough *const *)cluster->passthroughs.items;
    mesh->n_passthroughs = cluster->passthroughs.n;
    mesh->unheld = &cluster->unheld;
    mesh->unruled = &cluster->unruled;
    mesh->rules = (const struct sw_mesh_rule *const *)cluster->rules.items;
    mesh->n_rules = cluster->rules.n;
    mesh->entries = (const struct sw_mesh_entry *const *)cluster->entries.items;
    mesh->n_entries = cluster->entries.n;
}

static int refresh_claims(struct sw_state_cluster *cluster, struct sw_err *reterr)
{
    struct sw_view *view = &cluster->view;
    int r;

    if (!cluster->claims_stale)
        return 0;
    view->claims = (struct sw_claims){0};
    sw_arena_clear(&cluster->claims_arena);
    r = sw_claims_build(view->workspaces, view->n_workspaces, &cluster->claims_arena, &view->claims,
                        reterr);
    if (r == 0)
        cluster->claims_stale = false;
    return r;
}

static int by_mtls(const void *a, const void *b)
{
    const struct sw_mesh_mtls *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    return order ? order : (int)y->disabled - (int)x->disabled;
}

/* Each namespace once, and the one that disables wins. */
static int refresh_mtls(struct sw_state_cluster *cluster, struct sw_err *reterr)
{
    const struct sw_table *table = &cluster->tables[SW_RESOURCE_PEERAUTH];
    struct sw_mesh_mtls *list;
    size_t n = 0, n_kept = 0;

    if (!cluster->mtls_stale)
        return 0;
    cluster->mesh.n_mtls = 0;
    sw_arena_clear(&cluster->mtls_arena);
    list = sw_arena_alloc(&cluster->mtls_arena, table->entries.n * sizeof(*list));
    if (!list)
        return sw_err_nomem(reterr);
    for (const struct sw_item_mtls *item = sw_table_next(table, NULL); item;
         item = sw_table_next(table, item))
        list[n++] = (struct sw_mesh_mtls){item->meta.namespace_, item->disabled};
    if (n > 0)
        qsort(list, n, sizeof(*list), by_mtls);
    for (size_t i = 0; i < n; i++) {
        if (n_kept == 0 || !sw_str_eq(list[n_kept - 1].namespace_, list[i].namespace_))
            list[n_kept++] = list[i];
    }
    cluster->mesh.mtls = list;
    cluster->mesh.n_mtls = n_kept;
    cluster->mtls_stale = false;
    return 0;
}

static struct sw_str network_of(const struct sw_state_cluster *cluster)
{
    const struct sw_namespace *istio = sw_table_find(
        &cluster->tables[SW_RESOURCE_NAMESPACE], (struct sw_str){NULL, 0}, SW_STR(ISTIO_NAMESPACE));
    const struct sw_str *label =
        istio ? sw_labels_get(&istio->meta.labels, SW_STR(NETWORK_LABEL)) : NULL;

    if (label && label->len)
        return *label;
    return cluster->configured_network.len ? cluster->configured_network : cluster->mesh.name;
}

/* Everything that somebody reads was read whole once; nothing, where nobody reads anything but
 * files. */
static bool is_seen(const struct sw_state_cluster *cluster)
{
    for (size_t i = 0; i < SW_N_RESOURCES; i++) {
        if (cluster->asked[i] && !cluster->intakes[i].stats.synced)
            return false;
    }
    return true;
}

static uint64_t unconfirmed(const struct sw_state_cluster *cluster)
{
    uint64_t first_ms = 0;

    for (size_t i = 0; i < SW_N_RESOURCES; i++) {
        uint64_t ms = cluster->intakes[i].stats.unconfirmed_ms;

        if (ms && (!first_ms || ms < first_ms))
            first_ms = ms;
    }
    return first_ms;
}

static void refresh_facts(struct sw_state_cluster *cluster)
{
    const struct sw_state *state = cluster->state;
    struct sw_mesh_cluster *mesh = &cluster->mesh;
    const struct sw_item_cert *cert =
        sw_table_find(&cluster->tables[SW_RESOURCE_ROOT_CERT], state->config.root_namespace,
                      SW_STR(SW_ROOT_CERT_NAME));
    bool seen = is_seen(cluster);

    if (seen != mesh->seen) {
        sw_dirty_add_all(&cluster->state->dirty);
        sw_lapses_note_all(&cluster->unheld, state->now_ms);
        sw_lapses_note_all(&cluster->unruled, state->now_ms);
    }
    mesh->seen = seen;
    cluster->view.source.synced = seen;
    mesh->network = network_of(cluster);
    mesh->root_cert = cert ? cert->digest : (struct sw_str){NULL, 0};
    mesh->age_ms = mesh->readable || state->now_ms < cluster->current_ms
                       ? 0
                       : state->now_ms - cluster->current_ms;
    mesh->unconfirmed_ms = unconfirmed(cluster);
}

static int refresh_cluster(struct sw_state_cluster *cluster, struct sw_err *reterr)
{
    int r;

    settle(cluster);
    r = refresh_claims(cluster, reterr);
    if (r == 0)
        r = refresh_mtls(cluster, reterr);
    refresh_facts(cluster);
    return r;
}

/* The index of a cluster by name. */
static int find_index(const struct sw_state *state, struct sw_str name, const char *role,
                      size_t *ret, struct sw_err *reterr)
{
    for (size_t i = 0; i < state->n_clusters; i++) {
        if (sw_str_eq(state->clusters[i]->mesh.name, name)) {
            *ret = i;
            return 0;
        }
    }
    return sw_err_set(reterr, SW_EUSAGE, "there is no cluster \"%.*s\", which is to be the %s one",
                      SW_STR_ARG(name), role);
}

static void assemble(struct sw_state *state)
{
    const struct sw_state_cluster *local = state->clusters[state->index.local];

    for (size_t i = 0; i < state->n_clusters; i++) {
        struct sw_state_cluster *cluster = state->clusters[i];

        cluster->mesh.backends = (const struct sw_mesh_backends *const *)cluster->backends.items;
        cluster->mesh.n_backends = cluster->backends.n;
    }
    state->mesh = (struct sw_mesh){
        .index = &state->index,
        .clusters = state->meshes,
        .root_namespace = state->config.root_namespace,
        .fleet_known = state->config.fleet_known,
        .ipv4 = local->n_ipv4 > 0,
        .ipv6 = local->n_ipv6 > 0,
        .native_some = state->config.native_some,
        .native = state->config.native,
        .n_native = state->config.n_native,
        .remote_ttl_ms = state->config.remote_ttl_ms,
        .ingresses = (const struct sw_mesh_ingress *const *)local->ingresses.items,
        .n_ingresses = local->ingresses.n,
        .owned = (const struct sw_mesh_owned *const *)local->owned.items,
        .n_owned = local->owned.n,
        .n_owned_of = local->n_owned_of,
    };
}

/* Once the mesh is assembled: who yields depends on all clusters. */
static void refresh_networks(struct sw_state *state)
{
    if (!sw_network_is_stale(&state->networks, &state->mesh))
        return;
    state->networks.shared = false;
    for (size_t i = 0; i < state->n_clusters; i++) {
        struct sw_mesh_cluster *cluster = &state->clusters[i]->mesh;
        const struct sw_mesh_cluster *to = sw_network_yields_to(&state->mesh, cluster);

        if (to != cluster->yields_to)
            sw_dirty_add_all(&state->dirty);
        cluster->yields_to = to;
        state->networks.shared |= to != NULL;
    }
}

int sw_state_mesh(struct sw_state *state, const struct sw_mesh **ret, struct sw_err *reterr)
{
    int r = find_index(state, state->config.local, "local", &state->index.local, reterr);

    if (r == 0)
        r = find_index(state, state->config.config, "config", &state->index.config, reterr);
    for (size_t i = 0; r == 0 && i < state->n_clusters; i++)
        r = refresh_cluster(state->clusters[i], reterr);
    if (r == 0)
        r = sw_state_refresh_backends(state, reterr);
    if (r == 0)
        r = sw_state_refresh_gateways(state, reterr);
    if (r < 0)
        return r;
    state->index.views = state->views;
    state->index.n_views = state->n_clusters;
    assemble(state);
    refresh_networks(state);
    *ret = &state->mesh;
    return 0;
}

static void mark_key(struct sw_state *state, struct sw_str namespace_, struct sw_str name)
{
    sw_dirty_add_rules(&state->dirty, namespace_, name);
    for (size_t i = 0; i < state->n_clusters; i++) {
        struct sw_slices *slices = &state->clusters[i]->slices;
        struct sw_backing *backing = sw_slices_find(slices, namespace_, name);

        if (backing)
            sw_slices_stale(slices, backing);
    }
}

static void mark_covered(struct sw_state *state, struct sw_slices *slices,
                         const struct sw_host *host)
{
    for (struct sw_record *record = sw_hash_next(&slices->backings, NULL); record;
         record = sw_hash_next(&slices->backings, record)) {
        struct sw_backing *backing = (struct sw_backing *)record;

        if (!sw_host_covers(host, backing->backends.namespace_, backing->backends.service))
            continue;
        sw_slices_stale(slices, backing);
        sw_dirty_add_rules(&state->dirty, backing->backends.namespace_, backing->backends.service);
    }
}

void sw_state_mark_host(struct sw_state *state, const struct sw_host *host)
{
    if (host->kind == SW_HOST_SERVICE)
        mark_key(state, host->namespace_, host->name);
    for (size_t i = 0; host->kind == SW_HOST_WILDCARD && i < state->n_clusters; i++)
        mark_covered(state, &state->clusters[i]->slices, host);
}

/* Every Service has a backing. */
void sw_state_mark_namespace(struct sw_state *state, struct sw_str namespace_)
{
    state->dirty.gateways = true;
    for (size_t i = 0; i < state->n_clusters && !state->dirty.all; i++) {
        const struct sw_hash *backings = &state->clusters[i]->slices.backings;

        for (struct sw_record *record = sw_hash_next(backings, NULL); record;
             record = sw_hash_next(backings, record)) {
            const struct sw_mesh_backends *b = &((struct sw_backing *)record)->backends;

            if (sw_str_eq(b->namespace_, namespace_))
                sw_dirty_add(&state->dirty, b->namespace_, b->service);
        }
    }
}

static size_t bytes_of(const struct sw_state_cluster *cluster)
{
    size_t n = sizeof(*cluster) + cluster->pods.n_bytes + cluster->slices.n_bytes;

    for (size_t i = 0; i < SW_N_RESOURCES; i++)
        n += sw_table_bytes(&cluster->tables[i]);
    return n + cluster->claims_arena.held_bytes + cluster->mtls_arena.held_bytes +
           cluster->gateway_arena.held_bytes;
}

size_t sw_state_bytes(const struct sw_state *state)
{
    size_t n = sizeof(*state) + state->reading.held_bytes + state->scratch.held_bytes;

    for (size_t i = 0; i < state->n_clusters; i++)
        n += bytes_of(state->clusters[i]);
    return n;
}
