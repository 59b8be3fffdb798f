#include "serve/loop.h"

#include <errno.h>
#include <h2o.h>
#include <h2o/http1.h>

#include "io/clock.h"
#include "serve/conn.h"
#include "serve/stats.h"

#include "base/banned.h"

#define NS_PER_MS 1000000u

/* How many connections are accepted before the others are served again. */
#define ACCEPT_BATCH 16

/* How long after the end of its time a loop waits for its last sockets to notice that they are
 * shut. */
#define GIVE_UP_NS 1000000000u

/* While stopping, how soon it is seen that a connection has become idle. */
#define STOPPING_TICK_MS 10

struct sw_loop {
    struct sw_loop_shared *shared;
    size_t index;
    struct sw_conn *conns;
    uint64_t tick_ns;       /* how often to sweep */
    uint64_t swept_ns;      /* when last */
    bool accept_paused;     /* out of descriptors; the next sweep tries again */
    h2o_socket_t *listener; /* NULL once closed */
    h2o_socket_t *wake;
    h2o_loop_t *events;
    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
};

/* What a request owns until its answer is sent. */
struct answer {
    struct sw_loop *loop;
    struct sw_response response;
};

static struct sw_conn *conn_of(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

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

    if (!sw_conn_linger(conn)) {
        sw_conn_free(conn);
        return;
    }
    sock = h2o_evloop_socket_create(conn->loop->events, conn->fd, 0);
    sock->on_close.cb = on_linger_closed;
    sock->on_close.data = conn;
    h2o_socket_read_start(sock, on_linger_read);
}

/* May free the connection before it returns. */
static void start_http(struct sw_conn *conn, h2o_socket_t *sock)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    conn->is_http = true;
    h2o_http1_accept(&conn->loop->accept, sock, now);
}

static void on_handshake(h2o_socket_t *sock, const char *err)
{
    struct sw_conn *conn = sock->on_close.data;

    if (!err) {
        start_http(conn, sock);
        return;
    }
    /* A peer that just went away (a port check, or one that we cut) did not fail to shake hands. */
    if (err != h2o_socket_error_closed)
        sw_counter_add(conn->loop->shared->stats->handshake_failed, 1);
    h2o_socket_close(sock);
}

/* Takes a socket that was accepted, or closes it at once when there are too many. */
static void take(struct sw_loop *loop, h2o_socket_t *sock)
{
    struct sw_conn *conn = sw_conn_new(loop->shared, &loop->conns, h2o_socket_get_fd(sock));

    if (!conn) {
        h2o_socket_close(sock);
        return;
    }
    conn->loop = loop;
    sock->on_close.cb = on_closed;
    sock->on_close.data = conn;
    /* Not h2o_accept, which would also speak HTTP/2, and hides why a handshake failed. h2o keeps a
     * bare pointer to the context until the first byte comes, hence the connection's reference. */
    if (conn->context)
        h2o_socket_ssl_handshake(sock, conn->context, NULL, on_handshake);
    else
        start_http(conn, sock);
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    struct sw_loop *loop = listener->data;
    h2o_socket_t *sock;

    if (err)
        return;
    for (size_t i = 0; i < ACCEPT_BATCH; i++) {
        sock = h2o_evloop_socket_accept(listener);
        if (!sock)
            break;
        take(loop, sock);
    }
    /* The listener would stay readable, and the loop spin, until a descriptor is free. */
    if (!sock && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        h2o_socket_read_stop(listener);
        loop->accept_paused = true;
    }
}

static struct sw_str str_of(h2o_iovec_t bytes)
{
    return (struct sw_str){bytes.base, bytes.len};
}

static void answer_dispose(void *data)
{
    struct answer *answer = data;

    sw_gauge_add(answer->loop->shared->stats->in_flight, -1);
    sw_response_release(&answer->response);
}

static void add_header(h2o_req_t *req, const h2o_token_t *name, const char *value)
{
    h2o_add_header(&req->pool, &req->res.headers, name, NULL, value, strlen(value));
}

static void send_answer(h2o_req_t *req, struct sw_conn *conn, const struct sw_response *response)
{
    static h2o_generator_t whole; /* all of the body is handed over at once */
    h2o_iovec_t body = {response->body.data, response->body.len};
    bool has_body = body.len && !h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
    char seconds[12];

    req->res.status = response->status;
    req->res.reason = sw_status_reason(response->status);
    req->res.content_length = body.len;
    add_header(req, H2O_TOKEN_CONTENT_TYPE, response->content_type);
    if (response->allow)
        add_header(req, H2O_TOKEN_ALLOW, response->allow);
    if (response->retry_after_s) {
        snprintf(seconds, sizeof(seconds), "%u", response->retry_after_s);
        add_header(req, H2O_TOKEN_RETRY_AFTER, h2o_strdup(&req->pool, seconds, SIZE_MAX).base);
    }
    if (response->close ||
        atomic_load_explicit(&conn->loop->shared->draining, memory_order_relaxed))
        req->http1_is_persistent = 0;
    conn->answering = true;
    h2o_start_response(req, &whole);
    conn->answering = false;
    conn->n_answers++;
    h2o_send(req, &body, has_body ? 1 : 0, H2O_SEND_STATE_FINAL);
}

