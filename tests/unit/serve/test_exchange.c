/* pkg/serve/exchange.c and tap.c: large requests wait for each other, and hold only so much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "full.h"

/* Room for two bodies, whose buffers are 1 MiB, but for no third: of the address that holds more
 * the last to come is told to come again, and who is nearly done is not. */
static void a_large_request_too_many_is_told_to_come_again(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 2300000});
    struct client first = client_open(f->port), second = full_open_from(f, "127.0.0.2"), third,
                  small = client_open(f->port);
    char *body = fixture_bytes(FULL_BODY_MAX);
    struct reply reply;

    (void)state;
    full_assert_noted(&small);
    full_begin_large(&first, body);
    full_wait_held(f, 1 << 20);
    third = client_open(f->port); /* the address that then holds most */
    assert_true(client_send_text(&third, FULL_LARGE));
    assert_true(client_send(&third, body, FULL_BODY_MAX / 4));
    full_wait_held(f, 5 << 18);
    assert_true(client_send_text(&second, FULL_LARGE));
    client_send(&second, body, FULL_BODY_MAX - 1);
    assert_true(client_take(&third, &reply));
    assert_int_equal(reply.status, 429);
    assert_true(reply_has(&reply, "retry-after", "1"));
    assert_true(reply_has(&reply, "connection", "close"));
    assert_int_equal(sw_counter_value(f->stats.shed), 1);
    full_assert_noted(&small);
    assert_true(client_send(&first, "}", 1));
    assert_true(client_take(&first, &reply));
    assert_reply(&reply, 200, "noted");
    assert_true(client_send(&second, "}", 1));
    assert_true(client_take(&second, &reply));
    assert_reply(&reply, 200, "noted");
    assert_non_null(strstr(full_logged(f), "one was refused\",\"remote\":\"127.0.0.1:"));
    client_close(&first);
    client_close(&second);
    client_close(&third);
    client_close(&small);
    free(body);
    full_free(f);
}

static void who_sends_slowly_gives_way_first(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 1});
    struct client slow[2], quick;
    char *body = fixture_bytes(FULL_BODY_MAX);
    struct reply reply;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        slow[i] = full_open_from(f, i ? "127.0.0.3" : "127.0.0.2");
        assert_true(client_send_text(&slow[i], FULL_LARGE));
        assert_true(client_send(&slow[i], body, FULL_BODY_MAX / 2));
        full_wait_held(f, (int64_t)(i + 1) << 19);
    }
    usleep(1100000);
    quick = client_open(f->port);
    full_begin_large(&quick, body); /* 1 MiB more than there is room for */
    assert_true(client_send(&quick, "}", 1));
    assert_true(client_take(&quick, &reply));
    assert_reply(&reply, 200, "noted");
    assert_true(client_take(&slow[0], &reply));
    assert_int_equal(reply.status, 429);
    assert_int_equal(sw_counter_value(f->stats.shed), 1);
    for (size_t i = 0; i < 2; i++)
        client_close(&slow[i]);
    client_close(&quick);
    free(body);
    full_free(f);
}

/* An answer is held until its peer has taken it, and who does not take it is slow like any other.
 */
static void who_does_not_read_gives_way_too(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 1});
    struct client deaf = client_open(f->port), quick = client_open(f->port);
    char *body = fixture_bytes(FULL_BODY_MAX);
    struct reply reply;
    int small = 4096;

    (void)state;
    setsockopt(deaf.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_true(client_send_text(&deaf, POST("/big", "2") "{}"));
    full_wait_held(f, FULL_BIG);
    full_begin_large(&quick, body); /* as soon as this: an answer under way is not slow yet */
    assert_true(client_send(&quick, "}", 1));
    assert_true(client_take(&quick, &reply));
    assert_int_equal(reply.status, 429);
    client_close(&quick);
    usleep(1100000);
    quick = client_open(f->port);
    full_begin_large(&quick, body);
    assert_true(client_send(&quick, "}", 1));
    assert_true(client_take(&quick, &reply));
    assert_reply(&reply, 200, "noted");
    while (sw_gauge_value(f->stats.connections) > 1) /* the end of the other one is seen */
        usleep(1000);
    assert_int_equal(sw_counter_value(f->stats.shed), 2);
    client_close(&deaf);
    client_close(&quick);
    free(body);
    full_free(f);
}

/* Large answers that nobody takes do not pile up: the row waits for a peer to be slow enough to be
 * cut, and then goes on. */
