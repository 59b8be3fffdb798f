/* pkg/json/read.c: values from text, where their memory comes from, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/read.h"
#include "json/scan.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static json_t *read_ok(const char *text)
{
    struct sw_err err = {0};
    json_t *value = NULL;

    assert_int_equal(sw_json_read(sw_str_from(text), &value, &err), 0);
    assert_int_equal(err.code, 0);
    assert_non_null(value);
    return value;
}

static void assert_refused(const char *text, int code, const char *message)
{
    struct sw_err err = {0};
    json_t *value = NULL;

    assert_int_equal(sw_json_read(sw_str_from(text), &value, &err), code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
    assert_null(value);
    assert_int_equal(sw_json_read(sw_str_from(text), &value, NULL), code);
}

static void read_gives_what_jansson_reads(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        " [ 1 , 2 ] ",
        "\"\"",
        "true",
        "false",
        "null",
        "0",
        "-0",
        "9223372036854775807",
        "-9223372036854775808",
        "0.1",
        "-2.5e-3",
        "1e308",
        "5e-324",
        "1e-400",
        "123456789012345678901234567890123456789012345678901234567890123456789012345678901234.5",
        "{\"a\":{\"b\":[true,false,null,\"c\",1,2.5]},\"\":[[],{}]}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"\\u0061\\n\":\"\\ud83d\\ude00 \\\"x\\\\ \xc3\xa9\",\"b\":\"\\u0000nul\"}",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        json_auto_t *value = read_ok(texts[i]);
        json_auto_t *expected = json_loads(texts[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

        assert_non_null(expected);
        assert_true(json_equal(value, expected));
    }
}

static void read_keeps_the_order_of_members(void **state)
{
    json_auto_t *value = read_ok("{\"z\":1,\"a\":2,\"m\":3}");
    const char *keys[3];
    size_t n = 0;

    (void)state;
    for (void *iter = json_object_iter(value); iter; iter = json_object_iter_next(value, iter))
        keys[n++] = json_object_iter_key(iter);
    assert_int_equal(n, 3);
    assert_string_equal(keys[0], "z");
    assert_string_equal(keys[1], "a");
    assert_string_equal(keys[2], "m");
}

static void read_takes_no_more_than_the_text(void **state)
{
    json_auto_t *value = NULL;

    (void)state;
    assert_int_equal(sw_json_read((struct sw_str){"12.5345", 4}, &value, NULL), 0);
    assert_true(json_real_value(value) == 12.5);
}

static void read_says_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "line 1, column 1: expected a value, found the end"},
        {"{\n \"a\": 1\n \"b\": 2}", "line 3, column 2: expected ',' or '}', found '\"b\"'"},
        {"[\"\xc3\xa9\xf0\x9f\x98\x80\" x]", "line 1, column 7: expected ',' or ']', found 'x'"},
        {"[1,\n]", "line 2, column 1: expected a value, found ']'"},
        {"{\"a\":1,}", "line 1, column 8: expected a member's name in quotes, found '}'"},
        {"{\"a\" 1}", "line 1, column 6: expected ':', found '1'"},
        {"{\"a\":}", "line 1, column 6: expected a value, found '}'"},
        {"{\"\\u0000\":1}",
         "line 1, column 2: expected a member's name without \\u0000, found '\"\\u0000\"'"},
        {"[\"abc", "line 1, column 6: expected '\"' at a string's end, found the end"},
        {"\"\\uDC00\"", "line 1, column 2: expected four hex digits after \\u, and a surrogate's "
                        "pair, found '\\uDC00\"'"},
        {"[9223372036854775808]",
         "line 1, column 2: expected an integer of at most 64 bits, found '9223372036854775808'"},
        {"[1e999]", "line 1, column 2: expected a number that a double can hold, found '1e999'"},
        {"[nul]", "line 1, column 2: expected a value, found 'nul'"},
        {"1 2", "line 1, column 3: expected nothing behind the value, found '2'"},
        {"{\"a\":[1,{\"b\":}]}", "line 1, column 14: expected a value, found '}'"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_refused(cases[i].text, SW_ESYNTAX, cases[i].message);
}

static void read_refuses_byte_0(void **state)
{
    json_t *value = NULL;

    (void)state;
    assert_int_equal(sw_json_read(SW_STR("[1\0]"), &value, NULL), SW_ESYNTAX);
    assert_int_equal(sw_json_read(SW_STR("1\0"), &value, NULL), SW_ESYNTAX);
    assert_int_equal(sw_json_read(SW_STR("\0"), &value, NULL), SW_ESYNTAX);
    assert_null(value);
}

static void read_of_the_deepest_nesting(void **state)
{
    char text[2 * SW_JSON_MAX_DEPTH + 3] = {0};
    json_t *value = NULL;

    (void)state;
    memset(text, '[', SW_JSON_MAX_DEPTH);
    memset(text + SW_JSON_MAX_DEPTH, ']', SW_JSON_MAX_DEPTH);
    assert_int_equal(sw_json_read(sw_str_from(text), &value, NULL), 0);
    json_decref(value);
    memset(text, '[', SW_JSON_MAX_DEPTH + 1);
    memset(text + SW_JSON_MAX_DEPTH + 1, ']', SW_JSON_MAX_DEPTH + 1);
    assert_refused(text, SW_ELIMIT, "line 1, column 65: nested deeper than 64 levels");
}

static void read_refuses_any_nesting_early(void **state)
{
    static char text[1 << 20];
    json_t *value = NULL;

    (void)state;
    for (size_t i = 0; i + 5 <= sizeof(text); i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_int_equal(sw_json_read((struct sw_str){text, sizeof(text)}, &value, NULL), SW_ELIMIT);
}

static void scope_serves_from_its_arena(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 1024, 1 << 20);
    {
        SW_JSON_SCOPE(&arena);
        /* Not released: a leak check sees what did not come from the arena. */
        json_t *value = read_ok("{\"a\":[1,2.5,\"three\",\"f\\u006fur\"]}");

        assert_true(arena.held_bytes > 0);
        json_decref(json_incref(value));
        json_decref(value);
    }
}

