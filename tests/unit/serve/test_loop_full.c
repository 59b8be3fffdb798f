/* pkg/serve/loop.c, line.c and tap.c: a server whose places are taken, and a late one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "full.h"

#define MS UINT64_C(1000000)

static void the_longest_idle_gives_its_place(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_connections = 2});
    struct client first = client_open(f->port), second = client_open(f->port), third;

    (void)state;
    full_assert_noted(&first);
    full_assert_noted(&second);
    usleep(600000);
    full_assert_noted(&second);
    usleep(600000);
    third = client_open(f->port);
    full_assert_noted(&third);
    assert_true(client_ended(&first));
    full_assert_noted(&second);
    assert_int_equal(sw_counter_value(f->stats.evicted), 1);
    assert_int_equal(sw_counter_value(f->stats.refused), 0);
    assert_non_null(
        strstr(full_logged(f), "an idle one was ended to make room\",\"remote\":\"127.0."));
    client_close(&first);
    client_close(&second);
    client_close(&third);
    full_free(f);
}

/* Who comes while all are at work is served when one of them is done, which ends that one's
 * connection; nobody is refused. */
static void while_all_work_the_next_one_waits(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_connections = 1});
    struct client worker = client_open(f->port), next;
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&worker, POST("/note", "2") "{"));
    while (!sw_gauge_value(f->stats.connections))
        usleep(1000);
    next = client_open(f->port);
    assert_true(client_send_text(&next, POST("/note", "2") "{}"));
    while (!sw_counter_value(f->stats.waits))
        usleep(1000);
    assert_int_equal(full_seen.n_calls, 0);
    assert_true(client_send_text(&worker, "}"));
    assert_true(client_take(&worker, &reply));
    assert_reply(&reply, 200, "noted");
    assert_true(reply_has(&reply, "connection", "close"));
    assert_true(client_take(&next, &reply));
    assert_reply(&reply, 200, "noted");
    assert_true(reply_has(&reply, "connection", "keep-alive"));
    assert_int_equal(sw_counter_value(f->stats.evicted), 0);
    assert_non_null(strstr(full_logged(f), "none is idle: the next one waits\",\"limit\":1"));
    client_close(&worker);
    client_close(&next);
    full_free(f);
}

static void no_address_gets_all_places(void **state)
{
    struct full *f = full_new((struct sw_server_options){.max_connections = 10, .max_per_peer = 2});
    struct client greedy[3], other;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        greedy[i] = client_open(f->port);
        full_assert_noted(&greedy[i]);
    }
    greedy[2] = client_open(f->port); /* nobody of its address has been idle for long */
    assert_true(client_ended(&greedy[2]));
    assert_int_equal(sw_counter_value(f->stats.refused), 1);
    assert_non_null(
        strstr(full_logged(f), "its address has as many as it may\",\"remote\":\"127.0.0"));
    other = full_open_from(f, "127.0.0.2");
    full_assert_noted(&other);
    usleep(1100000);
    client_close(&greedy[2]);
    greedy[2] = client_open(f->port); /* now one of them has, and not the other address's */
    full_assert_noted(&greedy[2]);
    assert_int_equal(sw_counter_value(f->stats.evicted), 1);
    full_assert_noted(&other);
    for (size_t i = 0; i < 3; i++)
        client_close(&greedy[i]);
    client_close(&other);
    full_free(f);
}

static void a_request_is_told_how_late_it_is(void **state)
{
    struct full *f = full_new((struct sw_server_options){.n_threads = 1});
    struct client sleeper = client_open(f->port), late = client_open(f->port);
    struct reply reply;

    (void)state;
    full_assert_noted(&sleeper);
    full_assert_noted(&late);
    usleep(300000);
    full_assert_noted(&late);
    assert_true(full_seen.waited_ns < 150 * MS); /* the machine may be busy */
    assert_true(client_send_text(&sleeper, POST("/sleep", "2") "{}"));
    usleep(50000);
    assert_true(client_send_text(&late, POST("/note", "2") "{}"));
    assert_true(client_take(&late, &reply));
    assert_reply(&reply, 200, "noted");
    assert_true(full_seen.waited_ns >= 140 * MS);
    assert_true(full_seen.age_ns >= full_seen.waited_ns);
    client_close(&sleeper);
    client_close(&late);
    full_free(f);
}

/* That a client takes its time is none of our lateness. */
static void a_slow_request_is_old_but_not_late(void **state)
{
    struct full *f = full_new((struct sw_server_options){.n_threads = 1});
    struct client client = client_open(f->port);
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&client, POST("/note", "2") "{"));
    usleep(400000);
    assert_true(client_send_text(&client, "}"));
    assert_true(client_take(&client, &reply));
    assert_true(full_seen.age_ns >= 390 * MS);
    assert_true(full_seen.waited_ns < full_seen.age_ns / 2);
    full_assert_noted(&client); /* the next one is as young as any */
    assert_true(full_seen.age_ns < 390 * MS);
    client_close(&client);
    full_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_idle_gives_its_place),
        cmocka_unit_test(while_all_work_the_next_one_waits),
        cmocka_unit_test(no_address_gets_all_places),
        cmocka_unit_test(a_request_is_told_how_late_it_is),
        cmocka_unit_test(a_slow_request_is_old_but_not_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
