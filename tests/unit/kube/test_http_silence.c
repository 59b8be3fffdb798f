/* pkg/kube/http.c: a connection that is there and says nothing is left, by all who are on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "h2_peer.h"
#include "http_fixture.h"

/* How old a connection is, is told in whole seconds: it has to be one that is over two. */
static const struct timespec silence = {.tv_sec = 2, .tv_nsec = 100000000};
#define TIMEOUT_MS 2100

struct fixture {
    struct http_fixture http; /* its api is not asked */
    struct h2_peer *peer;
    char server[64];
    struct heard first, second; /* on the first connection: answered without end, and not */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    void *http;

    if (!f || http_setup(&http) < 0)
        return -1;
    f->http = *(struct http_fixture *)http;
    free(http);
    f->peer = h2_peer_start(&f->http.authority);
    snprintf(f->server, sizeof(f->server), "https://127.0.0.1:%d", h2_peer_port(f->peer));
    f->http.config.server = sw_str_from(f->server);
    f->http.config.ca_pem = pki_cert_pem(&f->http.authority);
    sw_http_target_free(f->http.target);
    if (sw_http_target_new(&f->http.config, &f->http.target, NULL) < 0)
        return -1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct http_fixture *http = malloc(sizeof(*http));
    void *of_http = http;

    h2_peer_stop(f->peer);
    *http = f->http;
    free(f);
    return http_teardown(&of_http);
}

/* Two requests on one connection, of which one goes on and one is not answered. */
static void ask_two(struct fixture *f, int64_t timeout_ms)
{
    struct sw_http_request request = {
        .method = "GET", .path = SW_STR("/second"), .timeout_ms = timeout_ms};

    api_begin(f->http.http, f->http.target, "/first", &f->first);
    api_run_until(f->http.http, &f->first.n_responses);
    assert_int_equal(sw_http_send(f->http.http, f->http.target, &request, heard_sink(&f->second),
                                  &f->second.transfer, NULL),
                     0);
    sw_http_run(f->http.http);
    assert_int_equal(f->first.status, 200);
}

static void assert_all_have_left(struct fixture *f)
{
    assert_string_equal(f->first.failure, "its connection went silent");
    assert_int_equal(h2_peer_connections(f->peer), 1);
    http_get(&f->http, "/third");
    assert_int_equal(f->http.heard.status, 200);
    assert_string_equal(f->http.heard.body, "ok");
    assert_int_equal(h2_peer_connections(f->peer), 2);
    http_get(&f->http, "/fourth");
    assert_int_equal(h2_peer_connections(f->peer), 2);
}

static void desert_takes_all_off_the_connection(void **state)
{
    struct fixture *f = *state;

    ask_two(f, 0);
    nanosleep(&silence, NULL);
    sw_http_run(f->http.http);
    assert_int_equal(f->second.n_responses, 0);
    sw_http_desert(f->second.transfer);
    api_run_until(f->http.http, &f->first.n_closed);
    assert_int_equal(f->second.n_closed, 0);
    assert_all_have_left(f);
}

static void so_does_a_request_that_takes_too_long(void **state)
{
    struct fixture *f = *state;

    ask_two(f, TIMEOUT_MS);
    api_run_until(f->http.http, &f->second.n_closed);
    assert_int_equal(f->second.n_responses, 0);
    assert_non_null(strstr(f->second.failure, "timed out"));
    api_run_until(f->http.http, &f->first.n_closed);
    assert_all_have_left(f);
}

static void cancel_leaves_the_connection_to_the_others(void **state)
{
    struct fixture *f = *state;

    ask_two(f, 0);
    sw_http_cancel(f->second.transfer);
    sw_http_run(f->http.http);
    nanosleep(&silence, NULL);
    sw_http_run(f->http.http);
    assert_int_equal(f->first.n_closed, 0);
}

static void desert_of_nothing(void **state)
{
    (void)state;
    sw_http_desert(NULL);
}

#define SILENCE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SILENCE_TEST(desert_takes_all_off_the_connection),
        SILENCE_TEST(so_does_a_request_that_takes_too_long),
        SILENCE_TEST(cancel_leaves_the_connection_to_the_others),
        cmocka_unit_test(desert_of_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
