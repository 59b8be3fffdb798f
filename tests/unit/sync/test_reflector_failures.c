/* pkg/sync/reflector.c and turn.c: what is asked next after each way of failing, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mirror.h"

static void a_watch_that_is_cut_goes_on_from_its_version(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    send_event(m, "ADDED", "c", "11");
    cut(m);
    assert_waits(m, 800, 1600);
    assert_string_equal(m->reflector.stats.failure, "connection reset");
    pass_wait(m, "&resourceVersion=11");
}

static void half_a_line_is_forgotten_with_its_connection(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    send_text(m, "{'type':'ADDED','object':{'meta");
    cut(m);
    pass_wait(m, "&resourceVersion=10");
    answer(m, 200);
    send_event(m, "ADDED", "c", "11");
    assert_told(m, "put c ");
}

static void a_picture_that_breaks_off_begins_again(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "sendInitialEvents");
    answer(m, 200);
    send_event(m, "ADDED", "a", "3");
    cut(m);
    pass_wait(m, "sendInitialEvents");
    /* The version of an object is not one to go on from. */
    assert_null(strstr(m->query.data, "resourceVersion="));
    answer(m, 200);
    send_end_of_list(m, "10");
    assert_told(m, "begin put a begin end ");
}

static void an_expired_version_brings_a_picture_not_older_than_it(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
    answer(m, 410);
    assert_sends(m, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=10");
    answer(m, 200);
    send_event(m, "ADDED", "b", "5");
    send_end_of_list(m, "30");
    assert_told(m, "begin put b end ");
}

static void a_version_that_expires_twice_is_dropped(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
    answer(m, 410);
    assert_sends(m, "resourceVersion=10");
    answer(m, 410);
    pass_wait(m, "sendInitialEvents");
    assert_null(strstr(m->query.data, "resourceVersion="));
}

static void an_expiry_in_the_stream_brings_a_picture(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    send_text(m, "{'type':'ERROR','object':{'code':410,'message':'too old'}}\n"
                 "{'type':'ADDED','object':{'metadata':{'name':'z','resourceVersion':'1'}}}\n");
    assert_told(m, "");
    assert_string_equal(m->reflector.stats.failure, "the watch ended with: too old");
    assert_aborts(m);
    assert_sends(m, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=10");
}

static void an_error_in_the_stream_goes_on_from_its_version(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    send_text(m, "{'type':'ERROR','object':{'code':500,'message':'etcd'}}\n");
    assert_aborts(m);
    pass_wait(m, "&resourceVersion=10");
}

static void a_picture_that_the_api_server_cannot_reach_is_asked_without_version(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    pass(m, 400000);
    close_well(m);
    assert_sends(m, "&resourceVersion=10");
    answer(m, 410);
    assert_sends(m, "resourceVersion=10");
    answer(m, 504); /* "Too large resource version": etcd was restored */
    pass_wait(m, "sendInitialEvents");
    assert_null(strstr(m->query.data, "resourceVersion="));
}

static void what_cannot_be_read_brings_a_picture(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    send_text(m, "<html>\n");
    assert_aborts(m);
    pass_wait(m, "sendInitialEvents");
    assert_null(strstr(m->query.data, "resourceVersion="));
    assert_true(m->reflector.stats.synced);
}

static void what_cannot_be_kept_brings_a_picture(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    m->failure = SW_ENOMEM;
    send_event(m, "DELETED", "a", "11");
    assert_aborts(m);
    assert_string_equal(m->reflector.stats.failure, "not kept");
    m->failure = 0;
    pass_wait(m, "sendInitialEvents");
    answer(m, 200);
    send_end_of_list(m, "12");
    assert_told(m, "begin end ");
}

static void a_silent_watch_is_dropped_with_its_connection(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    pass(m, SW_REFLECTOR_IDLE_MS - 1);
    send_bookmark(m, "12");
    pass(m, SW_REFLECTOR_IDLE_MS - 1);
    assert_waits(m, 1, 1);
    pass(m, 1);
    assert_deserts(m);
    assert_string_equal(m->reflector.stats.failure, "nothing was heard for too long");
    pass_wait(m, "&resourceVersion=12");
}

static void an_answer_that_does_not_come_is_not_waited_for(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    pass(m, SW_REFLECTOR_ANSWER_MS);
    assert_deserts(m);
    pass_wait(m, "sendInitialEvents");
}

static void a_streamed_list_that_falls_silent_is_replaced_by_pages(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "sendInitialEvents");
    answer(m, 200);
    send_event(m, "ADDED", "a", "3");
    pass(m, SW_REFLECTOR_ANSWER_MS);
    assert_aborts(m);
    pass_wait(m, "limit=500");
}

static void a_streamed_list_without_its_bookmark_is_replaced_by_pages(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "sendInitialEvents");
    answer(m, 200);
    send_event(m, "ADDED", "a", "3");
    close_well(m);
    assert_false(m->reflector.stats.synced);
    pass_wait(m, "limit=500");
}

