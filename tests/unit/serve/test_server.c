/* pkg/serve/server.c: how a server begins, gives way and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "client.h"
#include "io/clock.h"
#include "serve/server.h"

SW_DEFINE_CLEANUP(cleanup_server, struct sw_server, sw_server_free);

#define ASK "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"

/* Far more than any of these tests needs, so that reaching it means failure. */
#define LONG_MS 60000

static _Atomic size_t calls_of_thread[SW_SERVER_THREADS_MAX];
static sem_t entered, may_leave;

static void answer_ok(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)ctx;
    calls_of_thread[request->thread]++;
    sw_response_text(response, 200, "ok");
}

/* Stays in its handler until the test lets it go. */
static void answer_late(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)ctx;
    (void)request;
    sem_post(&entered);
    sem_wait(&may_leave);
    sw_response_text(response, 200, "late");
}

static const struct sw_route routes[] = {
    {.path = "/ok", .method = "GET", .handle = answer_ok},
    {.path = "/late", .method = "GET", .handle = answer_late},
    {.path = "/post", .method = "POST", .handle = answer_ok},
};

static struct sw_server *make(size_t n_threads)
{
    struct sw_server_options options = {.listen = "127.0.0.1:0", .n_threads = n_threads};
    struct sw_server *server = NULL;
    struct sw_err err = {0};

    if (sw_server_new(&options, routes, 3, &server, &err) < 0)
        fail_msg("%s", err.message);
    return server;
}

static struct sw_server *start(size_t n_threads)
{
    struct sw_server *server = make(n_threads);

    assert_int_equal(sw_server_start(server, NULL), 0);
    return server;
}

static void assert_ok(struct client *client, const char *connection)
{
    struct reply reply = client_ask(client, ASK);

    assert_int_equal(reply.status, 200);
    assert_true(reply_has(&reply, "connection", connection));
}

/* sw_server_stop on a thread of its own, for a test that goes on meanwhile. */
struct stopping {
    struct sw_server *server;
    uint32_t grace_ms;
    pthread_t thread;
    size_t n_cut;
};

static void *stop(void *arg)
{
    struct stopping *stopping = arg;

    stopping->n_cut = sw_server_stop(stopping->server, stopping->grace_ms);
    return NULL;
}

static void stop_begin(struct stopping *stopping, struct sw_server *server)
{
    *stopping = (struct stopping){.server = server, .grace_ms = LONG_MS};
    assert_int_equal(pthread_create(&stopping->thread, NULL, stop, stopping), 0);
}

static size_t stop_end(struct stopping *stopping)
{
    pthread_join(stopping->thread, NULL);
    return stopping->n_cut;
}

static void assert_refused(struct sw_server_options options, size_t n_routes, int code,
                           const char *words)
{
    struct sw_server *server = NULL;
    struct sw_err err = {0};

    assert_int_equal(sw_server_new(&options, routes, n_routes, &server, &err), code);
    assert_null(server);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
}

static void new_refuses_bad_options(void **state)
{
    static const struct sw_route bad[] = {{.path = "mutate", .method = "POST", .handle = answer_ok},
                                          {.path = "/mutate", .handle = answer_ok},
                                          {.path = "/mutate", .method = "POST"}};
    struct sw_server_options good = {.listen = "127.0.0.1:0"};
    struct sw_server *server = NULL;

    (void)state;
    assert_refused((struct sw_server_options){.listen = NULL}, 3, SW_EUSAGE, "no address");
    assert_refused((struct sw_server_options){.listen = "nowhere"}, 3, SW_EUSAGE, "'nowhere'");
    assert_refused((struct sw_server_options){.listen = "192.0.2.1:0"}, 3, SW_EIO, "192.0.2.1:0");
    assert_refused((struct sw_server_options){.listen = "127.0.0.1:0", .n_threads = 65}, 3,
                   SW_EUSAGE, "65 threads");
    assert_refused(good, 0, SW_EUSAGE, "0 routes");
    assert_refused(good, SW_ROUTES_MAX + 1, SW_EUSAGE, "9 routes");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sw_server_new(&good, &bad[i], 1, &server, NULL), SW_EUSAGE);
    assert_null(server);
}

