#include "mesh/state_cluster.h"

#include "failover/search.h"

#include <stdlib.h>

#include "base/banned.h"

#define ARENA_CHUNK_BYTES 4096
#define ARENA_MAX_BYTES   ((size_t)64 << 20)

/* Ports of a gateway that take no requests from users: Istio's samples give every east-west gateway
 * those of health, of istiod and of its webhook. */
static bool is_service_port(uint16_t number)
{
    static const uint16_t numbers[] = {SW_GATEWAY_PORT, 15008, 15010, 15012, 15017, 15020, 15021};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i] == number)
            return true;
    }
    return false;
}

static bool is_ingress(const struct sw_service *service)
{
    for (size_t i = 0; i < service->n_ports; i++) {
        if (service->ports[i].tcp && !is_service_port(service->ports[i].number))
            return true;
    }
    return false;
}

void sw_state_class_changed(void *context, const struct sw_pod_class *class)
{
    struct sw_state_cluster *cluster = context;

    for (size_t i = 0; !cluster->gateways_stale && i < cluster->mesh.n_gateways; i++) {
        const struct sw_service *service = cluster->mesh.gateways[i]->service;

        if (service->selector.n > 0 && sw_labels_match(&service->selector, &class->labels))
            cluster->gateways_stale = true;
    }
}

static bool has_foreign_pods(const struct sw_state_cluster *cluster,
                             const struct sw_service *service)
{
    if (service->selector.n == 0)
        return false;
    for (struct sw_record *record = sw_hash_next(&cluster->pods.classes, NULL); record;
         record = sw_hash_next(&cluster->pods.classes, record)) {
        const struct sw_pod_class *class = (const struct sw_pod_class *)record;

        if (!sw_str_eq(class->namespace_, service->meta.namespace_) &&
            sw_labels_match(&service->selector, &class->labels))
            return true;
    }
    return false;
}

static int add_address(struct sw_mesh_gateway *gateway, const struct sw_ip *ip,
                       struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_strings all = {gateway->addresses, gateway->n_addresses};
    char text[SW_IP_TEXT_SIZE];
    struct sw_str *items, address = {text, sw_ip_write(ip, text)};
    size_t at = all.n;

    if (!sw_ip_is_reachable(ip) || sw_strings_have(&all, address))
        return 0;
    items = sw_arena_push(arena, (struct sw_str *)all.items, all.n, sizeof(*items));
    address = sw_arena_copy(arena, address);
    if (!items || !address.data)
        return sw_err_nomem(reterr);
    for (; at > 0 && sw_str_cmp(items[at - 1], address) > 0; at--)
        items[at] = items[at - 1];
    items[at] = address;
    gateway->addresses = items;
    gateway->n_addresses++;
    return 0;
}

