/* pkg/json/scan.c: what it finds, what it refuses, and what it says about that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/scan.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { UID, OPERATION, OBJECT, NAME, LABELS, SPEC, N_SLICES };

static const struct sw_scan_want metadata_wants[] = {
    {"name", NAME, NULL},
    {"labels", LABELS, NULL},
    {NULL, 0, NULL},
};
static const struct sw_scan_want object_wants[] = {
    {"metadata", -1, metadata_wants},
    {"spec", SPEC, NULL},
    {NULL, 0, NULL},
};
static const struct sw_scan_want request_wants[] = {
    {"uid", UID, NULL},
    {"operation", OPERATION, NULL},
    {"object", OBJECT, object_wants},
    {NULL, 0, NULL},
};
static const struct sw_scan_want wants[] = {
    {"request", -1, request_wants},
    {NULL, 0, NULL},
};

static void assert_slice(const struct sw_scan_slice *slice, enum sw_scan_type type,
                         const char *text)
{
    assert_int_equal(slice->type, type);
    assert_int_equal(slice->text.len, strlen(text));
    if (slice->text.len)
        assert_memory_equal(slice->text.data, text, slice->text.len);
}

static void assert_refused(const char *text, int code, const char *message)
{
    struct sw_scan_slice slices[N_SLICES];
    struct sw_err err = {0};

    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, &err), code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), code);
}

static void scan_finds_what_is_wanted(void **state)
{
    static const char text[] =
        " {\"kind\":\"AdmissionReview\",\"spec\":0,\"request\":{\"uid\":\"1-2\",\"name\":\"no\",\n"
        "\"object\" : {\"spec\":{\"a\":[1,{\"name\":\"no\"}]},\"metadata\":{\"labels\":{\"a\":"
        "\"b\"},"
        "\"generation\":-1.5e3,\"name\":\"reviews\"}},\"operation\":null},\"request2\":{}}\r\n\t ";
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), 0);
    assert_slice(&slices[UID], SW_SCAN_STRING, "\"1-2\"");
    assert_slice(&slices[OPERATION], SW_SCAN_NULL, "null");
    assert_slice(&slices[NAME], SW_SCAN_STRING, "\"reviews\"");
    assert_slice(&slices[LABELS], SW_SCAN_OBJECT, "{\"a\":\"b\"}");
    assert_slice(&slices[SPEC], SW_SCAN_OBJECT, "{\"a\":[1,{\"name\":\"no\"}]}");
    assert_slice(&slices[OBJECT], SW_SCAN_OBJECT,
                 "{\"spec\":{\"a\":[1,{\"name\":\"no\"}]},\"metadata\":{\"labels\":{\"a\":\"b\"},"
                 "\"generation\":-1.5e3,\"name\":\"reviews\"}}");
}

static void scan_tells_the_type(void **state)
{
    static const struct {
        const char *value;
        enum sw_scan_type type;
    } cases[] = {
        {"{}", SW_SCAN_OBJECT},   {"[]", SW_SCAN_ARRAY},      {"\"\"", SW_SCAN_STRING},
        {"-0", SW_SCAN_NUMBER},   {"1e3", SW_SCAN_NUMBER},    {"true", SW_SCAN_TRUE},
        {"false", SW_SCAN_FALSE}, {"null", SW_SCAN_NULL},     {"[ ]", SW_SCAN_ARRAY},
        {"{ }", SW_SCAN_OBJECT},  {"[1 , 2]", SW_SCAN_ARRAY}, {"\"\\\"\"", SW_SCAN_STRING},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sw_scan_slice slices[N_SLICES];
        char text[100];

        snprintf(text, sizeof(text), "{\"request\":{\"uid\": %s }}", cases[i].value);
        assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), 0);
        assert_slice(&slices[UID], cases[i].type, cases[i].value);
    }
}

static void scan_leaves_the_rest_absent(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"request\":{}}",
        "{\"request\":null}",
        "{\"request\":[{\"uid\":\"1\"}]}",
        "{\"request\":\"uid\",\"uid\":\"1\"}",
        "{\"Request\":{\"uid\":\"1\"},\"reques\":{\"uid\":1},\"requests\":{\"uid\":1}}",
        "{\"\":{\"uid\":1}}",
    };
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        memset(slices, 0xff, sizeof(slices));
        assert_int_equal(sw_scan(sw_str_from(texts[i]), wants, slices, N_SLICES, NULL), 0);
        for (size_t j = 0; j < N_SLICES; j++)
            assert_slice(&slices[j], SW_SCAN_ABSENT, "");
    }
}

static void scan_compares_names_after_unescaping(void **state)
{
    static const char text[] =
        "{\"\\u0072equest\":{\"ob\\u006aect\":{\"meta\\u0064ata\":{\"name\":\"x\"}}}}";
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), 0);
    assert_slice(&slices[NAME], SW_SCAN_STRING, "\"x\"");
}

static void scan_refuses_a_wanted_member_twice(void **state)
{
    (void)state;
    assert_refused("{\"request\":{\"uid\":1,\"uid\":1}}", SW_ESYNTAX,
                   "byte 20: member \"uid\" stands twice");
    assert_refused("{\"request\":{},\"request\":{}}", SW_ESYNTAX,
                   "byte 14: member \"request\" stands twice");
    assert_refused("{\"request\":1,\"\\u0072equest\":{}}", SW_ESYNTAX,
                   "byte 13: member \"request\" stands twice");
    assert_refused("{\"request\":{\"object\":{\"metadata\":null,\"metadata\":null}}}", SW_ESYNTAX,
                   "byte 38: member \"metadata\" stands twice");
}

static void scan_takes_other_members_twice(void **state)
{
    static const char text[] =
        "{\"a\":1,\"a\":2,\"request\":{\"b\":{\"uid\":1,\"uid\":2},\"b\":[]},\"uid\":1,\"uid\":2}";
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), 0);
    assert_slice(&slices[UID], SW_SCAN_ABSENT, "");
}

static void scan_says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "byte 0: expected an object, found the end"},
        {" \n", "byte 2: expected an object, found the end"},
        {"[]", "byte 0: expected an object, found '['"},
        {"\"a\"", "byte 0: expected an object, found '\"a\"'"},
        {"\xef\xbb\xbf{}", "byte 0: expected an object, found byte 0xef"},
        {"{", "byte 1: expected a member's name in quotes, found the end"},
        {"{a:1}", "byte 1: expected a member's name in quotes, found 'a'"},
        {"{\"a\":1,}", "byte 7: expected a member's name in quotes, found '}'"},
        {"{,}", "byte 1: expected a member's name in quotes, found ','"},
        {"{\"a\"}", "byte 4: expected ':', found '}'"},
        {"{\"a\" 1}", "byte 5: expected ':', found '1'"},
        {"{\"a\":}", "byte 5: expected a value, found '}'"},
        {"{\"a\":", "byte 5: expected a value, found the end"},
        {"{\"a\":tru}", "byte 5: expected a value, found 'tru'"},
        {"{\"a\":True}", "byte 5: expected a value, found 'True'"},
        {"{\"a\":nul", "byte 5: expected a value, found 'nul'"},
        {"{\"a\":falsey}", "byte 10: expected ',' or '}', found 'y'"},
        {"{\"a\":-}", "byte 6: expected a digit, found '}'"},
        {"{\"a\":1 \"b\":2}", "byte 7: expected ',' or '}', found '\"b\"'"},
        {"{\"a\":1]", "byte 6: expected ',' or '}', found ']'"},
        {"{\"a\":1", "byte 6: expected ',' or '}', found the end"},
        {"{\"a\":[1}", "byte 7: expected ',' or ']', found '}'"},
        {"{\"a\":[1,]}", "byte 8: expected a value, found ']'"},
        {"{\"a\":[", "byte 6: expected a value, found the end"},
        {"{\"a\":[1", "byte 7: expected ',' or ']', found the end"},
        {"{\"a\":\"b", "byte 7: expected '\"' at a string's end, found the end"},
        {"{\"a\":\"\n\"}", "byte 6: expected no control character in a string, found byte 0x0a"},
        {"{\"a\":\"\\q\"}", "byte 6: expected an escape of JSON, found '\\q\"'"},
        {"{\"a\":\"\xc0\x80\"}", "byte 6: expected UTF-8, found byte 0xc0"},
        {"{\"a\\u0000\":1}", "byte 1: expected a member's name without \\u0000, "
                             "found '\"a\\u0000\"'"},
        {"{} {}", "byte 3: expected nothing behind the object, found '{'"},
        {"{}\v", "byte 2: expected nothing behind the object, found byte 0x0b"},
        {"/**/{}", "byte 0: expected an object, found '/**/{'"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_refused(cases[i].text, SW_ESYNTAX, cases[i].message);
}

