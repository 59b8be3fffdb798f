/* pkg/model/strlist.c: lists of strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/strlist.h"

static void read_takes_the_strings_in_their_order(void **state)
{
    struct sw_world *world = *state;
    struct sw_strings list;

    assert_int_equal(sw_strings_read(sw_world_json(world, "{'a':['y','','x']}"), "a", NULL,
                                     &world->arena, &list, NULL),
                     0);
    assert_int_equal(list.n, 3);
    sw_check_str(list.items[0], "y");
    sw_check_str(list.items[1], "");
    sw_check_str(list.items[2], "x");
    assert_true(sw_strings_have(&list, SW_STR("x")));
    assert_false(sw_strings_have(&list, SW_STR("z")));
    assert_int_equal(
        sw_strings_read(sw_world_json(world, "{'a':null}"), "a", NULL, &world->arena, &list, NULL),
        0);
    assert_int_equal(list.n, 0);
}

static void read_refuses_what_is_no_string(void **state)
{
    struct sw_world *world = *state;
    struct sw_strings list = {.n = 7};
    struct sw_err err = {0};

    sw_check_err(sw_strings_read(sw_world_json(world, "{'a':['x',1]}"), "a", NULL, &world->arena,
                                 &list, &err),
                 &err, SW_ETYPE, "a[1]: expected a string, found 1");
    assert_int_equal(list.n, 7);
}

static void split_drops_blanks_and_empty_parts(void **state)
{
    struct sw_world *world = *state;
    struct sw_strings list;

    assert_int_equal(sw_strings_split(SW_STR(" a,\tb b ,, ,c\n"), &world->arena, &list, NULL), 0);
    assert_int_equal(list.n, 3);
    sw_check_str(list.items[0], "a");
    sw_check_str(list.items[1], "b b");
    sw_check_str(list.items[2], "c");
    assert_int_equal(sw_strings_split(SW_STR(" , "), &world->arena, &list, NULL), 0);
    assert_int_equal(list.n, 0);
    assert_int_equal(sw_strings_split((struct sw_str){NULL, 0}, &world->arena, &list, NULL), 0);
    assert_int_equal(list.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_the_strings_in_their_order),
        SW_WORLD_TEST(read_refuses_what_is_no_string),
        SW_WORLD_TEST(split_drops_blanks_and_empty_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