/* The addresses that others reach it by: literals as they stand, names as they were resolved. */
static int set_addresses(const struct sw_names *names, const struct sw_frontage *front,
                         struct sw_mesh_gateway *gateway, struct sw_arena *arena,
                         struct sw_err *reterr)
{
    gateway->no_address = SW_GATEWAY_NO_ADDRESS;
    for (size_t i = 0; i < front->addresses.n; i++) {
        struct sw_str text = front->addresses.items[i];
        const struct sw_ip *ips;
        struct sw_ip ip;
        size_t n = 1;

        if (sw_ip_parse(text, &ip)) {
            ips = &ip;
        } else {
            n = names ? sw_names_addresses(names, text, &ips) : 0;
            gateway->no_address = names ? SW_GATEWAY_UNRESOLVED : SW_GATEWAY_DNS_OFF;
            if (!gateway->source.data)
                gateway->source = sw_arena_copy(arena, text);
            if (!gateway->source.data)
                return sw_err_nomem(reterr);
        }
        for (size_t j = 0; j < n; j++) {
            int r = add_address(gateway, &ips[j], arena, reterr);

            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* Keeps of `labels` what `class` has too. */
static void intersect(struct sw_label *pairs, size_t *n, const struct sw_pod_class *class)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < *n; i++) {
        const struct sw_str *value = sw_labels_get(&class->labels, pairs[i].key);

        if (value && sw_str_eq(*value, pairs[i].value))
            pairs[n_kept++] = pairs[i];
    }
    *n = n_kept;
}

/* What all its ready pods agree on. Labels and view borrow from the classes. */
static int describe_pods(const struct sw_group_pod *pods, size_t n, struct sw_mesh_gateway *gateway,
                         struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_pod_class *first = n ? pods[0].class : NULL;
    struct sw_label *pairs;
    size_t n_pairs;

    gateway->n_ready = (uint32_t)n;
    if (!first)
        return 0;
    n_pairs = first->labels.n;
    pairs = sw_arena_alloc(arena, n_pairs * sizeof(*pairs));
    if (!pairs)
        return sw_err_nomem(reterr);
    if (n_pairs > 0)
        memcpy(pairs, first->labels.pairs, n_pairs * sizeof(*pairs));
    gateway->network_view = SW_VIEW_SET;
    gateway->view = first->network_view;
    for (size_t i = 0; i < n; i++) {
        intersect(pairs, &n_pairs, pods[i].class);
        if (pods[i].class->network_view.len == 0)
            gateway->network_view = SW_VIEW_MISSING;
        else if (gateway->network_view == SW_VIEW_SET &&
                 !sw_str_eq(pods[i].class->network_view, gateway->view))
            gateway->network_view = SW_VIEW_MIXED;
    }
    if (gateway->network_view != SW_VIEW_SET)
        gateway->view = (struct sw_str){NULL, 0};
    gateway->pod_labels = (struct sw_labels){n_pairs ? pairs : NULL, n_pairs};
    return 0;
}

/* Lets it own what it borrows of classes. */
static int own_pods(struct sw_mesh_gateway *gateway, struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_mesh_group group = {.service_account = gateway->view, .labels = gateway->pod_labels};
    const struct sw_mesh_group *copy;
    int r = sw_group_copy(&group, 1, arena, &copy, reterr);

    if (r < 0)
        return r;
    gateway->view = copy->service_account;
    gateway->pod_labels = copy->labels;
    return 0;
}

static const struct sw_mesh_gateway *find_old(const struct sw_state_cluster *cluster,
                                              const struct sw_gateway_key *key)
{
    for (size_t i = 0; i < cluster->mesh.n_gateways; i++) {
        const struct sw_gateway_key *old = &cluster->gateway_keys[i];

        if (sw_str_eq(old->namespace_, key->namespace_) && sw_str_eq(old->name, key->name))
            return cluster->mesh.gateways[i];
    }
    return NULL;
}

/* While a pod has not been seen, what was known of them stands. */
static int set_pods(struct sw_state_cluster *cluster, const struct sw_gateway_key *key,
                    struct sw_mesh_gateway *gateway, struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_backing *backing = sw_slices_find(&cluster->slices, key->namespace_, key->name);
    const struct sw_mesh_gateway *old = find_old(cluster, key);
    struct sw_group_pod *pods;
    bool waiting;
    size_t n;
    int r;

    if (!backing)
        return 0;
    r = sw_slices_pods(backing, &cluster->state->scratch, &pods, &n, &waiting, reterr);
    if (r == 0 && waiting && old) {
        gateway->n_ready = old->n_ready;
        gateway->pod_labels = old->pod_labels;
        gateway->network_view = old->network_view;
        gateway->view = old->view;
    } else if (r == 0) {
        r = describe_pods(pods, n, gateway, &cluster->state->scratch, reterr);
    }
    return r < 0 ? r : own_pods(gateway, arena, reterr);
}

static int make_gateway(struct sw_state_cluster *cluster, const struct sw_service *service,
                        const struct sw_gateway_key *key, struct sw_mesh_gateway *ret,
                        struct sw_err *reterr)
{
    struct sw_arena *arena = &cluster->gateway_arena;
    const struct sw_item_service *item = (const struct sw_item_service *)service;
    int r;

    *ret = (struct sw_mesh_gateway){
        .service = service,
        .port = SW_GATEWAY_PORT,
        .foreign_pods = has_foreign_pods(cluster, service),
        .ingress = is_ingress(service),
    };
    r = set_addresses(cluster->state->names, &item->front, ret, arena, reterr);
    return r < 0 ? r : set_pods(cluster, key, ret, arena, reterr);
}

static bool is_same_list(const struct sw_str *a, size_t n_a, const struct sw_str *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++) {
        if (!sw_str_eq(a[i], b[i]))
            return false;
    }
    return true;
}

/* In all that a plan depends on: how many pods are ready does not count, whether any is does. */
static bool is_same_gateway(const struct sw_mesh_gateway *a, const struct sw_mesh_gateway *b)
{
    return is_same_list(a->addresses, a->n_addresses, b->addresses, b->n_addresses) &&
           (a->n_addresses > 0 || a->no_address == b->no_address) &&
           sw_str_eq(a->source, b->source) && !a->n_ready == !b->n_ready &&
           a->pod_labels.n == b->pod_labels.n && sw_labels_match(&a->pod_labels, &b->pod_labels) &&
           a->network_view == b->network_view && sw_str_eq(a->view, b->view) &&
           a->foreign_pods == b->foreign_pods && a->ingress == b->ingress;
}

