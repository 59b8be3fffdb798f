/* pkg/io/log_gate.c: one in a while, and how many there were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "io/log_gate.h"

static void the_first_passes_and_the_next_does_not(void **state)
{
    struct sw_log_gate gate = {0};
    uint64_t n = 0;

    (void)state;
    assert_true(sw_log_gate_pass(&gate, 5, &n));
    assert_int_equal(n, 1);
    n = 77;
    assert_false(sw_log_gate_pass(&gate, 5, &n));
    assert_false(sw_log_gate_pass(&gate, 4 + SW_LOG_GATE_MS, &n));
    assert_int_equal(n, 77);
}

static void the_next_to_pass_is_told_how_many_came(void **state)
{
    struct sw_log_gate gate = {0};
    uint64_t n = 0;

    (void)state;
    sw_log_gate_pass(&gate, 5, &n);
    for (int i = 0; i < 9; i++)
        assert_false(sw_log_gate_pass(&gate, 6, &n));
    assert_true(sw_log_gate_pass(&gate, 5 + SW_LOG_GATE_MS, &n));
    assert_int_equal(n, 10);
    assert_true(sw_log_gate_pass(&gate, 5 + 3 * SW_LOG_GATE_MS, &n));
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_passes_and_the_next_does_not),
        cmocka_unit_test(the_next_to_pass_is_told_how_many_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
