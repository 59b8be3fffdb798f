/* pkg/json/write.c: compact, canonical, and strings of any bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/read.h"
#include "json/scan.h"
#include "json/write.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MAX           4096

static json_t *value_of(const char *text)
{
    json_t *value = NULL;

    assert_int_equal(sw_json_read(sw_str_from(text), &value, NULL), 0);
    return value;
}

static void assert_holds(const struct sw_buf *buf, const char *text)
{
    assert_int_equal(sw_buf_status(buf, NULL), 0);
    assert_int_equal(buf->len, strlen(text));
    assert_memory_equal(buf->data, text, buf->len);
}

static void write_is_compact_and_in_order(void **state)
{
    static const char text[] =
        "{\"b\":[1,-2.5,true,false,null,{}],\"a\":{\"\":\"\\u0000\\n\\\"\xc3\xa9\"},\"c\":[]}";
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    json_auto_t *value = value_of(text);

    (void)state;
    sw_buf_init(&buf, MAX);
    sw_json_write(value, &buf);
    assert_holds(&buf, text);
}

static void write_of_a_scalar(void **state)
{
    static const char *const texts[] = {"null", "true", "0", "-7", "1.5", "\"x\"", "\"\""};

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf buf;
        json_auto_t *value = value_of(texts[i]);

        sw_buf_init(&buf, MAX);
        sw_json_write(value, &buf);
        sw_json_write_canonical(value, &buf);
        assert_int_equal(buf.len, 2 * strlen(texts[i]));
        assert_memory_equal(buf.data, texts[i], strlen(texts[i]));
        assert_memory_equal(buf.data + strlen(texts[i]), texts[i], strlen(texts[i]));
    }
}

static void canonical_sorts_at_every_level(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    json_auto_t *value = value_of("{\"b\":{\"z\":1,\"y\":[{\"d\":1,\"c\":2}]},\"a\":0,\"B\":\"\"}");

    (void)state;
    sw_buf_init(&buf, MAX);
    sw_json_write_canonical(value, &buf);
    assert_holds(&buf, "{\"B\":\"\",\"a\":0,\"b\":{\"y\":[{\"c\":2,\"d\":1}],\"z\":1}}");
}

static void write_leaves_its_failure_in_the_buffer(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    json_auto_t *value = value_of("[\"longer than the cap\"]");

    (void)state;
    sw_buf_init(&buf, 8);
    sw_json_write(value, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
    sw_json_write(value, &buf);
    sw_json_write_string(SW_STR("longer than the cap"), &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

static void write_without_memory_for_its_bookkeeping(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    json_auto_t *value = value_of("{\"a\":{}}");

    (void)state;
    sw_arena_init(&arena, 16, 16);
    sw_buf_init(&buf, MAX);
    {
        SW_JSON_SCOPE(&arena);
        sw_json_write_canonical(value, &buf);
    }
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ENOMEM);
}

static void assert_written_as_jansson_does(const json_t *value)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    char *expected = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    assert_non_null(expected);
    sw_buf_init(&buf, 1 << 20);
    sw_json_write(value, &buf);
    assert_holds(&buf, expected);
    free(expected);
}

static void write_of_numbers_is_as_jansson_writes_them(void **state)
{
    static const char *const texts[] = {
        "0",        "-1",   "9",    "10",     "-9223372036854775808", "9223372036854775807",
        "0.0",      "-0.0", "1e20", "1e-5",   "-1.7976931348623157e308", "5e-324",
        "0.1",      "1e15", "1e16", "123456789.125", "2.2250738585072014e-308",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        json_auto_t *value = value_of(texts[i]);

        assert_written_as_jansson_does(value);
    }
}

/* A value whose shape and scalars the bits of *seed decide, a few levels deep. */
static json_t *random_value(uint64_t *seed, unsigned int depth)
{
    static const char *const texts[] = {
        "", "a", "plain text of some length", "\"", "tab\tand\\", "\xc3\xa9 at the start",
        "at the end \xf0\x9f\x98\x80", "\x01\x1f\x7f", "eight by\ntes",
    };
    uint64_t random = *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    size_t size = random >> 40 & 7;
    json_t *value;

    switch ((random >> 33 & 15) % (depth < 5 ? 8 : 6)) {
    case 0:
        return json_boolean(size & 1);
    case 1:
        return json_null();
    case 2:
        return json_integer((json_int_t)random >> (random & 63));
    case 3:
        return json_real((double)(int64_t)random / (double)(1ULL << (random & 63)));
    case 4:
    case 5:
        return json_string(texts[(random >> 44) % LENGTH(texts)]);
    case 6:
        value = json_array();
        while (size-- > 0)
            json_array_append_new(value, random_value(seed, depth + 1));
        return value;
    default:
        value = json_object();
        for (; size > 0; size--)
            json_object_set_new(value, texts[(random >> size) % LENGTH(texts)],
                                random_value(seed, depth + 1));
        return value;
    }
}

static void write_of_random_values_is_as_jansson_writes_them(void **state)
{
    uint64_t seed = 20261123;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        json_auto_t *value = random_value(&seed, 0);

        assert_written_as_jansson_does(value);
    }
}

/* n arrays, one in the other. */
static json_t *nest(size_t n)
{
    json_t *value = json_array();

    while (--n > 0) {
        json_t *outer = json_array();

        json_array_append_new(outer, value);
        value = outer;
    }
    return value;
}

static void write_stops_at_four_times_the_depth_that_is_read(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    json_auto_t *deepest = nest(4 * SW_JSON_MAX_DEPTH);
    json_auto_t *too_deep = nest(4 * SW_JSON_MAX_DEPTH + 1);

    (void)state;
    assert_written_as_jansson_does(deepest);
    sw_buf_init(&buf, MAX);
    sw_json_write(too_deep, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

static void write_of_nothing_is_out_of_memory(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, MAX);
    sw_json_write(NULL, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ENOMEM);
}

static void string_of_every_character_is_as_jansson_writes_it(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        char text[] = {'a', (char)c, 'b'};
        json_auto_t *value = json_stringn(text, sizeof(text));

        assert_written_as_jansson_does(value);
    }
}

static void string_of_other_bytes(void **state)
{
    static const struct {
        struct sw_str bytes;
        const char *text;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {SW_STR("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
         "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {SW_STR("a\xff"), "\"a\xef\xbf\xbd\""},
        {SW_STR("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {SW_STR("\xed\xa0\x80z"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
        {SW_STR("\x7f\0"), "\"\x7f\\u0000\""},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf buf;

        sw_buf_init(&buf, MAX);
        sw_json_write_string(cases[i].bytes, &buf);
        assert_holds(&buf, cases[i].text);
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
        cmocka_unit_test(write_is_compact_and_in_order),
        cmocka_unit_test(write_of_a_scalar),
        cmocka_unit_test(write_of_numbers_is_as_jansson_writes_them),
        cmocka_unit_test(write_of_random_values_is_as_jansson_writes_them),
        cmocka_unit_test(write_stops_at_four_times_the_depth_that_is_read),
        cmocka_unit_test(write_of_nothing_is_out_of_memory),
        cmocka_unit_test(canonical_sorts_at_every_level),
        cmocka_unit_test(write_leaves_its_failure_in_the_buffer),
        cmocka_unit_test(write_without_memory_for_its_bookkeeping),
        cmocka_unit_test(string_of_every_character_is_as_jansson_writes_it),
        cmocka_unit_test(string_of_other_bytes),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
