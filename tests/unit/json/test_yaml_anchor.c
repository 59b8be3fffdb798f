/* pkg/json/yaml_anchor.c: what a name means when, and the limits of copying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/scan.h"
#include "json/yaml.h"
#include "json/yaml_anchor.h"

SW_DEFINE_CLEANUP(json_cleanup, json_t, json_decref);

struct fixture {
    struct sw_arena arena;
    struct sw_yaml_anchors anchors;
};

static void set_up(struct fixture *fixture, size_t max_bytes)
{
    *fixture = (struct fixture){.anchors = {.arena = &fixture->arena}};
    sw_arena_init(&fixture->arena, 1024, max_bytes);
}

static void tear_down(struct fixture *fixture)
{
    sw_yaml_anchors_clear(&fixture->anchors);
    sw_arena_release(&fixture->arena);
}

/* A node that begins and ends at once. */
static void add(struct sw_yaml_anchors *anchors, const char *name, json_t *value)
{
    size_t id;

    assert_int_equal(sw_yaml_anchors_begin(anchors, name, &id, NULL), 0);
    sw_yaml_anchors_end(anchors, id, value, NULL);
    json_decref(value);
}

static void find_gives_the_latest_of_a_name(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    const struct sw_yaml_anchor *anchor;

    (void)state;
    set_up(&fixture, 1 << 16);
    add(&fixture.anchors, "a", json_integer(1));
    add(&fixture.anchors, "b", json_integer(2));
    add(&fixture.anchors, "a", json_integer(3));
    assert_int_equal(sw_yaml_anchors_find(&fixture.anchors, "a", &anchor, NULL), 0);
    assert_int_equal(json_integer_value(anchor->value), 3);
    assert_int_equal(sw_yaml_anchors_find(&fixture.anchors, "b", &anchor, NULL), 0);
    assert_int_equal(json_integer_value(anchor->value), 2);
}

static void find_fails_before_begin_before_end_and_after_clear(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    const struct sw_yaml_anchor *anchor = NULL;
    struct sw_err err = {0};
    size_t id;

    (void)state;
    set_up(&fixture, 1 << 16);
    assert_int_equal(sw_yaml_anchors_find(&fixture.anchors, "a", &anchor, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "the alias *a has no anchor before it");
    assert_int_equal(sw_yaml_anchors_begin(&fixture.anchors, "a", &id, NULL), 0);
    assert_int_equal(sw_yaml_anchors_find(&fixture.anchors, "a", &anchor, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "the alias *a stands inside its own anchor");
    add(&fixture.anchors, "b", json_null());
    sw_yaml_anchors_clear(&fixture.anchors);
    assert_int_equal(sw_yaml_anchors_find(&fixture.anchors, "b", &anchor, &err), SW_ESYNTAX);
    assert_null(anchor);
}

static void begin_without_a_name_is_no_anchor(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    SW_CLEANUP(json_cleanup) json_t *value = json_integer(1);
    size_t id;

    (void)state;
    set_up(&fixture, 1 << 16);
    assert_int_equal(sw_yaml_anchors_begin(&fixture.anchors, NULL, &id, NULL), 0);
    assert_int_equal(id, SW_YAML_NO_ANCHOR);
    sw_yaml_anchors_end(&fixture.anchors, id, value, NULL);
    assert_int_equal(value->refcount, 1);
}

static void end_keeps_the_scalar_but_not_its_text(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    SW_CLEANUP(json_cleanup) json_t *value = json_string("text");
    const struct sw_yaml_anchor *anchor;
    char text[] = "text";
    struct sw_yaml_scalar scalar = {.type = SW_YAML_STRING, .text = {text, 4}};
    size_t id;

    (void)state;
    set_up(&fixture, 1 << 16);
    assert_int_equal(sw_yaml_anchors_begin(&fixture.anchors, "a", &id, NULL), 0);
    sw_yaml_anchors_end(&fixture.anchors, id, value, &scalar);
    text[0] = 'x';
    assert_int_equal(sw_yaml_anchors_find(&fixture.anchors, "a", &anchor, NULL), 0);
    assert_true(sw_str_is(anchor->scalar.text, "text"));
}

static void begin_runs_out_of_memory(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    struct sw_err err = {0};
    size_t id = 77;

    (void)state;
    set_up(&fixture, 1);
    assert_int_equal(sw_yaml_anchors_begin(&fixture.anchors, "a", &id, &err), SW_ENOMEM);
    assert_int_equal(id, 77);
}

static void copy_is_equal_and_apart(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    SW_CLEANUP(json_cleanup) json_t *copy = NULL;
    SW_CLEANUP(json_cleanup)
    json_t *value =
        json_loads("{\"z\":[1,2.5,{}],\"a\":{\"t\":true,\"n\":null,\"s\":\"x\"}}", 0, NULL);

    (void)state;
    set_up(&fixture, 1 << 16);
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, 0, &copy, NULL), 0);
    assert_true(json_equal(value, copy));
    assert_ptr_not_equal(json_object_get(value, "z"), json_object_get(copy, "z"));
    assert_string_equal(json_object_iter_key(json_object_iter(copy)), "z");
    assert_int_equal(fixture.anchors.n_copied, 9);
}