static void scan_refuses_byte_0_everywhere(void **state)
{
    static const struct sw_str cases[] = {
        SW_STR("\0{}"),           SW_STR("{\0}"),        SW_STR("{}\0"),
        SW_STR("{\"a\0\":1}"),    SW_STR("{\"a\":1\0}"), SW_STR("{\"a\":nu\0}"),
        SW_STR("{\"a\":true\0}"), SW_STR("\0"),
    };
    struct sw_scan_slice slices[N_SLICES];

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(sw_scan(cases[i], wants, slices, N_SLICES, NULL), SW_ESYNTAX);
}

/* {"a":{"a":...{}...}} or {"a":[[...[]...]]} with `depth` objects and arrays in all. */
static struct sw_str nested(char *text, size_t size, const char *opening, const char *closing,
                            size_t depth)
{
    struct sw_str result = {text, 0};

    assert_true(size > 8 * depth);
    result.len += (size_t)snprintf(text, size, "{\"a\":");
    for (size_t i = 1; i < depth; i++)
        result.len += (size_t)snprintf(text + result.len, size - result.len, "%s", opening);
    result.len += (size_t)snprintf(text + result.len, size - result.len, "1");
    for (size_t i = 1; i < depth; i++)
        result.len += (size_t)snprintf(text + result.len, size - result.len, "%s", closing);
    result.len += (size_t)snprintf(text + result.len, size - result.len, "}");
    return result;
}

