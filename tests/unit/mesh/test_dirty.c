/* pkg/mesh/dirty.c: what has changed since somebody last asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/dirty.h"

struct fixture {
    struct sw_dirty dirty;
    struct sw_arena arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    sw_arena_init(&f->arena, 4096, (size_t)16 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_dirty_release(&f->dirty);
    sw_arena_release(&f->arena);
    free(f);
    return 0;
}

static struct sw_dirty_list take(struct fixture *f)
{
    struct sw_dirty_list list;

    assert_int_equal(sw_dirty_take(&f->dirty, &f->arena, &list, NULL), 0);
    return list;
}

static void a_key_is_given_once_and_then_forgotten(void **state)
{
    struct fixture *f = *state;
    struct sw_dirty_list list;

    sw_dirty_add_pods(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    sw_dirty_add_pods(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    list = take(f);
    assert_int_equal(list.n, 1);
    assert_memory_equal(list.keys[0].namespace_.data, "shop", 4);
    assert_memory_equal(list.keys[0].name.data, "cart", 4);
    assert_false(list.all || list.gateways);
    assert_int_equal(take(f).n, 0);
}

static void names_do_not_run_into_namespaces(void **state)
{
    struct fixture *f = *state;

    sw_dirty_add_pods(&f->dirty, SW_STR("ab"), SW_STR("c"));
    sw_dirty_add_pods(&f->dirty, SW_STR("a"), SW_STR("bc"));
    sw_dirty_add_pods(&f->dirty, (struct sw_str){NULL, 0}, SW_STR("abc"));
    assert_int_equal(take(f).n, 3);
}

static void more_than_pods_is_of_the_gateways_concern(void **state)
{
    struct fixture *f = *state;

    sw_dirty_add(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    assert_true(take(f).gateways);
    assert_false(take(f).gateways);
}

static void plans_of_others_may_depend_on_what_is_more_than_pods(void **state)
{
    struct fixture *f = *state;
    const struct sw_record *at = NULL;
    struct sw_plan_key key;

    sw_dirty_add_pods(&f->dirty, SW_STR("shop"), SW_STR("pay"));
    sw_dirty_add_rules(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    sw_dirty_add(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    assert_true(sw_dirty_next_wide(&f->dirty, &at, &key));
    assert_true(sw_str_is(key.name, "cart"));
    assert_false(sw_dirty_next_wide(&f->dirty, &at, &key));
    assert_int_equal(take(f).n, 2);
    at = NULL;
    assert_false(sw_dirty_next_wide(&f->dirty, &at, &key));
}

static void everything_takes_the_keys_in(void **state)
{
    struct fixture *f = *state;
    struct sw_dirty_list list;

    sw_dirty_add(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    sw_dirty_add_all(&f->dirty);
    sw_dirty_add(&f->dirty, SW_STR("shop"), SW_STR("pay"));
    list = take(f);
    assert_true(list.all && list.gateways);
    assert_int_equal(list.n, 0);
    assert_false(take(f).all);
}

static void too_many_keys_are_everything(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (int i = 0; i < SW_DIRTY_MAX_KEYS; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        sw_dirty_add_pods(&f->dirty, SW_STR("shop"), sw_str_from(name));
    }
    assert_false(f->dirty.all);
    sw_dirty_add_pods(&f->dirty, SW_STR("shop"), SW_STR("one-more"));
    assert_true(take(f).all);
}

static void without_memory_nothing_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct sw_dirty_list list = {.n = 7};
    struct sw_arena tiny;

    sw_arena_init(&tiny, 16, 16);
    sw_dirty_add_pods(&f->dirty, SW_STR("shop"), SW_STR("cart"));
    assert_int_equal(sw_dirty_take(&f->dirty, &tiny, &list, NULL), SW_ENOMEM);
    assert_int_equal(list.n, 7);
    assert_int_equal(take(f).n, 1);
    sw_arena_release(&tiny);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_given_once_and_then_forgotten),
        TEST(names_do_not_run_into_namespaces),
        TEST(more_than_pods_is_of_the_gateways_concern),
        TEST(plans_of_others_may_depend_on_what_is_more_than_pods),
        TEST(everything_takes_the_keys_in),
        TEST(too_many_keys_are_everything),
        TEST(without_memory_nothing_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
