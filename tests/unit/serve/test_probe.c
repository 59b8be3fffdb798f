/* pkg/serve/probe.c: yes, no with a reason, and the page, as a kubelet would ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "metrics/metrics.h"
#include "serve/probe.h"
#include "serve/server.h"

struct fixture {
    struct sw_metrics *metrics;
    struct sw_gauge *age;
    struct sw_probe probe;
    struct sw_server *server;
    struct client client;
    bool is_ready;
    sem_t entered, may_leave;
};

static bool check_ready(void *ctx, struct sw_buf *reason)
{
    const struct fixture *f = ctx;

    sw_buf_append_text(reason, "1 of 2 clusters is not synced");
    return f->is_ready;
}

/* Stays in its handler until the test lets it go. */
static void answer_late(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    struct fixture *f = ctx;

    (void)request;
    sem_post(&f->entered);
    sem_wait(&f->may_leave);
    sw_response_text(response, 200, "late");
}

static int setup(void **state)
{
    struct sw_server_options options = {.listen = "127.0.0.1:0"};
    struct sw_metric_spec age = {.kind = SW_METRIC_GAUGE, .name = "age"};
    struct sw_route routes[SW_PROBE_N_ROUTES];
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_metric_family *family = NULL;

    if (!f)
        return -1;
    f->metrics = sw_metrics_new();
    if (sw_metrics_add(f->metrics, &age, &family, NULL) < 0)
        return -1;
    f->age = sw_gauge_at(family, NULL);
    f->probe = (struct sw_probe){.metrics = f->metrics};
    sw_probe_routes(&f->probe, routes);
    if (sw_server_new(&options, routes, SW_PROBE_N_ROUTES, &f->server, NULL) < 0 ||
        sw_server_start(f->server, NULL) < 0)
        return -1;
    f->client = client_open(client_port_of(sw_server_address(f->server)));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    client_close(&f->client);
    sw_server_free(f->server);
    sw_metrics_free(f->metrics);
    free(f);
    return 0;
}

static void assert_get(struct fixture *f, const char *path, int status, const char *body)
{
    char request[200];
    struct reply reply;

    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    reply = client_ask(&f->client, request);
    assert_int_equal(reply.status, status);
    if (!sw_str_is(reply.body, body))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(reply.body), body);
}

static void without_checks_all_is_well(void **state)
{
    assert_get(*state, "/healthz", 200, "ok\n");
    assert_get(*state, "/readyz", 200, "ok\n");
    assert_get(*state, "/readyz?verbose", 200, "ok\n");
}

static void readyz_gives_the_reason(void **state)
{
    struct fixture *f = *state;

    f->probe.ready = (struct sw_probe_check){.fn = check_ready, .ctx = f};
    assert_get(f, "/readyz", 503, "1 of 2 clusters is not synced\n");
    assert_get(f, "/healthz", 200, "ok\n");
    f->is_ready = true;
    assert_get(f, "/readyz", 200, "ok\n");
}

static void healthz_tells_of_a_handler_that_does_not_come_back(void **state)
{
    struct sw_server_options options = {.listen = "127.0.0.1:0"};
    struct fixture *f = *state;
    struct sw_route late = {.path = "/", .method = "GET", .handle = answer_late, .ctx = f};
    struct sw_server *watched = NULL;
    struct client client;
    struct reply reply;

    sem_init(&f->entered, 0, 0);
    sem_init(&f->may_leave, 0, 0);
    assert_int_equal(sw_server_new(&options, &late, 1, &watched, NULL), 0);
    assert_int_equal(sw_server_start(watched, NULL), 0);
    f->probe.watched = watched;
    f->probe.stalled_ms = 20;
    assert_get(f, "/healthz", 200, "ok\n");
    client = client_open(client_port_of(sw_server_address(watched)));
    assert_true(client_send_text(&client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    sem_wait(&f->entered);
    usleep(40000);
    reply = client_ask(&f->client, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(reply.status, 503);
    assert_true(sw_str_has_prefix(reply.body, SW_STR("a handler has been running for ")));
    f->probe.stalled_ms = 0;
    assert_get(f, "/healthz", 200, "ok\n");
    sem_post(&f->may_leave);
    assert_true(client_take(&client, &reply));
    client_close(&client);
    f->probe.watched = NULL;
    sw_server_free(watched);
}

static void metrics_is_the_page(void **state)
{
    struct fixture *f = *state;
    struct reply reply;

    assert_get(f, "/metrics", 200, "# HELP age \n# TYPE age gauge\nage 0\n");
    sw_gauge_add(f->age, 1);
    reply = client_ask(&f->client, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(sw_str_is(reply.body, "# HELP age \n# TYPE age gauge\nage 1\n"));
    assert_true(reply_has(&reply, "content-type", "text/plain; version=0.0.4; charset=utf-8"));
}

static void head_is_allowed(void **state)
{
    static const char *const paths[] = {"/healthz", "/readyz", "/metrics"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 3; i++) {
        struct reply reply;
        char request[200];

        snprintf(request, sizeof(request), "HEAD %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
        assert_true(client_send_text(&f->client, request));
        assert_true(client_take_head(&f->client, &reply));
        assert_int_equal(reply.status, 200);
    }
    assert_get(f, "/healthz", 200, "ok\n");
}

static void other_questions_are_refused(void **state)
{
    struct fixture *f = *state;
    struct reply reply =
        client_ask(&f->client, "POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

    assert_int_equal(reply.status, 405);
    assert_true(reply_has(&reply, "allow", "GET, HEAD"));
    assert_get(f, "/", 404, "no such path: expected /healthz, /readyz, /metrics\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(without_checks_all_is_well),
        TEST(readyz_gives_the_reason),
        TEST(healthz_tells_of_a_handler_that_does_not_come_back),
        TEST(metrics_is_the_page),
        TEST(head_is_allowed),
        TEST(other_questions_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
