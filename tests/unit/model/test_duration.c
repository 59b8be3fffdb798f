/* pkg/model/duration.c: durations as Go parses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/duration.h"

#define US ((int64_t)1000)
#define MS (1000 * US)
#define S  (1000 * MS)
#define M  (60 * S)
#define H  (60 * M)

struct row {
    const char *text;
    int64_t ns;
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t ns = -7;

        if (!sw_duration_parse(sw_str_from(rows[i].text), &ns) || ns != rows[i].ns)
            fail_msg("%s: expected %lld, found %lld", rows[i].text, (long long)rows[i].ns,
                     (long long)ns);
    }
}

static void check_refused(const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t ns = -7;

        if (sw_duration_parse(sw_str_from(texts[i]), &ns))
            fail_msg("'%s' was taken for %lld ns", texts[i], (long long)ns);
        assert_int_equal(ns, -7);
    }
}

static void parse_knows_every_unit(void **state)
{
    static const struct row rows[] = {
        {"1ns", 1},       {"2us", 2 * US}, {"3\xc2\xb5s", 3 * US}, {"4\xce\xbcs", 4 * US},
        {"5ms", 5 * MS},  {"6s", 6 * S},   {"7m", 7 * M},          {"8h", 8 * H},
        {"010s", 10 * S},
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(*rows));
}

static void parse_adds_terms_in_any_order(void **state)
{
    static const struct row rows[] = {
        {"1h30m", 90 * M},
        {"30m1h", 90 * M},
        {"1m0s", M},
        {"1s1s", 2 * S},
        {"1h1m1s1ms1us1ns", H + M + S + MS + US + 1},
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(*rows));
}

static void parse_takes_fractions(void **state)
{
    static const struct row rows[] = {
        {"1.5s", 1500 * MS},
        {".5s", 500 * MS},
        {"1.s", S},
        {"0.1s", 100 * MS},
        {"0.3s", 300 * MS},
        {"0.001h", 3600 * MS},
        {"1.5h", 90 * M},
        {"0.9ns", 0},
        {"1.000000001s", S + 1},
        {"0.3333333333333333333h", 20 * M},
        {"1.0000000000000000000000000000000000001s", S},
        {"0.9223372036854775808s", 922337203},
        {"0.9223372036854775809s", 922337203},
        {"1.5m.5s", 90500 * MS},
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(*rows));
}

static void parse_takes_signs_and_a_bare_zero(void **state)
{
    static const struct row rows[] = {
        {"+5s", 5 * S}, {"-5s", -5 * S}, {"0", 0}, {"+0", 0}, {"-0", 0}, {"0s", 0},
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(*rows));
}

static void parse_refuses_what_go_refuses(void **state)
{
    static const char *const texts[] = {"",     "3",   "-",    "+",     "s",      ".",     "-.",
                                        ".s",   "+.s", "1.5",  "1..5s", "1.2.3s", "1d",    "1S",
                                        "1 s",  " 1",  "1s ",  "--1s",  "+-1s",   "1m-5s", "1e3s",
                                        "0x1s", "00",  "1sms", "\xb5s", "1\xc2s"};

    (void)state;
    check_refused(texts, sizeof(texts) / sizeof(*texts));
    check_refused((const char *const[]){NULL}, 1);
}

static void parse_takes_up_to_two_to_the_63rd(void **state)
{
    static const struct row rows[] = {
        {"9223372036854775807ns", INT64_MAX},
        {"-9223372036854775807ns", -INT64_MAX},
        {"9223372036.854775807s", INT64_MAX},
        {"2562047h47m16.854775807s", INT64_MAX},
    };
    static const char *const over[] = {
        "9223372036854775808ns",    "2562047h47m16.854775808s", "2562048h",
        "9223372036854775807ns1ns", "99999999999999999999999h",
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(*rows));
    check_refused(over, sizeof(over) / sizeof(*over));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_knows_every_unit),
        cmocka_unit_test(parse_adds_terms_in_any_order),
        cmocka_unit_test(parse_takes_fractions),
        cmocka_unit_test(parse_takes_signs_and_a_bare_zero),
        cmocka_unit_test(parse_refuses_what_go_refuses),
        cmocka_unit_test(parse_takes_up_to_two_to_the_63rd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
