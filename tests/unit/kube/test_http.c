/* pkg/kube/http.c: what is sent, what is heard of an answer, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http_fixture.h"
#include "io/clock.h"

static void send_hears_the_answer(void **state)
{
    struct http_fixture *f = *state;

    http_get(f, "/ok");
    assert_int_equal(f->heard.status, 200);
    assert_int_equal(f->heard.retry_after_s, 0);
    assert_string_equal(f->heard.body, "hello");
    assert_string_equal(f->heard.failure, "");
}

static void send_says_what_it_was_told_to(void **state)
{
    struct http_fixture *f = *state;
    struct sw_http_request request = {
        .method = "PATCH",
        .path = SW_STR("/a?b=c%20d"),
        .content_type = "application/apply-patch+yaml",
        .body = SW_STR("{\"kind\":1}"),
    };

    f->config.token = SW_STR("s3cret");
    assert_int_equal(sw_http_send(f->http, f->target, &request, heard_sink(&f->heard),
                                  &f->heard.transfer, NULL),
                     0);
    api_run_until(f->http, &f->heard.n_closed);
    assert_non_null(strstr(f->heard.body, "PATCH /a?b=c%20d HTTP/1.1\r\n"));
    assert_non_null(strstr(f->heard.body, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(f->heard.body, "\r\nAuthorization: Bearer s3cret\r\n"));
    assert_non_null(strstr(f->heard.body, "\r\nContent-Type: application/apply-patch+yaml\r\n"));
    assert_non_null(strstr(f->heard.body, "\r\nUser-Agent: spillway/"));
    assert_non_null(strstr(f->heard.body, "\r\n\r\n{\"kind\":1}"));
}

static void a_status_comes_with_its_retry_after(void **state)
{
    struct http_fixture *f = *state;

    http_get(f, "/status/429");
    assert_int_equal(f->heard.status, 429);
    assert_int_equal(f->heard.retry_after_s, 7);
    assert_string_equal(f->heard.failure, "");
    http_get(f, "/status/503");
    assert_int_equal(f->heard.status, 503);
}

static void an_interim_answer_is_not_heard(void **state)
{
    struct http_fixture *f = *state;

    http_get(f, "/interim");
    assert_int_equal(f->heard.n_responses, 1);
    assert_int_equal(f->heard.status, 200);
    assert_int_equal(f->heard.retry_after_s, 0);
    assert_string_equal(f->heard.body, "late");
}

static void trailers_are_not_another_answer(void **state)
{
    struct http_fixture *f = *state;

    http_get(f, "/trailers");
    assert_int_equal(f->heard.n_responses, 1);
    assert_string_equal(f->heard.body, "ok");
}

static void redirects_are_not_followed(void **state)
{
    struct http_fixture *f = *state;

    http_get(f, "/status/302");
    assert_int_equal(f->heard.status, 302);
}

static int has_first_line(struct http_fixture *f)
{
    return strcmp(f->heard.body, "one\n") == 0;
}

static void a_stream_is_heard_as_it_comes(void **state)
{
    struct http_fixture *f = *state;
    int first = 0;

    api_begin(f->http, f->target, "/stream", &f->heard);
    for (int i = 0; i < 200 && !first; i++) {
        sw_http_wait(f->http, 50);
        sw_http_run(f->http);
        first = has_first_line(f);
    }
    assert_true(first);
    assert_int_equal(f->heard.n_closed, 0);
    api_go_on(f->api);
    api_run_until(f->http, &f->heard.n_closed);
    assert_string_equal(f->heard.body, "one\ntwo\n");
    assert_string_equal(f->heard.failure, "");
}

static void an_answer_that_is_cut_is_a_failure(void **state)
{
    struct http_fixture *f = *state;

    http_get(f, "/cut");
    assert_int_equal(f->heard.status, 200);
    assert_string_equal(f->heard.body, "half");
    assert_string_not_equal(f->heard.failure, "");
}

static void cancel_in_a_callback_ends_all_callbacks(void **state)
{
    struct http_fixture *f = *state;
    size_t n_bytes;

    f->heard.cancels = true;
    api_begin(f->http, f->target, "/big", &f->heard);
    for (int i = 0; i < 200 && f->heard.transfer; i++) {
        sw_http_wait(f->http, 50);
        sw_http_run(f->http);
    }
    assert_null(f->heard.transfer);
    n_bytes = f->heard.n_bytes;
    assert_true(n_bytes > 0 && n_bytes < API_BIG_BYTES);
    for (int i = 0; i < 5; i++) {
        sw_http_wait(f->http, 20);
        sw_http_run(f->http);
    }
    assert_int_equal(f->heard.n_bytes, n_bytes);
    assert_int_equal(f->heard.n_closed, 0);
    f->heard.cancels = false;
    http_get(f, "/ok");
    assert_string_equal(f->heard.body, "hello");
}

static void break_off(void *context, struct sw_str bytes)
{
    struct heard *heard = context;

    heard->n_bytes += bytes.len;
    sw_http_break(heard->transfer);
}

static void what_is_broken_off_is_closed_with_a_failure(void **state)
{
    struct http_fixture *f = *state;
    const struct sw_http_request request = {.method = "GET", .path = SW_STR("/big")};
    struct sw_http_sink sink = heard_sink(&f->heard);
    size_t n_bytes;

    sink.data = break_off;
    assert_int_equal(sw_http_send(f->http, f->target, &request, sink, &f->heard.transfer, NULL), 0);
    for (int i = 0; i < 200 && !f->heard.n_bytes; i++) {
        sw_http_wait(f->http, 50);
        sw_http_run(f->http);
    }
    n_bytes = f->heard.n_bytes;
    api_run_until(f->http, &f->heard.n_closed);
    assert_true(n_bytes > 0 && n_bytes < API_BIG_BYTES);
    assert_int_equal(f->heard.n_bytes, n_bytes);
    assert_string_not_equal(f->heard.failure, "");
}

static void the_server_of_a_target_is_its_config_s(void **state)
{
    struct http_fixture *f = *state;

    assert_true(sw_str_is(sw_http_target_server(f->target), f->server));
}

static void cancel_of_what_is_under_way_lets_its_config_go(void **state)
{
    struct http_fixture *f = *state;
    struct sw_kube_config *config = malloc(sizeof(*config));
    char *pem = malloc(f->config.ca_pem.len);
    struct sw_http_target *target;
    struct heard heard = {0};

    if (!config || !pem)
        fail();
    *config = f->config;
    memcpy(pem, f->config.ca_pem.data, f->config.ca_pem.len);
    config->ca_pem.data = pem;
    assert_int_equal(sw_http_target_new(config, &target, NULL), 0);
    api_begin(f->http, target, "/ok", &heard);
    sw_http_run(f->http); /* it connects */
    sw_http_cancel(heard.transfer);
    sw_http_target_free(target);
    free(pem);
    free(config);
    for (int i = 0; i < 5; i++) {
        sw_http_wait(f->http, 20);
        sw_http_run(f->http);
    }
    assert_int_equal(heard.n_responses + heard.n_closed, 0);
}

