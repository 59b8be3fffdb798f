/* pkg/serve/phase.c: a phase that is seen for too long has expired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>

#include "serve/phase.h"

static const uint64_t limits[SW_N_PHASES] = {
    [SW_PHASE_HANDSHAKE] = 5, [SW_PHASE_IDLE] = 100, [SW_PHASE_READING] = 10};

static void expired_after_its_limit(void **state)
{
    struct sw_phase_timer timer = {.since_ns = 1000};

    (void)state;
    assert_false(sw_phase_expired(&timer, SW_PHASE_HANDSHAKE, 0, 1004, limits));
    assert_true(sw_phase_expired(&timer, SW_PHASE_HANDSHAKE, 0, 1005, limits));
    assert_true(sw_phase_expired(&timer, SW_PHASE_HANDSHAKE, 0, 1006, limits));
}

static void expired_starts_over_with_a_new_phase(void **state)
{
    struct sw_phase_timer timer = {.since_ns = 1000};

    (void)state;
    assert_false(sw_phase_expired(&timer, SW_PHASE_READING, 0, 2000, limits));
    assert_false(sw_phase_expired(&timer, SW_PHASE_READING, 0, 2009, limits));
    assert_true(sw_phase_expired(&timer, SW_PHASE_READING, 0, 2010, limits));
    assert_false(sw_phase_expired(&timer, SW_PHASE_IDLE, 0, 2011, limits));
}

static void expired_starts_over_with_a_new_turn(void **state)
{
    struct sw_phase_timer timer = {.since_ns = 0};

    (void)state;
    assert_false(sw_phase_expired(&timer, SW_PHASE_IDLE, 1, 1000, limits));
    assert_false(sw_phase_expired(&timer, SW_PHASE_IDLE, 1, 1099, limits));
    assert_false(sw_phase_expired(&timer, SW_PHASE_IDLE, 2, 1100, limits));
    assert_true(sw_phase_expired(&timer, SW_PHASE_IDLE, 2, 1200, limits));
}

static void expired_never_without_a_limit(void **state)
{
    struct sw_phase_timer timer = {.since_ns = 0};

    (void)state;
    assert_false(sw_phase_expired(&timer, SW_PHASE_SENDING, 1, 1, limits));
    assert_false(sw_phase_expired(&timer, SW_PHASE_SENDING, 1, UINT64_MAX, limits));
}

static void expired_not_before_it_began(void **state)
{
    struct sw_phase_timer timer = {.since_ns = 1000};

    (void)state;
    assert_false(sw_phase_expired(&timer, SW_PHASE_HANDSHAKE, 0, 999, limits));
}

static void tick_is_a_quarter_of_the_shortest(void **state)
{
    const uint64_t ms = 1000000;
    uint64_t set[SW_N_PHASES] = {[SW_PHASE_IDLE] = 120000 * ms, [SW_PHASE_READING] = 200 * ms};

    (void)state;
    assert_int_equal(sw_phase_tick_ns(set), 50 * ms);
    set[SW_PHASE_READING] = 10000 * ms;
    assert_int_equal(sw_phase_tick_ns(set), 1000 * ms);
    set[SW_PHASE_READING] = 1;
    assert_int_equal(sw_phase_tick_ns(set), 5 * ms);
}

static void name_of_each_phase(void **state)
{
    (void)state;
    assert_string_equal(sw_phase_name(SW_PHASE_HANDSHAKE), "handshake");
    assert_string_equal(sw_phase_name(SW_PHASE_LINGERING), "lingering");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expired_after_its_limit),
        cmocka_unit_test(expired_starts_over_with_a_new_phase),
        cmocka_unit_test(expired_starts_over_with_a_new_turn),
        cmocka_unit_test(expired_never_without_a_limit),
        cmocka_unit_test(expired_not_before_it_began),
        cmocka_unit_test(tick_is_a_quarter_of_the_shortest),
        cmocka_unit_test(name_of_each_phase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
