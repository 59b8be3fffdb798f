/* pkg/base/utf8.h: every code point there and back, and everything that is not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"

static void encode_and_length_of_every_code_point(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char bytes[4];
        size_t len = sw_utf8_encode(point, bytes);

        assert_int_equal(len, point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
        assert_int_equal(sw_utf8_length(bytes, bytes + len),
                         point >= 0xd800 && point <= 0xdfff ? 0 : len);
        for (size_t room = 1; room < len; room++)
            assert_int_equal(sw_utf8_length(bytes, bytes + room), 0);
    }
}

static void length_of_what_is_malformed(void **state)
{
    static const struct sw_str cases[] = {
        SW_STR("\x80"),             /* a tail without a head */
        SW_STR("\xbf"),             /* the last of them */
        SW_STR("\xc0\x80"),         /* overlong NUL */
        SW_STR("\xc1\xbf"),         /* overlong DEL */
        SW_STR("\xe0\x9f\xbf"),     /* overlong U+07FF */
        SW_STR("\xf0\x8f\xbf\xbf"), /* overlong U+FFFF */
        SW_STR("\xed\xa0\x80"),     /* U+D800 */
        SW_STR("\xed\xbf\xbf"),     /* U+DFFF */
        SW_STR("\xf4\x90\x80\x80"), /* U+110000 */
        SW_STR("\xf5\x80\x80\x80"), /* beyond any plane */
        SW_STR("\xff"),             /* never in UTF-8 */
        SW_STR("\xc3("),            /* a head without its tail */
        SW_STR("\xe2\x82("),
        SW_STR("\xe2(\xac"),
        SW_STR("\xf0\x9f\x98("),
        SW_STR("\xf0\x9f(\x80"),
        SW_STR("\xf0(\x98\x80"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(sw_utf8_length(cases[i].data, cases[i].data + cases[i].len), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode_and_length_of_every_code_point),
        cmocka_unit_test(length_of_what_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
