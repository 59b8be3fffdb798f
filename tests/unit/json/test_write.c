/* pkg/json/write.c: compact, canonical, and strings of any bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/read.h"
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

static void string_of_every_character_is_as_jansson_writes_it(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf ours;
        SW_CLEANUP(sw_buf_release) struct sw_buf jansson;
        char text[] = {'a', (char)c, 'b'};
        json_auto_t *value = json_stringn(text, sizeof(text));

        sw_buf_init(&ours, MAX);
        sw_buf_init(&jansson, MAX);
        sw_json_write_string((struct sw_str){text, sizeof(text)}, &ours);
        sw_json_write(value, &jansson);
        assert_int_equal(ours.len, jansson.len);
        assert_memory_equal(ours.data, jansson.data, ours.len);
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
        cmocka_unit_test(canonical_sorts_at_every_level),
        cmocka_unit_test(write_leaves_its_failure_in_the_buffer),
        cmocka_unit_test(write_without_memory_for_its_bookkeeping),
        cmocka_unit_test(string_of_every_character_is_as_jansson_writes_it),
        cmocka_unit_test(string_of_other_bytes),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
