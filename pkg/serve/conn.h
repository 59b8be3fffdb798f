/*
 * One connection as its loop sees it, whatever library moves its bytes: counted, in a list, in a
 * phase that may not take too long, and ended by shutting its socket.
 *
 * Used by the loop's thread alone; only what is `shared` is seen by others.
 */
#ifndef SW_SERVE_CONN_H
#define SW_SERVE_CONN_H

#include "serve/listen.h"
#include "serve/phase.h"

#include <stdbool.h>
#include <stdint.h>

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct sw_loop;
struct sw_loop_shared;

struct sw_conn {
    struct sw_loop *loop; /* borrowed; the loop's to set */
    struct sw_loop_shared *shared;
    struct sw_conn *next, **link; /* in the list it was made in */
    int fd;                       /* borrowed; of the socket that it is */
    struct ssl_ctx_st *context;   /* owned reference, to outlive the handshake; NULL: plain */
    struct sw_phase_timer timer;
    uint64_t checked_ns; /* the loop's to note; 0: never */
    uint64_t n_answers;
    int linger_fd;  /* owned; a second descriptor, to outlive the first one's close; -1: none */
    bool is_http;   /* the HTTP library knows its phase; else `timer` does */
    bool answering; /* the response under way is a handler's, not a refusal of the library */
    bool is_cut;    /* shut by us */
    struct sw_listen_name remote;
};

/* A connection in its handshake, counted and put first in *list; it picks up the TLS context that
 * is current. NULL, and counted as refused, when there are max_connections already, memory is out,
 * or TLS has no certificate yet: the caller closes fd. */
struct sw_conn *sw_conn_new(struct sw_loop_shared *shared, struct sw_conn **list, int fd);

/* Takes it out of its list and the counts; closes linger_fd, but not fd. */
void sw_conn_free(struct sw_conn *conn);

/* Keeps the socket open after fd is closed, so that sw_conn_linger can follow. */
void sw_conn_keep(struct sw_conn *conn);

/* fd was closed. True when the connection lives on to swallow what the peer still sends: its fd is
 * now what linger_fd was (the caller's to close), and nothing more is sent on it. A socket that is
 * closed with unread bytes in it is reset, and the peer may lose the answer that says why (RFC 9112
 * section 9.6). False when there is nothing to wait for. */
bool sw_conn_linger(struct sw_conn *conn);

/* Looks at a connection that is in `phase` at now_ns, and shuts its socket when it has taken too
 * long, or, with stop_at_ns set, when the server need not wait for it or has waited to the end. Who
 * reads or writes the socket then finds it ended, and closes it. */
void sw_conn_check(struct sw_conn *conn, enum sw_phase phase, uint64_t now_ns, uint64_t stop_at_ns);

#endif
