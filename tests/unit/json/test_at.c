/* pkg/json/at.c: both ways of writing where a value stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/at.h"

static void assert_written(const struct sw_at *at, const char *path, const char *pointer)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_arena_init(&arena, 256, 4096);
    sw_buf_init(&buf, 4096);
    assert_string_equal(sw_at_path(at, &arena), path);
    assert_string_equal(sw_at_pointer(at, &arena), pointer);
    sw_at_write_path(at, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_int_equal(buf.len, strlen(path));
    assert_memory_equal(buf.data, path, strlen(path));
}

static void write_of_the_document(void **state)
{
    (void)state;
    assert_written(NULL, "the document", "");
}

static void write_of_keys_and_indexes(void **state)
{
    const struct sw_at *ports = SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "ports");

    (void)state;
    assert_written(ports, "spec.ports", "/spec/ports");
    assert_written(SW_AT_KEY(SW_AT_INDEX(ports, 12), "name"), "spec.ports[12].name",
                   "/spec/ports/12/name");
    assert_written(SW_AT_KEY(SW_AT_INDEX(NULL, 0), "kind"), "[0].kind", "/0/kind");
}

static void write_of_keys_that_need_quotes(void **state)
{
    static const struct {
        const char *key, *path, *pointer;
    } cases[] = {
        {"", "m[\"\"]", "/m/"},
        {"a.b/c", "m[\"a.b/c\"]", "/m/a.b~1c"},
        {"a[0]", "m[\"a[0]\"]", "/m/a[0]"},
        {"say \"no\"", "m[\"say \\\"no\\\"\"]", "/m/say \"no\""},
        {"two\nlines", "m[\"two\\nlines\"]", "/m/two\nlines"},
        {"\xc3\xa9", "m[\"\xc3\xa9\"]", "/m/\xc3\xa9"},
        {"a/b", "m.a/b", "/m/a~1b"},
        {"~", "m.~", "/m/~0"},
        {"~1/~0", "m.~1/~0", "/m/~01~1~00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_written(SW_AT_KEY(SW_AT_KEY(NULL, "m"), cases[i].key), cases[i].path,
                       cases[i].pointer);
}

static void write_of_a_quoted_key_at_the_top(void **state)
{
    (void)state;
    assert_written(SW_AT_KEY(NULL, "a.b"), "[\"a.b\"]", "/a.b");
}

static void path_and_pointer_without_memory(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 16, 16);
    assert_null(sw_at_path(SW_AT_KEY(NULL, "a-key-of-over-16-bytes"), &arena));
    assert_null(sw_at_pointer(SW_AT_KEY(NULL, "a-key-of-over-16-bytes"), &arena));
}

static void write_leaves_its_failure_in_the_buffer(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 4);
    sw_at_write_path(SW_AT_KEY(NULL, "longer"), &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_of_the_document),
        cmocka_unit_test(write_of_keys_and_indexes),
        cmocka_unit_test(write_of_keys_that_need_quotes),
        cmocka_unit_test(write_of_a_quoted_key_at_the_top),
        cmocka_unit_test(path_and_pointer_without_memory),
        cmocka_unit_test(write_leaves_its_failure_in_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
