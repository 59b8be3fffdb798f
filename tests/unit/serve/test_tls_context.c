/* pkg/serve/tls_context.c: what a server agrees to on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "secure.h"

static void answers_over_tls_1_3(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = secure_connect(s);

    (void)state;
    assert_string_equal(SSL_get_version(client.ssl), "TLSv1.3");
    assert_goes_on(&client);
    assert_goes_on(&client);
    client_close(&client);
    secure_free(s);
}

static void answers_over_tls_1_2(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client;

    (void)state;
    SSL_CTX_set_max_proto_version(s->context, TLS1_2_VERSION);
    client = secure_connect(s);
    assert_string_equal(SSL_get_version(client.ssl), "TLSv1.2");
    assert_int_equal(strncmp(SSL_get_cipher_name(client.ssl), "ECDHE-", 6), 0);
    assert_goes_on(&client);
    client_close(&client);
    secure_free(s);
}

static void refuses_tls_1_1(void **state)
{
    struct secure *s = secure_new(NULL);

    (void)state;
    SSL_CTX_set_cipher_list(s->context, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(s->context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(s->context, TLS1_1_VERSION);
    assert_false(secure_answers(s));
    assert_int_equal(sw_counter_value(s->stats.handshake_failed), 1);
    secure_free(s);
}

static void refuses_ciphers_without_forward_secrecy(void **state)
{
    struct secure *s = secure_new(NULL);

    (void)state;
    SSL_CTX_set_max_proto_version(s->context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(s->context, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA");
    assert_false(secure_answers(s));
    secure_free(s);
}

static void assert_alpn(struct secure *s, const char *offer, unsigned int len, const char *chosen)
{
    struct client client = client_open(client_port_of(sw_server_address(s->server_side)));
    const unsigned char *protocol = NULL;
    unsigned int protocol_len = 0;

    SSL_CTX_set_alpn_protos(s->context, (const unsigned char *)offer, len);
    if (chosen) {
        assert_true(client_handshake(&client, s->context));
        SSL_get0_alpn_selected(client.ssl, &protocol, &protocol_len);
        assert_int_equal(protocol_len, strlen(chosen));
        assert_memory_equal(protocol, chosen, protocol_len);
        assert_goes_on(&client);
    } else {
        assert_false(client_handshake(&client, s->context));
        ERR_clear_error();
    }
    client_close(&client);
}

static void chooses_http_1_1(void **state)
{
    struct secure *s = secure_new(NULL);

    (void)state;
    assert_alpn(s, "\x02h2\x08http/1.1", 12, "http/1.1");
    assert_alpn(s, "\x08http/1.1", 9, "http/1.1");
    assert_alpn(s, "\x02h2", 3, NULL);
    secure_free(s);
}

/* Without ALPN, and then with the words of HTTP/2 inside. */
static void does_not_speak_http2_over_tls(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = secure_connect(s);
    struct reply reply = client_ask(&client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    (void)state;
    assert_int_equal(reply.status, 400);
    assert_true(client_ended(&client));
    client_close(&client);
    secure_free(s);
}

static void resumes_no_session(void **state)
{
    struct secure *s = secure_new(NULL);

    (void)state;
    SSL_CTX_set_session_cache_mode(s->context, SSL_SESS_CACHE_CLIENT);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        struct client first, second;
        SSL_SESSION *session;

        SSL_CTX_set_max_proto_version(s->context, version);
        first = secure_connect(s);
        assert_goes_on(&first);
        session = SSL_get1_session(first.ssl);
        second = client_open(client_port_of(sw_server_address(s->server_side)));
        assert_false(SSL_SESSION_has_ticket(session));
        second.ssl = SSL_new(s->context);
        SSL_set_fd(second.ssl, second.fd);
        SSL_set_session(second.ssl, session);
        assert_int_equal(SSL_connect(second.ssl), 1);
        assert_false(SSL_session_reused(second.ssl));
        SSL_SESSION_free(session);
        client_close(&first);
        client_close(&second);
    }
    secure_free(s);
}

