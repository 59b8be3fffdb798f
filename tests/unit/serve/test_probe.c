/* pkg/serve/probe.c: yes, no with a reason, and the page, as a kubelet would ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

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
    bool is_ready, is_live;
};

static bool check_ready(void *ctx, struct sw_buf *reason)
{
    const struct fixture *f = ctx;

    sw_buf_append_text(reason, "1 of 2 clusters is not synced");
    return f->is_ready;
}

static bool check_live(void *ctx, struct sw_buf *reason)
{
    const struct fixture *f = ctx;

    sw_buf_append_text(reason, "a loop stands still");
    return f->is_live;
}

static void refresh(void *ctx)
{
    struct fixture *f = ctx;

    sw_gauge_add(f->age, 1);
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
    f->client = client_open(sw_server_port(f->server));
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

static void healthz_gives_the_reason(void **state)
{
    struct fixture *f = *state;

    f->probe.live = (struct sw_probe_check){.fn = check_live, .ctx = f};
    assert_get(f, "/healthz", 503, "a loop stands still\n");
    assert_get(f, "/readyz", 200, "ok\n");
}

static void metrics_is_the_page(void **state)
{
    struct fixture *f = *state;
    struct reply reply;

    assert_get(f, "/metrics", 200, "# HELP age \n# TYPE age gauge\nage 0\n");
    f->probe.refresh = refresh;
    f->probe.refresh_ctx = f;
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
        TEST(healthz_gives_the_reason),
        TEST(metrics_is_the_page),
        TEST(head_is_allowed),
        TEST(other_questions_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
