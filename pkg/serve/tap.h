/*
 * Listens in between the socket and libh2o's HTTP/1: the library tells nobody when bytes of a
 * request come, how many it holds, or when an answer is out, and all limits hang on that.
 *
 * The callbacks that it has set on a socket are kept aside, and ours stand in their place: they
 * call those, and look at the socket afterwards. It sets new ones only from within its own, so none
 * is missed.
 */
#ifndef SW_SERVE_TAP_H
#define SW_SERVE_TAP_H

#include "serve/conn.h"

struct st_h2o_accept_ctx_t;

/* Hands a connection, whose TLS handshake is done, to HTTP/1; it may be gone on return. */
void sw_tap_start(struct sw_conn *conn, struct st_h2o_accept_ctx_t *accept);

/* Looks at a socket that was written to from outside of its callbacks. */
void sw_tap_look(struct sw_conn *conn);

#endif
