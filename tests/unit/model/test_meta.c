/* pkg/model/meta.c: what every object says about itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/meta.h"

static struct sw_meta meta_of(struct sw_world *world, const char *metadata)
{
    struct sw_meta meta = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'metadata':%s}", metadata);

    if (sw_meta_read(object, &world->arena, &meta, &err) < 0)
        fail_msg("%s", err.message);
    return meta;
}

static void check_unreadable(struct sw_world *world, const char *metadata, const char *message)
{
    struct sw_meta meta = {.name = SW_STR("untouched")};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'metadata':%s}", metadata);

    sw_check_err(sw_meta_read(object, &world->arena, &meta, &err), &err, SW_ETYPE, message);
    sw_check_str(meta.name, "untouched");
}

static void read_takes_what_is_there(void **state)
{
    struct sw_meta meta = meta_of(
        *state, "{'name':'cart','namespace':'shop','creationTimestamp':'2026-01-02T03:04:05Z',"
                "'deletionTimestamp':'2026-02-02T03:04:05Z','labels':{'a':'b'},"
                "'managedFields':[1],'uid':7}");

    sw_check_str(meta.name, "cart");
    sw_check_str(meta.namespace_, "shop");
    sw_check_str(meta.created, "2026-01-02T03:04:05Z");
    assert_true(meta.deleting);
    sw_check_labels(&meta.labels, "a=b");
}

static void read_of_nothing_is_unset(void **state)
{
    static const char *const texts[] = {
        "null", "{}",
        ("{'name':null,'namespace':null,'creationTimestamp':null,'deletionTimestamp':null,"
         "'labels':null}")};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct sw_meta meta = meta_of(*state, texts[i]);

        sw_check_str(meta.name, NULL);
        sw_check_str(meta.namespace_, NULL);
        sw_check_str(meta.created, NULL);
        assert_false(meta.deleting);
        assert_int_equal(meta.labels.n, 0);
    }
}

static void read_refuses_each_wrong_type_by_its_path(void **state)
{
    check_unreadable(*state, "[]", "metadata: expected an object, found an array");
    check_unreadable(*state, "{'name':1}", "metadata.name: expected a string, found 1");
    check_unreadable(*state, "{'namespace':{}}",
                     "metadata.namespace: expected a string, found an object");
    check_unreadable(*state, "{'creationTimestamp':2026}",
                     "metadata.creationTimestamp: expected a string, found 2026");
    check_unreadable(*state, "{'deletionTimestamp':true}",
                     "metadata.deletionTimestamp: expected a string, found true");
    check_unreadable(*state, "{'labels':'a'}", "metadata.labels: expected an object, found 'a'");
    check_unreadable(*state, "{'labels':{'a':1.5}}",
                     "metadata.labels.a: expected a string, found 1.5");
}

static void annotation_is_copied_or_unset(void **state)
{
    struct sw_world *world = *state;
    json_t *object =
        sw_world_json(world, "{'metadata':{'annotations':{'a.io/b':'c','empty':'','gone':null}}}");
    struct sw_str value;

    assert_int_equal(sw_meta_annotation(object, "a.io/b", &world->arena, &value, NULL), 0);
    sw_check_str(value, "c");
    assert_int_equal(sw_meta_annotation(object, "empty", &world->arena, &value, NULL), 0);
    sw_check_str(value, "");
    assert_int_equal(sw_meta_annotation(object, "gone", &world->arena, &value, NULL), 0);
    sw_check_str(value, NULL);
    value = SW_STR("before");
    assert_int_equal(sw_meta_annotation(object, "other", &world->arena, &value, NULL), 0);
    sw_check_str(value, NULL);
}

static void annotation_refuses_each_wrong_type_by_its_path(void **state)
{
    static const char *const cases[][2] = {
        {"{'metadata':1}", "metadata: expected an object, found 1"},
        {"{'metadata':{'annotations':[]}}",
         "metadata.annotations: expected an object, found an array"},
        {"{'metadata':{'annotations':{'a.io/b':false}}}",
         "metadata.annotations['a.io/b']: expected a string, found false"},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_str value = SW_STR("untouched");
        struct sw_err err = {0};
        int r = sw_meta_annotation(sw_world_json(world, cases[i][0]), "a.io/b", &world->arena,
                                   &value, &err);

        sw_check_err(r, &err, SW_ETYPE, cases[i][1]);
        sw_check_str(value, "untouched");
    }
}

static void cmp_age_puts_the_older_first(void **state)
{
    struct sw_meta old = {.created = SW_STR("2025-12-31T23:59:59Z")};
    struct sw_meta young = {.created = SW_STR("2026-01-01T00:00:00Z")};

    (void)state;
    assert_true(sw_meta_cmp_age(&old, &young) < 0);
    assert_true(sw_meta_cmp_age(&young, &old) > 0);
    assert_int_equal(sw_meta_cmp_age(&old, &old), 0);
}

static void cmp_age_puts_what_has_no_time_last(void **state)
{
    struct sw_meta dated = {.created = SW_STR("2026-01-01T00:00:00Z")};
    struct sw_meta unset = {0}, empty = {.created = SW_STR("")};

    (void)state;
    assert_true(sw_meta_cmp_age(&dated, &unset) < 0);
    assert_true(sw_meta_cmp_age(&unset, &dated) > 0);
    assert_true(sw_meta_cmp_age(&dated, &empty) < 0);
    assert_int_equal(sw_meta_cmp_age(&unset, &empty), 0);
}

static void is_ours_by_our_label_only(void **state)
{
    struct sw_meta ours =
        meta_of(*state, "{'labels':{'app.kubernetes.io/managed-by':'spillway','a':'b'}}");
    struct sw_meta theirs = meta_of(*state, "{'labels':{'app.kubernetes.io/managed-by':'Helm'}}");
    struct sw_meta nobodys = {0};

    assert_true(sw_meta_is_ours(&ours));
    assert_false(sw_meta_is_ours(&theirs));
    assert_false(sw_meta_is_ours(&nobodys));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_what_is_there),
        SW_WORLD_TEST(read_of_nothing_is_unset),
        SW_WORLD_TEST(read_refuses_each_wrong_type_by_its_path),
        SW_WORLD_TEST(annotation_is_copied_or_unset),
        SW_WORLD_TEST(annotation_refuses_each_wrong_type_by_its_path),
        SW_WORLD_TEST(cmp_age_puts_the_older_first),
        SW_WORLD_TEST(cmp_age_puts_what_has_no_time_last),
        SW_WORLD_TEST(is_ours_by_our_label_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
