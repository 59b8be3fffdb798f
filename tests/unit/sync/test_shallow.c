/* pkg/sync/shallow.c: members are found at any depth, and text that does not match is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/shallow.h"

enum { TYPE, NAME, N_SLICES };

static const struct sw_scan_want metadata_wants[] = {{"name", NAME, NULL}, {NULL, 0, NULL}};
static const struct sw_scan_want wants[] = {
    {"type", TYPE, NULL},
    {"metadata", -1, metadata_wants},
    {NULL, 0, NULL},
};

static int scan(const char *text, struct sw_scan_slice *slices)
{
    return sw_shallow_scan(sw_str_from(text), wants, slices, N_SLICES, NULL);
}

static void assert_slice(const struct sw_scan_slice *slice, enum sw_scan_type type,
                         const char *text)
{
    assert_int_equal(slice->type, type);
    assert_int_equal(slice->text.len, strlen(text));
    assert_memory_equal(slice->text.data, text, slice->text.len);
}

static void scan_finds_what_is_wanted(void **state)
{
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    assert_int_equal(scan(" {\"a\": [1, {\"type\": 2}], \"type\" : \"ADDED\" ,\n\"metadata\":"
                          "{\"x\":null,\"name\":\"cart\"},\"z\":-1.5e3} \n",
                          slices),
                     0);
    assert_slice(&slices[TYPE], SW_SCAN_STRING, "\"ADDED\"");
    assert_slice(&slices[NAME], SW_SCAN_STRING, "\"cart\"");
}

static void scan_is_not_misled_by_brackets_and_quotes_in_strings(void **state)
{
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    assert_int_equal(scan("{\"a\":\"}\\\"]{\\\\\",\"metadata\":{\"name\":\"b\"}}", slices), 0);
    assert_slice(&slices[NAME], SW_SCAN_STRING, "\"b\"");
    assert_int_equal(slices[TYPE].type, SW_SCAN_ABSENT);
}

static void scan_tells_types_apart(void **state)
{
    static const struct {
        const char *text;
        enum sw_scan_type type;
    } cases[] = {
        {"{\"type\":{}}", SW_SCAN_OBJECT}, {"{\"type\":[]}", SW_SCAN_ARRAY},
        {"{\"type\":null}", SW_SCAN_NULL}, {"{\"type\":true}", SW_SCAN_TRUE},
        {"{\"type\":false}", SW_SCAN_FALSE}, {"{\"type\":7}", SW_SCAN_NUMBER},
        {"{\"type\":\"a\\n\"}", SW_SCAN_ABSENT}, {"{}", SW_SCAN_ABSENT},
    };
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(scan(cases[i].text, slices), 0);
        assert_int_equal(slices[TYPE].type, cases[i].type);
    }
}

static void scan_takes_the_first_of_two(void **state)
{
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    assert_int_equal(scan("{\"type\":1,\"type\":2}", slices), 0);
    assert_slice(&slices[TYPE], SW_SCAN_NUMBER, "1");
}

static void scan_goes_to_any_depth(void **state)
{
    enum { DEPTH = 200000 };
    static char text[2 * DEPTH + 64];
    struct sw_scan_slice slices[N_SLICES];
    size_t len;

    (void)state;
    memcpy(text, "{\"a\":", 5);
    memset(text + 5, '[', DEPTH);
    memset(text + 5 + DEPTH, ']', DEPTH);
    len = 5 + 2 * DEPTH;
    memcpy(text + len, ",\"type\":3}", 11);
    assert_int_equal(scan(text, slices), 0);
    assert_slice(&slices[TYPE], SW_SCAN_NUMBER, "3");
}

static void scan_refuses_what_does_not_match(void **state)
{
    static const char *const cases[] = {
        "", " ", "[]", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":\"", "{\"a\":[",
        "{\"a\":1}}", "{\"a\" 1}", "{a:1}", "{} x", "{\"metadata\":{\"name\"}}", "{\"a\":,}",
        "{\"a\":\"\\", "{\"a\":\"\\\"}",
    };
    struct sw_scan_slice slices[N_SLICES];
    struct sw_err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(scan(cases[i], slices), SW_ESYNTAX);
    assert_int_equal(sw_shallow_scan(SW_STR("{"), wants, slices, N_SLICES, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "brackets or quotes do not match");
}

static void length_of_a_value_with_brackets_or_quotes(void **state)
{
    (void)state;
    assert_int_equal(sw_shallow_length(SW_STR("{\"a\":[]},")), 8);
    assert_int_equal(sw_shallow_length(SW_STR("[1,2]]")), 5);
    assert_int_equal(sw_shallow_length(SW_STR("\"a\\\"b\" c")), 6);
    assert_int_equal(sw_shallow_length(SW_STR("17,")), 0);
    assert_int_equal(sw_shallow_length(SW_STR("}")), 0);
    assert_int_equal(sw_shallow_length(SW_STR("{\"a")), 0);
    assert_int_equal(sw_shallow_length(SW_STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_finds_what_is_wanted),
        cmocka_unit_test(scan_is_not_misled_by_brackets_and_quotes_in_strings),
        cmocka_unit_test(scan_tells_types_apart),
        cmocka_unit_test(scan_takes_the_first_of_two),
        cmocka_unit_test(scan_goes_to_any_depth),
        cmocka_unit_test(scan_refuses_what_does_not_match),
        cmocka_unit_test(length_of_a_value_with_brackets_or_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