static void note_handling(struct sw_loop *loop, uint64_t since_ns)
{
    atomic_store_explicit(&loop->shared->handling_since_ns[loop->index], since_ns,
                          memory_order_relaxed);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    struct sw_conn *conn = conn_of(req);
    struct sw_loop *loop = conn->loop;
    const struct sw_server_stats *stats = loop->shared->stats;
    ssize_t type = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
    uint64_t begin_ns = sw_clock_mono_ns();
    struct sw_request request = {.method = str_of(req->method),
                                 .body = str_of(req->entity),
                                 .remote = sw_str_from(conn->remote.text),
                                 .thread = loop->index};
    /* Freed with the request, which is when the last byte has been sent. */
    struct answer *answer = h2o_mem_alloc_shared(&req->pool, sizeof(*answer), answer_dispose);
    size_t route;

    (void)self;
    answer->loop = loop;
    sw_response_init(&answer->response);
    sw_gauge_add(stats->in_flight, 1);
    sw_request_target(str_of(req->path), &request.path, &request.query);
    if (type >= 0)
        request.content_type = str_of(req->headers.entries[type].value);
    note_handling(loop, begin_ns);
    route = sw_routes_answer(&loop->shared->routes, &request, &answer->response);
    note_handling(loop, 0);
    sw_server_stats_answer(stats, route, answer->response.status, sw_clock_mono_ns() - begin_ns);
    send_answer(req, conn, &answer->response);
    return 0;
}

static void send_too_large(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t n_bufs,
                           h2o_send_state_t state)
{
    const char *text = conn_of(req)->shared->too_large;
    h2o_iovec_t body = {(char *)text, strlen(text)};

    (void)bufs;
    h2o_ostream_send_next(self, req, &body, n_bufs ? 1 : 0, state);
}

/* h2o refuses some requests before they come to us (a body that is too large or broken, an unknown
 * expectation), with the rest of them unread: see that the answer arrives, and says what we mean.
 */
static void on_response(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    struct sw_conn *conn = conn_of(req);

    (void)self;
    if (!conn->answering) {
        sw_conn_keep(conn);
        sw_server_stats_answer(conn->shared->stats, SW_ROUTES_MAX, req->res.status, 0);
        if (req->res.status == 413) {
            h2o_ostream_t *stream = h2o_add_ostream(req, sizeof(*stream), slot);

            stream->do_send = send_too_large;
            req->res.content_length = strlen(conn->shared->too_large);
            slot = &stream->next;
        }
    }
    h2o_setup_next_ostream(req, slot);
}

struct sweep {
    uint64_t now_ns;
    uint64_t stop_at_ns; /* 0: not stopping */
};

static int check_http(h2o_req_t *req, void *data)
{
    const struct sweep *at = data;
    enum sw_phase phase = SW_PHASE_SENDING;

    if (!req->timestamps.request_begin_at.tv_sec)
        phase = SW_PHASE_IDLE;
    else if (!req->timestamps.response_start_at.tv_sec)
        phase = SW_PHASE_READING;
    conn_of(req)->checked_ns = at->now_ns;
    sw_conn_check(conn_of(req), phase, at->now_ns, at->stop_at_ns);
    return 0;
}

static void sweep(struct sw_loop *loop, uint64_t now_ns, uint64_t stop_at_ns)
{
    struct sweep at = {.now_ns = now_ns, .stop_at_ns = stop_at_ns};

    loop->swept_ns = now_ns;
    loop->config.http1.callbacks.foreach_request(&loop->context, check_http, &at);
    for (struct sw_conn *conn = loop->conns; conn; conn = conn->next) {
        /* One that h2o's HTTP/1 has let go of may still be sending TLS's last words. */
        if (conn->checked_ns != now_ns)
            sw_conn_check(conn, conn->is_http ? SW_PHASE_SENDING : conn->timer.phase, now_ns,
                          stop_at_ns);
    }
    if (loop->accept_paused && loop->listener) {
        loop->accept_paused = false;
        h2o_socket_read_start(loop->listener, on_accept);
    }
}

/* Who is in the backlog believes to be connected: take them before the socket goes. */
static void stop_listening(struct sw_loop *loop)
{
    h2o_socket_t *sock;

    if (!loop->listener)
        return;
    while ((sock = h2o_evloop_socket_accept(loop->listener)))
        take(loop, sock);
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
    h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = on_request;
    h2o_create_filter(&host->fallback_path, sizeof(h2o_filter_t))->on_setup_ostream = on_response;
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
    if (loop->conns)
        return;
    h2o_context_dispose(&loop->context);
    h2o_config_dispose(&loop->config);
    h2o_evloop_destroy(loop->events);
}

static int32_t wait_ms(const struct sw_loop *loop, uint64_t stop_at_ns)
{
    if (stop_at_ns)
        return STOPPING_TICK_MS;
    if (loop->conns || loop->accept_paused)
        return (int32_t)(loop->tick_ns / NS_PER_MS);
    return INT32_MAX;
}

void sw_loop_run(struct sw_loop_shared *shared, size_t index, int listen_fd, int wake_fd)
{
    struct sw_loop loop = {
        .shared = shared, .index = index, .tick_ns = sw_phase_tick_ns(shared->limits_ns)};
    uint64_t stop_at_ns = 0, now_ns;

    begin(&loop, listen_fd, wake_fd);
    do {
        h2o_evloop_run(loop.events, wait_ms(&loop, stop_at_ns));
        now_ns = sw_clock_mono_ns();
        stop_at_ns = atomic_load_explicit(&shared->stop_at_ns, memory_order_acquire);
        if (stop_at_ns)
            stop_listening(&loop);
        if (stop_at_ns || now_ns - loop.swept_ns >= loop.tick_ns)
            sweep(&loop, now_ns, stop_at_ns);
    } while (!stop_at_ns || (loop.conns && now_ns < stop_at_ns + GIVE_UP_NS));
    end(&loop);
}
