#include "serve/loop.h"

#include <errno.h>
#include <h2o.h>
#include <poll.h>

#include "io/clock.h"
#include "io/log.h"
#include "serve/exchange.h"
#include "serve/line.h"
#include "serve/room.h"
#include "serve/stats.h"
#include "serve/tap.h"

#include "base/banned.h"

#define NS_PER_MS 1000000u

/* How many connections are accepted before the others are served again. */
#define ACCEPT_BATCH 16

/* How long after the end of its time a loop waits for its last sockets to notice that they are
 * shut. */
#define GIVE_UP_NS 1000000000u

/* While stopping, how soon it is seen that a connection has become idle. */
#define STOPPING_TICK_MS 10

/* While nobody can be accepted, or no answer begun, how soon it is tried again. */
#define PAUSED_TICK_MS 20

struct sw_loop {
    struct sw_loop_shared *shared;
    struct sw_line line;
    uint64_t tick_ns;       /* how often to sweep */
    uint64_t swept_ns;      /* when last */
    bool accept_paused;     /* out of descriptors or places */
    bool is_busy;           /* answered something outside of the library's callbacks */
    h2o_socket_t *listener; /* NULL once closed */
    h2o_socket_t *wake;
    h2o_loop_t *events;
    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
};

static void on_linger_closed(void *data)
{
    sw_conn_free(data);
}

static void on_linger_read(h2o_socket_t *sock, const char *err)
{
    if (err)
        h2o_socket_close(sock);
    else
        h2o_buffer_consume(&sock->input, sock->input->size);
}

static void on_closed(void *data)
{
    struct sw_conn *conn = data;
    h2o_socket_t *sock;

    if (conn->gone)
        *conn->gone = true;
    conn->gone = NULL;
    if (!sw_conn_linger(conn)) {
        sw_conn_free(conn);
        return;
    }
    sock = h2o_evloop_socket_create(conn->loop->events, conn->fd, 0);
    sock->on_close.cb = on_linger_closed;
    sock->on_close.data = conn;
    conn->sock = sock;
    h2o_socket_read_start(sock, on_linger_read);
}

static void on_handshake(h2o_socket_t *sock, const char *err)
{
    struct sw_conn *conn = sock->on_close.data;

    if (!err) {
        sw_tap_start(conn, &conn->loop->accept);
        return;
    }
    /* A peer that just went away (a port check, or one that we cut) did not fail to shake hands. */
    if (err != h2o_socket_error_closed)
        sw_counter_add(conn->loop->shared->stats->handshake_failed, 1);
    h2o_socket_close(sock);
}

/* Ends a connection that can be spared, of `peer` or (NULL) of anybody's. False when there is none.
 */
static bool make_place(struct sw_loop *loop, const struct sw_peer *peer)
{
    struct sw_loop_shared *shared = loop->shared;
    uint64_t now_ns = sw_clock_mono_ns(), n;
    struct sw_conn *conn = sw_room_idlest(loop->line.conns, peer, now_ns);

    if (!conn)
        return false;
    sw_counter_add(shared->stats->evicted, 1);
    if (sw_log_gate_pass(&shared->full_gate, now_ns / NS_PER_MS, &n))
        sw_log(shared->log, SW_LOG_WARN,
               "connections are at their limit: an idle one was ended to make room",
               sw_log_text("remote", conn->remote.text),
               sw_log_text("phase", sw_phase_name(conn->timer.phase)),
               sw_log_uint("limit", peer ? shared->max_per_peer : shared->max_connections),
               sw_log_uint("times", n));
    sw_conn_cut(conn);
    return true;
}

static void log_refused(struct sw_loop_shared *shared, const char *message, const char *remote,
                        size_t limit)
{
    uint64_t n;

    sw_counter_add(shared->stats->refused, 1);
    if (sw_log_gate_pass(&shared->refused_gate, sw_clock_mono_ms(), &n))
        sw_log(shared->log, SW_LOG_WARN, message, sw_log_text("remote", remote),
               sw_log_uint("limit", limit), sw_log_uint("times", n));
}

/* Takes a socket that was accepted and has its place, or closes it at once when its peer has too
 * many, or memory is out. */
