/* pkg/model/ingressgateway.c: a gateway that is to be installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/ingressgateway.h"

static void read_takes_what_its_objects_get(void **state)
{
    struct sw_world *world = *state;
    struct sw_ingressgateway gateway = {0};
    json_t *object = sw_world_json(
        world, "{'metadata':{'name':'ew','namespace':'eastwest'},'spec':{'eastWestOnly':true,"
               "'kubeSpec':{'service':{'type':'NodePort','annotations':{'a/b':'nlb'}},"
               "'deployment':{'replicaCount':3,'resources':{}}}}}");

    assert_int_equal(sw_ingressgateway_read(object, &world->arena, &gateway, NULL), 0);
    sw_check_str(gateway.meta.name, "ew");
    assert_true(gateway.east_west_only);
    sw_check_labels(&gateway.service_annotations, "a/b=nlb");
    assert_int_equal(gateway.replicas, 3);
}

static void read_of_nothing_is_not_east_west(void **state)
{
    static const char *const texts[] = {"{}", "{'spec':null}", "{'spec':{'kubeSpec':{}}}",
                                        "{'spec':{'eastWestOnly':false}}"};
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sw_ingressgateway gateway = {0};

        assert_int_equal(
            sw_ingressgateway_read(sw_world_json(world, texts[i]), &world->arena, &gateway, NULL),
            0);
        assert_false(gateway.east_west_only);
        assert_int_equal(gateway.replicas, 0);
    }
}

static void check_unreadable(struct sw_world *world, const char *spec, const char *message)
{
    struct sw_ingressgateway gateway = {.replicas = 7};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'spec':%s}", spec);

    sw_check_err(sw_ingressgateway_read(object, &world->arena, &gateway, &err), &err, SW_ETYPE,
                 message);
    assert_int_equal(gateway.replicas, 7);
}

static void read_refuses_what_is_of_another_type(void **state)
{
    check_unreadable(*state, "{'eastWestOnly':'true'}",
                     "spec.eastWestOnly: expected true or false, found 'true'");
    check_unreadable(*state, "{'kubeSpec':{'deployment':{'replicaCount':1001}}}",
                     "spec.kubeSpec.deployment.replicaCount: expected an integer from 0 to 1000, "
                     "found 1001");
    check_unreadable(*state, "{'kubeSpec':{'service':{'annotations':{'a':1}}}}",
                     "spec.kubeSpec.service.annotations.a: expected a string, found 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_what_its_objects_get),
        SW_WORLD_TEST(read_of_nothing_is_not_east_west),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
