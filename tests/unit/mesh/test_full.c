/* pkg/mesh/full.c: all plans at once, in one order, and what fifty clusters cost. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lib/check.h"
#include "mesh/full.h"

static struct sw_mesh_ingress ew = {.namespace_ = {"gw", 2}, .name = {"ew", 2}};

static void full_plan_is_all_of_them_in_order(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plans plans;
    struct sw_diff diff;
    struct sw_err err = {0};

    mesh_pair(mesh);
    mesh_own_object(mesh, SW_MESH_DEPLOYMENT, "old", "old");
    mesh_own_object(mesh, SW_MESH_STUB, "stray", "stray");
    mesh->ingresses[0] = &ew;
    mesh->mesh.n_ingresses = 1;
    assert_int_equal(
        sw_plan(mesh_build(mesh), &mesh->withdrawals, NOW_MS, &mesh->world->arena, &plans, &err),
        0);
    assert_int_equal(plans.n, 6);
    sw_check_str(plans.items[0].service, "ew");
    sw_check_str(plans.items[1].service, "old");
    assert_null(plans.items[2].service.data); /* the Gateways */
    sw_check_str(plans.items[3].service, "cart");
    sw_check_str(plans.items[4].service, "old");
    sw_check_str(plans.items[5].service, "stray");
    assert_int_equal(sw_diff(&mesh->mesh, &plans, NOW_MS, &mesh->world->arena, &diff, &err), 0);
    assert_int_equal(diff.n_ops, 7); /* three of ew, rule, entry; old and stray go */
    assert_int_equal(diff.ops[0].kind, SW_MESH_SERVICEACCOUNT);
    assert_int_equal(diff.ops[6].kind, SW_MESH_DEPLOYMENT);
}

/* Plans and diffs in an arena of this size; false where it was too small. */
static bool fits(struct mesh *mesh, size_t max_bytes)
{
    struct sw_withdrawals withdrawals = {0};
    struct sw_plans plans = {NULL, 0};
    struct sw_arena arena;
    struct sw_diff diff;
    struct sw_err err = {0};
    int r;

    sw_arena_init(&arena, 64, max_bytes);
    r = sw_plan(&mesh->mesh, &withdrawals, NOW_MS, &arena, &plans, &err);
    if (r == 0)
        r = sw_diff(&mesh->mesh, &plans, NOW_MS, &arena, &diff, &err);
    if (r < 0) {
        assert_int_equal(r, SW_ENOMEM);
        assert_int_equal(err.code, SW_ENOMEM);
    }
    sw_arena_release(&arena);
    sw_withdrawals_release(&withdrawals);
    return r == 0;
}

static void too_little_memory_is_a_failure_wherever_it_ends(void **state)
{
    struct mesh *mesh = *state;
    size_t max_bytes = 64, n_failures = 0;

    mesh_pair(mesh);
    mesh_gateway(mesh, "gw", "10.0.0.1");
    mesh_own_object(mesh, SW_MESH_STUB, "stray", "stray");
    mesh->ingresses[0] = &ew;
    mesh->mesh.n_ingresses = 1;
    mesh_build(mesh);
    for (; !fits(mesh, max_bytes); max_bytes += 16)
        n_failures++;
    assert_in_range(n_failures, 100, 100000);
}

/* A fleet made without JSON, because there are so many. */
struct fleet {
    struct sw_arena arena;
    size_t n_clusters, n_services;
    struct sw_mesh mesh;
    struct sw_index index;
    const struct sw_view **views;
    const struct sw_mesh_cluster **clusters;
};

static void *make(struct fleet *fleet, size_t size)
{
    void *made = sw_arena_zalloc(&fleet->arena, size ? size : 1);

    assert_non_null(made);
    return made;
}

static struct sw_str name(struct fleet *fleet, const char *prefix, size_t i)
{
    char *text = sw_arena_printf(&fleet->arena, "%s-%05zu", prefix, i);

    assert_non_null(text);
    return sw_str_from(text);
}

static const struct sw_service *service(struct fleet *fleet, struct sw_str namespace_,
                                        struct sw_str service_name, uint16_t number)
{
    struct sw_service *made = make(fleet, sizeof(*made));
    struct sw_port *port = make(fleet, sizeof(*port));
    struct sw_label *app = make(fleet, sizeof(*app));

    *port = (struct sw_port){
        .name = SW_STR("http"), .number = number, .target_number = number, .tcp = true};
    *app = (struct sw_label){SW_STR("app"), service_name};
    made->meta.namespace_ = namespace_;
    made->meta.name = service_name;
    made->selector = (struct sw_labels){app, 1};
    made->ports = port;
    made->n_ports = 1;
    return made;
}