static void take(struct sw_loop *loop, h2o_socket_t *sock)
{
    struct sw_loop_shared *shared = loop->shared;
    struct sw_conn *conn = sw_conn_new(shared, &loop->line.conns, h2o_socket_get_fd(sock));

    if (!conn) {
        log_refused(shared, "a connection was refused: memory is out, or no certificate yet", "",
                    shared->max_connections);
        h2o_socket_close(sock);
        return;
    }
    conn->loop = loop;
    conn->line = &loop->line;
    conn->sock = sock;
    sock->on_close.cb = on_closed;
    sock->on_close.data = conn;
    if (atomic_load_explicit(&conn->peer->n_connections, memory_order_relaxed) >
            shared->max_per_peer &&
        !make_place(loop, conn->peer)) {
        log_refused(shared, "a connection was refused: its address has as many as it may",
                    conn->remote.text, shared->max_per_peer);
        h2o_socket_close(sock);
        return;
    }
    sw_counter_add(shared->stats->accepted, 1);
    /* Not h2o_accept, which would also speak HTTP/2, and hides why a handshake failed. h2o keeps a
     * bare pointer to the context until the first byte comes, hence the connection's reference. */
    if (conn->context)
        h2o_socket_ssl_handshake(sock, conn->context, NULL, on_handshake);
    else
        sw_tap_start(conn, &loop->accept);
}

/* A place for one more connection: a free one, or that of somebody who can spare it, provided that
 * there is one more. */
static bool find_place(struct sw_loop *loop)
{
    struct pollfd listener = {.fd = h2o_socket_get_fd(loop->listener), .events = POLLIN};

    if (sw_conn_reserve(loop->shared))
        return true;
    return poll(&listener, 1, 0) > 0 && make_place(loop, NULL) && sw_conn_reserve(loop->shared);
}

static void pause_accepting(struct sw_loop *loop)
{
    h2o_socket_read_stop(loop->listener);
    loop->accept_paused = true;
}

/* Whoever comes now waits in the kernel, where nothing ends for him: for a connection that ends,
 * with the next answer at the latest. */
static void wait_for_place(struct sw_loop *loop)
{
    struct sw_loop_shared *shared = loop->shared;
    uint64_t n;

    pause_accepting(loop);
    loop->line.wants_place = true;
    sw_counter_add(shared->stats->waits, 1);
    if (sw_log_gate_pass(&shared->full_gate, sw_clock_mono_ms(), &n))
        sw_log(shared->log, SW_LOG_WARN,
               "connections are at their limit and none is idle: the next one waits",
               sw_log_uint("limit", shared->max_connections), sw_log_uint("times", n));
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    struct sw_loop *loop = listener->data;

    if (err)
        return;
    for (size_t i = 0; i < ACCEPT_BATCH; i++) {
        h2o_socket_t *sock;

        if (!find_place(loop)) {
            struct pollfd fd = {.fd = h2o_socket_get_fd(listener), .events = POLLIN};

            if (poll(&fd, 1, 0) > 0)
                wait_for_place(loop);
            return;
        }
        sock = h2o_evloop_socket_accept(listener);
        if (!sock) {
            sw_conn_unreserve(loop->shared);
            /* The listener would stay readable, and the loop spin, until a descriptor is free. */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(loop);
            return;
        }
        loop->line.wants_place = false;
        take(loop, sock);
    }
}

static void sweep(struct sw_loop *loop, uint64_t now_ns, uint64_t stop_at_ns)
{
    loop->swept_ns = now_ns;
    for (struct sw_conn *conn = loop->line.conns; conn; conn = conn->next)
        sw_conn_check(conn, conn->timer.phase, now_ns, stop_at_ns);
}

/* Whoever waits to be accepted waits in the kernel, and for long enough: a place is tried to be had
 * again and again. */
static void resume_accepting(struct sw_loop *loop)
{
    if (!loop->accept_paused || !loop->listener)
        return;
    loop->accept_paused = false;
    h2o_socket_read_start(loop->listener, on_accept);
}

/* Who is in the backlog believes to be connected: take them before the socket goes. */
static void stop_listening(struct sw_loop *loop)
{
    h2o_socket_t *sock;

    if (!loop->listener)
        return;
    while ((sock = h2o_evloop_socket_accept(loop->listener))) {
        if (sw_conn_reserve(loop->shared))
            take(loop, sock);
        else
            h2o_socket_close(sock);
    }
    h2o_socket_close(loop->listener);
    loop->listener = NULL;
}

