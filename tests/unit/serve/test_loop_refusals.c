/* pkg/serve/loop.c: requests that are not as they should be, and clients that misbehave. */
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

static void refuses_an_unknown_path(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, POST("/echo/", "2") "{}");

    assert_reply(&reply, 404, "no such path: expected /echo, /busy, /big\n");
    assert_true(reply_has(&reply, "content-type", "text/plain; charset=utf-8"));
    assert_goes_on(&f->client);
}

static void refuses_another_method(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");

    assert_reply(&reply, 405, "method GET is not allowed on /echo: expected POST\n");
    assert_true(reply_has(&reply, "allow", "POST"));
    assert_goes_on(&f->client);
}

static void refuses_another_content_type(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                                "2\r\nContent-Type: text/yaml\r\n\r\n{}");

    assert_reply(&reply, 415, "Content-Type 'text/yaml': expected application/json\n");
    assert_goes_on(&f->client);
    reply = client_ask(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(reply.status, 415);
    assert_int_equal(f->seen->n_calls, 1);
}

static void an_answer_over_its_cap_is_our_failure(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "GET /big?99999999 HTTP/1.1\r\nHost: a\r\n\r\n");

    assert_reply(&reply, 500,
                 "the answer could not be written: the text would be over 16777216 bytes\n");
    assert_goes_on(&f->client);
}

static void refuses_a_large_body_before_continue(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(
        &f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    "Expect: 100-continue\r\nContent-Length: 100002\r\n\r\n");

    assert_reply(&reply, 413, "body too large: expected at most 100000 bytes\n");
    assert_true(client_ended(&f->client));
}

static void refuses_another_expectation(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n"
                                                "Content-Length: 2\r\n\r\n{}");

    assert_int_equal(reply.status, 417);
    assert_true(client_ended(&f->client));
}

static void refuses_a_body_of_one_byte_more(void **state)
{
    struct fixture *f = *state;
    char *body = fixture_bytes(FIXTURE_BODY_MAX + 1);
    struct reply reply;

    assert_true(client_send_text(&f->client, POST("/echo", "100001")));
    assert_true(client_send(&f->client, body, FIXTURE_BODY_MAX + 1));
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 413, "body of 100001 bytes: expected at most 100000\n");
    assert_true(reply_has(&reply, "connection", "close"));
    assert_true(client_ended(&f->client));
    assert_int_equal(f->seen->n_calls, 0);
    free(body);
}

/* It must reach a client that sends everything first and only then looks: hence the lingering. */
static void refuses_a_large_body_of_a_client_that_goes_on_sending(void **state)
{
    struct fixture *f = *state;
    char *body = fixture_bytes(5000000);
    struct reply reply;

    assert_true(client_send_text(&f->client, POST("/echo", "5000000")));
    assert_true(client_wait(&f->client));
    assert_true(client_send(&f->client, body, 5000000));
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 413, "body too large: expected at most 100000 bytes\n");
    assert_true(reply_has(&reply, "connection", "close"));
    assert_true(client_ended(&f->client));
    free(body);
}

static void refuses_a_large_chunked_body(void **state)
{
    struct fixture *f = *state;
    char *body = fixture_bytes(300000);
    struct reply reply;

    assert_true(client_send_text(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                             "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n"));
    assert_true(client_send(&f->client, body, 300000));
    assert_true(client_take(&f->client, &reply));
    assert_reply(&reply, 413, "body too large: expected at most 100000 bytes\n");
    assert_true(client_ended(&f->client));
    free(body);
}

static void refuses_a_broken_chunked_body(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                                "Transfer-Encoding: chunked\r\n\r\nxyz\r\n");

    assert_int_equal(reply.status, 400);
    assert_true(client_ended(&f->client));
}

static void refuses_an_unknown_transfer_coding(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                                "Transfer-Encoding: gzip\r\n\r\nxyz");

    assert_int_equal(reply.status, 400);
    assert_true(client_ended(&f->client));
}

static void refuses_a_broken_length(void **state)
{
    struct fixture *f = *state;
    struct reply reply = client_ask(&f->client, POST("/echo", "-1"));

    assert_int_equal(reply.status, 400);
    assert_true(client_ended(&f->client));
}

