#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/name.h"

#define EXPOSE_SHOP                                                                                \
    "{'defaultEastWestGatewaySettings':[{'workloadSelector':"                                      \
    "{'namespace':'gw','labels':{'app':'gw'}}}]}"

int mesh_setup(void **state)
{
    struct mesh *mesh = calloc(1, sizeof(*mesh));
    void *world = NULL;

    if (!mesh || sw_world_setup(&world) < 0)
        return -1;
    mesh->world = world;
    mesh->now_ms = NOW_MS;
    *state = mesh;
    return 0;
}

int mesh_teardown(void **state)
{
    struct mesh *mesh = *state;
    void *world = mesh->world;

    sw_withdrawals_release(&mesh->withdrawals);
    sw_world_teardown(&world);
    free(mesh);
    return 0;
}

static void *make(struct mesh *mesh, size_t size)
{
    void *made = sw_arena_zalloc(&mesh->world->arena, size);

    assert_non_null(made);
    return made;
}

static struct mesh_cluster *last(struct mesh *mesh)
{
    return &mesh->clusters[mesh->world->n - 1];
}

void mesh_begin(struct mesh *mesh, const char *name)
{
    sw_world_cluster(mesh->world, name);
    last(mesh)->cluster = (struct sw_mesh_cluster){
        .name = sw_str_from(name),
        .network = sw_str_from(name),
        .seen = true,
        .readable = true,
    };
    sw_world_namespace(mesh->world, "shop", "{}");
    sw_world_namespace(mesh->world, "gw", "{}");
}

void mesh_workspace(struct mesh *mesh)
{
    sw_world_workspace(mesh->world, "shop", "['*/shop']");
    sw_world_setting(mesh->world, "shop", EXPOSE_SHOP);
}

void mesh_service(struct mesh *mesh, const char *name, const char *spec)
{
    sw_world_addf(mesh->world,
                  "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':'%s'},"
                  "'spec':%s}",
                  name, spec);
}

static const struct sw_service *read_service(struct mesh *mesh, const json_t *object)
{
    struct sw_service *service = make(mesh, sizeof(*service));
    struct sw_err err = {0};

    if (sw_service_read(object, &mesh->world->arena, service, &err) < 0)
        fail_msg("%s", err.message);
    return service;
}

struct sw_mesh_gateway *mesh_gateway(struct mesh *mesh, const char *name, const char *address)
{
    struct mesh_cluster *cluster = last(mesh);
    struct sw_mesh_gateway *gateway = make(mesh, sizeof(*gateway));

    gateway->service = read_service(
        mesh, sw_world_jsonf(mesh->world,
                             "{'metadata':{'namespace':'gw','name':'%s'},'spec':{'selector':"
                             "{'app':'gw'},'ports':[{'name':'tls','port':15443}]}}",
                             name));
    gateway->port = SW_GATEWAY_PORT;
    gateway->addresses = mesh_strings(mesh, address, &gateway->n_addresses);
    gateway->no_address = SW_GATEWAY_NO_ADDRESS;
    gateway->n_ready = 1;
    gateway->network_view = SW_VIEW_SET;
    gateway->view = cluster->cluster.network;
    cluster->gateways[cluster->cluster.n_gateways++] = gateway;
    return gateway;
}

struct sw_mesh_backends *mesh_backends(struct mesh *mesh, const char *service)
{
    struct mesh_cluster *cluster = last(mesh);
    struct sw_mesh_backends *backends = make(mesh, sizeof(*backends));
    struct sw_mesh_group *group = make(mesh, sizeof(*group));

    *group = (struct sw_mesh_group){
        .service_account = SW_STR("cart"),
        .labels = mesh_labels(mesh, "{'version':'v1'}"),
        .locality = SW_STR("us/a"),
        .n_ready = 3,
    };
    backends->namespace_ = SW_STR("shop");
    backends->service = sw_str_from(service);
    backends->groups = group;
    backends->n_groups = 1;
    cluster->backends[cluster->cluster.n_backends++] = backends;
    return backends;
}

struct sw_mesh_passthrough *mesh_passthrough(struct mesh *mesh, const char *host)
{
    struct mesh_cluster *cluster = last(mesh);
    struct sw_mesh_passthrough *server = make(mesh, sizeof(*server));

