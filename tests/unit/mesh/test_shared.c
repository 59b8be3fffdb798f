/* pkg/mesh/shared.c: Services that would take another one's WorkloadEntries. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#define RULE  "DestinationRule istio-system/k-cart.shop"
#define ENTRY "WorkloadEntry west 10.0.0.2 3"

/* The pair, with cart-v1 beside cart in east: of the same pods, and with a port of its own. */
static void begin(struct mesh *mesh, const char *spec)
{
    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_service(mesh, "cart-v1", spec);
    mesh_own_rule(mesh, EAST, "cart");
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    mesh_passthrough(mesh, "*.local");
}

#define V1_SPEC "{'selector':{'app':'x','version':'v1'},'ports':[{'name':'metrics','port':9090}]}"

static void service_that_would_be_led_astray_withholds(void **state)
{
    struct sw_plan *plan;

    begin(*state, V1_SPEC);
    plan = mesh_plan(*state, "cart");
    mesh_check_wanted(plan, RULE);
    mesh_check_findings(plan, "Withheld SelectorShared west: Service cart-v1 would take the "
                              "WorkloadEntry too, and has neither a counterpart exposed there nor "
                              "outlierDetection: expose it there, or give it a DestinationRule "
                              "with outlierDetection");
}

static void service_with_outlier_detection_does_not(void **state)
{
    json_t *entry;

    begin(*state, V1_SPEC);
    mesh_rule(*state, EAST, "shop", "v1", "cart-v1");
    mesh_check_wanted(mesh_plan(*state, "cart"), RULE "\n" ENTRY);
    entry = mesh_wanted_json(mesh_plan(*state, "cart"), SW_MESH_WORKLOADENTRY);
    sw_check_json(json_object_get(json_object_get(entry, "spec"), "ports"),
                  "{'http':15443,'metrics':15443}");
}

static void service_that_is_exposed_there_too_does_not(void **state)
{
    struct mesh *mesh = *state;

    begin(mesh, V1_SPEC);
    mesh_service(mesh, "cart-v1", V1_SPEC);
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE "\n" ENTRY);
}

static void service_of_another_version_does_not(void **state)
{
    begin(*state, "{'selector':{'app':'x','version':'v2'},'ports':[{'name':'http','port':80}]}");
    mesh_check_wanted(mesh_plan(*state, "cart"), RULE "\n" ENTRY);
}

static void service_of_another_app_does_not(void **state)
{
    begin(*state, "{'selector':{'app':'y'},'ports':[{'name':'http','port':80}]}");
    mesh_check_wanted(mesh_plan(*state, "cart"), RULE "\n" ENTRY);
}

static void service_that_takes_no_entries_does_not(void **state)
{
    begin(*state, "{'clusterIP':'None','selector':{'app':'x'},'ports':[{'name':'h','port':80}]}");
    mesh_check_wanted(mesh_plan(*state, "cart"), RULE "\n" ENTRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(service_that_would_be_led_astray_withholds),
        MESH_TEST(service_with_outlier_detection_does_not),
        MESH_TEST(service_that_is_exposed_there_too_does_not),
        MESH_TEST(service_of_another_version_does_not),
        MESH_TEST(service_of_another_app_does_not),
        MESH_TEST(service_that_takes_no_entries_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