static void free_cancels_what_is_under_way(void **state)
{
    struct http_fixture *f = *state;

    api_begin(f->http, f->target, "/stream", &f->heard);
    api_run_until(f->http, &f->heard.n_responses);
    sw_http_free(f->http);
    f->http = NULL;
    assert_int_equal(f->heard.n_closed, 0);
}

static void an_answer_that_takes_too_long_is_a_failure(void **state)
{
    struct http_fixture *f = *state;
    struct sw_http_request request = {
        .method = "GET", .path = SW_STR("/silent"), .timeout_ms = 300};
    uint64_t began_ms = sw_clock_mono_ms();

    assert_int_equal(sw_http_send(f->http, f->target, &request, heard_sink(&f->heard),
                                  &f->heard.transfer, NULL),
                     0);
    api_run_until(f->http, &f->heard.n_closed);
    assert_in_range(sw_clock_mono_ms() - began_ms, 250, 5000);
    assert_non_null(strstr(f->heard.failure, "timed out"));
}

static void a_refused_connection_is_a_failure(void **state)
{
    struct http_fixture *f = *state;

    f->config.server = SW_STR("https://127.0.0.1:1");
    http_get(f, "/ok");
    assert_int_equal(f->heard.n_responses, 0);
    assert_non_null(strstr(f->heard.failure, "onnect"));
}

static void send_of_a_url_over_the_cap_fails(void **state)
{
    struct http_fixture *f = *state;
    struct sw_http_request request = {.method = "GET"};
    char *path = malloc(70000);

    if (!path)
        fail();
    memset(path, '/', 70000);
    request.path = (struct sw_str){path, 70000};
    assert_int_equal(sw_http_send(f->http, f->target, &request, heard_sink(&f->heard),
                                  &f->heard.transfer, NULL),
                     SW_ELIMIT);
    free(path);
}

static void wakeup_ends_a_wait(void **state)
{
    struct http_fixture *f = *state;
    uint64_t began_ms = sw_clock_mono_ms();

    sw_http_wakeup(f->http);
    sw_http_wait(f->http, 5000);
    assert_true(sw_clock_mono_ms() - began_ms < 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST(send_hears_the_answer),
        HTTP_TEST(send_says_what_it_was_told_to),
        HTTP_TEST(a_status_comes_with_its_retry_after),
        HTTP_TEST(an_interim_answer_is_not_heard),
        HTTP_TEST(trailers_are_not_another_answer),
        HTTP_TEST(redirects_are_not_followed),
        HTTP_TEST(a_stream_is_heard_as_it_comes),
        HTTP_TEST(an_answer_that_is_cut_is_a_failure),
        HTTP_TEST(cancel_in_a_callback_ends_all_callbacks),
        HTTP_TEST(what_is_broken_off_is_closed_with_a_failure),
        HTTP_TEST(the_server_of_a_target_is_its_config_s),
        HTTP_TEST(cancel_of_what_is_under_way_lets_its_config_go),
        HTTP_TEST(free_cancels_what_is_under_way),
        HTTP_TEST(an_answer_that_takes_too_long_is_a_failure),
        HTTP_TEST(a_refused_connection_is_a_failure),
        HTTP_TEST(send_of_a_url_over_the_cap_fails),
        HTTP_TEST(wakeup_ends_a_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