static void new_says_where_it_listens(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = make(2);
    const char *address = sw_server_address(server);

    (void)state;
    assert_int_equal(strncmp(address, "127.0.0.1:", 10), 0);
    assert_int_not_equal(client_port_of(address), 0);
}

static void new_refuses_a_port_in_use(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = make(2);

    (void)state;
    assert_refused((struct sw_server_options){.listen = sw_server_address(server), .n_threads = 2},
                   3, SW_EIO, "in use");
}

static void free_without_start(void **state)
{
    (void)state;
    sw_server_free(make(3));
    sw_server_free(NULL);
}

static void start_serves_who_came_before(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = make(1);
    struct client client = client_open(client_port_of(sw_server_address(server)));
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&client, ASK));
    assert_int_equal(sw_server_start(server, NULL), 0);
    assert_true(client_take(&client, &reply));
    assert_int_equal(reply.status, 200);
    client_close(&client);
}

#define N_CLIENTS 200

static void serves_many_at_once_on_all_threads(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(2);
    static struct client clients[N_CLIENTS];

    (void)state;
    calls_of_thread[0] = calls_of_thread[1] = 0;
    for (size_t i = 0; i < N_CLIENTS; i++)
        clients[i] = client_open(client_port_of(sw_server_address(server)));
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < N_CLIENTS; i++)
            assert_true(client_send_text(&clients[i], ASK));
        for (size_t i = 0; i < N_CLIENTS; i++) {
            struct reply reply;

            assert_true(client_take(&clients[i], &reply));
            assert_int_equal(reply.status, 200);
        }
    }
    for (size_t i = 0; i < N_CLIENTS; i++)
        client_close(&clients[i]);
    assert_true(calls_of_thread[0] > 0);
    assert_true(calls_of_thread[1] > 0);
    assert_int_equal(calls_of_thread[0] + calls_of_thread[1], 3 * N_CLIENTS);
}

static void drain_ends_a_connection_with_its_next_answer(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(1);
    struct client old = client_open(client_port_of(sw_server_address(server))), new;

    (void)state;
    assert_ok(&old, "keep-alive");
    sw_server_drain(server);
    assert_ok(&old, "close");
    assert_true(client_ended(&old));
    new = client_open(client_port_of(sw_server_address(server)));
    assert_ok(&new, "close");
    assert_true(client_ended(&new));
    client_close(&old);
    client_close(&new);
}

static void stop_ends_idle_connections_at_once(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(2);
    struct client client = client_open(client_port_of(sw_server_address(server)));
    uint64_t before_ms;

    (void)state;
    assert_ok(&client, "keep-alive");
    before_ms = sw_clock_mono_ms();
    assert_int_equal(sw_server_stop(server, LONG_MS), 0);
    assert_true(sw_clock_mono_ms() - before_ms < LONG_MS / 2);
    assert_true(client_ended(&client));
    client_close(&client);
}