/* The Services of one cluster, fifty to a namespace. */
static void fill_view(struct fleet *fleet, struct sw_view *view)
{
    view->services = make(fleet, fleet->n_services * sizeof(*view->services));
    view->namespaces = make(fleet, (fleet->n_services / 50 + 1) * sizeof(*view->namespaces));
    for (size_t i = 0; i < fleet->n_services; i++) {
        struct sw_str namespace_ = name(fleet, "shop", i / 50);

        if (i % 50 == 0) {
            struct sw_namespace *made = make(fleet, sizeof(*made));

            made->meta.name = namespace_;
            view->namespaces[view->n_namespaces++] = made;
        }
        view->services[view->n_services++] =
            service(fleet, namespace_, name(fleet, "service", i), 8080);
    }
}

static const struct sw_mesh_rule *rule(struct fleet *fleet, const struct sw_meta *of)
{
    struct sw_mesh_rule *made = make(fleet, sizeof(*made));
    const char *host = sw_arena_printf(&fleet->arena, "%.*s.%.*s.svc.cluster.local",
                                       SW_STR_ARG(of->name), SW_STR_ARG(of->namespace_));

    assert_non_null(host);
    *made = (struct sw_mesh_rule){.namespace_ = SW_STR("istio-system"),
                                  .name = of->name,
                                  .host = sw_str_from(host),
                                  .ours = true,
                                  .has_policy = true,
                                  .outlier = true,
                                  .ports_outlier = true,
                                  .seen_ms = 1};
    return made;
}

static const struct sw_mesh_backends *backends(struct fleet *fleet, const struct sw_meta *of)
{
    struct sw_mesh_backends *made = make(fleet, sizeof(*made));
    struct sw_mesh_group *group = make(fleet, sizeof(*group));

    *group = (struct sw_mesh_group){
        .service_account = of->name, .locality = SW_STR("us/a/b"), .n_ready = 3};
    *made = (struct sw_mesh_backends){
        .namespace_ = of->namespace_, .service = of->name, .groups = group, .n_groups = 1};
    return made;
}

static const struct sw_mesh_gateway *gateway(struct fleet *fleet, struct sw_str view, size_t i)
{
    struct sw_mesh_gateway *made = make(fleet, sizeof(*made));
    struct sw_str *address = make(fleet, sizeof(*address));
    const char *ip = sw_arena_printf(&fleet->arena, "10.0.%zu.1", i);

    assert_non_null(ip);
    *address = sw_str_from(ip);
    *made = (struct sw_mesh_gateway){.service = service(fleet, SW_STR("gw"), SW_STR("gw"), 15443),
                                     .port = 15443,
                                     .addresses = address,
                                     .n_addresses = 1,
                                     .n_ready = 1,
                                     .network_view = SW_VIEW_SET,
                                     .view = view};
    return made;
}

static void fill_cluster(struct fleet *fleet, size_t at)
{
    struct sw_mesh_cluster *cluster = make(fleet, sizeof(*cluster));
    struct sw_view *view = make(fleet, sizeof(*view));
    const struct sw_mesh_rule **rules = make(fleet, fleet->n_services * sizeof(*rules));
    const struct sw_mesh_backends **pods = make(fleet, fleet->n_services * sizeof(*pods));
    const struct sw_mesh_gateway **gateways = make(fleet, sizeof(*gateways));
    const struct sw_mesh_passthrough **servers = make(fleet, sizeof(*servers));
    struct sw_mesh_passthrough *server = make(fleet, sizeof(*server));
    struct sw_str *all = make(fleet, sizeof(*all));

    fill_view(fleet, view);
    *cluster = (struct sw_mesh_cluster){.name = name(fleet, "cluster", at),
                                        .seen = true,
                                        .readable = true,
                                        .rules = rules,
                                        .backends = pods,
                                        .gateways = gateways,
                                        .n_gateways = 1,
                                        .passthroughs = servers,
                                        .n_passthroughs = 1};
    cluster->network = cluster->name;
    view->source = (struct sw_view_source){.cluster = cluster->name, .synced = true};
    for (size_t i = 0; i < fleet->n_services; i++) {
        rules[cluster->n_rules++] = rule(fleet, &view->services[i]->meta);
        pods[cluster->n_backends++] = backends(fleet, &view->services[i]->meta);
    }
    gateways[0] = gateway(fleet, cluster->network, at);
    *all = SW_STR("*.local");
    *server = (struct sw_mesh_passthrough){.port = 15443, .hosts = all, .n_hosts = 1};
    servers[0] = server;
    fleet->views[at] = view;
    fleet->clusters[at] = cluster;
}

/* One workspace and one setting, which expose everything. */
static void fill_config(struct fleet *fleet)
{
    static const struct sw_ns_pattern everything = {{"*/*", 3}, {"*", 1}, {"", 0}, true};
    static const struct sw_label app = {{"app", 3}, {"gw", 2}};
    static const struct sw_gateway_setting gateways = {{"gw", 2}, {&app, 1}, NULL, 0};
    struct sw_view *view = (struct sw_view *)fleet->views[0];
    struct sw_workspace *workspace = make(fleet, sizeof(*workspace));
    struct sw_setting *setting = make(fleet, sizeof(*setting));
    struct sw_err err = {0};

    workspace->meta.name = SW_STR("all");
    workspace->patterns = &everything;
    workspace->n_patterns = 1;
    setting->hierarchy.workspace = SW_STR("all");
    setting->gateways = &gateways;
    setting->n_gateways = 1;
    view->workspaces = make(fleet, sizeof(*view->workspaces));
    view->workspaces[view->n_workspaces++] = workspace;
    view->settings = make(fleet, sizeof(*view->settings));
    view->settings[view->n_settings++] = setting;
    assert_int_equal(sw_claims_build(view->workspaces, 1, &fleet->arena, &view->claims, &err), 0);
}

