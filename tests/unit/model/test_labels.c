/* pkg/model/labels.c: string pairs, sorted, compared whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/labels.h"

/* The labels of a JSON object. */
static struct sw_labels labels_of(struct sw_world *world, const char *map)
{
    struct sw_labels labels = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'labels':%s}", map);

    if (sw_labels_read(object, "labels", NULL, &world->arena, &labels, &err) < 0)
        fail_msg("%s", err.message);
    return labels;
}

static void check_unreadable(struct sw_world *world, const char *map, const char *message)
{
    struct sw_labels labels = {.pairs = (const struct sw_label *)world, .n = 7};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'labels':%s}", map);
    int r =
        sw_labels_read(object, "labels", SW_AT_KEY(NULL, "metadata"), &world->arena, &labels, &err);

    sw_check_err(r, &err, SW_ETYPE, message);
    assert_ptr_equal(labels.pairs, world);
    assert_int_equal(labels.n, 7);
}

static void read_sorts_by_key(void **state)
{
    struct sw_labels labels = labels_of(*state, "{'b':'1','a.io/x':'2','':'3','a':'','B':'4'}");

    assert_int_equal(labels.n, 5);
    sw_check_labels(&labels, "=3, B=4, a=, a.io/x=2, b=1");
}

static void read_copies(void **state)
{
    struct sw_world *world = *state;
    json_t *object = sw_world_json(world, "{'labels':{'app':'cart'}}");
    struct sw_labels labels;

    assert_int_equal(sw_labels_read(object, "labels", NULL, &world->arena, &labels, NULL), 0);
    json_string_set(json_object_get(json_object_get(object, "labels"), "app"), "gone");
    json_object_clear(object);
    sw_check_labels(&labels, "app=cart");
}

static void read_of_nothing_gives_no_labels(void **state)
{
    struct sw_world *world = *state;
    struct sw_labels labels = {.n = 7};

    assert_int_equal(sw_labels_read(NULL, "labels", NULL, &world->arena, &labels, NULL), 0);
    assert_int_equal(labels.n, 0);
    labels = labels_of(world, "null");
    assert_int_equal(labels.n, 0);
    labels = labels_of(world, "{}");
    assert_int_equal(labels.n, 0);
    assert_null(labels.pairs);
}

/* As for the API server, and for kubectl's `label:` with nothing behind it. */
static void read_takes_a_null_value_for_an_empty_one(void **state)
{
    struct sw_labels labels = labels_of(*state, "{'a':null}");

    sw_check_labels(&labels, "a=");
}

static void read_refuses_what_is_no_map_of_strings(void **state)
{
    check_unreadable(*state, "[]", "metadata.labels: expected an object, found an array");
    check_unreadable(*state, "'a=b'", "metadata.labels: expected an object, found 'a=b'");
    check_unreadable(*state, "{'a':1}", "metadata.labels.a: expected a string, found 1");
    check_unreadable(*state, "{'a':true}", "metadata.labels.a: expected a string, found true");
    check_unreadable(*state, "{'ok':'yes','app.kubernetes.io/name':{}}",
                     "metadata.labels['app.kubernetes.io/name']: expected a string, found an "
                     "object");
}

static void get_finds_the_whole_key_only(void **state)
{
    struct sw_labels labels = labels_of(*state, "{'app':'cart','apps':'','ap':'x'}");

    sw_check_str(*sw_labels_get(&labels, SW_STR("app")), "cart");
    sw_check_str(*sw_labels_get(&labels, SW_STR("apps")), "");
    assert_null(sw_labels_get(&labels, SW_STR("a")));
    assert_null(sw_labels_get(&labels, SW_STR("App")));
    assert_null(sw_labels_get(&labels, SW_STR("")));
}

static void get_in_no_labels_finds_nothing(void **state)
{
    struct sw_labels none = {0};

    (void)state;
    assert_null(sw_labels_get(&none, SW_STR("app")));
}

static void match_of_an_empty_selector_is_always_true(void **state)
{
    struct sw_labels none = {0}, some = labels_of(*state, "{'a':'1'}");

    assert_true(sw_labels_match(&none, &none));
    assert_true(sw_labels_match(&none, &some));
}

static void match_wants_every_pair(void **state)
{
    struct sw_labels selector = labels_of(*state, "{'a':'1','b':'2'}");
    struct sw_labels exact = labels_of(*state, "{'b':'2','a':'1'}");
    struct sw_labels more = labels_of(*state, "{'a':'1','b':'2','c':'3'}");
    struct sw_labels less = labels_of(*state, "{'a':'1'}");
    struct sw_labels other = labels_of(*state, "{'a':'1','b':'3'}");
    struct sw_labels none = {0};

    assert_true(sw_labels_match(&selector, &exact));
    assert_true(sw_labels_match(&selector, &more));
    assert_false(sw_labels_match(&selector, &less));
    assert_false(sw_labels_match(&selector, &other));
    assert_false(sw_labels_match(&selector, &none));
}

static void match_tells_an_empty_value_from_none(void **state)
{
    struct sw_labels selector = labels_of(*state, "{'a':''}");
    struct sw_labels empty = labels_of(*state, "{'a':''}");
    struct sw_labels other = labels_of(*state, "{'b':''}");

    assert_true(sw_labels_match(&selector, &empty));
    assert_false(sw_labels_match(&selector, &other));
}

static void agree_unless_one_key_has_two_values(void **state)
{
    struct sw_labels none = {0}, a = labels_of(*state, "{'a':'1','c':'3'}");
    struct sw_labels more = labels_of(*state, "{'a':'1','b':'2'}");
    struct sw_labels other = labels_of(*state, "{'b':'2','c':'4'}");

    assert_true(sw_labels_agree(&none, &a));
    assert_true(sw_labels_agree(&a, &more));
    assert_false(sw_labels_agree(&a, &other));
    assert_false(sw_labels_agree(&other, &a));
}

static void write_of_none_is_nothing(void **state)
{
    struct sw_labels none = {0};

    (void)state;
    sw_check_labels(&none, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_sorts_by_key),
        SW_WORLD_TEST(read_copies),
        SW_WORLD_TEST(read_of_nothing_gives_no_labels),
        SW_WORLD_TEST(read_takes_a_null_value_for_an_empty_one),
        SW_WORLD_TEST(read_refuses_what_is_no_map_of_strings),
        SW_WORLD_TEST(get_finds_the_whole_key_only),
        SW_WORLD_TEST(get_in_no_labels_finds_nothing),
        SW_WORLD_TEST(match_of_an_empty_selector_is_always_true),
        SW_WORLD_TEST(match_wants_every_pair),
        SW_WORLD_TEST(match_tells_an_empty_value_from_none),
        SW_WORLD_TEST(agree_unless_one_key_has_two_values),
        SW_WORLD_TEST(write_of_none_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
