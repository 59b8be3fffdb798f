/* pkg/json/lex.c: strings and numbers at their limits, each in memory that ends where it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json/lex.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A copy whose bytes end where the heap block ends, so that a sanitizer sees a step beyond. */
static struct sw_str exact(struct sw_str s)
{
    char *copy = test_malloc(s.len + !s.len);

    if (s.len)
        memcpy(copy, s.data, s.len);
    return (struct sw_str){copy, s.len};
}

/* Reads all of `text` as a string, from its opening quote on; *ret_seen is lex.string. */
static bool reads_string(struct sw_str text, unsigned int *ret_seen)
{
    struct sw_str copy = exact(text);
    struct sw_lex lex = sw_lex_of(copy);
    const char *end = sw_lex_string(&lex, copy.data + 1);
    bool whole = end == copy.data + copy.len;

    assert_int_equal(lex.code, end ? 0 : SW_ESYNTAX);
    *ret_seen = lex.string;
    test_free((char *)copy.data);
    return whole;
}

static void string_of_every_byte_at_every_place(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[24];
                unsigned int seen;

                memset(text, 'x', sizeof(text));
                text[0] = '"';
                text[1 + len] = '"';
                text[1 + at] = (char)byte;
                assert_int_equal(reads_string((struct sw_str){text, len + 2}, &seen),
                                 byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\');
            }
        }
    }
}

static void string_without_an_end(void **state)
{
    static const struct sw_str cases[] = {
        SW_STR("\""),
        SW_STR("\"a"),
        SW_STR("\"abcdefgh"),
        SW_STR("\"abcdefghi"),
        SW_STR("\"\\"),
        SW_STR("\"\\\""),
        SW_STR("\"\\u"),
        SW_STR("\"\\u00"),
        SW_STR("\"\\u004"),
        SW_STR("\"\\u0041"),
        SW_STR("\"\\ud83d"),
        SW_STR("\"\\ud83d\\"),
        SW_STR("\"\\ud83d\\u"),
        SW_STR("\"\\ud83d\\ude0"),
        SW_STR("\"\xc3"),
        SW_STR("\"\xe2\x82"),
        SW_STR("\"\xf0\x9f\x98"),
    };
    unsigned int seen;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_false(reads_string(cases[i], &seen));
}

static void string_with_escapes(void **state)
{
    static const struct {
        struct sw_str text, meaning;
    } cases[] = {
        {SW_STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), SW_STR("\"\\/\b\f\n\r\t")},
        {SW_STR("\"\\u0041\\u00e9\\u20AC\""), SW_STR("A\xc3\xa9\xe2\x82\xac")},
        {SW_STR("\"\\uD83D\\uDE00\""), SW_STR("\xf0\x9f\x98\x80")},
        {SW_STR("\"\\ud800\\udc00\\udbff\\udfff\""), SW_STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
        {SW_STR("\"\\uD7FF\\uE000\\uFFFF\""), SW_STR("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf")},
        {SW_STR("\"a\\tb\xc3\xa9\""), SW_STR("a\tb\xc3\xa9")},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sw_str inside = sw_str_slice(cases[i].text, 1, cases[i].text.len - 1);
        unsigned int seen;
        char out[64];

        assert_true(reads_string(cases[i].text, &seen));
        assert_int_equal(seen, SW_LEX_ESCAPE);
        assert_int_equal(sw_lex_unescape(inside, out), cases[i].meaning.len);
        assert_memory_equal(out, cases[i].meaning.data, cases[i].meaning.len);
        out[cases[i].meaning.len] = '\0';
        assert_true(sw_lex_reads_as(inside, out));
    }
}

static void string_tells_of_a_nul(void **state)
{
    unsigned int seen;

    (void)state;
    assert_true(reads_string(SW_STR("\"a\\u0000b\""), &seen));
    assert_int_equal(seen, SW_LEX_ESCAPE | SW_LEX_NUL);
    assert_true(reads_string(SW_STR("\"plain\""), &seen));
    assert_int_equal(seen, 0);
}

