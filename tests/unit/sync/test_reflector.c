/* pkg/sync/reflector.c: how a picture is got, by a streamed list or by pages, and how it is
 * followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mirror.h"

static void begins_with_a_streamed_list(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    assert_null(strstr(m->query.data, "resourceVersion="));
    assert_non_null(strstr(m->query.data, "sendInitialEvents=true"));
    answer(m, 200);
    send_event(m, "ADDED", "a", "3");
    assert_false(m->reflector.stats.synced);
    send_end_of_list(m, "10");
    assert_told(m, "begin put a end ");
    assert_true(m->reflector.stats.synced);
    assert_int_equal(m->reflector.stats.n_pictures, 1);
}

static void watches_on_the_same_stream(void **state)
{
    struct mirror *m = *state;

    sync_up(m);
    send_event(m, "MODIFIED", "a", "11");
    send_event(m, "DELETED", "b", "12");
    send_event(m, "ADDED", "c", "13");
    assert_told(m, "put a remove b put c ");
    assert_waits(m, SW_REFLECTOR_IDLE_MS, SW_REFLECTOR_IDLE_MS);
}

static void watches_again_from_the_last_event(void **state)
{
    struct mirror *m = *state;

    sync_up(m);
    send_event(m, "MODIFIED", "a", "11");
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=11");
    assert_null(strstr(m->query.data, "sendInitialEvents"));
    assert_int_equal(m->reflector.stats.n_failures, 0);
}

static void watches_again_from_the_last_bookmark(void **state)
{
    struct mirror *m = *state;

    sync_up(m);
    send_bookmark(m, "57");
    assert_told(m, "");
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=57");
}

static void takes_the_version_that_ends_a_streamed_list_not_that_of_its_objects(void **state)
{
    struct mirror *m = *state;

    sync_up(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
}

static void asks_for_five_to_ten_minutes_of_watching(void **state)
{
    struct mirror *m = *state;
    unsigned int least = 9999, most = 0;
    struct sw_request request;
    int64_t wake_ms;

    for (int i = 0; i < 200; i++) {
        assert_int_equal(sw_reflector_next(&m->reflector, m->now_ms, &wake_ms, &request),
                         SW_REFLECTOR_SEND);
        least = request.timeout_s < least ? request.timeout_s : least;
        most = request.timeout_s > most ? request.timeout_s : most;
        cut(m);
        pass(m, 60000);
    }
    assert_in_range(least, 300, 320);
    assert_in_range(most, 580, 599);
}

static void pages_where_there_are_no_streamed_lists(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "sendInitialEvents");
    answer(m, 422);
    assert_sends(m, "limit=500");
    assert_null(strstr(m->query.data, "watch="));
    answer(m, 200);
    send_text(m, "{'kind':'ServiceList','metadata':{'resourceVersion':'20','continue':'t=1'},");
    send_text(m, "'items':[{'metadata':{'name':'a'}}]}");
    assert_told(m, "begin ");
    close_well(m);
    assert_told(m, "put a ");
    assert_sends(m, "continue=t%3D1");
    answer(m, 200);
    send_text(m, "{'kind':'ServiceList','metadata':{'resourceVersion':'20'},"
                 "'items':[{'metadata':{'name':'b'}}]}");
    close_well(m);
    assert_told(m, "put b end ");
    assert_true(m->reflector.stats.synced);
    assert_sends(m, "&resourceVersion=20");
}

static void remembers_that_there_are_no_streamed_lists(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "sendInitialEvents");
    answer(m, 400);
    assert_sends(m, "limit=500");
    cut(m);
    pass_wait(m, "limit=500");
    assert_int_equal(m->reflector.stats.n_failures, 1);
}

static void an_absent_resource_has_no_objects(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    answer(m, 404);
    assert_told(m, "begin end ");
    assert_true(m->reflector.stats.synced);
    assert_true(m->reflector.stats.absent);
    assert_waits(m, SW_REFLECTOR_ABSENT_MS, SW_REFLECTOR_ABSENT_MS);
    pass(m, SW_REFLECTOR_ABSENT_MS);
    assert_sends(m, "sendInitialEvents");
    answer(m, 200);
    send_event(m, "ADDED", "a", "3");
    send_end_of_list(m, "10");
    assert_told(m, "begin put a end ");
    assert_false(m->reflector.stats.absent);
}

static void a_resource_that_was_there_is_gone_only_when_it_stays_away(void **state)
{
    struct mirror *m = *state;

    sync_up(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
    answer(m, 404);
    assert_told(m, "");
    for (int64_t began_ms = m->now_ms; m->now_ms - began_ms < SW_REFLECTOR_ABSENT_MS;) {
        assert_false(m->reflector.stats.absent);
        pass_wait(m, "&resourceVersion=10");
        answer(m, 404);
    }
    assert_told(m, "begin end ");
    assert_true(m->reflector.stats.absent);
}

static void a_resource_that_was_away_for_a_moment_keeps_its_objects(void **state)
{
    struct mirror *m = *state;

    sync_up(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
    answer(m, 404);
    pass_wait(m, "&resourceVersion=10");
    answer(m, 503);
    pass(m, 2 * SW_REFLECTOR_ABSENT_MS);
    assert_sends(m, "&resourceVersion=10");
    answer(m, 404);
    assert_told(m, "");
}

static void a_404_for_a_resource_that_always_is_there_is_a_failure(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    answer(m, 404);
    assert_told(m, "");
    assert_false(m->reflector.stats.synced);
    assert_string_equal(m->reflector.stats.failure, "the API server answered 404");
    assert_waits(m, 800, 1600);
}

static void tells_when_it_last_heard_something(void **state)
{
    struct mirror *m = *state;

    assert_int_equal(m->reflector.stats.heard_ms, -1);
    sync_up(m);
    pass(m, 5000);
    send_bookmark(m, "11");
    pass(m, 7000);
    assert_int_equal(m->reflector.stats.heard_ms, m->now_ms - 7000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIRROR_TEST(begins_with_a_streamed_list),
        MIRROR_TEST(watches_on_the_same_stream),
        MIRROR_TEST(watches_again_from_the_last_event),
        MIRROR_TEST(watches_again_from_the_last_bookmark),
        MIRROR_TEST(takes_the_version_that_ends_a_streamed_list_not_that_of_its_objects),
        MIRROR_TEST(asks_for_five_to_ten_minutes_of_watching),
        MIRROR_TEST(pages_where_there_are_no_streamed_lists),
        MIRROR_TEST(remembers_that_there_are_no_streamed_lists),
        MIRROR_TEST_OPTIONAL(an_absent_resource_has_no_objects),
        MIRROR_TEST_OPTIONAL(a_resource_that_was_there_is_gone_only_when_it_stays_away),
        MIRROR_TEST_OPTIONAL(a_resource_that_was_away_for_a_moment_keeps_its_objects),
        MIRROR_TEST(a_404_for_a_resource_that_always_is_there_is_a_failure),
        MIRROR_TEST(tells_when_it_last_heard_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
