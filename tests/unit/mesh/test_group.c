/* pkg/mesh/group.c: pods of a class, groups of them, and what localities agree on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/group.h"

static void check_common(const char *a, const char *b, const char *expected)
{
    struct sw_str common = sw_group_common(sw_str_from(a), sw_str_from(b));

    assert_int_equal(common.len, strlen(expected));
    assert_memory_equal(common.data, expected, common.len);
    common = sw_group_common(sw_str_from(b), sw_str_from(a));
    assert_int_equal(common.len, strlen(expected));
}

static void localities_agree_part_by_part(void **state)
{
    (void)state;
    check_common("us/a/1", "us/a/1", "us/a/1");
    check_common("us/a/1", "us/a/2", "us/a");
    check_common("us/a/1", "us/a", "us/a");
    check_common("us/a", "us/ab", "us");
    check_common("us", "usa", "");
    check_common("us/a", "eu/a", "");
    check_common("", "us", "");
    check_common("", "", "");
}

/* Groups of `n` pods by `keys`, with everything in *arena. */
static struct sw_group_list build(struct sw_group_pod *pods, size_t n, struct sw_strings keys,
                                  struct sw_arena *arena)
{
    struct sw_group_list list = {0};

    sw_arena_init(arena, 4096, 1 << 20);
    assert_int_equal(sw_group_build(pods, n, &keys, arena, &list, NULL), 0);
    return list;
}

static void no_pods_are_no_groups(void **state)
{
    struct sw_arena arena;
    struct sw_group_list list = build(NULL, 0, (struct sw_strings){NULL, 0}, &arena);

    (void)state;
    assert_int_equal(list.n, 0);
    assert_int_equal(list.n_plain, 0);
    sw_arena_release(&arena);
}

/* Four classes: two that differ only in a label that is no key, one of another account, one
 * without a sidecar. */
static void classes_that_agree_are_one_group(void **state)
{
    static const struct sw_label one[] = {{{"a", 1}, {"1", 1}}, {{"version", 7}, {"v1", 2}}};
    static const struct sw_label two[] = {{{"a", 1}, {"2", 1}}, {{"version", 7}, {"v1", 2}}};
    static const struct sw_str version = {"version", 7};
    struct sw_pod_class classes[4] = {
        {.sidecar = true, .account = {"seller", 6}, .labels = {one, 2}},
        {.sidecar = true, .account = {"seller", 6}, .labels = {two, 2}},
        {.sidecar = true, .account = {"buyer", 5}, .labels = {one, 2}},
        {.account = {"seller", 6}, .labels = {one, 2}},
    };
    struct sw_group_pod pods[8];
    struct sw_group_list list;
    struct sw_arena arena;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        pods[i] = (struct sw_group_pod){&classes[i % 4], i == 5 ? SW_STR("us/b") : SW_STR("us/a")};
    list = build(pods, 8, (struct sw_strings){&version, 1}, &arena);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.n_plain, 2);
    assert_memory_equal(list.groups[0].service_account.data, "buyer", 5);
    assert_int_equal(list.groups[0].n_ready, 2);
    assert_int_equal(list.groups[0].locality.len, 4);
    assert_memory_equal(list.groups[1].service_account.data, "seller", 6);
    assert_int_equal(list.groups[1].n_ready, 4);
    assert_int_equal(list.groups[1].labels.n, 1);
    assert_int_equal(list.groups[1].locality.len, 2);
    sw_arena_release(&arena);
}

static void a_locality_that_is_unknown_does_not_count(void **state)
{
    struct sw_pod_class classes[2] = {{.sidecar = true}, {.sidecar = true, .locality = {"x", 1}}};
    struct sw_group_pod pods[3] = {
        {&classes[0], {NULL, 0}}, {&classes[1], {NULL, 0}}, {&classes[0], {"us/a", 4}}};
    struct sw_group_list list;
    struct sw_arena arena;

    (void)state;
    list = build(pods, 3, (struct sw_strings){NULL, 0}, &arena);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.groups[0].n_ready, 3);
    assert_int_equal(list.groups[0].locality.len, 4);
    sw_arena_release(&arena);
    pods[0].locality = SW_STR(""); /* known, and nowhere */
    list = build(pods, 3, (struct sw_strings){NULL, 0}, &arena);
    assert_int_equal(list.groups[0].locality.len, 0);
    sw_arena_release(&arena);
}

/* As StatefulSets have them: each pod has labels of its own. */
static void many_classes_are_grouped_all_the_same(void **state)
{
    static const struct sw_str key = {"version", 7};
    static struct sw_pod_class classes[5000];
    static struct sw_group_pod pods[5000];
    static const struct sw_label labels[] = {{{"version", 7}, {"v1", 2}},
                                             {{"version", 7}, {"v2", 2}}};
    struct sw_group_list list;
    struct sw_arena arena;

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        classes[i] = (struct sw_pod_class){.sidecar = true, .labels = {&labels[i % 2], 1}};
        pods[i] = (struct sw_group_pod){&classes[(i * 7919) % 5000], {NULL, 0}};
    }
    list = build(pods, 5000, (struct sw_strings){&key, 1}, &arena);
    assert_int_equal(list.n, 2);
    assert_int_equal(list.groups[0].n_ready + list.groups[1].n_ready, 5000);
    sw_arena_release(&arena);
}

static void copies_are_equal_and_of_their_own(void **state)
{
    char account[] = "seller", value[] = "v1";
    const struct sw_label label = {{"version", 7}, {value, 2}};
    const struct sw_mesh_group group = {.service_account = {account, 6},
                                        .labels = {&label, 1},
                                        .locality = {"us", 2},
                                        .n_ready = 2};
    struct sw_mesh_group other = group;
    const struct sw_mesh_group *copy;
    struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(sw_group_copy(&group, 1, &arena, &copy, NULL), 0);
    assert_true(sw_group_eq(&group, 1, copy, 1));
    assert_false(sw_group_eq(&group, 1, copy, 0));
    other.n_ready = 3;
    assert_false(sw_group_eq(&other, 1, copy, 1));
    other = group;
    other.locality = SW_STR("eu");
    assert_false(sw_group_eq(&other, 1, copy, 1));
    other = group;
    other.labels.n = 0;
    assert_false(sw_group_eq(&other, 1, copy, 1));
    account[0] = value[0] = 'X';
    assert_memory_equal(copy->service_account.data, "seller", 6);
    assert_memory_equal(copy->labels.pairs[0].value.data, "v1", 2);
    sw_arena_release(&arena);
}

static void running_out_of_memory_is_told(void **state)
{
    struct sw_pod_class class = {.sidecar = true};
    struct sw_group_pod pod = {&class, {NULL, 0}};
    struct sw_group_list list = {.n = 7};
    struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 64, 64);
    assert_int_equal(sw_group_build(&pod, 1, &(struct sw_strings){NULL, 0}, &arena, &list, NULL),
                     SW_ENOMEM);
    assert_int_equal(list.n, 7);
    sw_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(localities_agree_part_by_part),
        cmocka_unit_test(no_pods_are_no_groups),
        cmocka_unit_test(classes_that_agree_are_one_group),
        cmocka_unit_test(a_locality_that_is_unknown_does_not_count),
        cmocka_unit_test(many_classes_are_grouped_all_the_same),
        cmocka_unit_test(copies_are_equal_and_of_their_own),
        cmocka_unit_test(running_out_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
