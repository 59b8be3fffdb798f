/* pkg/base/base64.c: RFC 4648's own vectors, white space, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/buf.h"

static void assert_decodes(const char *text, const void *bytes, size_t len)
{
    struct sw_arena arena;
    struct sw_str decoded;

    sw_arena_init(&arena, 64, 4096);
    assert_int_equal(sw_base64_decode(sw_str_from(text), &arena, &decoded, NULL), 0);
    assert_int_equal(decoded.len, len);
    assert_memory_equal(decoded.data, bytes, len);
    assert_int_equal(decoded.data[len], '\0');
    sw_arena_release(&arena);
}

static void assert_refused(const char *text, const char *message)
{
    struct sw_str decoded = SW_STR("untouched");
    struct sw_err err = {0};
    struct sw_arena arena;

    sw_arena_init(&arena, 64, 4096);
    assert_int_equal(sw_base64_decode(sw_str_from(text), &arena, &decoded, &err), SW_ESYNTAX);
    assert_string_equal(err.message, message);
    assert_string_equal(decoded.data, "untouched");
    sw_arena_release(&arena);
}

static void decode_of_the_vectors_of_rfc_4648(void **state)
{
    (void)state;
    assert_decodes("", "", 0);
    assert_decodes("Zg==", "f", 1);
    assert_decodes("Zm8=", "fo", 2);
    assert_decodes("Zm9v", "foo", 3);
    assert_decodes("Zm9vYg==", "foob", 4);
    assert_decodes("Zm9vYmE=", "fooba", 5);
    assert_decodes("Zm9vYmFy", "foobar", 6);
}

static void decode_of_what_was_encoded_is_the_same(void **state)
{
    unsigned char bytes[256];
    struct sw_buf buf;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 167);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        sw_buf_init(&buf, 1024);
        sw_buf_append_base64(&buf, bytes, len);
        sw_buf_append(&buf, "", 1);
        assert_int_equal(sw_buf_status(&buf, NULL), 0);
        assert_decodes(buf.data, bytes, len);
        sw_buf_release(&buf);
    }
}

static void decode_passes_over_white_space(void **state)
{
    (void)state;
    assert_decodes(" Zm9v\r\nYg\t=\n=\n", "foob", 4);
    assert_decodes(" \n", "", 0);
}

static void decode_refuses_what_is_no_digit(void **state)
{
    (void)state;
    assert_refused("Zm9v-mFy", "not base64 at byte 4");
    assert_refused("Zm_v", "not base64 at byte 2");
    assert_refused("Zm9\xc3", "not base64 at byte 3");
}

static void decode_refuses_padding_out_of_place(void **state)
{
    (void)state;
    assert_refused("=", "not base64 at byte 0");
    assert_refused("Z===", "not base64 at byte 1");
    assert_refused("Zm=v", "not base64 at byte 3");
    /* One byte, and bits left over that say something: another text would read alike. */
    assert_refused("QR==", "not base64 at byte 3");
    assert_refused("Zm9=", "not base64 at byte 3");
    assert_refused("Zg==Zg==", "not base64 at byte 4");
    assert_refused("Zm9v=", "not base64 at byte 4");
    assert_refused("Zg===", "not base64 at byte 4");
}

static void decode_refuses_half_a_group(void **state)
{
    (void)state;
    assert_refused("Z", "base64 that ends in the middle of a group");
    assert_refused("Zm9vZg", "base64 that ends in the middle of a group");
    assert_refused("Zg=", "base64 that ends in the middle of a group");
}

static void decode_without_memory_says_so(void **state)
{
    struct sw_arena arena;
    struct sw_str decoded;

    (void)state;
    sw_arena_init(&arena, 16, 16);
    assert_int_equal(sw_base64_decode(SW_STR("Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy"), &arena, &decoded,
                                      NULL),
                     SW_ENOMEM);
    sw_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_of_the_vectors_of_rfc_4648),
        cmocka_unit_test(decode_of_what_was_encoded_is_the_same),
        cmocka_unit_test(decode_passes_over_white_space),
        cmocka_unit_test(decode_refuses_what_is_no_digit),
        cmocka_unit_test(decode_refuses_padding_out_of_place),
        cmocka_unit_test(decode_refuses_half_a_group),
        cmocka_unit_test(decode_without_memory_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
