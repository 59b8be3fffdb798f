#include "mesh/state_cluster.h"

#include "base/cleanup.h"
#include "model/destinationrule.h"
#include "model/gateway.h"
#include "model/routing.h"

#include <stdlib.h>

#include "base/banned.h"

/* For what of a rule is read and not kept. */
#define ASIDE_CHUNK_BYTES 4096
#define ASIDE_MAX_BYTES   ((size_t)16 << 20)

static int by_str(const void *a, const void *b)
{
    return sw_str_cmp(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

/* Sorts a list that was just made, in place. */
static void sort_strings(const struct sw_str *items, size_t n)
{
    if (n > 0)
        qsort((struct sw_str *)items, n, sizeof(*items), by_str);
}

static int copy_subsets(const struct sw_routing *routing, struct sw_arena *arena,
                        struct sw_mesh_rule *ret, struct sw_err *reterr)
{
    struct sw_mesh_subset *subsets = sw_arena_alloc(arena, routing->n_subsets * sizeof(*subsets));

    if (!subsets)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < routing->n_subsets; i++)
        subsets[i] = (struct sw_mesh_subset){routing->subsets[i].name, routing->subsets[i].labels};
    ret->subsets = subsets;
    ret->n_subsets = routing->n_subsets;
    return 0;
}

static void read_levels(const struct sw_destinationrule *from, struct sw_mesh_rule *ret)
{
    ret->has_policy = from->levels[0].present;
    ret->outlier = from->levels[0].outlier.present;
    ret->ports_outlier = ret->outlier;
    for (size_t i = 0; i < from->n_levels; i++) {
        const struct sw_level *level = &from->levels[i];

        if (level->kind == SW_LEVEL_PORT || level->kind == SW_LEVEL_SUBSET_PORT)
            ret->ports_outlier = ret->ports_outlier && level->outlier.present;
        ret->locality_off = ret->locality_off || level->locality.disabled;
    }
}

/* metadata.generation counts the changes of spec; 0 where it is absent. */
static int64_t generation_of(const json_t *object)
{
    return json_integer_value(json_object_get(json_object_get(object, "metadata"), "generation"));
}

/* Its policies take far more than what is kept of them, so they are read aside. */
static int read_policies(const json_t *object, struct sw_arena *arena, struct sw_mesh_rule *ret,
                         struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena aside;
    struct sw_destinationrule from;
    int r;

    sw_arena_init(&aside, ASIDE_CHUNK_BYTES, ASIDE_MAX_BYTES);
    r = sw_destinationrule_read(object, &aside, &from, reterr);
    if (r < 0)
        return r;
    read_levels(&from, ret);
    ret->host = sw_arena_copy(arena, from.host);
    return ret->host.data ? 0 : sw_err_nomem(reterr);
}

static int read_rule(const json_t *object, struct sw_arena *arena, void *item,
                     struct sw_err *reterr)
{
    struct sw_item_rule *rule = item;
    struct sw_routing routing;
    int r = sw_meta_read(object, arena, &rule->meta, reterr);

    if (r == 0)
        r = read_policies(object, arena, &rule->rule, reterr);
    if (r == 0)
        r = sw_routing_read(object, arena, &routing, reterr);
    if (r < 0)
        return r;
    sw_state_default_namespace(&rule->meta);
    rule->generation = generation_of(object);
    rule->rule.namespace_ = rule->meta.namespace_;
    rule->rule.name = rule->meta.name;
    rule->rule.created = rule->meta.created;
    rule->rule.selects_workloads = routing.selects_workloads;
    rule->rule.export_to = routing.export_to.items;
    rule->rule.n_export_to = routing.export_to.n;
    sort_strings(rule->rule.export_to, rule->rule.n_export_to);
    rule->host = sw_host_read(rule->rule.host, rule->rule.namespace_);
    r = copy_subsets(&routing, arena, &rule->rule, reterr);
    if (r < 0)
        return r;
    r = sw_state_read_owned(object, &rule->meta, SW_MESH_DESTINATIONRULE, arena, &rule->owned,
                            reterr);
    rule->is_owned = r == 1;
    rule->rule.ours = rule->is_owned && rule->owned.managed;
    return r < 0 ? r : 1;
}

/* Clients have gone by it since it was as it is. */
static void carry_rule(const void *old_item, void *item)
{
    const struct sw_item_rule *old = old_item;
    struct sw_item_rule *rule = item;

    if (rule->generation != 0 && rule->generation == old->generation)
        rule->rule.seen_ms = old->rule.seen_ms;
}

static int rule_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_rule *rule = item;
    int r = sw_sorted_add(&cluster->rules, &rule->rule, reterr);

    if (rule->rule.seen_ms == 0)
        rule->rule.seen_ms = cluster->state->now_ms;
    sw_state_mark_host(cluster->state, &rule->host);
    if (r == 0)
        r = sw_state_add_subsets(cluster->state, rule, reterr);
    if (r == 0 && rule->is_owned)
        r = sw_state_add_owned(cluster, &rule->owned, reterr);
    return r;
}

static void rule_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_rule *rule = item;
    const uint64_t now_ms = cluster->state->now_ms;

    if (rule->host.kind == SW_HOST_SERVICE)
        sw_lapses_note(&cluster->unruled, rule->host.namespace_, rule->host.name, now_ms);
    else
        sw_lapses_note_all(&cluster->unruled, now_ms);
    sw_state_mark_host(cluster->state, &rule->host);
    sw_sorted_remove(&cluster->rules, &rule->rule);
    sw_state_remove_subsets(cluster->state, rule);
    if (rule->is_owned)
        sw_state_remove_owned(cluster, &rule->owned);
}