static void scopes_nest(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena outer;
    SW_CLEANUP(sw_arena_release) struct sw_arena inner;
    json_t *after;

    (void)state;
    sw_arena_init(&outer, 256, 1 << 20);
    sw_arena_init(&inner, 256, 1 << 20);
    {
        SW_JSON_SCOPE(&outer);
        {
            SW_JSON_SCOPE(&inner);
            read_ok("[1]");
            assert_int_equal(outer.held_bytes, 0);
            assert_true(inner.held_bytes > 0);
        }
        read_ok("[1]");
        assert_true(outer.held_bytes > 0);
    }
    after = read_ok("[1]");
    json_decref(after);
}

/* Whatever the cap, the reading ends in the value or in SW_ENOMEM. */
static void read_in_an_arena_of_every_size(void **state)
{
    static const char text[] = "{\"key\\n\":[1,2.5,\"text\",\"te\\u0078t\",{},[],true],\"key2\":"
                               "{\"a\":\"b\",\"c\":\"d\",\"e\":\"f\",\"g\":\"h\",\"i\":\"j\"}}";
    bool fits = false;

    (void)state;
    for (size_t cap = 0; !fits; cap += 16) {
        SW_CLEANUP(sw_arena_release) struct sw_arena arena;
        struct sw_err err = {0};
        json_t *value = NULL;
        int r;

        sw_arena_init(&arena, 16, cap);
        SW_JSON_SCOPE(&arena);
        r = sw_json_read(sw_str_from(text), &value, &err);
        fits = r == 0;
        assert_int_equal(r, fits ? 0 : SW_ENOMEM);
        assert_int_equal(err.code, r);
        assert_true(fits == (value != NULL));
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
        cmocka_unit_test(read_gives_what_jansson_reads),
        cmocka_unit_test(read_keeps_the_order_of_members),
        cmocka_unit_test(read_takes_no_more_than_the_text),
        cmocka_unit_test(read_says_what_is_wrong_and_where),
        cmocka_unit_test(read_refuses_byte_0),
        cmocka_unit_test(read_of_the_deepest_nesting),
        cmocka_unit_test(read_refuses_any_nesting_early),
        cmocka_unit_test(scope_serves_from_its_arena),
        cmocka_unit_test(scopes_nest),
        cmocka_unit_test(read_in_an_arena_of_every_size),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
