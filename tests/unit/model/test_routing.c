/* pkg/model/routing.c: a DestinationRule's subsets, and who sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/routing.h"

static void read_takes_subsets_export_and_selector(void **state)
{
    struct sw_world *world = *state;
    struct sw_routing routing = {0};
    json_t *object = sw_world_json(
        world, "{'spec':{'subsets':[{'name':'v1','labels':{'version':'v1'}},{'name':'all'}],"
               "'exportTo':['.','shop'],'workloadSelector':{'matchLabels':{'app':'x'}}}}");

    assert_int_equal(sw_routing_read(object, &world->arena, &routing, NULL), 0);
    assert_int_equal(routing.n_subsets, 2);
    sw_check_str(routing.subsets[0].name, "v1");
    sw_check_labels(&routing.subsets[0].labels, "version=v1");
    assert_int_equal(routing.subsets[1].labels.n, 0);
    assert_int_equal(routing.export_to.n, 2);
    sw_check_str(routing.export_to.items[1], "shop");
    assert_true(routing.selects_workloads);
    sw_check_labels(&routing.workload_selector, "app=x");
    sw_check_str(routing.subsets[1].name, "all");
}

static void read_of_nothing_is_for_everyone(void **state)
{
    static const char *const texts[] = {
        "{}", "{'spec':{}}", "{'spec':{'subsets':null,'exportTo':[],'workloadSelector':null}}"};
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sw_routing routing = {0};

        assert_int_equal(
            sw_routing_read(sw_world_json(world, texts[i]), &world->arena, &routing, NULL), 0);
        assert_int_equal(routing.n_subsets + routing.export_to.n, 0);
        assert_false(routing.selects_workloads);
    }
}

static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_routing routing = {.n_subsets = 7};
    struct sw_err err = {0};

    sw_check_err(sw_routing_read(sw_world_json(world, text), &world->arena, &routing, &err), &err,
                 SW_ETYPE, message);
    assert_int_equal(routing.n_subsets, 7);
}

static void read_refuses_what_is_of_another_type(void **state)
{
    check_unreadable(*state, "{'spec':{'subsets':[1]}}",
                     "spec.subsets[0]: expected an object, found 1");
    check_unreadable(*state, "{'spec':{'subsets':[{'labels':{'a':2}}]}}",
                     "spec.subsets[0].labels.a: expected a string, found 2");
    check_unreadable(*state, "{'spec':{'exportTo':'.'}}",
                     "spec.exportTo: expected an array, found '.'");
    check_unreadable(*state, "{'spec':{'workloadSelector':[]}}",
                     "spec.workloadSelector: expected an object, found an array");
}

static void read_refuses_too_many_subsets(void **state)
{
    struct sw_world *world = *state;
    json_t *object = sw_world_json(world, "{'spec':{'subsets':[]}}");
    json_t *list = json_object_get(json_object_get(object, "spec"), "subsets");
    struct sw_routing routing;
    struct sw_err err = {0};

    for (int i = 0; i < SW_ROUTING_MAX_SUBSETS; i++)
        json_array_append_new(list, json_object());
    assert_int_equal(sw_routing_read(object, &world->arena, &routing, NULL), 0);
    json_array_append_new(list, json_object());
    sw_check_err(sw_routing_read(object, &world->arena, &routing, &err), &err, SW_ETYPE,
                 "spec.subsets: expected at most 2048, found 2049");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_subsets_export_and_selector),
        SW_WORLD_TEST(read_of_nothing_is_for_everyone),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
        SW_WORLD_TEST(read_refuses_too_many_subsets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