static void copy_keeps_to_the_depth_limit(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    SW_CLEANUP(json_cleanup) json_t *value = json_loads("[[1]]", 0, NULL);
    SW_CLEANUP(json_cleanup) json_t *copy = NULL;
    struct sw_err err = {0};

    (void)state;
    set_up(&fixture, 1 << 16);
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, SW_JSON_MAX_DEPTH - 1, &copy, &err),
                     SW_ELIMIT);
    assert_string_equal(err.message, "nested deeper than 64");
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, SW_JSON_MAX_DEPTH - 2, &copy, &err), 0);
}

static void copy_keeps_to_the_number_of_values(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    SW_CLEANUP(json_cleanup) json_t *value = json_integer(1);
    SW_CLEANUP(json_cleanup) json_t *copy = NULL;
    struct sw_err err = {0};

    (void)state;
    set_up(&fixture, 1 << 16);
    fixture.anchors.n_copied = SW_YAML_MAX_NODES - 1;
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, 0, &copy, &err), 0);
    json_decref(SW_TAKE(copy));
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, 0, &copy, &err), SW_ELIMIT);
    assert_string_equal(err.message, "the aliases stand for more than 400000 values");
    sw_yaml_anchors_clear(&fixture.anchors);
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, 0, &copy, &err), SW_ELIMIT);
}

/* One long string, named often, is a bomb too. */
static void copy_keeps_to_the_bytes_of_text(void **state)
{
    SW_CLEANUP(tear_down) struct fixture fixture;
    SW_CLEANUP(json_cleanup) json_t *value = json_pack("{s:s}", "key", "text");
    SW_CLEANUP(json_cleanup) json_t *copy = NULL;
    struct sw_err err = {0};

    (void)state;
    set_up(&fixture, 1 << 16);
    fixture.anchors.n_copied_bytes = SW_YAML_MAX_ALIAS_BYTES - strlen("keytext");
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, 0, &copy, &err), 0);
    json_decref(SW_TAKE(copy));
    assert_int_equal(fixture.anchors.n_copied_bytes, SW_YAML_MAX_ALIAS_BYTES);
    assert_int_equal(sw_yaml_copy(&fixture.anchors, value, 0, &copy, &err), SW_ELIMIT);
    assert_string_equal(err.message, "the aliases stand for more than 33554432 bytes of text");
    assert_int_equal(sw_yaml_copy(&fixture.anchors, json_object_get(value, "key"), 0, &copy, &err),
                     SW_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_gives_the_latest_of_a_name),
        cmocka_unit_test(find_fails_before_begin_before_end_and_after_clear),
        cmocka_unit_test(begin_without_a_name_is_no_anchor),
        cmocka_unit_test(end_keeps_the_scalar_but_not_its_text),
        cmocka_unit_test(begin_runs_out_of_memory),
        cmocka_unit_test(copy_is_equal_and_apart),
        cmocka_unit_test(copy_keeps_to_the_depth_limit),
        cmocka_unit_test(copy_keeps_to_the_number_of_values),
        cmocka_unit_test(copy_keeps_to_the_bytes_of_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