static void scan_of_the_deepest_nesting(void **state)
{
    struct sw_scan_slice slices[N_SLICES];
    struct sw_err err = {0};
    char text[2000];

    (void)state;
    assert_int_equal(sw_scan(nested(text, sizeof(text), "[", "]", SW_JSON_MAX_DEPTH), wants, slices,
                             N_SLICES, NULL),
                     0);
    assert_int_equal(sw_scan(nested(text, sizeof(text), "{\"a\":", "}", SW_JSON_MAX_DEPTH), wants,
                             slices, N_SLICES, NULL),
                     0);
    assert_int_equal(sw_scan(nested(text, sizeof(text), "[", "]", SW_JSON_MAX_DEPTH + 1), wants,
                             slices, N_SLICES, &err),
                     SW_ELIMIT);
    assert_string_equal(err.message, "byte 68: nested deeper than 64 levels");
    assert_int_equal(sw_scan(nested(text, sizeof(text), "{\"a\":", "}", SW_JSON_MAX_DEPTH + 1),
                             wants, slices, N_SLICES, &err),
                     SW_ELIMIT);
    assert_string_equal(err.message, "byte 320: nested deeper than 64 levels");
}

static void scan_that_only_checks(void **state)
{
    (void)state;
    assert_int_equal(sw_scan(SW_STR("{\"a\":[{}]}"), NULL, NULL, 0, NULL), 0);
    assert_int_equal(sw_scan(SW_STR("{\"a\":[{]}"), NULL, NULL, 0, NULL), SW_ESYNTAX);
}

static void scan_of_a_slot_without_a_slice(void **state)
{
    struct sw_scan_slice slices[N_SLICES];
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(
        sw_scan(SW_STR("{\"request\":{\"operation\":1}}"), wants, slices, OPERATION, &err),
        SW_EINTERNAL);
    assert_int_equal(err.code, SW_EINTERNAL);
}

static void scan_of_more_wants_than_fit(void **state)
{
    struct sw_scan_want many[66] = {0};
    char keys[65][4];

    (void)state;
    for (size_t i = 0; i < 65; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        many[i] = (struct sw_scan_want){keys[i], -1, NULL};
    }
    assert_int_equal(sw_scan(SW_STR("{\"k63\":1,\"k0\":1}"), many, NULL, 0, NULL), 0);
    assert_int_equal(sw_scan(SW_STR("{\"k63\":1,\"k63\":1}"), many, NULL, 0, NULL), SW_ESYNTAX);
    assert_int_equal(sw_scan(SW_STR("{\"k64\":1}"), many, NULL, 0, NULL), SW_EINTERNAL);
}

