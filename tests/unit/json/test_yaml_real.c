/* pkg/json/yaml_real.c: the fewest digits that read back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "json/yaml_real.h"

static void to_integer_takes_what_has_no_fraction_and_fits(void **state)
{
    static const struct {
        double real;
        int64_t integer;
    } cases[] = {
        {0, 0},
        {-0.0, 0},
        {-12, -12},
        {1e15, 1000000000000000},
        {9007199254740992.0, 9007199254740992},
        /* Go pads the shortest digits with zeros: 2^62 is not ...387904. */
        {4611686018427387904.0, 4611686018427388000},
        {-9.2e18, -9200000000000000000},
        {9223372036854774784.0, 9223372036854775000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t integer = 77;

        assert_true(sw_yaml_real_to_integer(cases[i].real, &integer));
        assert_int_equal(integer, cases[i].integer);
    }
}

static void to_integer_refuses_the_rest(void **state)
{
    static const double cases[] = {0.5, -1e-9, 9.3e18, -1e300, HUGE_VAL, -HUGE_VAL, NAN};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t integer = 77;

        assert_false(sw_yaml_real_to_integer(cases[i], &integer));
        assert_int_equal(integer, 77);
    }
}

static void write_gives_the_fewest_digits(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {80, "80"},
        {-3, "-3"},
        {0.1, "0.1"},
        {1.5, "1.5"},
        {-0.0005, "-0.0005"},
        {0.00001, "1e-05"},
        {1234567.5, "1234567.5"},
        {123456789012345.5, "123456789012345.5"},
        {9.3e18, "9.3e+18"},
        {1e300, "1e+300"},
        {5e-324, "5e-324"},
        {0.30000000000000004, "0.30000000000000004"},
        {DBL_MAX, "1.7976931348623157e+308"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf buf;

        sw_buf_init(&buf, 100);
        sw_yaml_real_write(cases[i].value, &buf);
        assert_int_equal(sw_buf_status(&buf, NULL), 0);
        assert_true(sw_str_is(sw_buf_str(&buf), cases[i].text));
    }
}

/* Bit patterns from a fixed generator: every one reads back as itself. */
static void write_reads_back_the_same(void **state)
{
    uint64_t bits = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        SW_CLEANUP(sw_buf_release) struct sw_buf buf;
        double value;

        sw_buf_init(&buf, 100);
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        sw_yaml_real_write(value, &buf);
        sw_buf_append(&buf, "", 1);
        assert_int_equal(sw_buf_status(&buf, NULL), 0);
        assert_true(strtod(buf.data, NULL) == value);
    }
}

static void key_runs_out_of_memory(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 1, 1);
    assert_null(sw_yaml_real_key(0.5, &arena));
    assert_null(sw_yaml_real_key(NAN, &arena));
    assert_null(sw_yaml_real_key(HUGE_VAL, &arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_integer_takes_what_has_no_fraction_and_fits),
        cmocka_unit_test(to_integer_refuses_the_rest),
        cmocka_unit_test(write_gives_the_fewest_digits),
        cmocka_unit_test(write_reads_back_the_same),
        cmocka_unit_test(key_runs_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