static void on_wake(h2o_socket_t *sock, const char *err)
{
    (void)err;
    h2o_buffer_consume(&sock->input, sock->input->size);
}

static void configure(struct sw_loop *loop)
{
    const struct sw_loop_shared *shared = loop->shared;
    uint64_t wait_ns = shared->limits_ns[SW_PHASE_IDLE] + shared->limits_ns[SW_PHASE_READING];
    h2o_hostconf_t *host;

    h2o_config_init(&loop->config);
    loop->config.server_name = (h2o_iovec_t){NULL, 0};
    /* One more than allowed, so that we and not h2o refuse a body that is just over; h2o counts
     * chunked bodies and those with a length differently at its limit. */
    loop->config.max_request_entity_size = shared->routes.max_body_bytes + 1;
    loop->config.http1.upgrade_to_http2 = 0;
    /* This one runs from the end of an answer to the end of the next request, idle time included:
     * it must never be the shorter of the two. */
    loop->config.http1.req_timeout = 2 * (wait_ns / NS_PER_MS) + 1000;
    host = h2o_config_register_host(&loop->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    sw_exchange_register(host);
    /* Never a temporary file for what a client sends (h2o's default from 32 MiB on). The setting is
     * the process's, so other threads may be setting it too. */
    __atomic_store_n(&h2o_socket_buffer_mmap_settings.threshold, SIZE_MAX, __ATOMIC_RELAXED);
}

/* h2o keeps a thread's buffers with the thread: all that it makes is made here. */
static void begin(struct sw_loop *loop, int listen_fd, int wake_fd)
{
    loop->events = h2o_evloop_create();
    configure(loop);
    h2o_context_init(&loop->context, loop->events, &loop->config);
    loop->line.context = &loop->context;
    loop->accept = (h2o_accept_ctx_t){.ctx = &loop->context, .hosts = loop->config.hosts};
    loop->listener = h2o_evloop_socket_create(loop->events, listen_fd, H2O_SOCKET_FLAG_DONT_READ);
    loop->listener->data = loop;
    h2o_socket_read_start(loop->listener, on_accept);
    loop->wake = h2o_evloop_socket_create(loop->events, wake_fd, 0);
    h2o_socket_read_start(loop->wake, on_wake);
}

/* A connection that outlived even its shut socket keeps h2o's memory: it asserts that none is left,
 * and the process is about to end. */
static void end(struct sw_loop *loop)
{
    h2o_socket_close(loop->wake);
    if (loop->line.conns)
        return;
    h2o_context_dispose(&loop->context);
    h2o_config_dispose(&loop->config);
    h2o_evloop_destroy(loop->events);
}

static int32_t wait_ms(const struct sw_loop *loop, uint64_t stop_at_ns)
{
    if (loop->is_busy || (loop->line.row && !sw_line_is_stuck(&loop->line)))
        return 0;
    if (stop_at_ns)
        return STOPPING_TICK_MS;
    if (loop->accept_paused || loop->line.row)
        return PAUSED_TICK_MS;
    if (loop->line.conns)
        return (int32_t)(loop->tick_ns / NS_PER_MS);
    return INT32_MAX;
}

void sw_loop_run(struct sw_loop_shared *shared, size_t index, int listen_fd, int wake_fd)
{
    struct sw_loop loop = {
        .shared = shared,
        .line = {.shared = shared, .index = index, .max_held_bytes = shared->max_held_bytes},
        .tick_ns = sw_phase_tick_ns(shared->limits_ns),
    };
    uint64_t stop_at_ns = 0, now_ns;

    begin(&loop, listen_fd, wake_fd);
    do {
        h2o_evloop_run(loop.events, wait_ms(&loop, stop_at_ns));
        loop.is_busy = sw_exchange_run(&loop.line);
        now_ns = sw_clock_mono_ns();
        stop_at_ns = atomic_load_explicit(&shared->stop_at_ns, memory_order_acquire);
        if (stop_at_ns)
            stop_listening(&loop);
        if (stop_at_ns || now_ns - loop.swept_ns >= loop.tick_ns)
            sweep(&loop, now_ns, stop_at_ns);
        resume_accepting(&loop);
        sw_line_end_turn(&loop.line, now_ns);
    } while (!stop_at_ns || (loop.line.conns && now_ns < stop_at_ns + GIVE_UP_NS));
    end(&loop);
}