/* The hosts of a server without their "namespace/", sorted. */
static int copy_hosts(const struct sw_gateway_server *server, struct sw_arena *arena,
                      struct sw_mesh_passthrough *ret, struct sw_err *reterr)
{
    struct sw_str *hosts = sw_arena_alloc(arena, server->n_hosts * sizeof(*hosts));

    if (!hosts)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < server->n_hosts; i++)
        hosts[i] = sw_gateway_host(server->hosts[i]);
    sort_strings(hosts, server->n_hosts);
    ret->hosts = hosts;
    ret->n_hosts = server->n_hosts;
    return 0;
}

static int copy_servers(const struct sw_gateway *from, struct sw_arena *arena,
                        struct sw_item_gateway *ret, struct sw_err *reterr)
{
    int r = 0;

    ret->servers = sw_arena_zalloc(arena, from->n_servers * sizeof(*ret->servers));
    if (!ret->servers)
        return sw_err_nomem(reterr);
    for (size_t i = 0; r == 0 && i < from->n_servers; i++) {
        struct sw_mesh_passthrough *server = &ret->servers[ret->n_servers];

        if (!sw_gateway_server_passes(&from->servers[i]))
            continue;
        *server = (struct sw_mesh_passthrough){
            .namespace_ = from->meta.namespace_,
            .name = from->meta.name,
            .selector = from->selector,
            .port = from->servers[i].port,
            .ours = ret->is_owned && ret->owned.managed,
        };
        r = copy_hosts(&from->servers[i], arena, server, reterr);
        ret->n_servers++;
    }
    return r;
}

static int read_gateway(const json_t *object, struct sw_arena *arena, void *item,
                        struct sw_err *reterr)
{
    struct sw_item_gateway *gateway = item;
    struct sw_gateway from;
    int r = sw_gateway_read(object, arena, &from, reterr);

    if (r < 0)
        return r;
    sw_state_default_namespace(&from.meta);
    gateway->meta = from.meta;
    r = sw_state_read_owned(object, &from.meta, SW_MESH_GATEWAY, arena, &gateway->owned, reterr);
    gateway->is_owned = r == 1;
    if (r >= 0)
        r = copy_servers(&from, arena, gateway, reterr);
    return r < 0 ? r : 1;
}

/* What its hosts mean may now pass there, or no more; wildcards mean too much to be told. */
static void mark_gateway(struct sw_state_cluster *cluster, const struct sw_item_gateway *gateway)
{
    struct sw_state *state = cluster->state;

    for (size_t i = 0; i < gateway->n_servers; i++) {
        if (!gateway->servers[i].ours) {
            sw_dirty_add_all(&state->dirty); /* it may take the place of ours */
            return;
        }
        for (size_t j = 0; j < gateway->servers[i].n_hosts; j++) {
            struct sw_host host =
                sw_host_read(gateway->servers[i].hosts[j], gateway->meta.namespace_);

            if (host.kind == SW_HOST_SERVICE)
                sw_dirty_add(&state->dirty, host.namespace_, host.name);
        }
    }
}

/* From now on its hosts are held by none, unless by another, or by what it is next. Of a wildcard
 * nobody knows whose hosts it held. */
static void let_go(struct sw_state_cluster *cluster, const struct sw_item_gateway *gateway)
{
    const uint64_t now_ms = cluster->state->now_ms;

    for (size_t i = 0; i < gateway->n_servers; i++) {
        for (size_t j = 0; j < gateway->servers[i].n_hosts; j++) {
            struct sw_host host =
                sw_host_read(gateway->servers[i].hosts[j], gateway->meta.namespace_);

            if (host.kind == SW_HOST_SERVICE)
                sw_lapses_note(&cluster->unheld, host.namespace_, host.name, now_ms);
            else
                sw_lapses_note_all(&cluster->unheld, now_ms);
        }
    }
}

static int gateway_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_gateway *gateway = item;
    int r = 0;

    mark_gateway(cluster, gateway);
    for (size_t i = 0; r == 0 && i < gateway->n_servers; i++)
        r = sw_sorted_add(&cluster->passthroughs, &gateway->servers[i], reterr);
    if (r == 0 && gateway->is_owned)
        r = sw_state_add_owned(cluster, &gateway->owned, reterr);
    return r;
}

static void gateway_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_gateway *gateway = item;

    mark_gateway(cluster, gateway);
    let_go(cluster, gateway);
    for (size_t i = 0; i < gateway->n_servers; i++)
        sw_sorted_remove(&cluster->passthroughs, &gateway->servers[i]);
    if (gateway->is_owned)
        sw_state_remove_owned(cluster, &gateway->owned);
}

const struct sw_table_kind *sw_state_route_kind(enum sw_resource resource)
{
    static const struct sw_table_kind kinds[SW_N_RESOURCES] = {
        [SW_RESOURCE_DESTINATIONRULE] = {sizeof(struct sw_item_rule), 512, read_rule, carry_rule,
                                         rule_arrives, rule_leaves},
        [SW_RESOURCE_GATEWAY] = {sizeof(struct sw_item_gateway), 1024, read_gateway, NULL,
                                 gateway_arrives, gateway_leaves},
    };

    return kinds[resource].read ? &kinds[resource] : NULL;
}
