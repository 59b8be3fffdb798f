/* pkg/serve/tls_context.c with tls_peer.c: what a server agrees to on the wire, and with whom. */
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

#include "client.h"
#include "fixture.h"
#include "pki.h"
#include "serve/stats.h"
#include "serve/tls.h"

struct secure {
    struct pki ca, server, next; /* `next` is what a reload brings */
    struct sw_metrics *metrics;
    struct sw_server_stats stats;
    struct sw_tls *tls;
    struct sw_server *server_side;
    SSL_CTX *context; /* the client's: trusts the CA */
};

/* A server over TLS; `names` (NULL: no check of clients) are whom it lets in, {NULL} anyone that
 * the CA vouches for. */
static struct secure *secure_new(const char *const *names)
{
    struct secure *s = calloc(1, sizeof(*s));
    struct sw_tls_options options = {.client_names = names};
    struct sw_server_options server = {.listen = "127.0.0.1:0"};

    assert_non_null(s);
    s->ca = pki_make("ca", NULL, NULL);
    s->server = pki_make("server", "DNS:spillway.svc", &s->ca);
    s->next = pki_make("next", "DNS:spillway.svc", &s->ca);
    options.pem =
        (struct sw_tls_pem){.cert = pki_cert_pem(&s->server), .key = pki_key_pem(&s->server)};
    if (names)
        options.pem.client_ca = pki_cert_pem(&s->ca);
    assert_int_equal(sw_tls_new(&options, &s->tls, NULL), 0);
    s->metrics = sw_metrics_new();
    assert_int_equal(
        sw_server_stats_init(&s->stats, s->metrics, fixture_routes(), FIXTURE_N_ROUTES, NULL), 0);
    server.tls = s->tls;
    server.stats = &s->stats;
    assert_int_equal(
        sw_server_new(&server, fixture_routes(), FIXTURE_N_ROUTES, &s->server_side, NULL), 0);
    assert_int_equal(sw_server_start(s->server_side, NULL), 0);
    s->context = SSL_CTX_new(TLS_client_method());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(s->context), s->ca.cert);
    SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER, NULL);
    return s;
}

static void secure_free(struct secure *s)
{
    SSL_CTX_free(s->context);
    sw_server_free(s->server_side);
    sw_tls_free(s->tls);
    sw_metrics_free(s->metrics);
    pki_release(&s->ca);
    pki_release(&s->server);
    pki_release(&s->next);
    free(s);
}

static struct client connect_to(struct secure *s)
{
    return client_open_tls(sw_server_port(s->server_side), s->context);
}

/* Whether a client gets an answer: in TLS 1.3 its handshake is done before the server has looked at
 * its certificate. */
static bool gets_an_answer(struct secure *s)
{
    struct client client = client_open(sw_server_port(s->server_side));
    struct reply reply;
    bool got = client_handshake(&client, s->context) &&
               client_send_text(&client, POST("/echo", "2") "{}") && client_take(&client, &reply) &&
               reply.status == 200;

    ERR_clear_error();
    client_close(&client);
    return got;
}

static void show(struct secure *s, const struct pki *pki)
{
    assert_int_equal(SSL_CTX_use_certificate(s->context, pki->cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(s->context, pki->key), 1);
}

static void answers_over_tls_1_3(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = connect_to(s);

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
    client = connect_to(s);
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
    assert_false(gets_an_answer(s));
    assert_int_equal(sw_counter_value(s->stats.handshake_failed), 1);
    secure_free(s);
}

static void refuses_ciphers_without_forward_secrecy(void **state)
{
    struct secure *s = secure_new(NULL);

    (void)state;
    SSL_CTX_set_max_proto_version(s->context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(s->context, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA");
    assert_false(gets_an_answer(s));
    secure_free(s);
}

static void assert_alpn(struct secure *s, const char *offer, unsigned int len, const char *chosen)
{
    struct client client = client_open(sw_server_port(s->server_side));
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
    struct client client = connect_to(s);
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
        first = connect_to(s);
        assert_goes_on(&first);
        session = SSL_get1_session(first.ssl);
        second = client_open(sw_server_port(s->server_side));
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
    assert_false(gets_an_answer(s));
    SSL_CTX_free(s->context);
    s->context = trusting;
    assert_true(gets_an_answer(s));
    assert_int_equal(sw_counter_value(s->stats.handshake_failed), 1);
    secure_free(s);
}

static void reload_serves_the_new_to_the_new(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client old = connect_to(s), half = client_open(sw_server_port(s->server_side)), new;
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&s->next), .key = pki_key_pem(&s->next)};
    X509 *shown;

    (void)state;
    assert_goes_on(&old);
    assert_int_equal(sw_tls_reload(s->tls, &pem, NULL, NULL), 0);
    assert_goes_on(&old);
    new = connect_to(s);
    shown = SSL_get1_peer_certificate(new.ssl);
    assert_int_equal(X509_cmp(shown, s->next.cert), 0);
    X509_free(shown);
    assert_goes_on(&new);
    assert_goes_on(&old);
    /* One that was accepted before and shakes hands only now. */
    assert_true(client_handshake(&half, s->context));
    assert_goes_on(&half);
    client_close(&old);
    client_close(&half);
    client_close(&new);
    secure_free(s);
}

static void asks_for_a_certificate_of_its_ca(void **state)
{
    static const char *const anyone[] = {NULL};
    struct secure *s = secure_new(anyone);
    struct pki good = pki_make("client", NULL, &s->ca), bad = pki_make("client", NULL, NULL);

    (void)state;
    assert_false(gets_an_answer(s));
    show(s, &bad);
    assert_false(gets_an_answer(s));
    show(s, &good);
    assert_true(gets_an_answer(s));
    assert_int_equal(sw_counter_value(s->stats.handshake_failed), 2);
    pki_release(&good);
    pki_release(&bad);
    secure_free(s);
}

static void lets_in_by_name(void **state)
{
    static const char *const names[] = {"kube-apiserver", "spiffe://cluster/apiserver", NULL};
    static const struct {
        const char *cn, *san;
        bool gets_in;
    } cases[] = {
        {"kube-apiserver", NULL, true},
        {"front-proxy", "DNS:other,DNS:kube-apiserver", true},
        {"front-proxy", "URI:spiffe://cluster/apiserver", true},
        {"front-proxy", NULL, false},
        {"kube-apiserver2", NULL, false},
        {"KUBE-APISERVER", NULL, false},
        {"*", "DNS:*", false},
        {"front-proxy", "DNS:spiffe,IP:127.0.0.1", false},
    };
    struct secure *s = secure_new(names);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki pki = pki_make(cases[i].cn, cases[i].san, &s->ca);

        show(s, &pki);
        if (gets_an_answer(s) != cases[i].gets_in)
            fail_msg("%s %s", cases[i].cn, cases[i].gets_in ? "is refused" : "gets in");
        pki_release(&pki);
    }
    secure_free(s);
}

static void closes_with_a_last_word(void **state)
{
    struct secure *s = secure_new(NULL);
    struct client client = connect_to(s);
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
    struct client client = connect_to(s);
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
    struct client client = connect_to(s);
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
        cmocka_unit_test(asks_for_a_certificate_of_its_ca),
        cmocka_unit_test(lets_in_by_name),
        cmocka_unit_test(closes_with_a_last_word),
        cmocka_unit_test(moves_large_bodies),
        cmocka_unit_test(refuses_a_large_body_of_a_client_that_goes_on_sending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