static void string_with_bad_escapes(void **state)
{
    static const struct sw_str cases[] = {
        SW_STR("\"\\a\""),
        SW_STR("\"\\x41\""),
        SW_STR("\"\\U0041\""),
        SW_STR("\"\\'\""),
        SW_STR("\"\\\xc3\xa9\""),
        SW_STR("\"\\\n\""),
        SW_STR("\"\\\0\""),
        SW_STR("\"\\u12G4\""),
        SW_STR("\"\\u 041\""),
        SW_STR("\"\\u-041\""),
        SW_STR("\"\\ud800\""),
        SW_STR("\"\\udc00\""),
        SW_STR("\"\\udfff\\ud800\""),
        SW_STR("\"\\ud800\\ud800\""),
        SW_STR("\"\\ud800x\\udc00\""),
        SW_STR("\"\\ud800\\n\""),
        SW_STR("\"\\ud800\\ue000\""),
        SW_STR("\"\\udbff\\u0041\""),
    };
    unsigned int seen;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_false(reads_string(cases[i], &seen));
}

static void reads_as_tells_apart(void **state)
{
    (void)state;
    assert_true(sw_lex_reads_as(SW_STR("meta\\u0064ata"), "metadata"));
    assert_false(sw_lex_reads_as(SW_STR("meta\\u0064at"), "metadata"));
    assert_false(sw_lex_reads_as(SW_STR("meta\\u0064ataa"), "metadata"));
    assert_false(sw_lex_reads_as(SW_STR("meta\\u0044ata"), "metadata"));
    assert_false(sw_lex_reads_as(SW_STR("\\u0000"), ""));
    assert_false(sw_lex_reads_as(SW_STR("\\u20ac"), "\xe2\x82"));
    assert_true(sw_lex_reads_as(SW_STR(""), ""));
}

enum verdict { REFUSED, INTEGER, REAL };

static enum verdict read_number(struct sw_str text)
{
    struct sw_str copy = exact(text);
    struct sw_lex lex = sw_lex_of(copy);
    bool real = false;
    const char *end = sw_lex_number(&lex, copy.data, &real);
    enum verdict verdict = end != copy.data + copy.len ? REFUSED : real ? REAL : INTEGER;

    assert_int_equal(lex.code, end ? 0 : SW_ESYNTAX);
    test_free((char *)copy.data);
    return verdict;
}

