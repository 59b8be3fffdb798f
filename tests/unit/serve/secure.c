#include "secure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "fixture.h"

struct secure *secure_new(const char *const *names)
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

void secure_free(struct secure *s)
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

struct client secure_connect(struct secure *s)
{
    return client_open_tls(client_port_of(sw_server_address(s->server_side)), s->context);
}

bool secure_answers(struct secure *s)
{
    struct client client = client_open(client_port_of(sw_server_address(s->server_side)));
    struct reply reply;
    bool got = client_handshake(&client, s->context) &&
               client_send_text(&client, POST("/echo", "2") "{}") && client_take(&client, &reply) &&
               reply.status == 200;

    ERR_clear_error();
    client_close(&client);
    return got;
}
