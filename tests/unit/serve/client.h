/*
 * An HTTP/1.1 client that sends exactly the bytes it is given, plain or over TLS. No call of it
 * waits for longer than ten seconds.
 */
#ifndef SW_TESTS_SERVE_CLIENT_H
#define SW_TESTS_SERVE_CLIENT_H

#include "base/str.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct client {
    int fd;
    SSL *ssl;    /* NULL: plain */
    char *bytes; /* received and not yet taken; ends in NUL */
    size_t len;
    size_t taken; /* of the reply that was taken last */
};

/* One reply, borrowed from the client until the next one is taken. */
struct reply {
    int status;
    struct sw_str head; /* status line and header lines */
    struct sw_str body;
};

/* The port of "ADDR:PORT". */
uint16_t client_port_of(const char *address);

/* Connects to 127.0.0.1 (fails the test if that is refused); closed by client_close. */
struct client client_open(uint16_t port);
/* The same to [::1]. */
struct client client_open_v6(uint16_t port);

/* Shakes hands; false if that fails. `context` is borrowed for the call. */
bool client_handshake(struct client *client, SSL_CTX *context);

/* A client that did both, or whose test has failed. */
struct client client_open_tls(uint16_t port, SSL_CTX *context);

/* NULL or closed already is allowed. */
void client_close(struct client *client);

/* Sends all of it: false when the server does not take it. */
bool client_send(struct client *client, const void *bytes, size_t len);
bool client_send_text(struct client *client, const char *text);

/* Waits until the server has sent something, and leaves it there. */
bool client_wait(struct client *client);

/* Takes the next reply (without a body if it answers HEAD); false at the end of the stream. */
bool client_take(struct client *client, struct reply *ret);
bool client_take_head(struct client *client, struct reply *ret);

/* Sends a request and takes its reply; fails the test when there is none. */
struct reply client_ask(struct client *client, const char *request);

/* Waits until the server ends the stream: true when it did, and nothing but that came before. */
bool client_ended(struct client *client);

/* Whether a header line is in the reply, its value as given: has_line(&reply, "Allow", "POST"). */
bool reply_has(const struct reply *reply, const char *name, const char *value);

#endif