static void string_is_borrowed_where_it_can_be(void **state)
{
    static const char text[] = "{\"request\":{\"uid\":\"plain\",\"operation\":\"\"}}";
    struct sw_scan_slice slices[N_SLICES];
    struct sw_str value = {NULL, 0};

    (void)state;
    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), 0);
    assert_int_equal(sw_scan_string(&slices[UID], NULL, &value, NULL), 0);
    assert_ptr_equal(value.data, slices[UID].text.data + 1);
    assert_int_equal(value.len, 5);
    assert_int_equal(sw_scan_string(&slices[OPERATION], NULL, &value, NULL), 0);
    assert_int_equal(value.len, 0);
}

static void string_is_unescaped_into_the_arena(void **state)
{
    static const char text[] =
        "{\"request\":{\"uid\":\"a\\n\\ud83d\\ude00\\u0000\\\"\",\"operation\":\"\\\\\"}}";
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_scan_slice slices[N_SLICES];
    struct sw_str value = {NULL, 0};

    (void)state;
    sw_arena_init(&arena, 64, 64);
    assert_int_equal(sw_scan(sw_str_from(text), wants, slices, N_SLICES, NULL), 0);
    assert_int_equal(sw_scan_string(&slices[UID], &arena, &value, NULL), 0);
    assert_true(sw_str_eq(value, SW_STR("a\n\xf0\x9f\x98\x80\0\"")));
    assert_int_equal(sw_scan_string(&slices[OPERATION], &arena, &value, NULL), 0);
    assert_true(sw_str_eq(value, SW_STR("\\")));
}

static void string_without_memory(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_scan_slice slice = {SW_SCAN_STRING, SW_STR("\"over 16 bytes long\\n\"")};
    struct sw_str value = SW_STR("untouched");
    struct sw_err err = {0};

    (void)state;
    sw_arena_init(&arena, 16, 16);
    assert_int_equal(sw_scan_string(&slice, &arena, &value, &err), SW_ENOMEM);
    assert_int_equal(err.code, SW_ENOMEM);
    assert_true(sw_str_is(value, "untouched"));
}

static void string_of_another_type(void **state)
{
    struct sw_scan_slice slice = {SW_SCAN_ABSENT, {NULL, 0}};
    struct sw_str value;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_scan_string(&slice, NULL, &value, &err), SW_EINTERNAL);
    assert_string_equal(err.message, "nothing was taken for a string");
}

static void type_name_of_each(void **state)
{
    static const char *const names[] = {
        [SW_SCAN_ABSENT] = "nothing",  [SW_SCAN_OBJECT] = "an object", [SW_SCAN_ARRAY] = "an array",
        [SW_SCAN_STRING] = "a string", [SW_SCAN_NUMBER] = "a number",  [SW_SCAN_TRUE] = "true",
        [SW_SCAN_FALSE] = "false",     [SW_SCAN_NULL] = "null",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(names); i++)
        assert_string_equal(sw_scan_type_name((enum sw_scan_type)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_finds_what_is_wanted),
        cmocka_unit_test(scan_tells_the_type),
        cmocka_unit_test(scan_leaves_the_rest_absent),
        cmocka_unit_test(scan_compares_names_after_unescaping),
        cmocka_unit_test(scan_refuses_a_wanted_member_twice),
        cmocka_unit_test(scan_takes_other_members_twice),
        cmocka_unit_test(scan_says_what_is_wrong),
        cmocka_unit_test(scan_refuses_byte_0_everywhere),
        cmocka_unit_test(scan_of_the_deepest_nesting),
        cmocka_unit_test(scan_that_only_checks),
        cmocka_unit_test(scan_of_a_slot_without_a_slice),
        cmocka_unit_test(scan_of_more_wants_than_fit),
        cmocka_unit_test(string_is_borrowed_where_it_can_be),
        cmocka_unit_test(string_is_unescaped_into_the_arena),
        cmocka_unit_test(string_without_memory),
        cmocka_unit_test(string_of_another_type),
        cmocka_unit_test(type_name_of_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
