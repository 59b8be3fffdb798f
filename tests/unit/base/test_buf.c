/* pkg/base/buf.c: what was appended comes out, the cap is exact, the first failure stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"

static struct sw_buf buf_of(size_t max_bytes)
{
    struct sw_buf buf;

    sw_buf_init(&buf, max_bytes);
    return buf;
}

static void assert_holds(const struct sw_buf *buf, const char *text)
{
    struct sw_err err = {0};

    assert_int_equal(sw_buf_status(buf, &err), 0);
    assert_int_equal(err.code, 0);
    assert_int_equal(buf->len, strlen(text));
    assert_memory_equal(buf->data, text, buf->len);
}

static void append_in_every_way(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(100);

    (void)state;
    sw_buf_append(&buf, "abc", 2);
    sw_buf_append_str(&buf, SW_STR("-str"));
    sw_buf_append_text(&buf, "-text");
    sw_buf_printf(&buf, "-%d-%s", 42, "x");
    memcpy(sw_buf_extend(&buf, 2), "!?", 2);
    assert_holds(&buf, "ab-str-text-42-x!?");
    assert_true(sw_str_is(sw_buf_str(&buf), "ab-str-text-42-x!?"));
}

static void append_u64_of_every_length(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(100);

    (void)state;
    sw_buf_append_u64(&buf, 0);
    sw_buf_append_text(&buf, " ");
    sw_buf_append_u64(&buf, 9);
    sw_buf_append_text(&buf, " ");
    sw_buf_append_u64(&buf, 10);
    sw_buf_append_text(&buf, " ");
    sw_buf_append_u64(&buf, UINT64_MAX);
    assert_holds(&buf, "0 9 10 18446744073709551615");
}

static void reserve_makes_room_and_appends_nothing(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(2000);
    const char *before;

    (void)state;
    sw_buf_append_text(&buf, "abc");
    sw_buf_reserve(&buf, 1000);
    before = buf.data;
    for (size_t i = 0; i < 1000; i++)
        sw_buf_append(&buf, "x", 1);
    assert_ptr_equal(buf.data, before);
    assert_int_equal(buf.len, 1003);
}

static void reserve_over_the_cap_is_no_failure(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(4);

    (void)state;
    sw_buf_append_text(&buf, "abc");
    sw_buf_reserve(&buf, SIZE_MAX);
    sw_buf_append_text(&buf, "d");
    assert_holds(&buf, "abcd");
    sw_buf_append_text(&buf, "e");
    sw_buf_reserve(&buf, 1);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

static void append_of_nothing_changes_nothing(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(0);

    (void)state;
    sw_buf_append(&buf, NULL, 0);
    sw_buf_append_str(&buf, (struct sw_str){NULL, 0});
    sw_buf_append_text(&buf, "");
    sw_buf_printf(&buf, "%s", "");
    sw_buf_append_base64(&buf, NULL, 0);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_int_equal(buf.len, 0);
}

static void append_grows_over_many_sizes(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(1 << 20);

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        for (size_t j = 0; j <= i % 37; j++)
            sw_buf_printf(&buf, "%c", (char)('a' + (i + j) % 26));
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    for (size_t i = 0, at = 0; i < 1000; i++)
        for (size_t j = 0; j <= i % 37; j++)
            assert_int_equal(buf.data[at++], 'a' + (i + j) % 26);
}

static void append_fills_the_cap_exactly(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(1000);

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        sw_buf_append(&buf, "x", 1);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_int_equal(buf.len, 1000);
}

static void append_over_the_cap_fails_and_stays_failed(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(4);
    struct sw_err err = {0};

    (void)state;
    sw_buf_append_text(&buf, "abc");
    sw_buf_append_text(&buf, "de");
    sw_buf_append_text(&buf, "f");
    sw_buf_printf(&buf, "g");
    assert_null(sw_buf_extend(&buf, 1));
    assert_int_equal(buf.len, 3);
    assert_int_equal(sw_buf_status(&buf, &err), SW_ELIMIT);
    assert_int_equal(err.code, SW_ELIMIT);
    assert_string_equal(err.message, "the text would be over 4 bytes");
}

static void append_of_absurd_sizes_fails(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(SIZE_MAX);
    struct sw_err err = {0};

    (void)state;
    sw_buf_append_text(&buf, "abc");
    assert_null(sw_buf_extend(&buf, SIZE_MAX - 10));
    assert_int_equal(sw_buf_status(&buf, &err), SW_ENOMEM);
    assert_string_equal(err.message, "out of memory");
}

static void extend_by_nothing_is_a_pointer(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(0);

    (void)state;
    assert_non_null(sw_buf_extend(&buf, 0));
    assert_null(sw_buf_extend(&buf, 1));
}

static void printf_fills_the_cap_exactly(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(5);

    (void)state;
    sw_buf_printf(&buf, "%s", "hello");
    assert_holds(&buf, "hello");
    sw_buf_printf(&buf, "!");
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

/* vsnprintf refuses this as it refuses a text over INT_MAX bytes, but at once. */
static void printf_of_what_cannot_be_formatted_fails(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(100);

    (void)state;
    sw_buf_printf(&buf, "%lc", (wint_t)0xdfff);
    sw_buf_append_text(&buf, "after");
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
    assert_int_equal(buf.len, 0);
}

