/* reconciler/budget.c: how many writes at once, and how many a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconciler/budget.h"

/* How many may be sent at that moment. */
static int spend_all(struct sw_budget *budget, int64_t now_ms)
{
    int n = 0;

    while (sw_budget_allows(budget, now_ms)) {
        sw_budget_spend(budget);
        n++;
    }
    return n;
}

static void a_full_one_gives_the_burst_at_once(void **state)
{
    struct sw_budget budget;

    (void)state;
    sw_budget_init(&budget, 10, 5);
    assert_int_equal(spend_all(&budget, 1000000), 5);
}

static void it_fills_at_its_rate_and_no_further_than_the_burst(void **state)
{
    struct sw_budget budget;

    (void)state;
    sw_budget_init(&budget, 10, 5);
    spend_all(&budget, 1000);
    assert_int_equal(spend_all(&budget, 1099), 0);
    assert_int_equal(spend_all(&budget, 1100), 1);
    assert_int_equal(spend_all(&budget, 1300), 2);
    assert_int_equal(spend_all(&budget, 100000), 5);
}

static void next_is_when_one_may_be_sent(void **state)
{
    struct sw_budget budget;
    int64_t next_ms;

    (void)state;
    sw_budget_init(&budget, 3, 1);
    assert_int_equal(sw_budget_next(&budget, 1000), 1000);
    spend_all(&budget, 1000);
    next_ms = sw_budget_next(&budget, 1000);
    assert_true(next_ms > 1000 && next_ms < 1400);
    assert_true(sw_budget_allows(&budget, next_ms));
}

static void a_shut_one_gives_nothing_until_then_and_the_longer_stands(void **state)
{
    struct sw_budget budget;

    (void)state;
    sw_budget_init(&budget, 10, 5);
    sw_budget_shut(&budget, 1000, 2000);
    sw_budget_shut(&budget, 1000, 500);
    assert_false(sw_budget_allows(&budget, 2999));
    assert_int_equal(sw_budget_next(&budget, 1000), 3000);
    assert_true(sw_budget_allows(&budget, 3000));
    sw_budget_shut(&budget, 3000, 5000);
    sw_budget_open(&budget);
    assert_true(sw_budget_allows(&budget, 3001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_one_gives_the_burst_at_once),
        cmocka_unit_test(it_fills_at_its_rate_and_no_further_than_the_burst),
        cmocka_unit_test(next_is_when_one_may_be_sent),
        cmocka_unit_test(a_shut_one_gives_nothing_until_then_and_the_longer_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
