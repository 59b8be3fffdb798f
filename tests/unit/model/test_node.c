/* pkg/model/node.c: where a node is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/node.h"

static void check_locality(struct sw_world *world, const char *labels, const char *expected)
{
    struct sw_node node = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'metadata':{'name':'n1','labels':{%s}}}", labels);

    if (sw_node_read(object, &world->arena, &node, &err) < 0)
        fail_msg("%s", err.message);
    sw_check_str(node.name, "n1");
    sw_check_str(node.locality, expected);
}

static void locality_is_region_zone_and_subzone(void **state)
{
    check_locality(*state,
                   "'topology.kubernetes.io/region':'r','topology.kubernetes.io/zone':'z',"
                   "'topology.istio.io/subzone':'s'",
                   "r/z/s");
    check_locality(*state, "'topology.kubernetes.io/region':'r','topology.kubernetes.io/zone':'z'",
                   "r/z");
    check_locality(*state, "'topology.kubernetes.io/region':'r'", "r");
    check_locality(*state, "", "");
}

static void locality_ends_where_a_part_is_absent(void **state)
{
    check_locality(*state, "'topology.kubernetes.io/zone':'z','topology.istio.io/subzone':'s'", "");
    check_locality(*state, "'topology.kubernetes.io/region':'r','topology.istio.io/subzone':'s'",
                   "r");
    check_locality(*state, "'topology.kubernetes.io/region':'','topology.kubernetes.io/zone':'z'",
                   "");
}

static void old_names_stand_in_for_new_ones(void **state)
{
    check_locality(*state,
                   "'failure-domain.beta.kubernetes.io/region':'old',"
                   "'failure-domain.beta.kubernetes.io/zone':'z'",
                   "old/z");
    check_locality(*state,
                   "'failure-domain.beta.kubernetes.io/region':'old',"
                   "'topology.kubernetes.io/region':'new'",
                   "new");
}

static void read_refuses_labels_that_are_no_strings(void **state)
{
    struct sw_world *world = *state;
    struct sw_node node;
    struct sw_err err = {0};

    sw_check_err(sw_node_read(sw_world_json(world, "{'metadata':{'labels':{'a':1}}}"),
                              &world->arena, &node, &err),
                 &err, SW_ETYPE, "metadata.labels.a: expected a string, found 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(locality_is_region_zone_and_subzone),
        SW_WORLD_TEST(locality_ends_where_a_part_is_absent),
        SW_WORLD_TEST(old_names_stand_in_for_new_ones),
        SW_WORLD_TEST(read_refuses_labels_that_are_no_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
