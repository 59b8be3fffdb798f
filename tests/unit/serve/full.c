#include "full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"

#define PATIENCE_MS 30000
#define N_ROUTES    3

struct full_seen full_seen;

static void note(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)ctx;
    full_seen.waited_ns = request->waited_ns;
    full_seen.age_ns = request->age_ns;
    full_seen.n_calls++;
    sw_buf_append_text(&response->body, "noted");
}

static void sleep_long(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)ctx;
    (void)request;
    usleep(200000);
    sw_buf_append_text(&response->body, "slept");
}

static void answer_much(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    char *bytes = sw_buf_extend(&response->body, FULL_BIG);

    (void)ctx;
    (void)request;
    if (bytes)
        memset(bytes, 'x', FULL_BIG);
}

static const struct sw_route routes[N_ROUTES] = {
    {.path = "/note", .method = "POST", .handle = note},
    {.path = "/sleep", .method = "POST", .handle = sleep_long},
    {.path = "/big", .method = "POST", .handle = answer_much},
};

struct full *full_new(struct sw_server_options options)
{
    struct full *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    full_seen.n_calls = 0;
    f->metrics = sw_metrics_new();
    assert_int_equal(pipe2(f->log_fds, O_NONBLOCK), 0);
    sw_log_init(&f->log, f->log_fds[1], SW_LOG_INFO);
    assert_int_equal(sw_server_stats_init(&f->stats, f->metrics, routes, N_ROUTES, NULL), 0);
    options.listen = "127.0.0.1:0";
    options.stats = &f->stats;
    options.log = &f->log;
    options.max_body_bytes = FULL_BODY_MAX;
    assert_int_equal(sw_server_new(&options, routes, N_ROUTES, &f->server, NULL), 0);
    assert_int_equal(sw_server_start(f->server, NULL), 0);
    f->port = client_port_of(sw_server_address(f->server));
    return f;
}

void full_free(struct full *f)
{
    uint64_t until_ms = sw_clock_mono_ms() + PATIENCE_MS;

    while (sw_gauge_value(f->stats.connections) && sw_clock_mono_ms() < until_ms)
        usleep(5000);
    assert_int_equal(sw_gauge_value(f->stats.connections), 0);
    assert_int_equal(sw_gauge_value(f->stats.held_bytes), 0);
    assert_int_equal(sw_gauge_value(f->stats.in_flight), 0);
    sw_server_free(f->server);
    sw_metrics_free(f->metrics);
    close(f->log_fds[0]);
    close(f->log_fds[1]);
    free(f);
}

const char *full_logged(struct full *f)
{
    ssize_t len = read(f->log_fds[0], f->text, sizeof(f->text) - 1);

    f->text[len > 0 ? len : 0] = '\0';
    return f->text;
}

struct client full_open_from(const struct full *f, const char *address)
{
    struct client client = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};

    assert_int_equal(inet_pton(AF_INET, address, &from.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
    to.sin_port = htons(f->port);
    setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(client.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(bind(client.fd, (struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(client.fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return client;
}

void full_assert_noted(struct client *client)
{
    struct reply reply = client_ask(client, POST("/note", "2") "{}");

    assert_reply(&reply, 200, "noted");
}

void full_begin_large(struct client *client, const char *body)
{
    assert_true(client_send_text(client, FULL_LARGE));
    assert_true(client_send(client, body, FULL_BODY_MAX - 1));
}

void full_wait_held(const struct full *f, int64_t bytes)
{
    uint64_t until_ms = sw_clock_mono_ms() + PATIENCE_MS;

    while (sw_gauge_value(f->stats.held_bytes) < bytes && sw_clock_mono_ms() < until_ms)
        usleep(2000);
    assert_true(sw_gauge_value(f->stats.held_bytes) >= bytes);
}
