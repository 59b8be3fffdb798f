/* pkg/mesh/subject.c, stub.c: the Service in the local cluster, or what stands in for it. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#define RULE "DestinationRule istio-system/k-cart.shop\n"

static const char stub_in_east[] =
    "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':'cart','labels':"
    "{'app.kubernetes.io/managed-by':'spillway'}},'spec':" SW_WORLD_SERVICE_SPEC "}";

/* West exposes cart; east has what was added before this, and namespaces of these labels. */
static void finish(struct mesh *mesh, const char *west_spec)
{
    mesh_own_rule(mesh, EAST, "cart");
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", west_spec);
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    mesh_passthrough(mesh, "*.local");
}

static void begin(struct mesh *mesh, const char *namespace_labels)
{
    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    sw_world_namespace(mesh->world, "shop", namespace_labels);
}

static void check_nothing(struct mesh *mesh, const char *findings)
{
    struct sw_plan *plan = mesh_plan(mesh, "cart");

    mesh_check_wanted(plan, "");
    mesh_check_findings(plan, findings);
}

static void stub_has_the_same_named_tcp_ports_and_selector(void **state)
{
    begin(*state, "{}");
    finish(*state, "{'selector':{'app':'x'},'ports':[{'name':'http','port':80,'targetPort':'web'},"
                   "{'name':'grpc','port':81},{'name':'dns','port':53,'protocol':'UDP'}]}");
    sw_check_json(mesh_wanted_json(mesh_plan(*state, "cart"), SW_MESH_STUB),
                  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'cart',"
                  "'namespace':'shop','labels':{'app.kubernetes.io/managed-by':'spillway'},"
                  "'annotations':{'spillway.dev/service':'shop/cart'}},'spec':{'ports':["
                  "{'name':'http','port':80,'protocol':'TCP','targetPort':'web'},"
                  "{'name':'grpc','port':81,'protocol':'TCP','targetPort':81}],"
                  "'selector':{'app':'x'}}}");
    mesh_check_wanted(mesh_plan(*state, "cart"),
                      RULE "Service shop/cart\nWorkloadEntry west 10.0.0.2 3 (WaitsForStub)");
}

static void stub_that_is_there_opens_the_gate(void **state)
{
    begin(*state, "{}");
    sw_world_add(((struct mesh *)*state)->world, stub_in_east);
    mesh_own_object(*state, SW_MESH_STUB, "cart", "cart");
    finish(*state, SW_WORLD_SERVICE_SPEC);
    mesh_check_wanted(mesh_plan(*state, "cart"),
                      RULE "Service shop/cart\nWorkloadEntry west 10.0.0.2 3");
}

/* It may have been made after a cluster that has not been seen since the start. */
static void stub_stays_as_it_is_while_a_cluster_has_not_been_seen(void **state)
{
    struct mesh *mesh = *state;
    json_t *stub;

    begin(mesh, "{}");
    sw_world_add(mesh->world, stub_in_east);
    mesh_own_object(mesh, SW_MESH_STUB, "cart", "cart");
    finish(mesh, "{'selector':{'app':'other'},'ports':[{'name':'http','port':80}]}");
    mesh_begin(mesh, "north");
    stub = mesh_wanted_json(mesh_plan(mesh, "cart"), SW_MESH_STUB);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_object_get(stub, "spec"), "selector"), "app")),
                        "other");
    mesh->clusters[WEST + 1].cluster.seen = false;
    stub = mesh_wanted_json(mesh_plan(mesh, "cart"), SW_MESH_STUB);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_object_get(stub, "spec"), "selector"), "app")),
                        "x");
    mesh_check_wanted(mesh_plan(mesh, "cart"),
                      RULE "Service shop/cart\nWorkloadEntry west 10.0.0.2 3");
}

static void stub_stays_while_there_are_no_ready_pods(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh, "{}");
    finish(mesh, SW_WORLD_SERVICE_SPEC);
    mesh->clusters[WEST].cluster.n_backends = 0;
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE "Service shop/cart");
}

static void stub_that_another_manager_has_is_theirs(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh, "{}");
    sw_world_add(mesh->world, stub_in_east);
    mesh_own_object(mesh, SW_MESH_STUB, "cart", "cart")->shared = true;
    finish(mesh, SW_WORLD_SERVICE_SPEC);
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE "WorkloadEntry west 10.0.0.2 3");
    mesh_check_diff(mesh, mesh_plan(mesh, "cart"), 1,
                    "create DestinationRule k-cart.shop\ncreate WorkloadEntry west\n"
                    "release Service cart");
}

