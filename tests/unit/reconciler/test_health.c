/* reconciler/health.c: what the loop tells, and others ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../kube/fake_http.h"
#include "reconciler/health.h"

static struct sw_health health;
static char reason[SW_HEALTH_REASON_SIZE];

static int setup(void **state)
{
    if (fake_setup(state) < 0)
        return -1;
    sw_health_init(&health);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_health_release(&health);
    return 0;
}

static void a_new_one_is_not_ready_and_says_that_it_starts(void **state)
{
    (void)state;
    assert_false(sw_health_is_ready(&health, reason));
    assert_string_equal(reason, "starting");
    assert_int_equal(sw_health_stalled_ms(&health), 0);
}

static void a_loop_that_does_not_come_round_is_stalled_for_longer_and_longer(void **state)
{
    (void)state;
    fake.now_ms += 1500;
    assert_int_equal(sw_health_stalled_ms(&health), 1500);
    fake.now_ms += 500;
    assert_int_equal(sw_health_stalled_ms(&health), 2000);
    sw_health_turn(&health);
    assert_int_equal(sw_health_stalled_ms(&health), 0);
}

/* Who asks may have read the clock before the loop did. */
static void a_clock_of_a_moment_ago_is_no_stall(void **state)
{
    (void)state;
    fake.now_ms -= 10;
    assert_int_equal(sw_health_stalled_ms(&health), 0);
}

static void one_is_ready_or_says_why_not(void **state)
{
    (void)state;
    sw_health_set(&health, false, "cluster west: not seen yet");
    assert_false(sw_health_is_ready(&health, reason));
    assert_string_equal(reason, "cluster west: not seen yet");
    sw_health_set(&health, true, NULL);
    assert_true(sw_health_is_ready(&health, reason));
    assert_string_equal(reason, "");
    sw_health_set(&health, false, "stopping");
    assert_false(sw_health_is_ready(&health, reason));
    assert_string_equal(reason, "stopping");
}

static void a_long_reason_is_cut(void **state)
{
    static char text[2 * SW_HEALTH_REASON_SIZE];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    sw_health_set(&health, false, text);
    assert_false(sw_health_is_ready(&health, reason));
    assert_int_equal(strlen(reason), SW_HEALTH_REASON_SIZE - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_one_is_not_ready_and_says_that_it_starts),
        TEST(a_loop_that_does_not_come_round_is_stalled_for_longer_and_longer),
        TEST(a_clock_of_a_moment_ago_is_no_stall),
        TEST(one_is_ready_or_says_why_not),
        TEST(a_long_reason_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
