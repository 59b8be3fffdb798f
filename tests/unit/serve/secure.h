/*
 * A server over TLS with a certificate authority of its own, and a client's context that trusts it.
 */
#ifndef SW_TESTS_SERVE_SECURE_H
#define SW_TESTS_SERVE_SECURE_H

#include "client.h"
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

/* A running server with the routes of the fixture; `names` are the clients that it lets in, as
 * sw_tls_options says: NULL for no check at all. Freed by secure_free. */
struct secure *secure_new(const char *const *names);
void secure_free(struct secure *s);

/* A client that has shaken hands; the test fails if it cannot. */
struct client secure_connect(struct secure *s);

/* Whether a new client gets an answer: in TLS 1.3 its own handshake is done before the server has
 * looked at its certificate. */
bool secure_answers(struct secure *s);

#endif
