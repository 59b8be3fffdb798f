/* pkg/json/patch.c: patches made, written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/patch.h"
#include "json/read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MAX           4096

static void assert_writes(const struct sw_patch *patch, const char *text)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, MAX);
    sw_patch_write(patch, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_int_equal(buf.len, strlen(text));
    assert_memory_equal(buf.data, text, buf.len);
}

static void push_and_write(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    const struct sw_at *annotations = SW_AT_KEY(SW_AT_KEY(NULL, "metadata"), "annotations");
    struct sw_patch patch = {0};
    json_t *value;

    (void)state;
    sw_arena_init(&arena, 256, 1 << 16);
    SW_JSON_SCOPE(&arena);
    assert_writes(&patch, "[]");
    assert_int_equal(sw_json_read(SW_STR("{\"enabled\":true}"), &value, NULL), 0);
    assert_int_equal(sw_patch_push(&patch, &arena, SW_PATCH_ADD, annotations, value, NULL), 0);
    assert_int_equal(sw_patch_push(&patch, &arena, SW_PATCH_REPLACE,
                                   SW_AT_KEY(annotations, "a.b/\"c\"~"), json_null(), NULL),
                     0);
    assert_int_equal(sw_patch_push(&patch, &arena, SW_PATCH_REMOVE,
                                   SW_AT_INDEX(SW_AT_KEY(NULL, "ports"), 3), NULL, NULL),
                     0);
    assert_int_equal(patch.n_ops, 3);
    assert_writes(&patch, "[{\"op\":\"add\",\"path\":\"/metadata/annotations\","
                          "\"value\":{\"enabled\":true}},"
                          "{\"op\":\"replace\",\"path\":\"/metadata/annotations/a.b~1\\\"c\\\"~0\","
                          "\"value\":null},"
                          "{\"op\":\"remove\",\"path\":\"/ports/3\"}]");
}

static void push_of_many(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_patch patch = {0};

    (void)state;
    sw_arena_init(&arena, 256, 1 << 16);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(
            sw_patch_push(&patch, &arena, SW_PATCH_REMOVE, SW_AT_INDEX(NULL, i), NULL, NULL), 0);
    assert_int_equal(patch.n_ops, 100);
    assert_string_equal(patch.ops[0].pointer, "/0");
    assert_string_equal(patch.ops[99].pointer, "/99");
}

static void push_without_memory(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_patch patch = {0};
    struct sw_err err = {0};

    (void)state;
    for (size_t cap = 0; cap <= 32; cap += 16) {
        sw_arena_init(&arena, 16, cap);
        err.code = 0;
        assert_int_equal(
            sw_patch_push(&patch, &arena, SW_PATCH_REMOVE, SW_AT_KEY(NULL, "a"), NULL, &err),
            SW_ENOMEM);
        assert_int_equal(err.code, SW_ENOMEM);
        assert_int_equal(patch.n_ops, 0);
        sw_arena_release(&arena);
    }
}

static void write_leaves_its_failure_in_the_buffer(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_patch patch = {0};

    (void)state;
    sw_arena_init(&arena, 256, MAX);
    sw_buf_init(&buf, 8);
    sw_patch_push(&patch, &arena, SW_PATCH_REMOVE, SW_AT_KEY(NULL, "a"), NULL, NULL);
    sw_patch_write(&patch, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

static void verb_name_of_each(void **state)
{
    (void)state;
    assert_string_equal(sw_patch_verb_name(SW_PATCH_ADD), "add");
    assert_string_equal(sw_patch_verb_name(SW_PATCH_REPLACE), "replace");
    assert_string_equal(sw_patch_verb_name(SW_PATCH_REMOVE), "remove");
}

static void read_gives_what_was_written(void **state)
{
    static const char text[] = "[{\"op\":\"add\",\"path\":\"/a\",\"value\":[1]},"
                               "{\"op\":\"replace\",\"path\":\"\",\"value\":null},"
                               "{\"op\":\"remove\",\"path\":\"/a/-\"}]";
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_patch patch;

    (void)state;
    sw_arena_init(&arena, 1024, 1 << 16);
    assert_int_equal(sw_patch_read(sw_str_from(text), &arena, &patch, NULL), 0);
    assert_int_equal(patch.n_ops, 3);
    assert_int_equal(patch.ops[0].verb, SW_PATCH_ADD);
    assert_string_equal(patch.ops[0].pointer, "/a");
    assert_null(patch.ops[2].value);
    assert_writes(&patch, text);
}

static void read_ignores_what_it_does_not_need(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_patch patch;

    (void)state;
    sw_arena_init(&arena, 1024, 1 << 16);
    assert_int_equal(sw_patch_read(SW_STR(" [{\"value\":1,\"from\":2,\"path\":\"/a\","
                                          "\"op\":\"remove\"}] "),
                                   &arena, &patch, NULL),
                     0);
    assert_writes(&patch, "[{\"op\":\"remove\",\"path\":\"/a\"}]");
}

static void read_says_what_is_wrong(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *message;
    } cases[] = {
        {"[", SW_ESYNTAX, "line 1, column 2: expected a value, found the end"},
        {"{}", SW_ETYPE, "the document: expected an array, found an object"},
        {"[1]", SW_ETYPE, "[0]: expected an object, found 1"},
        {"[{}]", SW_ETYPE, "[0].op: expected \"add\", \"replace\" or \"remove\", found nothing"},
        {"[{\"op\":1}]", SW_ETYPE, "[0].op: expected a string, found 1"},
        {"[{\"op\":\"move\"}]", SW_ETYPE,
         "[0].op: expected \"add\", \"replace\" or \"remove\", found \"move\""},
        {"[{\"op\":\"remove\"}]", SW_ETYPE, "[0].path: expected a JSON pointer, found nothing"},
        {"[{\"op\":\"remove\",\"path\":[]}]", SW_ETYPE,
         "[0].path: expected a string, found an array"},
        {"[{\"op\":\"remove\",\"path\":\"/a\\u0000\"}]", SW_ETYPE,
         "[0].path: expected a JSON pointer, found \"/a\\u0000\""},
        {"[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"add\",\"path\":\"/a\"}]", SW_ETYPE,
         "[1].value: expected a value, found nothing"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        SW_CLEANUP(sw_arena_release) struct sw_arena arena;
        struct sw_patch patch = {0};
        struct sw_err err = {0};

        sw_arena_init(&arena, 1024, 1 << 16);
        assert_int_equal(sw_patch_read(sw_str_from(cases[i].text), &arena, &patch, &err),
                         cases[i].code);
        assert_string_equal(err.message, cases[i].message);
        assert_null(patch.ops);
    }
}

/* Whatever the cap, reading ends in the patch or in SW_ENOMEM. */
static void read_in_an_arena_of_every_size(void **state)
{
    bool fits = false;

    (void)state;
    for (size_t cap = 0; !fits; cap += 16) {
        SW_CLEANUP(sw_arena_release) struct sw_arena arena;
        struct sw_patch patch = {0};
        int r;

        sw_arena_init(&arena, 16, cap);
        r = sw_patch_read(SW_STR("[{\"op\":\"add\",\"path\":\"/a\",\"value\":{\"b\":\"c\"}}]"),
                          &arena, &patch, NULL);
        fits = r == 0;
        assert_int_equal(r, fits ? 0 : SW_ENOMEM);
        assert_int_equal(patch.n_ops, fits);
        assert_true(cap < 1 << 16);
    }
}

static int setup(void **state)
{
    (void)state;
    sw_json_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_and_write),
        cmocka_unit_test(push_of_many),
        cmocka_unit_test(push_without_memory),
        cmocka_unit_test(write_leaves_its_failure_in_the_buffer),
        cmocka_unit_test(verb_name_of_each),
        cmocka_unit_test(read_gives_what_was_written),
        cmocka_unit_test(read_ignores_what_it_does_not_need),
        cmocka_unit_test(read_says_what_is_wrong),
        cmocka_unit_test(read_in_an_arena_of_every_size),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
