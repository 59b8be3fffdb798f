/* pkg/json/get.c: typed members, and errors that name the path and what was found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "json/get.h"
#include "json/read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static json_t *document;

static const struct sw_at *const spec = &(const struct sw_at){NULL, "spec", 0};

static int setup(void **state)
{
    (void)state;
    sw_json_setup();
    return sw_json_read(SW_STR("{\"s\":\"text\",\"nul\":\"a\\u0000b\",\"empty\":\"\",\"t\":true,"
                               "\"f\":false,\"n\":null,\"i\":7,\"low\":-9223372036854775808,"
                               "\"r\":7.0,\"o\":{\"a\":1},\"strings\":[\"a\",\"b\"],"
                               "\"objects\":[{},{\"x\":1}],\"mixed\":[\"a\",{},null],"
                               "\"none\":[],\"long\":\"0123456789012345678901234567890123456789"
                               "0123\"}"),
                        &document, NULL);
}

static int teardown(void **state)
{
    (void)state;
    json_decref(document);
    return 0;
}

static void str_of_each(void **state)
{
    struct sw_str value = SW_STR("untouched");
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_str(document, "missing", NULL, &value, &err), 0);
    assert_int_equal(sw_get_str(document, "n", NULL, &value, &err), 0);
    assert_int_equal(sw_get_str(NULL, "s", NULL, &value, &err), 0);
    assert_true(sw_str_is(value, "untouched"));
    assert_int_equal(sw_get_str(document, "s", NULL, &value, &err), 1);
    assert_true(sw_str_is(value, "text"));
    assert_int_equal(sw_get_str(document, "empty", NULL, &value, &err), 1);
    assert_int_equal(value.len, 0);
    assert_int_equal(sw_get_str(document, "nul", NULL, &value, &err), 1);
    assert_true(sw_str_eq(value, SW_STR("a\0b")));
    assert_int_equal(err.code, 0);
    assert_int_equal(sw_get_str(document, "i", spec, &value, &err), SW_ETYPE);
    assert_int_equal(err.code, SW_ETYPE);
    assert_string_equal(err.message, "spec.i: expected a string, found 7");
    assert_true(sw_str_eq(value, SW_STR("a\0b")));
}

static void bool_of_each(void **state)
{
    bool value = true;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_bool(document, "n", NULL, &value, &err), 0);
    assert_true(value);
    assert_int_equal(sw_get_bool(document, "f", NULL, &value, &err), 1);
    assert_false(value);
    assert_int_equal(sw_get_bool(document, "t", NULL, &value, &err), 1);
    assert_true(value);
    assert_int_equal(sw_get_bool(document, "s", NULL, &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "s: expected true or false, found \"text\"");
}

#define RANGE(min, max) ((struct sw_int_range){(min), (max)})

static void int_within_its_range(void **state)
{
    int64_t value = 1;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_int(document, "missing", NULL, RANGE(0, 9), &value, &err), 0);
    assert_int_equal(value, 1);
    assert_int_equal(sw_get_int(document, "i", NULL, RANGE(7, 7), &value, &err), 1);
    assert_int_equal(value, 7);
    assert_int_equal(sw_get_int(document, "low", NULL, RANGE(INT64_MIN, INT64_MAX), &value, &err),
                     1);
    assert_true(value == INT64_MIN);
    assert_int_equal(sw_get_int(document, "i", spec, RANGE(8, 65535), &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "spec.i: expected an integer from 8 to 65535, found 7");
    assert_int_equal(sw_get_int(document, "i", NULL, RANGE(0, 6), &value, &err), SW_ETYPE);
    assert_int_equal(sw_get_int(document, "r", NULL, RANGE(0, 9), &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "r: expected an integer from 0 to 9, found 7.0");
}

static void object_of_each(void **state)
{
    json_t *value = NULL;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_object(document, "n", NULL, &value, &err), 0);
    assert_null(value);
    assert_int_equal(sw_get_object(document, "o", NULL, &value, &err), 1);
    assert_ptr_equal(value, json_object_get(document, "o"));
    assert_int_equal(sw_get_object(document, "none", NULL, &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "none: expected an object, found an array");
}

static void objects_of_each(void **state)
{
    json_t *value = NULL;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_objects(document, "n", NULL, &value, &err), 0);
    assert_int_equal(sw_get_objects(document, "none", NULL, &value, &err), 1);
    assert_int_equal(sw_get_objects(document, "objects", NULL, &value, &err), 1);
    assert_int_equal(json_array_size(value), 2);
    assert_int_equal(sw_get_objects(document, "mixed", spec, &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "spec.mixed[0]: expected an object, found \"a\"");
    assert_int_equal(sw_get_objects(document, "o", spec, &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "spec.o: expected an array, found an object");
}

static void strings_of_each(void **state)
{
    json_t *value = NULL;
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_strings(document, "missing", NULL, &value, &err), 0);
    assert_int_equal(sw_get_strings(document, "strings", NULL, &value, &err), 1);
    assert_int_equal(json_array_size(value), 2);
    assert_int_equal(sw_get_strings(document, "mixed", NULL, &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "mixed[1]: expected a string, found an object");
    assert_int_equal(sw_get_strings(document, "t", NULL, &value, &err), SW_ETYPE);
    assert_string_equal(err.message, "t: expected an array, found true");
}

static void type_name_of_each(void **state)
{
    static const struct {
        const char *key, *name;
    } cases[] = {
        {"missing", "nothing"}, {"o", "an object"},  {"none", "an array"},
        {"s", "a string"},      {"i", "an integer"}, {"r", "a number"},
        {"t", "true"},          {"f", "false"},      {"n", "null"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_string_equal(sw_json_type_name(json_object_get(document, cases[i].key)),
                            cases[i].name);
}

static void fail_at_the_value_itself(void **state)
{
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_get_fail(NULL, NULL, spec, "x", &err), SW_ETYPE);
    assert_string_equal(err.message, "spec: expected x, found nothing");
    assert_int_equal(sw_get_fail(NULL, NULL, NULL, "x", &err), SW_ETYPE);
    assert_string_equal(err.message, "the document: expected x, found nothing");
    assert_int_equal(sw_get_fail(NULL, "a", NULL, "x", NULL), SW_ETYPE);
}

static void fail_cuts_long_strings_between_characters(void **state)
{
    json_auto_t *wide = json_string("012345678901234567890123456789012345678\xc3\xa9z");
    struct sw_err err = {0};

    (void)state;
    sw_get_fail(json_object_get(document, "long"), "k", NULL, "x", &err);
    assert_string_equal(err.message,
                        "k: expected x, found \"0123456789012345678901234567890123456789\"...");
    sw_get_fail(wide, "k", NULL, "x", &err);
    assert_string_equal(err.message,
                        "k: expected x, found \"012345678901234567890123456789012345678\"...");
}

static void fail_of_a_path_too_long_to_write(void **state)
{
    static char key[(64 << 10) + 1];
    struct sw_at at = {NULL, key, 0};
    struct sw_err err = {0};

    (void)state;
    memset(key, 'k', sizeof(key) - 1);
    assert_int_equal(sw_get_fail(document, "name", &at, "a string", &err), SW_ETYPE);
    assert_string_equal(err.message, "name: expected a string, found an object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_of_each),
        cmocka_unit_test(bool_of_each),
        cmocka_unit_test(int_within_its_range),
        cmocka_unit_test(object_of_each),
        cmocka_unit_test(objects_of_each),
        cmocka_unit_test(strings_of_each),
        cmocka_unit_test(type_name_of_each),
        cmocka_unit_test(fail_at_the_value_itself),
        cmocka_unit_test(fail_cuts_long_strings_between_characters),
        cmocka_unit_test(fail_of_a_path_too_long_to_write),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
