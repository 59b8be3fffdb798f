/* pkg/mesh/passthrough.c: which hosts a gateway workload takes. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/passthrough.h"

static void server_serves_pods_by_selector_and_port(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_passthrough *server;
    struct sw_mesh_gateway *gateway;

    mesh_begin(mesh, "east");
    server = mesh_passthrough(mesh, "*.local");
    gateway = mesh_gateway(mesh, "gw", "10.0.0.1");
    assert_true(sw_passthrough_serves(server, gateway));
    server->port = 443;
    assert_false(sw_passthrough_serves(server, gateway));
    server->port = SW_GATEWAY_PORT;
    server->selector = mesh_labels(mesh, "{'istio':'eastwest'}");
    assert_false(sw_passthrough_serves(server, gateway));
    gateway->pod_labels = mesh_labels(mesh, "{'app':'gw','istio':'eastwest'}");
    assert_true(sw_passthrough_serves(server, gateway));
    server->selector.n = 0; /* every gateway */
    assert_true(sw_passthrough_serves(server, gateway));
}

static void server_takes_exact_hosts_and_suffixes(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_passthrough *server;

    mesh_begin(mesh, "east");
    server = mesh_passthrough(mesh, "*.bank.local *.example.com a.shop b.shop c.shop");
    assert_true(sw_passthrough_takes(server, SW_STR("a.shop")));
    assert_true(sw_passthrough_takes(server, SW_STR("c.shop")));
    assert_true(sw_passthrough_takes(server, SW_STR("x.bank.local")));
    assert_false(sw_passthrough_takes(server, SW_STR("bank.local")));
    assert_false(sw_passthrough_takes(server, SW_STR("d.shop")));
    server->n_hosts = 0;
    assert_false(sw_passthrough_takes(server, SW_STR("a.shop")));
}

static void users_server_is_told_from_ours(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_passthrough *server;
    struct sw_mesh_gateway *gateway;

    mesh_begin(mesh, "east");
    server = mesh_passthrough(mesh, "*.local");
    gateway = mesh_gateway(mesh, "gw", "10.0.0.1");
    mesh_build(mesh);
    assert_null(sw_passthrough_users(&mesh->clusters[EAST].cluster, gateway));
    server->ours = false;
    assert_ptr_equal(sw_passthrough_users(&mesh->clusters[EAST].cluster, gateway), server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(server_serves_pods_by_selector_and_port),
        MESH_TEST(server_takes_exact_hosts_and_suffixes),
        MESH_TEST(users_server_is_told_from_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