static void answers_that_nobody_takes_do_not_pile_up(void **state)
{
    enum { N = 4 };
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 1});
    struct client deaf[N];
    char *body = fixture_bytes(100000);
    int64_t most = 0, now;
    int small = 4096;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        deaf[i] = client_open(f->port);
        setsockopt(deaf[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        assert_true(client_send_text(&deaf[i], POST("/big", "100000")));
        assert_true(client_send(&deaf[i], body, 99999));
    }
    full_wait_held(f, N * (1 << 17));
    for (size_t i = 0; i < N; i++)
        assert_true(client_send(&deaf[i], "}", 1));
    while (sw_counter_value(f->stats.shed) < N - 1) {
        now = sw_gauge_value(f->stats.held_bytes);
        most = now > most ? now : most;
        usleep(1000);
    }
    assert_true(most >= FULL_BIG);
    assert_true(most < 2 * FULL_BIG);
    for (size_t i = 0; i < N; i++)
        client_close(&deaf[i]);
    free(body);
    full_free(f);
}

static void what_is_held_ends_with_the_request(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 1});
    struct client client = client_open(f->port);
    char *body = fixture_bytes(FULL_BODY_MAX);
    struct reply reply;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        full_begin_large(&client, body);
        full_wait_held(f, 1 << 20);
        assert_true(client_send(&client, "}", 1));
        assert_true(client_take(&client, &reply));
        assert_reply(&reply, 200, "noted");
        full_assert_noted(&client);
        assert_int_equal(sw_gauge_value(f->stats.held_bytes), 0);
    }
    full_begin_large(&client, body);
    client_close(&client); /* in the middle */
    assert_int_equal(sw_counter_value(f->stats.shed), 0);
    free(body);
    full_free(f);
}

/* Nothing can be said to who never came to the end of a head; h2o reads 400 KiB of it. */
static void a_head_that_is_too_large_is_cut_off(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 1});
    struct client client = client_open(f->port);
    char *bytes = fixture_bytes(500000);
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&client, "GET / HTTP/1.1\r\nx: "));
    client_send(&client, bytes, 500000);
    if (client_take(&client, &reply)) /* it may be reset first: not all of it is read */
        assert_int_equal(reply.status, 400);
    client_close(&client);
    free(bytes);
    full_free(f);
}

static void large_requests_are_served_in_a_row(void **state)
{
    enum { N = 8 };
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 64 << 20});
    struct client clients[N];
    char *body = fixture_bytes(FULL_BODY_MAX);
    struct reply reply;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        clients[i] = full_open_from(f, i % 2 ? "127.0.0.2" : "127.0.0.3");
        full_begin_large(&clients[i], body);
    }
    for (size_t turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < N; i++)
            assert_true(client_send(&clients[i], "}", 1));
        for (size_t i = 0; i < N; i++) {
            assert_true(client_take(&clients[i], &reply));
            assert_reply(&reply, 200, "noted");
            if (turn < 2)
                full_begin_large(&clients[i], body);
        }
    }
    assert_int_equal(full_seen.n_calls, 3 * N);
    for (size_t i = 0; i < N; i++)
        client_close(&clients[i]);
    free(body);
    full_free(f);
}

/* Large requests behind one that takes long; the server's end does not leave them unanswered. */
static void a_stop_answers_who_is_in_the_row(void **state)
{
    enum { N = 3 };
    struct full *f = full_new((struct sw_server_options){.max_held_bytes = 64 << 20});
    struct client clients[N];
    char *body = fixture_bytes(FULL_BODY_MAX);
    struct reply reply;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        clients[i] = client_open(f->port);
        assert_true(client_send_text(&clients[i], POST("/sleep", "100000")));
        assert_true(client_send(&clients[i], body, 99999));
    }
    full_wait_held(f, N * (1 << 17));
    for (size_t i = 0; i < N; i++)
        assert_true(client_send(&clients[i], "}", 1));
    usleep(50000); /* the first is being answered */
    assert_int_equal(sw_server_stop(f->server, 10000), 0);
    for (size_t i = 0; i < N; i++) {
        assert_true(client_take(&clients[i], &reply));
        assert_reply(&reply, 200, "slept");
        client_close(&clients[i]);
    }
    free(body);
    full_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_request_too_many_is_told_to_come_again),
        cmocka_unit_test(who_sends_slowly_gives_way_first),
        cmocka_unit_test(who_does_not_read_gives_way_too),
        cmocka_unit_test(answers_that_nobody_takes_do_not_pile_up),
        cmocka_unit_test(what_is_held_ends_with_the_request),
        cmocka_unit_test(a_head_that_is_too_large_is_cut_off),
        cmocka_unit_test(large_requests_are_served_in_a_row),
        cmocka_unit_test(a_stop_answers_who_is_in_the_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