static void begin_fleet(struct fleet *fleet, size_t n_clusters, size_t n_services)
{
    *fleet = (struct fleet){.n_clusters = n_clusters, .n_services = n_services};
    sw_json_setup();
    sw_arena_init(&fleet->arena, (size_t)1 << 20, (size_t)2 << 30);
    fleet->views = make(fleet, n_clusters * sizeof(*fleet->views));
    fleet->clusters = make(fleet, n_clusters * sizeof(*fleet->clusters));
    for (size_t i = 0; i < n_clusters; i++)
        fill_cluster(fleet, i);
    fill_config(fleet);
    fleet->index = (struct sw_index){.views = fleet->views, .n_views = n_clusters};
    fleet->mesh = (struct sw_mesh){.index = &fleet->index,
                                   .clusters = fleet->clusters,
                                   .root_namespace = SW_STR("istio-system"),
                                   .fleet_known = true};
}

static uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Plans and diffs everything; the number of operations. */
static size_t run(struct fleet *fleet, struct sw_arena *arena, bool report)
{
    struct sw_withdrawals withdrawals = {0};
    struct sw_plans plans;
    struct sw_diff diff;
    struct sw_err err = {0};
    uint64_t start_us = clock_us(), planned_us;

    assert_int_equal(sw_plan(&fleet->mesh, &withdrawals, NOW_MS, arena, &plans, &err), 0);
    planned_us = clock_us();
    assert_int_equal(sw_diff(&fleet->mesh, &plans, NOW_MS, arena, &diff, &err), 0);
    if (report)
        print_message("%zu operations: planned in %llu ms, diff in %llu ms, %zu KiB\n", diff.n_ops,
                      (unsigned long long)(planned_us - start_us) / 1000,
                      (unsigned long long)(clock_us() - planned_us) / 1000,
                      arena->held_bytes / 1024);
    sw_withdrawals_release(&withdrawals);
    return diff.n_ops;
}

static size_t bytes_of_plan(size_t n_clusters, size_t n_services)
{
    struct sw_arena arena;
    struct fleet fleet;
    size_t bytes;

    begin_fleet(&fleet, n_clusters, n_services);
    sw_arena_init(&arena, (size_t)64 << 10, (size_t)2 << 30);
    /* An entry for each Service of each other cluster, and a rule for each. */
    assert_int_equal(run(&fleet, &arena, false), n_services * n_clusters);
    bytes = arena.held_bytes;
    sw_arena_release(&arena);
    sw_arena_release(&fleet.arena);
    return bytes;
}

static void memory_grows_with_the_entries_and_no_faster(void **state)
{
    size_t one = bytes_of_plan(5, 400), four = bytes_of_plan(20, 400),
           more = bytes_of_plan(5, 1600);

    (void)state;
    assert_in_range(four, one, 5 * one);
    assert_in_range(more, one, 5 * one);
    assert_in_range(four / ((size_t)20 * 400), 1, 2048);
}

/* SPILLWAY_SCALE=1 prints what fifty clusters of 2,000 Services cost; bounds are for tests/bench.
 */
static void fifty_clusters_of_two_thousand_services(void **state)
{
    struct sw_plan_key key = {SW_STR("shop-00003"), SW_STR("service-00150")};
    struct sw_arena arena;
    struct sw_plan plan;
    struct sw_err err = {0};
    struct fleet fleet;
    uint64_t start_us;

    (void)state;
    if (!getenv("SPILLWAY_SCALE"))
        skip();
    begin_fleet(&fleet, 50, 2000);
    sw_arena_init(&arena, (size_t)1 << 20, (size_t)2 << 30);
    assert_int_equal(run(&fleet, &arena, true), (size_t)2000 * 50);
    start_us = clock_us();
    assert_int_equal(sw_plan_service(&fleet.mesh, key, &arena, &plan, &err), 0);
    print_message("one Service: %llu us, %zu wanted\n", (unsigned long long)(clock_us() - start_us),
                  plan.wanteds.n);
    sw_arena_release(&arena);
    sw_arena_release(&fleet.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(full_plan_is_all_of_them_in_order),
        MESH_TEST(too_little_memory_is_a_failure_wherever_it_ends),
        cmocka_unit_test(memory_grows_with_the_entries_and_no_faster),
        cmocka_unit_test(fifty_clusters_of_two_thousand_services),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