static void counts_a_client_that_does_not_trust_us(void **state)
{
    struct secure *s = secure_new(NULL);
    SSL_CTX *trusting = s->context;

    (void)state;
    s->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER, NULL);
    assert_false(secure_answers(s));
    SSL_CTX_free(s->context);
    s->context = trusting;
    assert_true(secure_answers(s));
    assert_int_equal(sw_counter_value(s->stats.handshake_failed), 1);
    secure_free(s);
}

static void reload_serves_the_new_to_the_new(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client old = secure_connect(s), new;
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&s->next), .key = pki_key_pem(&s->next)};
    X509 *shown;

    (void)state;
    assert_goes_on(&old);
    assert_int_equal(sw_tls_reload(s->tls, &pem, NULL, NULL), 0);
    assert_goes_on(&old);
    new = secure_connect(s);
    shown = SSL_get1_peer_certificate(new.ssl);
    assert_int_equal(X509_cmp(shown, s->next.cert), 0);
    X509_free(shown);
    assert_goes_on(&new);
    assert_goes_on(&old);
    client_close(&old);
    client_close(&new);
    secure_free(s);
}

/* libh2o makes the connection's own reference to the context only when the first byte comes. */
static void reload_keeps_the_old_for_one_that_has_not_begun(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = client_open(client_port_of(sw_server_address(s->server_side)));
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&s->next), .key = pki_key_pem(&s->next)};
    X509 *shown;

    (void)state;
    for (int i = 0; i < 2000 && sw_gauge_value(s->stats.connections) == 0; i++)
        usleep(5000);
    assert_int_equal(sw_tls_reload(s->tls, &pem, NULL, NULL), 0);
    assert_true(client_handshake(&client, s->context));
    shown = SSL_get1_peer_certificate(client.ssl);
    assert_int_equal(X509_cmp(shown, s->server.cert), 0);
    X509_free(shown);
    assert_goes_on(&client);
    client_close(&client);
    secure_free(s);
}

static void closes_with_a_last_word(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = secure_connect(s);
    struct reply reply = client_ask(&client, POST("/busy", "0"));
    char byte;

    (void)state;
    assert_int_equal(reply.status, 503);
    assert_int_equal(SSL_read(client.ssl, &byte, 1), 0);
    assert_int_equal(SSL_get_error(client.ssl, 0), SSL_ERROR_ZERO_RETURN);
    client_close(&client);
    secure_free(s);
}

static void moves_large_bodies(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = secure_connect(s);
    char *bytes = fixture_bytes(7 << 20);
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&client, POST("/echo", "7340032")));
    assert_true(client_send(&client, bytes, 7 << 20));
    assert_true(client_take(&client, &reply));
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.len, 7 << 20);
    assert_memory_equal(reply.body.data, bytes, 7 << 20);
    assert_goes_on(&client);
    free(bytes);
    client_close(&client);
    secure_free(s);
}

static void refuses_a_large_body_of_a_client_that_goes_on_sending(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = secure_connect(s);
    char *bytes = fixture_bytes(9 << 20);
    struct reply reply;

    (void)state;
    assert_true(client_send_text(&client, POST("/echo", "9437184")));
    assert_true(client_wait(&client));
    assert_true(client_send(&client, bytes, 9 << 20));
    assert_true(client_take(&client, &reply));
    assert_reply(&reply, 413, "body too large: expected at most 7340032 bytes\n");
    assert_true(client_ended(&client));
    free(bytes);
    client_close(&client);
    secure_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_over_tls_1_3),
        cmocka_unit_test(answers_over_tls_1_2),
        cmocka_unit_test(refuses_tls_1_1),
        cmocka_unit_test(refuses_ciphers_without_forward_secrecy),
        cmocka_unit_test(chooses_http_1_1),
        cmocka_unit_test(does_not_speak_http2_over_tls),
        cmocka_unit_test(resumes_no_session),
        cmocka_unit_test(counts_a_client_that_does_not_trust_us),
        cmocka_unit_test(reload_serves_the_new_to_the_new),
        cmocka_unit_test(reload_keeps_the_old_for_one_that_has_not_begun),
        cmocka_unit_test(closes_with_a_last_word),
        cmocka_unit_test(moves_large_bodies),
        cmocka_unit_test(refuses_a_large_body_of_a_client_that_goes_on_sending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