static void assert_bad_request(uint16_t port, const char *text, size_t len)
{
    struct client client = client_open(port);
    struct reply reply;

    assert_true(client_send(&client, text, len));
    assert_true(client_take(&client, &reply));
    assert_reply(&reply, 400, "Bad Request");
    assert_true(client_ended(&client));
    client_close(&client);
}

static void does_not_switch_to_http2(void **state)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    struct fixture *f = *state;
    struct reply reply;

    assert_bad_request(client_port_of(sw_server_address(f->server)), preface, sizeof(preface) - 1);
    reply = client_ask(&f->client,
                       "GET /big?1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                       "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    assert_reply(&reply, 200, "x");
}

static void refuses_garbage(void **state)
{
    static const char *const texts[] = {
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /* a TLS handshake */
        "GET / HTTP/9.9\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nSpace : x\r\n\r\n",
        "GET / HTTP/1.1\r\nControl: \x01\r\n\r\n",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_bad_request(client_port_of(sw_server_address(f->server)), texts[i],
                           strlen(texts[i]));
    assert_goes_on(&f->client);
}

/* Bytes of every kind in every place of a request: an answer or a closed connection, and the server
 * goes on. */
static void survives_changed_bytes(void **state)
{
    static const char request[] = POST("/echo", "2") "{}";
    struct fixture *f = *state;

    for (size_t at = 0; at < sizeof(request) - 1; at++) {
        struct client client = client_open(client_port_of(sw_server_address(f->server)));
        char changed[sizeof(request)];

        memcpy(changed, request, sizeof(request));
        changed[at] = (char)(at * 37 + 11);
        client_send(&client, changed, sizeof(request) - 1);
        client_close(&client);
    }
    assert_goes_on(&f->client);
}

static void refuses_too_many_headers(void **state)
{
    struct fixture *f = *state;
    struct sw_buf text;

    sw_buf_init(&text, 1 << 20);
    sw_buf_append_text(&text, "GET /big?1 HTTP/1.1\r\n");
    for (size_t i = 0; i < 101; i++)
        sw_buf_printf(&text, "h%zu: x\r\n", i);
    sw_buf_append_text(&text, "\r\n");
    assert_bad_request(client_port_of(sw_server_address(f->server)), text.data, text.len);
    sw_buf_release(&text);
}

static void refuses_a_header_without_end(void **state)
{
    struct fixture *f = *state;
    char *bytes = fixture_bytes(500000);
    struct reply reply;

    assert_true(client_send_text(&f->client, "GET /big?1 HTTP/1.1\r\nh: "));
    /* The answer may be lost with the connection: this client sends what nobody reads. */
    if (client_send(&f->client, bytes, 500000) && client_take(&f->client, &reply))
        assert_int_equal(reply.status, 400);
    assert_false(client_take(&f->client, &reply));
    free(bytes);
}

static void a_client_that_leaves_in_the_middle_hurts_nobody(void **state)
{
    struct fixture *f = *state;
    struct client client = client_open(client_port_of(sw_server_address(f->server)));

    client_send_text(&client, POST("/echo", "50") "half");
    client_close(&client);
    client = client_open(client_port_of(sw_server_address(f->server)));
    client_send_text(&client, "GET /big?8000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    client_close(&client);
    assert_goes_on(&f->client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVE_TEST(refuses_an_unknown_path),
        SERVE_TEST(refuses_another_method),
        SERVE_TEST(refuses_another_content_type),
        SERVE_TEST(an_answer_over_its_cap_is_our_failure),
        SERVE_TEST(refuses_a_large_body_before_continue),
        SERVE_TEST(refuses_another_expectation),
        SERVE_TEST(refuses_a_body_of_one_byte_more),
        SERVE_TEST(refuses_a_large_body_of_a_client_that_goes_on_sending),
        SERVE_TEST(refuses_a_large_chunked_body),
        SERVE_TEST(refuses_a_broken_chunked_body),
        SERVE_TEST(refuses_an_unknown_transfer_coding),
        SERVE_TEST(refuses_a_broken_length),
        SERVE_TEST(does_not_switch_to_http2),
        SERVE_TEST(refuses_garbage),
        SERVE_TEST(survives_changed_bytes),
        SERVE_TEST(refuses_too_many_headers),
        SERVE_TEST(refuses_a_header_without_end),
        SERVE_TEST(a_client_that_leaves_in_the_middle_hurts_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
