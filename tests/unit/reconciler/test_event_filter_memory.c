/* reconciler/event_filter.c without memory, for as long as it is asked. */
#include "event_fixture.h"

/* More than one call of the filter can need, and few enough to end at once. */
#define MANY 1000

static bool is_out;
static unsigned int n_failed;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
    if (!is_out)
        return __real_calloc(n, size);
    n_failed++;
    assert_true(n_failed < MANY);
    return NULL;
}

static void what_cannot_be_told_now_is_told_after_the_next_scan(void **state)
{
    bool told;

    (void)state;
    settle();
    say_emitted();
    scan();
    assert_true(sw_event_filter_has_news(filter));
    is_out = true;
    n_failed = 0;
    told = sw_event_filter_next(filter, ledger, now_ms, &event);
    is_out = false;
    assert_false(told);
    assert_in_range(n_failed, 1, MANY);
    assert_false(sw_event_filter_next(filter, ledger, now_ms, &event));
    assert_told("FailoverReady", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_told_now_is_told_after_the_next_scan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