    server->namespace_ = SW_STR("gw");
    server->name = SW_STR("k-gw");
    server->selector = mesh_labels(mesh, "{'app':'gw'}");
    server->port = SW_GATEWAY_PORT;
    server->hosts = mesh_strings(mesh, host, &server->n_hosts);
    server->ours = true;
    cluster->passthroughs[cluster->cluster.n_passthroughs++] = server;
    return server;
}

struct sw_mesh_rule *mesh_rule(struct mesh *mesh, size_t cluster, const char *namespace_,
                               const char *name, const char *host)
{
    struct mesh_cluster *there = &mesh->clusters[cluster];
    struct sw_mesh_rule *rule = make(mesh, sizeof(*rule));

    *rule = (struct sw_mesh_rule){
        .namespace_ = sw_str_from(namespace_),
        .name = sw_str_from(name),
        .host = sw_str_from(host),
        .created = SW_STR("2026-01-01T00:00:00Z"),
        .has_policy = true,
        .outlier = true,
        .ports_outlier = true,
        .seen_ms = SEEN_MS,
    };
    there->rules[there->cluster.n_rules++] = rule;
    return rule;
}

struct sw_mesh_rule *mesh_own_rule(struct mesh *mesh, size_t cluster, const char *service)
{
    struct sw_str host = sw_mesh_host(&mesh->world->arena, SW_STR("shop"), sw_str_from(service));
    struct sw_mesh_rule *rule = mesh_rule(mesh, cluster, "istio-system", service, host.data);

    rule->ours = true;
    return rule;
}

struct sw_mesh_entry *mesh_entry(struct mesh *mesh, size_t cluster, const char *service,
                                 const char *remote)
{
    struct mesh_cluster *there = &mesh->clusters[cluster];
    struct sw_mesh_entry *entry = make(mesh, sizeof(*entry));

    *entry = (struct sw_mesh_entry){SW_STR("shop"), sw_str_from(service), sw_str_from(remote),
                                    SW_STR("10.0.0.1")};
    there->entries[there->cluster.n_entries++] = entry;
    return entry;
}

void mesh_mtls(struct mesh *mesh, size_t cluster, const char *namespace_, bool disabled)
{
    struct mesh_cluster *there = &mesh->clusters[cluster];

    there->mtls[there->cluster.n_mtls++] = (struct sw_mesh_mtls){sw_str_from(namespace_), disabled};
    there->cluster.mtls = there->mtls;
}

void mesh_pair(struct mesh *mesh)
{
    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_own_rule(mesh, EAST, "cart");
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    mesh_passthrough(mesh, "cart.shop.svc.cluster.local");
}

static int by_rule(const void *a, const void *b)
{
    return sw_mesh_rule_cmp(*(const struct sw_mesh_rule *const *)a,
                            *(const struct sw_mesh_rule *const *)b);
}

static int by_backends(const void *a, const void *b)
{
    return sw_mesh_backends_cmp(*(const struct sw_mesh_backends *const *)a,
                                *(const struct sw_mesh_backends *const *)b);
}

static int by_entry(const void *a, const void *b)
{
    return sw_mesh_entry_cmp(*(const struct sw_mesh_entry *const *)a,
                             *(const struct sw_mesh_entry *const *)b);
}

static int by_owned(const void *a, const void *b)
{
    return sw_mesh_owned_cmp(*(const struct sw_mesh_owned *const *)a,
                             *(const struct sw_mesh_owned *const *)b);
}

static void build_cluster(struct mesh_cluster *built)
{
    struct sw_mesh_cluster *cluster = &built->cluster;

    qsort(built->backends, cluster->n_backends, sizeof(*built->backends), by_backends);
    qsort(built->rules, cluster->n_rules, sizeof(*built->rules), by_rule);
    qsort(built->entries, cluster->n_entries, sizeof(*built->entries), by_entry);
    cluster->backends = (const struct sw_mesh_backends *const *)built->backends;
    cluster->gateways = (const struct sw_mesh_gateway *const *)built->gateways;
    cluster->passthroughs = (const struct sw_mesh_passthrough *const *)built->passthroughs;
    cluster->rules = (const struct sw_mesh_rule *const *)built->rules;
    cluster->entries = (const struct sw_mesh_entry *const *)built->entries;
}