/* A gateway that is as it was, or everything has changed. (That its Service has changed, the
 * Service's key says; a gateway that came or went is of everyone's concern.) */
static void compare(struct sw_state_cluster *cluster, const struct sw_mesh_gateway *const *list,
                    const struct sw_gateway_key *keys, size_t n)
{
    bool same = n == cluster->mesh.n_gateways;

    for (size_t i = 0; same && i < n; i++) {
        const struct sw_mesh_gateway *old = find_old(cluster, &keys[i]);

        same = old && !cluster->gateway_services_changed && is_same_gateway(old, list[i]);
    }
    if (!same)
        sw_dirty_add_all(&cluster->state->dirty);
}

/* The new list, in gateway_arena. */
static int build(struct sw_state_cluster *cluster, const struct sw_mesh_gateway ***ret,
                 struct sw_gateway_key **ret_keys, size_t *ret_n, struct sw_err *reterr)
{
    const struct sw_state_cluster *config = sw_state_config_cluster(cluster->state);
    struct sw_arena *arena = &cluster->gateway_arena;
    const struct sw_mesh_gateway **list = NULL;
    struct sw_gateway_key *keys = NULL;
    size_t n = 0;

    for (size_t i = 0; i < cluster->services.n; i++) {
        const struct sw_item_service *item = cluster->services.items[i];
        struct sw_mesh_gateway *gateway;
        int r;

        if (!item->is_gateway || !config ||
            !sw_search_is_any_gateway(&config->view, &item->service))
            continue;
        gateway = sw_arena_zalloc(arena, sizeof(*gateway));
        list = sw_arena_push(arena, (void *)list, n, sizeof(struct sw_mesh_gateway *));
        keys = sw_arena_push(arena, keys, n, sizeof(*keys));
        if (!gateway || !list || !keys)
            return sw_err_nomem(reterr);
        keys[n].namespace_ = sw_arena_copy(arena, item->service.meta.namespace_);
        keys[n].name = sw_arena_copy(arena, item->service.meta.name);
        if (!keys[n].namespace_.data || !keys[n].name.data)
            return sw_err_nomem(reterr);
        r = make_gateway(cluster, &item->service, &keys[n], gateway, reterr);
        if (r < 0)
            return r;
        list[n++] = gateway;
    }
    *ret = list;
    *ret_keys = keys;
    *ret_n = n;
    return 0;
}

static int refresh(struct sw_state_cluster *cluster, struct sw_err *reterr)
{
    const struct sw_mesh_gateway **list = NULL;
    struct sw_arena old = cluster->gateway_arena;
    struct sw_gateway_key *keys = NULL;
    size_t n = 0;
    int r;

    sw_arena_clear(&cluster->state->scratch);
    sw_arena_init(&cluster->gateway_arena, ARENA_CHUNK_BYTES, ARENA_MAX_BYTES);
    r = build(cluster, &list, &keys, &n, reterr);
    if (r < 0) {
        sw_arena_release(&cluster->gateway_arena);
        cluster->gateway_arena = old;
        return r;
    }
    compare(cluster, list, keys, n);
    sw_arena_release(&old);
    cluster->mesh.gateways = list;
    cluster->mesh.n_gateways = n;
    cluster->gateway_keys = keys;
    cluster->gateways_stale = false;
    cluster->gateway_services_changed = false;
    return 0;
}

/* Tells which names are wanted. One that is no name, or one too many, stays unresolved. */
static int want_names(struct sw_state *state, struct sw_err *reterr)
{
    sw_names_begin(state->names);
    for (size_t i = 0; i < state->n_clusters; i++) {
        const struct sw_mesh_cluster *mesh = &state->clusters[i]->mesh;

        for (size_t j = 0; j < mesh->n_gateways; j++) {
            const struct sw_strings *addresses =
                &((const struct sw_item_service *)mesh->gateways[j]->service)->front.addresses;

            for (size_t k = 0; k < addresses->n; k++) {
                struct sw_ip ip;

                if (!sw_ip_parse(addresses->items[k], &ip) &&
                    sw_names_want(state->names, addresses->items[k], NULL) == SW_ENOMEM)
                    return sw_err_nomem(reterr);
            }
        }
    }
    sw_names_end(state->names);
    return 0;
}

int sw_state_refresh_gateways(struct sw_state *state, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; i < state->n_clusters; i++) {
        struct sw_state_cluster *cluster = state->clusters[i];

        if (!cluster->gateways_stale)
            continue;
        r = refresh(cluster, reterr);
        if (r < 0)
            return r;
    }
    if (!state->names || !state->names_stale)
        return 0;
    r = want_names(state, reterr);
    if (r == 0)
        state->names_stale = false;
    return r;
}
