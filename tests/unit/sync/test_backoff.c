/* pkg/sync/backoff.c: waits double, spread out, stop at a maximum, and are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/backoff.h"

static void assert_between(int64_t value, int64_t from, int64_t to)
{
    assert_true(value >= from);
    assert_true(value < to);
}

static void fail_waits_from_the_step_to_twice_the_step(void **state)
{
    struct sw_backoff backoff;
    int64_t now_ms = 0, step_ms = SW_BACKOFF_FIRST_MS;

    (void)state;
    sw_backoff_init(&backoff, 7);
    for (int i = 0; i < 12; i++) {
        assert_between(sw_backoff_fail(&backoff, now_ms), step_ms, step_ms * 2);
        now_ms += 1000;
        step_ms = step_ms * 2 < SW_BACKOFF_MAX_MS ? step_ms * 2 : SW_BACKOFF_MAX_MS;
    }
    assert_int_equal(step_ms, SW_BACKOFF_MAX_MS);
}

static void fail_after_two_minutes_begins_again(void **state)
{
    struct sw_backoff backoff;

    (void)state;
    sw_backoff_init(&backoff, 7);
    for (int i = 0; i < 9; i++)
        sw_backoff_fail(&backoff, 0);
    assert_between(sw_backoff_fail(&backoff, SW_BACKOFF_HEALTHY_MS - 1), SW_BACKOFF_MAX_MS,
                   2 * SW_BACKOFF_MAX_MS);
    assert_between(sw_backoff_fail(&backoff, 2 * SW_BACKOFF_HEALTHY_MS - 1), SW_BACKOFF_FIRST_MS,
                   2 * SW_BACKOFF_FIRST_MS);
}

static void reset_begins_again(void **state)
{
    struct sw_backoff backoff;

    (void)state;
    sw_backoff_init(&backoff, 7);
    for (int i = 0; i < 9; i++)
        sw_backoff_fail(&backoff, 0);
    sw_backoff_reset(&backoff);
    assert_between(sw_backoff_fail(&backoff, 0), SW_BACKOFF_FIRST_MS, 2 * SW_BACKOFF_FIRST_MS);
    assert_between(sw_backoff_fail(&backoff, 0), 2 * SW_BACKOFF_FIRST_MS, 4 * SW_BACKOFF_FIRST_MS);
}

static void fail_at_a_negative_time_counts_like_any(void **state)
{
    struct sw_backoff backoff;

    (void)state;
    sw_backoff_init(&backoff, 7);
    assert_between(sw_backoff_fail(&backoff, -5000), 800, 1600);
    assert_between(sw_backoff_fail(&backoff, -4000), 1600, 3200);
}

static void fail_differs_between_seeds(void **state)
{
    struct sw_backoff a, b;
    int n_same = 0;

    (void)state;
    sw_backoff_init(&a, 1);
    sw_backoff_init(&b, 2);
    for (int i = 0; i < 10; i++)
        n_same += sw_backoff_fail(&a, 0) == sw_backoff_fail(&b, 0);
    assert_true(n_same < 5);
}

static void random_stays_under_its_bound(void **state)
{
    struct sw_backoff backoff;
    uint64_t seen = 0;

    (void)state;
    sw_backoff_init(&backoff, 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t value = sw_backoff_random(&backoff, 8);

        assert_true(value < 8);
        seen |= UINT64_C(1) << value;
    }
    assert_int_equal(seen, 0xff);
    assert_int_equal(sw_backoff_random(&backoff, 0), 0);
    assert_int_equal(sw_backoff_random(&backoff, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_waits_from_the_step_to_twice_the_step),
        cmocka_unit_test(fail_after_two_minutes_begins_again),
        cmocka_unit_test(reset_begins_again),
        cmocka_unit_test(fail_at_a_negative_time_counts_like_any),
        cmocka_unit_test(fail_differs_between_seeds),
        cmocka_unit_test(random_stays_under_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