static void stop_waits_for_a_request_being_read(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(1);
    struct client client = client_open(client_port_of(sw_server_address(server)));
    struct stopping stopping;
    struct reply reply;

    (void)state;
    assert_ok(&client, "keep-alive");
    assert_true(client_send_text(&client, "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                                          "\r\nhalf"));
    stop_begin(&stopping, server);
    /* Let it close what it would close. */
    usleep(200000);
    reply = client_ask(&client, "-done");
    assert_int_equal(reply.status, 200);
    assert_true(reply_has(&reply, "connection", "close"));
    assert_int_equal(stop_end(&stopping), 0);
    assert_true(client_ended(&client));
    client_close(&client);
}

static void stop_waits_for_a_handler(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(1);
    struct client client = client_open(client_port_of(sw_server_address(server)));
    struct stopping stopping;
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&client, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
    sem_wait(&entered);
    stop_begin(&stopping, server);
    usleep(50000);
    sem_post(&may_leave);
    assert_true(client_take(&client, &reply));
    assert_true(sw_str_is(reply.body, "late\n"));
    assert_true(reply_has(&reply, "connection", "close"));
    assert_int_equal(stop_end(&stopping), 0);
    client_close(&client);
}

static void stalled_is_how_long_a_handler_runs(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(2);
    struct client client = client_open(client_port_of(sw_server_address(server)));
    struct reply reply;

    (void)state;
    assert_int_equal(sw_server_stalled_ns(server), 0);
    assert_true(client_send_text(&client, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
    sem_wait(&entered);
    usleep(20000);
    assert_true(sw_server_stalled_ns(server) >= 20000000);
    sem_post(&may_leave);
    assert_true(client_take(&client, &reply));
    assert_int_equal(sw_server_stalled_ns(server), 0);
    client_close(&client);
}

static void stop_serves_who_is_in_the_backlog(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(1);
    struct client busy = client_open(client_port_of(sw_server_address(server))), waiting;
    struct stopping stopping;
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&busy, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
    sem_wait(&entered);
    waiting = client_open(client_port_of(sw_server_address(server)));
    assert_true(client_send_text(&waiting, ASK));
    stop_begin(&stopping, server);
    usleep(50000);
    sem_post(&may_leave);
    assert_true(client_take(&busy, &reply));
    assert_true(client_take(&waiting, &reply));
    assert_int_equal(reply.status, 200);
    assert_int_equal(stop_end(&stopping), 0);
    client_close(&busy);
    client_close(&waiting);
}

static void stop_cuts_what_does_not_end(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(1);
    struct client stuck = client_open(client_port_of(sw_server_address(server)));
    struct client good = client_open(client_port_of(sw_server_address(server)));

    (void)state;
    assert_true(client_send_text(&stuck, "POST /post HTTP/1.1\r\n"));
    assert_ok(&good, "keep-alive");
    assert_int_equal(sw_server_stop(server, 100), 1);
    assert_true(client_ended(&stuck));
    assert_true(client_ended(&good));
    client_close(&stuck);
    client_close(&good);
}

static void stop_accepts_nobody_more(void **state)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = start(2), *next = NULL;
    struct sw_server_options options = {.n_threads = 1};

    (void)state;
    assert_int_equal(sw_server_stop(server, 0), 0);
    options.listen = sw_server_address(server);
    assert_int_equal(sw_server_new(&options, routes, 3, &next, NULL), 0);
    assert_int_equal(sw_server_stop(server, 0), 0);
}

static void free_stops_a_running_server(void **state)
{
    struct sw_server *server = start(2);
    struct client client = client_open(client_port_of(sw_server_address(server)));

    (void)state;
    assert_ok(&client, "keep-alive");
    sw_server_free(server);
    assert_true(client_ended(&client));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_refuses_bad_options),
        cmocka_unit_test(new_says_where_it_listens),
        cmocka_unit_test(new_refuses_a_port_in_use),
        cmocka_unit_test(free_without_start),
        cmocka_unit_test(start_serves_who_came_before),
        cmocka_unit_test(serves_many_at_once_on_all_threads),
        cmocka_unit_test(drain_ends_a_connection_with_its_next_answer),
        cmocka_unit_test(stop_ends_idle_connections_at_once),
        cmocka_unit_test(stop_waits_for_a_request_being_read),
        cmocka_unit_test(stop_waits_for_a_handler),
        cmocka_unit_test(stalled_is_how_long_a_handler_runs),
        cmocka_unit_test(stop_serves_who_is_in_the_backlog),
        cmocka_unit_test(stop_cuts_what_does_not_end),
        cmocka_unit_test(stop_accepts_nobody_more),
        cmocka_unit_test(free_stops_a_running_server),
    };

    sem_init(&entered, 0, 0);
    sem_init(&may_leave, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
