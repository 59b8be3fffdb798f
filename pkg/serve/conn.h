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
#include <stddef.h>
#include <stdint.h>

struct ssl_ctx_st;      /* OpenSSL's SSL_CTX */
struct st_h2o_socket_t; /* of the library that moves the bytes */
struct sw_line;
struct sw_loop;
struct sw_loop_shared;
struct sw_peer;

/* A request that is read is getting on while so much of it comes within a while. */
#define SW_CONN_MOVE_BYTES (64u << 10)

/* What serve/tap.h keeps of the library's own callbacks. */
typedef void sw_conn_callback(struct st_h2o_socket_t *sock, const char *err);

struct sw_conn {
    struct sw_loop *loop; /* borrowed; the loop's to set, as are `line` and `sock` */
    struct sw_line *line;
    struct st_h2o_socket_t *sock;
    struct sw_loop_shared *shared;
    struct sw_conn *next, **link; /* in the list it was made in */
    int fd;                       /* borrowed; of the socket that it is */
    struct ssl_ctx_st *context;   /* owned reference, to outlive the handshake; NULL: plain */
    struct sw_peer *peer;         /* a reference; NULL once it was cut */
    struct sw_phase_timer timer;
    uint64_t begun_ns; /* when the request under way had come at the latest; 0: none has */
    uint64_t moved_ns; /* when it began its phase, or another SW_CONN_MOVE_BYTES had come in it */
    size_t moved_bytes;
    uint64_t n_answers;
    size_t held_bytes;   /* of a large request and its answer (sw_conn_hold) */
    size_t answer_bytes; /* of the answer under way (sw_conn_answer) */
    sw_conn_callback *next_read, *next_write;
    bool *gone;     /* set when the connection ends in a callback; NULL outside of one */
    int linger_fd;  /* owned; a second descriptor, to outlive the first one's close; -1: none */
    bool waits;     /* in the row of its line */
    bool answering; /* the response under way is a handler's, not a refusal of the library */
    bool is_cut;    /* shut by us, and counted no more */
    bool is_shed;   /* refused with its body half read: what it holds is as good as gone */
    struct sw_listen_name remote;
};

/* A place among max_connections, to be taken before a connection is accepted: sw_conn_new takes it
 * over. False when there is none left. */
bool sw_conn_reserve(struct sw_loop_shared *shared);
void sw_conn_unreserve(struct sw_loop_shared *shared);

/* A connection in its handshake, put first in *list; it picks up the TLS context that is current.
 * NULL when memory is out, or TLS has no certificate yet: the place is given back, and the caller
 * closes fd. */
struct sw_conn *sw_conn_new(struct sw_loop_shared *shared, struct sw_conn **list, int fd);

/* Takes it out of its list and the counts; closes linger_fd, but not fd. */
void sw_conn_free(struct sw_conn *conn);

/* Notes that it is in `phase` at now_ns, with so many bytes of a request in the library's hands. */
void sw_conn_note(struct sw_conn *conn, enum sw_phase phase, size_t input_bytes, uint64_t now_ns);

/* Notes that it holds `bytes` now, in place of what it held before, in the sums of its line and its
 * peer. */
void sw_conn_hold(struct sw_conn *conn, size_t bytes);

/* Notes that its answer takes `bytes` until the peer has it, in the sum of its line; 0: it has. */
void sw_conn_answer(struct sw_conn *conn, size_t bytes);

/* Keeps the socket open after fd is closed, so that sw_conn_linger can follow. */
void sw_conn_keep(struct sw_conn *conn);

/* fd was closed. True when the connection lives on to swallow what the peer still sends: its fd is
 * now what linger_fd was (the caller's to close), and nothing more is sent on it. A socket that is
 * closed with unread bytes in it is reset, and the peer may lose the answer that says why (RFC 9112
 * section 9.6). False when there is nothing to wait for. */
bool sw_conn_linger(struct sw_conn *conn);

/* Whether bytes have come that the library has not read yet. */
bool sw_conn_has_unread(const struct sw_conn *conn);

/* Shuts the socket: who reads or writes it then finds it ended, and closes it. Its place is free at
 * once. */
void sw_conn_cut(struct sw_conn *conn);

/* Looks at a connection that is in `phase` at now_ns, and cuts it when it has taken too long, or,
 * with stop_at_ns set, when the server need not wait for it or has waited to the end. */
void sw_conn_check(struct sw_conn *conn, enum sw_phase phase, uint64_t now_ns, uint64_t stop_at_ns);

#endif
