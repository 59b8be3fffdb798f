/* pkg/mesh/entries.c: the labels of WorkloadEntries, and when one entry is enough. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

static json_t *entry_labels(struct mesh *mesh)
{
    json_t *entry = mesh_wanted_json(mesh_plan(mesh, "cart"), SW_MESH_WORKLOADENTRY);

    return json_object_get(json_object_get(entry, "spec"), "labels");
}

/* The pair, with these labels on west's cart, and this spec for east's. */
static void begin(struct mesh *mesh, const char *labels, const char *spec)
{
    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", spec);
    mesh_own_rule(mesh, EAST, "cart");
    mesh_begin(mesh, "west");
    sw_world_service(mesh->world, "shop", "cart", labels);
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    mesh_passthrough(mesh, "*.local");
}

static void labels_are_selector_subset_mode_and_remote(void **state)
{
    begin(*state, "{'team':'a'}", SW_WORLD_SERVICE_SPEC);
    sw_check_json(entry_labels(*state), "{'app':'x','security.istio.io/tlsMode':'istio',"
                                        "'spillway.dev/remote':'west','version':'v1'}");
}

static void labels_of_failover_travel_on(void **state)
{
    begin(*state, "{'failover.tetrate.io/tier':'gold','failover.tetrate.io/cluster':'west'}",
          SW_WORLD_SERVICE_SPEC);
    sw_check_json(entry_labels(*state),
                  "{'app':'x','failover.tetrate.io/cluster':'west',"
                  "'failover.tetrate.io/tier':'gold','security.istio.io/tlsMode':'istio',"
                  "'spillway.dev/remote':'west','version':'v1'}");
}

/* istiod here takes an entry by the selector of the Service here. */
static void labels_follow_the_local_selector(void **state)
{
    begin(*state, "{}",
          "{'selector':{'tier':'web','version':'blue'},'ports':[{'name':'http','port':80}]}");
    sw_check_json(entry_labels(*state), "{'security.istio.io/tlsMode':'istio',"
                                        "'spillway.dev/remote':'west','tier':'web',"
                                        "'version':'blue'}");
}

static void labels_that_are_ours_cannot_be_overridden(void **state)
{
    begin(*state, "{}",
          "{'selector':{'app':'x','security.istio.io/tlsMode':'disabled'},"
          "'ports':[{'name':'http','port':80}]}");
    sw_check_json(json_object_get(entry_labels(*state), "security.istio.io/tlsMode"), "'istio'");
}

static void groups_that_end_up_alike_are_one_entry(void **state)
{
    static struct sw_mesh_group groups[2];
    struct mesh *mesh = *state;

    begin(mesh, "{}",
          "{'selector':{'app':'x','version':'blue'},'ports':[{'name':'http','port':80}]}");
    groups[0] =
        (struct sw_mesh_group){.labels = mesh_labels(mesh, "{'version':'v1'}"), .n_ready = 1};
    groups[1] =
        (struct sw_mesh_group){.labels = mesh_labels(mesh, "{'version':'v2'}"), .n_ready = 1};
    mesh->clusters[WEST].backends[0]->groups = groups;
    mesh->clusters[WEST].backends[0]->n_groups = 2;
    mesh_check_wanted(mesh_plan(mesh, "cart"), "DestinationRule istio-system/k-cart.shop\n"
                                               "WorkloadEntry west 10.0.0.2 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(labels_are_selector_subset_mode_and_remote),
        MESH_TEST(labels_of_failover_travel_on),
        MESH_TEST(labels_follow_the_local_selector),
        MESH_TEST(labels_that_are_ours_cannot_be_overridden),
        MESH_TEST(groups_that_end_up_alike_are_one_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