static void an_expired_token_begins_the_list_again(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    answer(m, 422);
    assert_sends(m, "limit=500");
    answer(m, 200);
    send_text(m, "{'kind':'List','metadata':{'resourceVersion':'20','continue':'t'},'items':["
                 "{'metadata':{'name':'a'}}]}");
    close_well(m);
    assert_sends(m, "continue=t");
    answer(m, 410);
    assert_sends(m, "limit=500");
    assert_null(strstr(m->query.data, "continue"));
}

static void a_page_over_the_cap_is_asked_for_by_halves(void **state)
{
    enum { PIECE = 1 << 20 };
    struct mirror *m = *state;
    char *piece = malloc(PIECE);

    assert_non_null(piece);
    memset(piece, ' ', PIECE);
    assert_sends(m, "watch=1");
    answer(m, 422);
    assert_sends(m, "limit=500");
    answer(m, 200);
    for (size_t sent = 0; sent <= SW_REFLECTOR_MAX_PAGE_BYTES; sent += PIECE)
        sw_reflector_data(&m->reflector, m->now_ms, (struct sw_str){piece, PIECE});
    free(piece);
    assert_aborts(m);
    pass_wait(m, "limit=250");
}

static void empty_pages_without_end_are_a_failure(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    answer(m, 422);
    for (int i = 0; i <= SW_REFLECTOR_MAX_EMPTY_PAGES; i++) {
        assert_string_equal(m->reflector.stats.failure, "");
        assert_sends(m, "limit=500");
        answer(m, 200);
        send_text(m, "{'kind':'List','metadata':{'resourceVersion':'20','continue':'t'},"
                     "'items':[]}");
        close_well(m);
    }
    assert_string_equal(m->reflector.stats.failure, "more than 100 pages without items in a row");
    assert_false(m->reflector.stats.synced);
    pass_wait(m, "limit=500");
    assert_null(strstr(m->query.data, "continue"));
}

static void an_empty_page_may_come_before_the_last(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    answer(m, 422);
    assert_sends(m, "limit=500");
    answer(m, 200);
    send_text(m, "{'kind':'List','metadata':{'resourceVersion':'20','continue':'t'},'items':[]}");
    close_well(m);
    assert_sends(m, "continue=t");
    answer(m, 200);
    send_text(m, "{'kind':'List','metadata':{'resourceVersion':'20'},'items':[]}");
    close_well(m);
    assert_true(m->reflector.stats.synced);
}

static void a_page_that_is_none_is_a_failure(void **state)
{
    struct mirror *m = *state;

    assert_sends(m, "watch=1");
    answer(m, 422);
    assert_sends(m, "limit=500");
    answer(m, 200);
    send_text(m, "{'kind':'Status'}");
    close_well(m);
    assert_string_equal(m->reflector.stats.failure,
                        "expected a list with a resourceVersion, found Status");
    pass_wait(m, "limit=500");
}

static void what_comes_after_the_end_is_not_listened_to(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    cut(m);
    send_event(m, "ADDED", "z", "99");
    answer(m, 410);
    cut(m);
    assert_told(m, "");
    assert_waits(m, 800, 1600);
    assert_int_equal(m->reflector.stats.n_failures, 1);
}

static void credentials_that_are_refused_are_told_as_that(void **state)
{
    struct mirror *m = *state;

    begin_watch(m);
    cut(m);
    pass_wait(m, "watch=1");
    answer(m, 401);
    assert_non_null(strstr(m->reflector.stats.failure, "answered 401: it does not take the "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIRROR_TEST(a_watch_that_is_cut_goes_on_from_its_version),
        MIRROR_TEST(credentials_that_are_refused_are_told_as_that),
        MIRROR_TEST(half_a_line_is_forgotten_with_its_connection),
        MIRROR_TEST(a_picture_that_breaks_off_begins_again),
        MIRROR_TEST(an_expired_version_brings_a_picture_not_older_than_it),
        MIRROR_TEST(a_version_that_expires_twice_is_dropped),
        MIRROR_TEST(an_expiry_in_the_stream_brings_a_picture),
        MIRROR_TEST(an_error_in_the_stream_goes_on_from_its_version),
        MIRROR_TEST(a_picture_that_the_api_server_cannot_reach_is_asked_without_version),
        MIRROR_TEST(what_cannot_be_read_brings_a_picture),
        MIRROR_TEST(what_cannot_be_kept_brings_a_picture),
        MIRROR_TEST(a_silent_watch_is_dropped_with_its_connection),
        MIRROR_TEST(an_answer_that_does_not_come_is_not_waited_for),
        MIRROR_TEST(a_streamed_list_that_falls_silent_is_replaced_by_pages),
        MIRROR_TEST(a_streamed_list_without_its_bookmark_is_replaced_by_pages),
        MIRROR_TEST(an_expired_token_begins_the_list_again),
        MIRROR_TEST(a_page_over_the_cap_is_asked_for_by_halves),
        MIRROR_TEST(empty_pages_without_end_are_a_failure),
        MIRROR_TEST(an_empty_page_may_come_before_the_last),
        MIRROR_TEST(a_page_that_is_none_is_a_failure),
        MIRROR_TEST(what_comes_after_the_end_is_not_listened_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
