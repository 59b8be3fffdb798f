/* pkg/io/clock.c: units, and a clock that does not go back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <time.h>

#include "io/clock.h"

static void mono_moves_forward(void **state)
{
    uint64_t before = sw_clock_mono_ns(), after = before;

    (void)state;
    while (after == before)
        after = sw_clock_mono_ns();
    assert_true(after > before);
    assert_in_range(sw_clock_mono_ms(), before / 1000000, before / 1000000 + 60000);
}

static void wall_is_the_time_of_day(void **state)
{
    uint64_t now_s = (uint64_t)time(NULL);

    (void)state;
    assert_in_range(sw_clock_wall_ms() / 1000, now_s - 60, now_s + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mono_moves_forward),
        cmocka_unit_test(wall_is_the_time_of_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