/* It carries our label, and our field manager has nothing of it: somebody has copied it. */
static void service_with_nothing_but_our_label_is_no_stub(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh, "{}");
    sw_world_add(mesh->world, stub_in_east);
    finish(mesh, SW_WORLD_SERVICE_SPEC);
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE "WorkloadEntry west 10.0.0.2 3");
}

static void stub_is_not_made_where_the_namespace_says_so(void **state)
{
    begin(*state, "{'spillway.dev/stub':'disabled'}");
    finish(*state, SW_WORLD_SERVICE_SPEC);
    check_nothing(*state, "Withheld StubDisabled : spillway.dev/stub: disabled");
}

static void nothing_is_made_without_a_namespace(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plan_key key = {SW_STR("away"), SW_STR("cart")};
    struct sw_plan plan;
    struct sw_err err = {0};

    mesh_begin(mesh, "east");
    sw_world_workspace(mesh->world, "shop", "['*/away']");
    sw_world_setting(mesh->world, "shop", SW_WORLD_EXPOSE_ALL);
    mesh_begin(mesh, "west");
    sw_world_service(mesh->world, "away", "cart", "{}");
    assert_int_equal(sw_plan_service(mesh_build(mesh), key, &mesh->world->arena, &plan, &err), 0);
    mesh_check_wanted(&plan, "");
    mesh_check_findings(&plan, "Withheld NoNamespace : there is no such namespace here");
}

static void opting_out_here_keeps_clients_here(void **state)
{
    begin(*state, "{'failover':'disable'}");
    finish(*state, SW_WORLD_SERVICE_SPEC);
    check_nothing(*state, "Withheld Disabled : failover: disable");
}

static void ambient_clients_are_withheld(void **state)
{
    begin(*state, "{'istio.io/dataplane-mode':'ambient'}");
    finish(*state, SW_WORLD_SERVICE_SPEC);
    check_nothing(*state, "Withheld Ambient : its namespace is in the ambient data plane, which "
                          "has no sidecars");
}

/* Fails unless a local Service of this spec is withheld for this reason. */
static void check_spec(struct mesh *mesh, const char *spec, const char *findings)
{
    begin(mesh, "{}");
    mesh_service(mesh, "cart", spec);
    finish(mesh, SW_WORLD_SERVICE_SPEC);
    check_nothing(mesh, findings);
}

static void headless_service_here_is_withheld(void **state)
{
    check_spec(*state,
               "{'clusterIP':'None','selector':{'app':'x'},'ports':[{'name':'http','port':80}]}",
               "Withheld Headless : Istio gives a headless Service no WorkloadEntries");
}

static void service_without_selector_here_is_withheld(void **state)
{
    check_spec(*state, "{'ports':[{'name':'http','port':80}]}",
               "Withheld NoSelector : a Service without a selector takes no WorkloadEntries");
}

static void external_name_here_is_withheld(void **state)
{
    check_spec(*state, "{'type':'ExternalName','externalName':'example.com'}",
               "Withheld ExternalName : an ExternalName Service has no endpoints");
}

static void service_that_stays_on_the_node_here_is_withheld(void **state)
{
    check_spec(*state,
               "{'internalTrafficPolicy':'Local','selector':{'app':'x'},"
               "'ports':[{'name':'http','port':80}]}",
               "Withheld LocalTrafficPolicy : internalTrafficPolicy: Local keeps traffic on the "
               "node");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(stub_has_the_same_named_tcp_ports_and_selector),
        MESH_TEST(stub_that_is_there_opens_the_gate),
        MESH_TEST(stub_stays_as_it_is_while_a_cluster_has_not_been_seen),
        MESH_TEST(stub_stays_while_there_are_no_ready_pods),
        MESH_TEST(stub_that_another_manager_has_is_theirs),
        MESH_TEST(service_with_nothing_but_our_label_is_no_stub),
        MESH_TEST(stub_is_not_made_where_the_namespace_says_so),
        MESH_TEST(nothing_is_made_without_a_namespace),
        MESH_TEST(opting_out_here_keeps_clients_here),
        MESH_TEST(ambient_clients_are_withheld),
        MESH_TEST(headless_service_here_is_withheld),
        MESH_TEST(service_without_selector_here_is_withheld),
        MESH_TEST(external_name_here_is_withheld),
        MESH_TEST(service_that_stays_on_the_node_here_is_withheld),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
