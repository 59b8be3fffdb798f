/* pkg/sync/request.c: the queries as an API server reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/request.h"

static void assert_query(struct sw_request request, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    sw_request_write_query(&request, &buf);
    sw_buf_append(&buf, "", 1);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_string_equal(buf.data, expected);
    sw_buf_release(&buf);
}

static void write_query_of_a_list_pages(void **state)
{
    (void)state;
    assert_query((struct sw_request){.verb = SW_REQUEST_LIST, .limit = 500}, "limit=500");
    assert_query((struct sw_request){.verb = SW_REQUEST_LIST,
                                     .limit = 250,
                                     .continue_token = SW_STR("eyJ2Ijoi/+=&")},
                 "limit=250&continue=eyJ2Ijoi%2F%2B%3D%26");
}

static void write_query_selects_by_labels(void **state)
{
    struct sw_request request = {
        .verb = SW_REQUEST_LIST, .limit = 500, .label_selector = SW_STR("spillway.dev/c=true")};

    (void)state;
    assert_query(request, "limit=500&labelSelector=spillway.dev%2Fc%3Dtrue");
    request.continue_token = SW_STR("t");
    assert_query(request, "limit=500&labelSelector=spillway.dev%2Fc%3Dtrue&continue=t");
    request.verb = SW_REQUEST_WATCH;
    request.timeout_s = 300;
    request.resource_version = SW_STR("7");
    assert_query(request, "watch=1&allowWatchBookmarks=true&timeoutSeconds=300"
                          "&labelSelector=spillway.dev%2Fc%3Dtrue&resourceVersion=7");
}

static void write_query_of_a_list_asks_for_the_most_recent_state(void **state)
{
    (void)state;
    assert_query((struct sw_request){.verb = SW_REQUEST_LIST,
                                     .limit = 1,
                                     .resource_version = SW_STR("7")},
                 "limit=1");
}

static void write_query_of_a_watch_goes_on_from_its_version(void **state)
{
    (void)state;
    assert_query((struct sw_request){.verb = SW_REQUEST_WATCH,
                                     .resource_version = SW_STR("12"),
                                     .timeout_s = 301},
                 "watch=1&allowWatchBookmarks=true&timeoutSeconds=301&resourceVersion=12");
}

static void write_query_of_a_streamed_list(void **state)
{
    const char *expected = "watch=1&allowWatchBookmarks=true&timeoutSeconds=300"
                           "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";

    (void)state;
    assert_query((struct sw_request){.verb = SW_REQUEST_WATCH_LIST, .timeout_s = 300}, expected);
}

static void write_query_over_the_cap_stays_in_the_buffer(void **state)
{
    struct sw_request request = {.verb = SW_REQUEST_LIST, .continue_token = SW_STR("0123456789")};
    struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 16);
    sw_request_write_query(&request, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
    sw_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_query_of_a_list_pages),
        cmocka_unit_test(write_query_selects_by_labels),
        cmocka_unit_test(write_query_of_a_list_asks_for_the_most_recent_state),
        cmocka_unit_test(write_query_of_a_watch_goes_on_from_its_version),
        cmocka_unit_test(write_query_of_a_streamed_list),
        cmocka_unit_test(write_query_over_the_cap_stays_in_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
