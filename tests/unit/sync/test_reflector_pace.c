/* pkg/sync/reflector.c and turn.c: how long a reflector waits, and what cuts that short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mirror.h"

static void a_refused_connection_backs_off_further_each_time(void **state)
{
    struct mirror *m = *state;
    int64_t began_ms;

    assert_sends(m, "watch=1");
    for (int64_t step_ms = 800; step_ms < 30000; step_ms *= 2) {
        cut(m);
        began_ms = m->now_ms;
        pass_wait(m, "watch=1");
        assert_in_range(m->now_ms - began_ms, (uintmax_t)step_ms, (uintmax_t)(2 * step_ms));
    }
    assert_false(m->reflector.stats.synced);
}

static void failing_is_counted_from_the_first_failure_in_a_row(void **state)
{
    struct mirror *m = *state;
    int64_t began_ms = m->now_ms;

    assert_int_equal(m->reflector.stats.failing_ms, -1);
    assert_sends(m, "watch=1");
    cut(m);
    pass_wait(m, "watch=1");
    answer(m, 503);
    assert_int_equal(m->reflector.stats.failing_ms, began_ms);
    pass_wait(m, "watch=1");
    answer(m, 200);
    assert_int_equal(m->reflector.stats.failing_ms, -1);
}

static void hurry_ends_a_wait_that_nobody_asked_for(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    cut(m);
    assert_waits(m, 800, 1600);
    sw_reflector_hurry(&m->reflector, m->now_ms);
    assert_sends(m, "watch=1");
    sw_reflector_response(&m->reflector, m->now_ms, 429, 17);
    sw_reflector_hurry(&m->reflector, m->now_ms);
    assert_waits(m, 17000, 18000);
}

static void hurry_forgets_the_failures(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    for (int i = 0; i < 5; i++) {
        cut(m);
        pass_wait(m, "watch=1");
    }
    sw_reflector_hurry(&m->reflector, m->now_ms);
    answer(m, 503);
    assert_waits(m, 800, 1600);
}

static void hurry_of_one_that_is_well_does_nothing(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    sw_reflector_hurry(&m->reflector, m->now_ms);
    assert_waits(m, SW_REFLECTOR_IDLE_MS, SW_REFLECTOR_IDLE_MS);
}

static void a_429_waits_as_long_as_it_says(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
    sw_reflector_response(&m->reflector, m->now_ms, 429, 17);
    assert_waits(m, 17000, 18000);
    pass_wait(m, "&resourceVersion=10");
}

static void a_429_without_end_is_asked_ever_less_often(void **state)
{
    struct mirror *m = *state;
    int64_t began_ms = m->now_ms;

    assert_sends(m, "watch=1");
    for (int i = 0; i < SW_REFLECTOR_MAX_RETRIES + 8; i++) {
        sw_reflector_response(&m->reflector, m->now_ms, 429, 1);
        if (i < SW_REFLECTOR_MAX_RETRIES)
            assert_waits(m, 1000, 2000);
        pass_wait(m, "watch=1");
    }
    assert_true(m->now_ms - began_ms > 100000);
}

static void a_retry_after_of_years_is_not_heeded(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    sw_reflector_response(&m->reflector, m->now_ms, 503, INT32_MAX);
    assert_waits(m, SW_REFLECTOR_MAX_RETRY_MS, SW_REFLECTOR_MAX_RETRY_MS + 1000);
}

static void an_api_server_that_always_says_410_is_not_asked_in_a_loop(void **state)
{
    struct mirror *m = *state;
    int64_t began_ms = m->now_ms;
    int n = 0;

    assert_sends(m, "watch=1");
    for (; m->now_ms - began_ms < 600000; n++) {
        answer(m, 200);
        send_end_of_list(m, "10");
        send_text(m, "{'type':'ERROR','object':{'code':410,'message':'too old'}}\n");
        assert_aborts(m);
        if (n == 0)
            assert_sends(m, "watch=1");
        else
            pass_wait(m, "watch=1");
    }
    assert_in_range(n, 5, 40);
}

static void a_watch_that_ends_at_once_backs_off(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    close_well(m);
    assert_waits(m, 800, 1600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIRROR_TEST(a_refused_connection_backs_off_further_each_time),
        MIRROR_TEST(failing_is_counted_from_the_first_failure_in_a_row),
        MIRROR_TEST(hurry_ends_a_wait_that_nobody_asked_for),
        MIRROR_TEST(hurry_forgets_the_failures),
        MIRROR_TEST(hurry_of_one_that_is_well_does_nothing),
        MIRROR_TEST(a_429_waits_as_long_as_it_says),
        MIRROR_TEST(a_429_without_end_is_asked_ever_less_often),
        MIRROR_TEST(a_retry_after_of_years_is_not_heeded),
        MIRROR_TEST(an_api_server_that_always_says_410_is_not_asked_in_a_loop),
        MIRROR_TEST(a_watch_that_ends_at_once_backs_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