const struct sw_mesh *mesh_build(struct mesh *mesh)
{
    if (!mesh->mesh.index) {
        mesh->mesh.index = sw_world_build(mesh->world);
        mesh->mesh.root_namespace = SW_STR("istio-system");
        mesh->mesh.fleet_known = true;
    }
    for (size_t i = 0; i < mesh->world->n; i++) {
        build_cluster(&mesh->clusters[i]);
        mesh->list[i] = &mesh->clusters[i].cluster;
    }
    qsort(mesh->owned, mesh->mesh.n_owned, sizeof(*mesh->owned), by_owned);
    mesh->mesh.clusters = mesh->list;
    mesh->mesh.owned = (const struct sw_mesh_owned *const *)mesh->owned;
    mesh->mesh.ingresses = mesh->ingresses;
    mesh->mesh.native = mesh->native;
    return &mesh->mesh;
}

void mesh_own(struct mesh *mesh, const struct sw_plan *plan)
{
    for (size_t i = 0; i < plan->wanteds.n; i++) {
        const struct sw_wanted *wanted = &plan->wanteds.items[i];
        struct sw_mesh_owned *owned = mesh_own_object(mesh, wanted->kind, "", "");

        owned->namespace_ = wanted->namespace_;
        owned->name = wanted->name;
        owned->for_namespace = plan->namespace_;
        owned->for_service = plan->service;
        owned->remote = sw_wanted_remote(wanted);
        owned->digest = wanted->digest;
    }
    mesh_build(mesh);
}

struct sw_mesh_owned *mesh_own_object(struct mesh *mesh, enum sw_mesh_kind kind,
                                      const char *service, const char *name)
{
    struct sw_mesh_owned *owned = make(mesh, sizeof(*owned));

    *owned = (struct sw_mesh_owned){
        .kind = kind,
        .namespace_ = SW_STR("shop"),
        .name = sw_str_from(name),
        .uid = SW_STR("u1"),
        .resource_version = SW_STR("7"),
        .for_namespace = SW_STR("shop"),
        .for_service = sw_str_from(service),
        .managed = true,
    };
    assert_true(mesh->mesh.n_owned < MESH_MAX);
    mesh->owned[mesh->mesh.n_owned++] = owned;
    return owned;
}

static struct sw_plan *planned(struct mesh *mesh, int r, const struct sw_plan *plan,
                               const struct sw_err *err)
{
    struct sw_plan *copy = make(mesh, sizeof(*copy));

    if (r < 0)
        fail_msg("%s", err->message);
    *copy = *plan;
    return copy;
}

struct sw_plan *mesh_plan(struct mesh *mesh, const char *service)
{
    struct sw_plan_key key = {SW_STR("shop"), sw_str_from(service)};
    struct sw_plan plan = {0};
    struct sw_err err = {0};
    int r = sw_plan_service(mesh_build(mesh), key, &mesh->world->arena, &plan, &err);

    return planned(mesh, r, &plan, &err);
}

struct sw_plan *mesh_plan_gateways(struct mesh *mesh)
{
    struct sw_plan plan = {0};
    struct sw_err err = {0};
    int r = sw_plan_gateways(mesh_build(mesh), &mesh->withdrawals, mesh->now_ms,
                             &mesh->world->arena, &plan, &err);

    return planned(mesh, r, &plan, &err);
}

struct sw_plan *mesh_plan_eastwest(struct mesh *mesh, const char *name)
{
    struct sw_plan_key key = {SW_STR("gw"), sw_str_from(name)};
    struct sw_plan plan = {0};
    struct sw_err err = {0};
    int r = sw_plan_eastwest(mesh_build(mesh), key, &mesh->world->arena, &plan, &err);

    return planned(mesh, r, &plan, &err);
}

struct sw_labels mesh_labels(struct mesh *mesh, const char *text)
{
    struct sw_labels labels;
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(mesh->world, "{'labels':%s}", text);

    if (sw_labels_read(object, "labels", NULL, &mesh->world->arena, &labels, &err) < 0)
        fail_msg("%s", err.message);
    return labels;
}

const struct sw_str *mesh_strings(struct mesh *mesh, const char *text, size_t *ret_n)
{
    struct sw_str *items = make(mesh, MESH_MAX * sizeof(*items));
    struct sw_str rest = sw_str_from(text);

    for (*ret_n = 0; rest.len; (*ret_n)++) {
        assert_true(*ret_n < MESH_MAX);
        items[*ret_n] = sw_str_cut(&rest, ' ');
    }
    return items;
}
