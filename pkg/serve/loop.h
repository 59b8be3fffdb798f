/*
 * One thread's event loop: accepts, shakes hands, reads requests, has them answered, and cuts off
 * who is too slow. Only this module, serve/tap and serve/exchange know libh2o; what h2o makes is
 * made, used and freed on the thread that runs the loop.
 */
#ifndef SW_SERVE_LOOP_H
#define SW_SERVE_LOOP_H

#include "base/err.h"
#include "io/log_gate.h"
#include "serve/peer.h"
#include "serve/phase.h"
#include "serve/route.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_log;
struct sw_server_stats;
struct sw_tls;

/* Most loops of one server. */
#define SW_LOOPS_MAX 64

/* What the loops of one server share. The atomics change while they run, nothing else does. */
struct sw_loop_shared {
    struct sw_routes routes;
    struct sw_tls *tls;                  /* borrowed; NULL: plain HTTP */
    const struct sw_server_stats *stats; /* borrowed; never NULL */
    struct sw_log *log;                  /* borrowed; NULL: nothing is logged */
    size_t max_connections;
    size_t max_per_peer;   /* of those, for one address */
    size_t max_held_bytes; /* of each loop */
    const char *too_large; /* borrowed; the text for a body that is refused unread */
    uint64_t limits_ns[SW_N_PHASES];
    struct sw_peers peers;
    struct sw_log_gate full_gate, refused_gate, shed_gate;
    _Atomic size_t n_connections; /* and places that were reserved for one */
    _Atomic bool draining;        /* every answer from now on ends its connection */
    _Atomic uint64_t stop_at_ns;  /* 0: run; else accept nothing and end by then (monotonic) */
    _Atomic size_t n_cut;         /* connections that were in use when stop_at_ns came */
    _Atomic uint64_t handling_since_ns[SW_LOOPS_MAX]; /* of each loop's handler; 0: none runs */
};

/* Runs loop number `index` of a server, accepting on listen_fd, until it is told to stop and its
 * last connection is gone. It looks at `shared` again whenever wake_fd, an eventfd, is written to.
 * Both descriptors are non-blocking and are closed in the end; `shared` is borrowed for the call.
 * The calling thread blocks all signals. */
void sw_loop_run(struct sw_loop_shared *shared, size_t index, int listen_fd, int wake_fd);

#endif
