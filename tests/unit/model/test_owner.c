/* pkg/model/owner.c: which object it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/owner.h"

static void read_takes_uid_and_version(void **state)
{
    struct sw_world *world = *state;
    struct sw_owner owner = {0};
    json_t *object = sw_world_json(world, "{'metadata':{'uid':'u-1','resourceVersion':'42'}}");

    assert_int_equal(sw_owner_read(object, &world->arena, &owner, NULL), 0);
    sw_check_str(owner.uid, "u-1");
    sw_check_str(owner.version, "42");
    assert_int_equal(sw_owner_read(sw_world_json(world, "{}"), &world->arena, &owner, NULL), 0);
    sw_check_str(owner.uid, NULL);
    sw_check_str(owner.version, NULL);
}

static void read_refuses_what_is_of_another_type(void **state)
{
    struct sw_world *world = *state;
    struct sw_owner owner;
    struct sw_err err = {0};

    sw_check_err(sw_owner_read(sw_world_json(world, "{'metadata':{'resourceVersion':42}}"),
                               &world->arena, &owner, &err),
                 &err, SW_ETYPE, "metadata.resourceVersion: expected a string, found 42");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_uid_and_version),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
