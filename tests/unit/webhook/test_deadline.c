/* webhook/deadline.c: how patient an API server is, and when it is not worth while any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "webhook/deadline.h"

#define S UINT64_C(1000000000)

static uint64_t patience(const char *query)
{
    return sw_deadline_patience_ns(sw_str_from(query));
}

static void patience_is_what_the_query_says(void **state)
{
    (void)state;
    assert_int_equal(patience("timeout=5s"), 5 * S);
    assert_int_equal(patience("timeout=30s"), 30 * S);
    assert_int_equal(patience("a=b&timeout=1s"), S);
    assert_int_equal(patience("timeout=7s&c"), 7 * S);
    assert_int_equal(patience("timeout=x&timeout=7s"), 7 * S);
}

static void patience_is_the_default_where_the_query_says_nothing(void **state)
{
    static const char *const queries[] = {"",
                                          "timeout",
                                          "timeout=",
                                          "timeout=s",
                                          "timeout=0s",
                                          "timeout=5",
                                          "timeout=5m",
                                          "timeout=1m30s",
                                          "timeout=1.5s",
                                          "timeout=-1s",
                                          "xtimeout=5s",
                                          "timeout=3601s",
                                          "timeout=99999999999999999999s",
                                          "timeout=500ms",
                                          "&&"};

    (void)state;
    assert_int_equal(patience(NULL), SW_DEADLINE_DEFAULT_NS);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        if (patience(queries[i]) != SW_DEADLINE_DEFAULT_NS)
            fail_msg("'%s' was taken", queries[i]);
    }
}

static void half_of_it_may_be_waited(void **state)
{
    (void)state;
    assert_false(sw_deadline_is_past(5 * S, 0, 0));
    assert_false(sw_deadline_is_past(5 * S, 5 * S / 2 - 1, 5 * S / 2 - 1));
    assert_true(sw_deadline_is_past(5 * S, 5 * S / 2, 5 * S / 2));
}

/* A client that takes its time with the body has not waited for us. */
static void all_of_it_may_pass_with_the_client(void **state)
{
    (void)state;
    assert_false(sw_deadline_is_past(5 * S, 0, 5 * S - 1));
    assert_true(sw_deadline_is_past(5 * S, 0, 5 * S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patience_is_what_the_query_says),
        cmocka_unit_test(patience_is_the_default_where_the_query_says_nothing),
        cmocka_unit_test(half_of_it_may_be_waited),
        cmocka_unit_test(all_of_it_may_pass_with_the_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
