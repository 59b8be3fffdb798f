/* pkg/serve/loop.c: requests that are as they should be, over plain HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void answers_a_request(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "POST /echo?timeout=5s HTTP/1.1\r\nHost: a\r\n"
                                                "Content-Type: application/json\r\n"
                                                "Content-Length: 5\r\n\r\nhello");

    assert_reply(&reply, 200, "hello");
    assert_true(reply_has(&reply, "content-type", "application/json"));
    assert_true(reply_has(&reply, "connection", "keep-alive"));
    assert_false(reply_has(&reply, "server", "h2o/2.2.5"));
    assert_string_equal(f->seen->path, "/echo");
    assert_string_equal(f->seen->query, "timeout=5s");
    assert_string_equal(f->seen->content_type, "application/json");
    assert_int_equal(strncmp(f->seen->remote, "127.0.0.1:", 10), 0);
    assert_int_equal(f->seen->thread, 0);
    assert_goes_on(&f->client);
}

static void answers_requests_sent_at_once_in_order(void **state)
{
    struct fixture *f = *state;
    struct reply reply;

    assert_true(client_send_text(&f->client, POST("/echo", "1") "a" POST("/echo", "1") "b" POST(
                                                 "/nowhere", "1") "c" POST("/echo", "1") "d"));
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 200, "a");
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 200, "b");
    assert_true(client_take(&f->client, &reply));
    assert_int_equal(reply.status, 404);
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 200, "d");
}

static void answers_a_request_that_comes_byte_by_byte(void **state)
{
    struct fixture *f = *state;
    struct reply reply;

    for (const char *at = POST("/echo", "2") "ab"; *at; at++)
        assert_true(client_send(&f->client, at, 1));
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 200, "ab");
}

static void takes_a_content_type_with_parameters(void **state)
{
    struct fixture *f = *state;
    struct reply reply =
        client_ask(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                               "Content-Type: Application/JSON ; charset=utf-8\r\n\r\n{}");

    assert_reply(&reply, 200, "{}");
}

static void sends_retry_after_and_close(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, POST("/busy", "2") "{}");

    assert_reply(&reply, 503, "not yet\n");
    assert_true(reply_has(&reply, "retry-after", "7"));
    assert_true(reply_has(&reply, "connection", "close"));
    assert_true(client_ended(&f->client));
}

static void head_has_the_length_but_no_body(void **state)
{
    struct fixture *f = *state;
    struct reply reply;

    client_send_text(&f->client, "HEAD /big?33 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(client_take_head(&f->client, &reply));
    assert_int_equal(reply.status, 200);
    assert_true(reply_has(&reply, "content-length", "33"));
    client_send_text(&f->client, "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(client_take_head(&f->client, &reply));
    assert_int_equal(reply.status, 404);
    assert_goes_on(&f->client);
}

static void takes_an_absolute_target(void **state)
{
    struct fixture *f = *state;
    struct reply reply =
        client_ask(&f->client, "GET http://webhook.spillway.svc/big?3 HTTP/1.1\r\nHost: a\r\n\r\n");

    assert_reply(&reply, 200, "xxx");
}

static void sends_a_large_answer(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "GET /big?8000000 HTTP/1.1\r\nHost: a\r\n\r\n");

    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.len, 8000000);
    assert_goes_on(&f->client);
}

static void old_clients_are_not_kept(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "GET /big?1 HTTP/1.0\r\n\r\n");

    assert_reply(&reply, 200, "x");
    assert_true(reply_has(&reply, "connection", "close"));
    assert_true(client_ended(&f->client));
}

static void a_client_may_ask_for_close(void **state)
{
    struct fixture *f = *state;
    struct reply reply =
        client_ask(&f->client, "GET /big?1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    assert_true(reply_has(&reply, "connection", "close"));
    assert_true(client_ended(&f->client));
}

static void says_continue(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(
        &f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");

    assert_int_equal(reply.status, 100);
    assert_int_equal(f->seen->n_calls, 0);
    reply = client_ask(&f->client, "body");
    assert_reply(&reply, 200, "body");
    assert_goes_on(&f->client);
}

static void takes_a_body_of_the_largest_size(void **state)
{
    struct fixture *f = *state;
    char *body = fixture_bytes(FIXTURE_BODY_MAX);
    struct reply reply;

    assert_true(client_send_text(&f->client, POST("/echo", "100000")));
    assert_true(client_send(&f->client, body, FIXTURE_BODY_MAX));
    assert_true(client_take(&f->client, &reply));
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.len, FIXTURE_BODY_MAX);
    assert_goes_on(&f->client);
    free(body);
}

static void takes_a_chunked_body(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(
        &f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: z\r\n\r\n");

    assert_reply(&reply, 200, "abcdefg");
    assert_goes_on(&f->client);
}

static void takes_bare_line_feeds(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "GET /big?2 HTTP/1.1\nHost: a\n\n");

    assert_reply(&reply, 200, "xx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVE_TEST(answers_a_request),
        SERVE_TEST(answers_requests_sent_at_once_in_order),
        SERVE_TEST(answers_a_request_that_comes_byte_by_byte),
        SERVE_TEST(takes_a_content_type_with_parameters),
        SERVE_TEST(sends_retry_after_and_close),
        SERVE_TEST(head_has_the_length_but_no_body),
        SERVE_TEST(takes_an_absolute_target),
        SERVE_TEST(sends_a_large_answer),
        SERVE_TEST(old_clients_are_not_kept),
        SERVE_TEST(a_client_may_ask_for_close),
        SERVE_TEST(says_continue),
        SERVE_TEST(takes_a_body_of_the_largest_size),
        SERVE_TEST(takes_a_chunked_body),
        SERVE_TEST(takes_bare_line_feeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
