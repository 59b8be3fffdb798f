/* pkg/json/yaml_text.c: plain, quoted or as a block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/cleanup.h"
#include "json/yaml_text.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static void assert_written(struct sw_str text, const char *yaml)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, 1 << 16);
    sw_yaml_text_write(text, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    if (!sw_str_is(sw_buf_str(&buf), yaml))
        fail_msg("%.*s, not %s", SW_STR_ARG(sw_buf_str(&buf)), yaml);
}

static void assert_block(struct sw_str text, size_t indent, const char *yaml)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    assert_true(sw_yaml_text_is_block(text));
    sw_buf_init(&buf, 1 << 16);
    sw_yaml_text_write_block(text, indent, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    if (!sw_str_is(sw_buf_str(&buf), yaml))
        fail_msg("%.*s, not %s", SW_STR_ARG(sw_buf_str(&buf)), yaml);
}

static void write_plain_what_means_itself(void **state)
{
    static const char *const cases[] = {
        "a",
        "reviews.bookinfo.svc.cluster.local",
        "outbound_.9080_._.a.b",
        "a b",
        "http://x/y?z=1#frag",
        "--listen",
        "-1x",
        "10.0.0.1",
        "10m",
        "100Mi",
        "8080:80",
        "v1",
        "it's",
        "say \"x\"",
        "a\\b",
        "a,b",
        "x[0]",
        "\u00e4\u00f6",
        "1e",
        "20261123-x",
        "123-4",
        "a:b",
        "x#",
        "\U0001F600",
        "1.2.3",
        "12:x",
        "12:345",
        "2026-",
        "a - b",
        "nope",
        "truely",
        "e3",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_written(sw_str_from(cases[i]), cases[i]);
}

static void write_quoted_what_would_read_as_something_else(void **state)
{
    static const char *const cases[] = {
        "true",
        "Yes",
        "n",
        "off",
        "null",
        "~",
        "12",
        "0x1f",
        "1e3",
        ".5",
        "-7",
        ".inf",
        ".NaN",
        "1_000",
        "<<",
        "=",
        "017",
        "09",
        "12:30",
        "1:30:00.5",
        "-1:30",
        "2026-11-23",
        "2026-1-2T10:00:00Z",
        "18446744073709551616",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        char quoted[64];

        snprintf(quoted, sizeof(quoted), "\"%s\"", cases[i]);
        assert_written(sw_str_from(cases[i]), quoted);
    }
    assert_written((struct sw_str){NULL, 0}, "\"\"");
}

static void write_quoted_what_syntax_would_take(void **state)
{
    static const char *const cases[] = {
        " a",  "a ",   " ",    "*/x", "&x", "!x", "|",   ">",  "%x",      "@x",  "`x",
        "#x",  "a #b", "a: b", "a:",  ":a", "?",  "? a", "-",  "- a",     "---", "---a",
        "...", "{a}",  "}",    "[a]", "]",  ",",  "'a",  ": ", "-- a: b",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        char quoted[64];

        snprintf(quoted, sizeof(quoted), "\"%s\"", cases[i]);
        assert_written(sw_str_from(cases[i]), quoted);
    }
}

static void write_single_quoted_what_double_quotes_would_spoil(void **state)
{
    (void)state;
    assert_written(SW_STR("{\"a\": \"\\n\"}"), "'{\"a\": \"\\n\"}'");
    assert_written(SW_STR("{\"a\": \"it's\"}"), "\"{\\\"a\\\": \\\"it's\\\"}\"");
}

static void write_escapes_what_may_not_stand_raw(void **state)
{
    (void)state;
    assert_written(SW_STR("a\tb\rc\nd"), "\"a\\tb\\rc\\nd\"");
    assert_written(SW_STR("\0\x01\x1f\x7f"), "\"\\x00\\x01\\x1f\\x7f\"");
    assert_written(SW_STR("\xc2\x80\xc2\x85\xc2\x9f"), "\"\\x80\\x85\\x9f\"");
    assert_written(SW_STR("\u00a0\u2028\u2029\ufeff\uffff"),
                   "\"\u00a0\\u2028\\u2029\\ufeff\\uffff\"");
}

static void is_block_for_lines_of_text_only(void **state)
{
    (void)state;
    assert_true(sw_yaml_text_is_block(SW_STR("a\nb")));
    assert_true(sw_yaml_text_is_block(SW_STR("\n\ta\n")));
    assert_false(sw_yaml_text_is_block(SW_STR("a")));
    assert_false(sw_yaml_text_is_block((struct sw_str){NULL, 0}));
    assert_false(sw_yaml_text_is_block(SW_STR("\n \t\n")));
    assert_false(sw_yaml_text_is_block(SW_STR("a\r\nb")));
    assert_false(sw_yaml_text_is_block(SW_STR("a\n\u2028b")));
    assert_false(sw_yaml_text_is_block(SW_STR("a\n\0b")));
}

static void write_block_keeps_every_line_break(void **state)
{
    (void)state;
    assert_block(SW_STR("a\nb"), 0, "|-\n  a\n  b\n");
    assert_block(SW_STR("a\nb\n"), 4, "|\n      a\n      b\n");
    assert_block(SW_STR("a\n\n\nb\n\n"), 0, "|+\n  a\n\n\n  b\n\n");
    assert_block(SW_STR("a\n  "), 0, "|-\n  a\n    \n");
}

static void write_block_says_its_indentation_where_it_does_not_show(void **state)
{
    (void)state;
    assert_block(SW_STR(" a\nb\n"), 2, "|2\n     a\n    b\n");
    assert_block(SW_STR("\ta\n\n"), 0, "|2+\n  \ta\n\n");
    assert_block(SW_STR("\n a"), 0, "|2-\n\n   a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_plain_what_means_itself),
        cmocka_unit_test(write_quoted_what_would_read_as_something_else),
        cmocka_unit_test(write_quoted_what_syntax_would_take),
        cmocka_unit_test(write_single_quoted_what_double_quotes_would_spoil),
        cmocka_unit_test(write_escapes_what_may_not_stand_raw),
        cmocka_unit_test(is_block_for_lines_of_text_only),
        cmocka_unit_test(write_block_keeps_every_line_break),
        cmocka_unit_test(write_block_says_its_indentation_where_it_does_not_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
