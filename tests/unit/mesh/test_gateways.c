/* pkg/mesh/gateways.c: what of the local cluster others may reach, host by host. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"

#define HOST(name) #name ".shop.svc.cluster.local"

/* East with two exposed Services behind gw/gw, and an empty west. */
static struct sw_mesh_gateway *begin(struct mesh *mesh)
{
    struct sw_mesh_gateway *gateway;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "web", SW_WORLD_SERVICE_SPEC);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    gateway = mesh_gateway(mesh, "gw", "10.0.0.1");
    return gateway;
}

/* Our Gateway as it is observed in east: call while east is the last cluster. */
static void observe(struct mesh *mesh, const char *hosts)
{
    mesh_passthrough(mesh, hosts);
}

static void check_hosts(struct mesh *mesh, const char *expected)
{
    json_t *gateway = mesh_wanted_json(mesh_plan_gateways(mesh), SW_MESH_GATEWAY);
    json_t *servers = json_object_get(json_object_get(gateway, "spec"), "servers");

    sw_check_json(json_object_get(json_array_get(servers, 0), "hosts"), expected);
}

static void gateway_holds_exact_hosts_and_nothing_else(void **state)
{
    struct mesh *mesh = *state;
    json_t *gateway;

    begin(mesh);
    mesh_service(mesh, "headless",
                 "{'clusterIP':'None','selector':{'a':'b'},"
                 "'ports':[{'name':'http','port':80}]}");
    gateway = mesh_wanted_json(mesh_plan_gateways(mesh), SW_MESH_GATEWAY);
    sw_check_json(gateway,
                  "{'apiVersion':'networking.istio.io/v1','kind':'Gateway','metadata':"
                  "{'name':'k-gw','namespace':'gw','labels':"
                  "{'app.kubernetes.io/managed-by':'spillway'}},'spec':{'selector':{'app':'gw'},"
                  "'servers':[{'port':{'name':'tls-east-west','number':15443,'protocol':'TLS'},"
                  "'tls':{'mode':'AUTO_PASSTHROUGH'},'hosts':"
                  "['cart.shop.svc.cluster.local','web.shop.svc.cluster.local']}]}}");
}

static void gateway_without_exposed_hosts_is_not_made(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_gateway(mesh, "gw", "10.0.0.1");
    mesh_check_wanted(mesh_plan_gateways(mesh), "");
}

/* D10: two servers with overlapping hosts on one port make Envoy refuse the listener. */
static void d10_gateway_beside_a_users_is_withheld(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_passthrough *theirs;
    struct sw_plan *plan;

    begin(mesh);
    theirs = mesh_passthrough(mesh, "*.local");
    theirs->ours = false;
    theirs->name = SW_STR("cross-network");
    plan = mesh_plan_gateways(mesh);
    mesh_check_wanted(plan, "");
    mesh_check_findings(plan, "Withheld PassthroughTaken : gateway: Gateway gw/cross-network "
                              "serves the same pods and port with AUTO_PASSTHROUGH: it must hold "
                              "every host that is exposed");
    theirs->port = 443;
    mesh_check_wanted(mesh_plan_gateways(mesh), "Gateway gw/k-gw");
}

static void d10_gateways_that_share_pods_share_a_gateway(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plan *plan;

    begin(mesh);
    mesh_gateway(mesh, "other", "10.0.0.9");
    plan = mesh_plan_gateways(mesh);
    mesh_check_wanted(plan, "Gateway gw/k-gw");
    mesh_check_findings(plan, "Emitted Planned : gateway: 2 hosts");
}

static void gateway_whose_selector_reaches_further_is_withheld(void **state)
{
    begin(*state)->foreign_pods = true;
    mesh_check_findings(mesh_plan_gateways(*state),
                        "Withheld GatewaySelectsOthers : gateway: pods of another namespace match "
                        "the gateway Service's selector");
}

static void withdrawn_host_stays_while_others_need_it(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh);
    observe(mesh, HOST(cart) " " HOST(gone));
    mesh_begin(mesh, "west");
    mesh_entry(mesh, WEST, "gone", "east");
    check_hosts(mesh, "['" HOST(cart) "','" HOST(gone) "','" HOST(web) "']");
    assert_int_equal(mesh_plan_gateways(mesh)->again_ms, NOW_MS + SW_WITHDRAWN_MAX_MS);
    mesh->clusters[WEST].cluster.n_entries = 0;
    check_hosts(mesh, "['" HOST(cart) "','" HOST(web) "']");
}

static void withdrawn_host_stays_a_minute_at_most(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh);
    observe(mesh, HOST(gone));
    mesh_begin(mesh, "west");
    mesh_entry(mesh, WEST, "gone", "east");
    mesh_plan_gateways(mesh);
    mesh->now_ms += SW_WITHDRAWN_MAX_MS - 1;
    check_hosts(mesh, "['" HOST(cart) "','" HOST(gone) "','" HOST(web) "']");
    mesh->now_ms++;
    check_hosts(mesh, "['" HOST(cart) "','" HOST(web) "']");
    assert_int_equal(mesh_plan_gateways(mesh)->again_ms, 0);
}

static void withdrawn_host_is_not_held_for_what_cannot_be_read(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh);
    observe(mesh, HOST(gone));
    mesh_begin(mesh, "west");
    mesh_entry(mesh, WEST, "gone", "east");
    mesh->clusters[WEST].cluster.readable = false;
    check_hosts(mesh, "['" HOST(cart) "','" HOST(web) "']");
}

static void entry_that_leads_elsewhere_holds_nothing(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh);
    observe(mesh, HOST(gone));
    mesh_begin(mesh, "west");
    mesh_entry(mesh, WEST, "gone", "north");
    check_hosts(mesh, "['" HOST(cart) "','" HOST(web) "']");
}

static void gateway_in_place_is_not_written_again(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plan *plan;

    begin(mesh);
    plan = mesh_plan_gateways(mesh);
    mesh_check_diff(mesh, plan, 1, "create Gateway k-gw");
    mesh_own(mesh, plan);
    mesh_check_diff(mesh, mesh_plan_gateways(mesh), 1, "");
    mesh->clusters[EAST].cluster.n_gateways = 0;
    mesh_check_diff(mesh, mesh_plan_gateways(mesh), 1, "delete Gateway k-gw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(gateway_holds_exact_hosts_and_nothing_else),
        MESH_TEST(gateway_without_exposed_hosts_is_not_made),
        MESH_TEST(d10_gateway_beside_a_users_is_withheld),
        MESH_TEST(d10_gateways_that_share_pods_share_a_gateway),
        MESH_TEST(gateway_whose_selector_reaches_further_is_withheld),
        MESH_TEST(withdrawn_host_stays_while_others_need_it),
        MESH_TEST(withdrawn_host_stays_a_minute_at_most),
        MESH_TEST(withdrawn_host_is_not_held_for_what_cannot_be_read),
        MESH_TEST(entry_that_leads_elsewhere_holds_nothing),
        MESH_TEST(gateway_in_place_is_not_written_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