static void number_of_every_form(void **state)
{
    static const struct {
        const char *text;
        enum verdict verdict;
    } cases[] = {
        {"0", INTEGER},        {"-0", INTEGER},   {"7", INTEGER},     {"-12", INTEGER},
        {"0.0", REAL},         {"-0.5", REAL},    {"1e2", REAL},      {"1E+2", REAL},
        {"12.50e-3", REAL},    {"0e0", REAL},     {"", REFUSED},      {"-", REFUSED},
        {"+1", REFUSED},       {"01", REFUSED},   {"-01", REFUSED},   {"00", REFUSED},
        {".5", REFUSED},       {"1.", REFUSED},   {"1.e2", REFUSED},  {"1e", REFUSED},
        {"1e+", REFUSED},      {"0x10", REFUSED}, {"1_000", REFUSED}, {"--1", REFUSED},
        {"Infinity", REFUSED}, {"NaN", REFUSED},  {"1e2.5", REFUSED}, {"\xd9\xa1", REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(read_number(sw_str_from(cases[i].text)), cases[i].verdict);
}

static void number_at_the_limits_of_64_bits(void **state)
{
    static const struct {
        const char *text;
        enum verdict verdict;
    } cases[] = {
        {"9223372036854775807", INTEGER},  {"9223372036854775808", REFUSED},
        {"-9223372036854775808", INTEGER}, {"-9223372036854775809", REFUSED},
        {"999999999999999999", INTEGER},   {"10000000000000000000", REFUSED},
        {"18446744073709551615", REFUSED}, {"9223372036854775808.0", REAL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(read_number(sw_str_from(cases[i].text)), cases[i].verdict);
}

/* The largest double is 1.797...5708e308; halfway to what would follow it, rounding turns. */
#define HALFWAY_HEAD "1797693134862315807937289714053034150799341327100378269361737789804449"
#define HALFWAY_TAIL                                                                               \
    "68292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908" \
    "90200070838367627385484581771153176447573027006985557136695962284291481986083493647529271907" \
    "4168444365510704342711559699508093042880177904174497"

static void number_at_the_limits_of_a_double(void **state)
{
    static const struct {
        const char *text;
        enum verdict verdict;
    } cases[] = {
        {"1.7976931348623157e308", REAL},
        {"1.7976931348623158e308", REAL},
        {"1.7976931348623159e308", REFUSED},
        {"-1.7976931348623159e308", REFUSED},
        {"1e308", REAL},
        {"1e309", REFUSED},
        {"0.00001e313", REAL},
        {"0.00001e314", REFUSED},
        {"10000e304", REAL},
        {"10000e305", REFUSED},
        {"0e999999999999999999999999", REAL},
        {"0.000e+99999", REAL},
        {"1e-999999999999999999999999", REAL},
        {"1e999999999999999999999999", REFUSED},
        {"1e+18446744073709551617", REFUSED},
        {"1e-18446744073709551617", REAL},
        {HALFWAY_HEAD HALFWAY_TAIL "791.9999", REAL},
        {HALFWAY_HEAD HALFWAY_TAIL "791e0", REAL},
        {HALFWAY_HEAD HALFWAY_TAIL "792.0", REFUSED},
        {HALFWAY_HEAD HALFWAY_TAIL "792e0", REFUSED},
        {HALFWAY_HEAD "." HALFWAY_TAIL "79199e239", REAL},
        {HALFWAY_HEAD "." HALFWAY_TAIL "792e239", REFUSED},
        {"0.000" HALFWAY_HEAD HALFWAY_TAIL "7919E312", REAL},
        {"0.000" HALFWAY_HEAD HALFWAY_TAIL "792E312", REFUSED},
        {"0.000" HALFWAY_HEAD HALFWAY_TAIL "792E311", REAL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(read_number(sw_str_from(cases[i].text)), cases[i].verdict);
}

static void literal_is_whole(void **state)
{
    struct sw_str text = SW_STR("true");
    struct sw_lex lex = sw_lex_of(text);

    (void)state;
    assert_ptr_equal(sw_lex_literal(&lex, text.data, "true"), text.data + 4);
    assert_int_equal(lex.code, 0);
    lex = sw_lex_of(sw_str_slice(text, 0, 3));
    assert_null(sw_lex_literal(&lex, text.data, "true"));
    assert_int_equal(lex.code, SW_ESYNTAX);
}

static void name_and_colon(void **state)
{
    struct sw_str text = SW_STR("\"a\" :\n\t 1"), nul = SW_STR("\"\\u0000\":1");
    struct sw_lex lex = sw_lex_of(text);
    const char *end = sw_lex_name(&lex, text.data);

    (void)state;
    assert_ptr_equal(end, text.data + 3);
    assert_ptr_equal(sw_lex_colon(&lex, end), text.data + text.len - 1);
    assert_null(sw_lex_colon(&lex, text.data));
    assert_null(sw_lex_name(&lex, end));
    lex = sw_lex_of(nul);
    assert_null(sw_lex_name(&lex, nul.data));
    assert_int_equal(lex.code, SW_ESYNTAX);
}

static void error_quotes_what_was_found(void **state)
{
    static const struct {
        struct sw_str text;
        const char *message;
    } cases[] = {
        {SW_STR(""), "expected X, found the end"},
        {SW_STR("}"), "expected X, found '}'"},
        {SW_STR("abc,d"), "expected X, found 'abc'"},
        {SW_STR("a b"), "expected X, found 'a'"},
        {SW_STR("\n"), "expected X, found byte 0x0a"},
        {SW_STR("\xff"), "expected X, found byte 0xff"},
        {SW_STR("abcdefghijklmnopqrstuvwxyz"), "expected X, found 'abcdefghijklmnopqrstuvwx'"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct sw_lex lex = sw_lex_of(cases[i].text);
        struct sw_err err = {0};

        assert_null(sw_lex_fail(&lex, lex.start, "X"));
        assert_int_equal(sw_lex_error(&lex, &err), SW_ESYNTAX);
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(sw_lex_error(&lex, NULL), SW_ESYNTAX);
    }
}

static void error_of_nesting(void **state)
{
    struct sw_lex lex = sw_lex_of(SW_STR("["));
    struct sw_err err = {0};

    (void)state;
    assert_null(sw_lex_too_deep(&lex, lex.start));
    assert_int_equal(sw_lex_error(&lex, &err), SW_ELIMIT);
    assert_string_equal(err.message, "nested deeper than 64 levels");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_of_every_byte_at_every_place),
        cmocka_unit_test(string_without_an_end),
        cmocka_unit_test(string_with_escapes),
        cmocka_unit_test(string_tells_of_a_nul),
        cmocka_unit_test(string_with_bad_escapes),
        cmocka_unit_test(reads_as_tells_apart),
        cmocka_unit_test(number_of_every_form),
        cmocka_unit_test(number_at_the_limits_of_64_bits),
        cmocka_unit_test(number_at_the_limits_of_a_double),
        cmocka_unit_test(literal_is_whole),
        cmocka_unit_test(name_and_colon),
        cmocka_unit_test(error_quotes_what_was_found),
        cmocka_unit_test(error_of_nesting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