static void clear_forgets_text_and_failure_and_keeps_memory(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(4);
    const char *before;

    (void)state;
    sw_buf_append_text(&buf, "abcd");
    before = buf.data;
    sw_buf_append_text(&buf, "e");
    sw_buf_clear(&buf);
    sw_buf_append_text(&buf, "xy");
    assert_holds(&buf, "xy");
    assert_ptr_equal(buf.data, before);
}

static void release_leaves_a_usable_buffer_and_accepts_null(void **state)
{
    struct sw_buf buf = buf_of(4);

    (void)state;
    sw_buf_release(NULL);
    sw_buf_append_text(&buf, "abcde");
    sw_buf_release(&buf);
    assert_null(buf.data);
    sw_buf_append_text(&buf, "abcd");
    assert_holds(&buf, "abcd");
    sw_buf_append_text(&buf, "e");
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
    sw_buf_release(&buf);
}

/* RFC 4648 section 10, and bytes above 127. */
static void append_base64_test_vectors(void **state)
{
    static const struct {
        const char *plain, *encoded;
    } vectors[] = {
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfb", "//77"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(100);

        sw_buf_append_base64(&buf, vectors[i].plain, strlen(vectors[i].plain));
        assert_holds(&buf, vectors[i].encoded);
    }
}

static void append_base64_over_the_cap_writes_nothing(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(7);

    (void)state;
    sw_buf_append_base64(&buf, "abcd", 4);
    assert_int_equal(buf.len, 0);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
}

static void wipe_leaves_a_usable_buffer_and_accepts_null(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = buf_of(100);

    (void)state;
    sw_buf_append_text(&buf, "a token");
    sw_buf_wipe(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    sw_buf_append_text(&buf, "again");
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    sw_buf_wipe(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_in_every_way),
        cmocka_unit_test(append_u64_of_every_length),
        cmocka_unit_test(reserve_makes_room_and_appends_nothing),
        cmocka_unit_test(reserve_over_the_cap_is_no_failure),
        cmocka_unit_test(append_of_nothing_changes_nothing),
        cmocka_unit_test(append_grows_over_many_sizes),
        cmocka_unit_test(append_fills_the_cap_exactly),
        cmocka_unit_test(append_over_the_cap_fails_and_stays_failed),
        cmocka_unit_test(append_of_absurd_sizes_fails),
        cmocka_unit_test(extend_by_nothing_is_a_pointer),
        cmocka_unit_test(printf_fills_the_cap_exactly),
        cmocka_unit_test(printf_of_what_cannot_be_formatted_fails),
        cmocka_unit_test(clear_forgets_text_and_failure_and_keeps_memory),
        cmocka_unit_test(release_leaves_a_usable_buffer_and_accepts_null),
        cmocka_unit_test(append_base64_test_vectors),
        cmocka_unit_test(append_base64_over_the_cap_writes_nothing),
        cmocka_unit_test(wipe_leaves_a_usable_buffer_and_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
