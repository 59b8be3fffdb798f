/*
 * An HTTP/1.1 server: one event loop a thread, all on one port, TLS or plain.
 *
 *   sw_server_new    checks everything and binds the port: whatever can be wrong is wrong here
 *   sw_server_start  starts the threads
 *   sw_server_drain  from now on every answer ends its connection; still accepts (rolling update:
 *                    fail readiness, drain, wait until no more requests come, stop)
 *   sw_server_stop   accepts nothing more, waits for what is under way, joins the threads
 *   sw_server_free
 *
 * It speaks no HTTP/2, accepts a body only whole and below a limit, holds no more connections and
 * bytes than it was told to, and gives every phase of a connection a limit. What it does is counted
 * (serve/stats.h); it logs only that it is full, and to whom it said so, every ten seconds at most.
 * libh2o ends the process when memory runs out.
 *
 * Full. Whom it ends or refuses when there is no more room, and what that does to an API server, is
 * told in serve/room.h; in short: idle connections make room for new ones, whoever connects waits
 * in the kernel rather than being refused, no address gets all places, and a large request that
 * there is no memory for is answered with 429, which an API server sends again by itself.
 *
 * Memory. With the defaults, requests and answers under way take no more than
 *   SW_SERVER_MAX_HELD_BYTES                         large ones (over 64 KiB, held as a whole),
 *                                                    and one answer a thread beyond that
 *   + SW_SERVER_MAX_CONNECTIONS * 64 KiB = 32 MiB    the others, if all come at once
 *   + SW_SERVER_THREAD_BYTES a thread                a buffer that grows is there twice
 * and TLS up to 40 KiB a connection while a record of it is under way (20 MiB for all; 16 KiB were
 * measured for an idle one).
 */
#ifndef SW_SERVE_SERVER_H
#define SW_SERVE_SERVER_H

#include "base/err.h"
#include "serve/route.h"

#include <stddef.h>
#include <stdint.h>

struct sw_log;
struct sw_server;
struct sw_server_stats;
struct sw_tls;

/* Most threads of a server. */
#define SW_SERVER_THREADS_MAX 64

/* A review holds an object and its predecessor, 3 MiB each at most, and less than 1 MiB besides
 * (controller-runtime's number, and the API server's limits). */
#define SW_SERVER_MAX_BODY_BYTES (7u << 20)
/* An API server keeps up to 25 idle connections and opens one for each request under way. */
#define SW_SERVER_MAX_CONNECTIONS 512
/* The same for one address, so that nobody locks out the others. An API server answers 200 writes
 * at a time unless it is told otherwise (--max-mutating-requests-inflight). */
#define SW_SERVER_MAX_PER_PEER 256
/* What large requests and their answers may hold, all threads together: enough for eight of the
 * largest bodies, and for hundreds of 100 KB. Each thread has its part, but at least twice
 * max_body_bytes, so that the largest body always fits. */
#define SW_SERVER_MAX_HELD_BYTES (64u << 20)
/* What a thread may take beyond its part, for a moment: the largest body in a buffer of 8 MiB,
 * which came from one of 4. */
#define SW_SERVER_THREAD_BYTES (12u << 20)
/* A client in the same cluster needs milliseconds for each of these. */
#define SW_SERVER_HANDSHAKE_MS 5000
#define SW_SERVER_READ_MS      10000
#define SW_SERVER_SEND_MS      10000
/* An API server keeps an idle connection for 90 s, and a request that meets its end is lost: an
 * error for the user, never tried again. Ours must be the longer patience. */
#define SW_SERVER_IDLE_MS 120000
/* For a client that goes on sending what was refused, until it reads the answer. */
#define SW_SERVER_LINGER_MS 2000

/* 0 or NULL where nothing else is said means the default above. */
struct sw_server_options {
    const char *listen; /* "ADDR:PORT", as sw_listen_open takes it; required */
    size_t n_threads;   /* 0: 1 */
    struct sw_tls *tls; /* borrowed for the server's life; NULL: plain HTTP */
    const struct sw_server_stats
        *stats;         /* borrowed for the server's life; NULL: nothing is counted */
    struct sw_log *log; /* borrowed for the server's life; NULL: nothing is logged */
    size_t max_body_bytes;
    size_t max_connections; /* of all threads */
    size_t max_per_peer;    /* of those, for one address; more than max_connections is no limit */
    size_t max_held_bytes;  /* by large requests and their answers, of all threads */
    /* Limits in ms. They are looked at from time to time: a connection that breaks one may live for
     * a quarter of the shortest of them longer (a second at most). */
    uint32_t handshake_ms; /* TLS, from accept */
    uint32_t read_ms;      /* a request, from its first byte to its last */
    uint32_t send_ms;      /* an answer, from its first byte to its last */
    uint32_t idle_ms;      /* without a request */
    uint32_t linger_ms;    /* after a refusal that left bytes unread */
};

/* Binds the port and prepares the threads; the result is the caller's (sw_server_free). The routes
 * are copied, what they point to is borrowed for the server's life. Fails with SW_EUSAGE (an option
 * or a route out of range, an address of no known form), SW_EIO (cannot bind; no descriptor left),
 * SW_ENOMEM. */
int sw_server_new(const struct sw_server_options *options, const struct sw_route *routes,
                  size_t n_routes, struct sw_server **ret, struct sw_err *reterr);

/* Where it listens, with the real port where 0 was asked for: "127.0.0.1:8443", "[::1]:8443".
 * Borrowed from the server. */
const char *sw_server_address(const struct sw_server *server);

/* Starts the threads, once. They block all signals. Clients that connected since sw_server_new are
 * served now. Fails with SW_EIO when a thread cannot be made; then none runs, and the server can
 * only be freed. */
int sw_server_start(struct sw_server *server, struct sw_err *reterr);

/* For how long the handler that has been running longest has been running, in ns; 0 when none is. A
 * handler that does not come back holds its thread: a reason to be restarted. Any thread. */
uint64_t sw_server_stalled_ns(const struct sw_server *server);

/* Every answer from now on carries "Connection: close". Any thread; may be called before start. */
void sw_server_drain(struct sw_server *server);

/* Ends the server: closes the listening sockets, after taking who is in their backlog; drains; ends
 * idle connections at once and the others when they are answered; after grace_ms cuts what is left;
 * returns when all threads have ended. Returns how many connections were cut in the middle of
 * something: 0 is a clean end. Not to be called by two threads at once. */
size_t sw_server_stop(struct sw_server *server, uint32_t grace_ms);

/* Stops it first if it runs, without grace. NULL is allowed. For each thread that ran, libh2o keeps
 * a descriptor (its epoll) and up to 200 KiB of buffers to the process's end: servers are made at
 * start, not by the dozen. */
void sw_server_free(struct sw_server *server);

#endif
