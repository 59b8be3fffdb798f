/* pkg/model/object.c: an object of any kind, typed, with its identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/object.h"

static struct sw_object object_of(struct sw_world *world, const char *text)
{
    struct sw_object object = {0};
    struct sw_err err = {0};

    if (sw_object_read(sw_world_json(world, text), &world->arena, &object, &err) != 1)
        fail_msg("%s", err.message);
    return object;
}

static void read_makes_the_struct_of_the_kind(void **state)
{
    struct sw_object object = object_of(
        *state, "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop','name':'cart'},"
                "'spec':{'clusterIP':'None'}}");
    const struct sw_service *service = object.item;

    assert_int_equal(object.kind, SW_KIND_SERVICE);
    assert_ptr_equal(object.meta, &service->meta);
    sw_check_str(service->meta.name, "cart");
    assert_true(service->headless);
    object = object_of(*state, "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','spec':{"
                               "'namespaceSelector':{'names':['*/shop']}}}");
    assert_int_equal(((const struct sw_workspace *)object.item)->n_patterns, 1);
    object = object_of(*state, "{'apiVersion':'tsb.tetrate.io/v2','kind':'WorkspaceSetting',"
                               "'spec':" SW_WORLD_EXPOSE_ALL "}");
    assert_int_equal(((const struct sw_setting *)object.item)->n_gateways, 1);
}

static void read_of_a_kind_that_no_index_holds_is_none(void **state)
{
    static const char *const texts[] = {
        "{}", "{'apiVersion':'v1','kind':'Pod'}",
        "{'apiVersion':'networking.istio.io/v1','kind':'DestinationRule','spec':7}"};
    struct sw_world *world = *state;
    struct sw_object object = {.item = world};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(
            sw_object_read(sw_world_json(world, texts[i]), &world->arena, &object, NULL), 0);
    assert_ptr_equal(object.item, world);
}

static void read_as_needs_no_kind_in_the_object(void **state)
{
    struct sw_world *world = *state;
    struct sw_object object;
    json_t *value = sw_world_json(world, "{'metadata':{'name':'shop'}}");

    assert_int_equal(sw_object_read_as(SW_KIND_NAMESPACE, value, &world->arena, &object, NULL), 1);
    assert_int_equal(object.kind, SW_KIND_NAMESPACE);
    sw_check_str(object.meta->name, "shop");
}

static void read_of_a_wrong_type_names_its_path(void **state)
{
    struct sw_world *world = *state;
    struct sw_object object = {.item = world};
    struct sw_err err = {0};
    int r = sw_object_read_as(SW_KIND_SERVICE, sw_world_json(world, "{'spec':7}"), &world->arena,
                              &object, &err);

    sw_check_err(r, &err, SW_ETYPE, "spec: expected an object, found 7");
    assert_ptr_equal(object.item, world);
}

static void read_gives_a_namespace_to_what_has_none(void **state)
{
    struct sw_object object =
        object_of(*state, "{'apiVersion':'v1','kind':'Service','metadata':{'name':'cart'}}");

    sw_check_str(object.meta->namespace_, "default");
}

static void read_takes_none_from_a_namespace(void **state)
{
    struct sw_object object = object_of(
        *state, "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'a','namespace':'z'}}");

    sw_check_str(object.meta->namespace_, NULL);
}

static void cmp_is_by_kind_namespace_and_name(void **state)
{
    struct sw_meta a_z = {.namespace_ = SW_STR("a"), .name = SW_STR("z")};
    struct sw_meta b_a = {.namespace_ = SW_STR("b"), .name = SW_STR("a")};
    struct sw_meta b_b = {.namespace_ = SW_STR("b"), .name = SW_STR("b")};
    struct sw_object order[] = {
        {SW_KIND_NAMESPACE, &b_b, NULL}, {SW_KIND_SERVICE, &a_z, NULL},
        {SW_KIND_SERVICE, &b_a, NULL},   {SW_KIND_SERVICE, &b_b, NULL},
        {SW_KIND_WORKSPACE, &a_z, NULL},
    };
    size_t n = sizeof(order) / sizeof(*order);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(sw_object_cmp(&order[i], &order[i]), 0);
        for (size_t j = i + 1; j < n; j++) {
            assert_true(sw_object_cmp(&order[i], &order[j]) < 0);
            assert_true(sw_object_cmp(&order[j], &order[i]) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_makes_the_struct_of_the_kind),
        SW_WORLD_TEST(read_of_a_kind_that_no_index_holds_is_none),
        SW_WORLD_TEST(read_as_needs_no_kind_in_the_object),
        SW_WORLD_TEST(read_of_a_wrong_type_names_its_path),
        SW_WORLD_TEST(read_gives_a_namespace_to_what_has_none),
        SW_WORLD_TEST(read_takes_none_from_a_namespace),
        SW_WORLD_TEST(cmp_is_by_kind_namespace_and_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
