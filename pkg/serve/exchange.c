#include "serve/exchange.h"

#include <h2o.h>
#include <h2o/http1.h>

#include "io/clock.h"
#include "io/log.h"
#include "serve/loop.h"
#include "serve/room.h"
#include "serve/stats.h"
#include "serve/tap.h"

#include "base/banned.h"

/* What is said to a request that gave way while it was read; the API server waits for as long. */
#define SHED_RETRY_AFTER "1"
#define SHED_TEXT        "busy with other large requests: ask again"

/* What a request owns until its answer is sent. */
struct answer {
    struct sw_line_item item; /* first, so that one is the other */
    h2o_req_t *req;
    uint64_t came_ns;  /* its last byte, at the earliest */
    uint64_t begun_ns; /* its first byte, at the earliest */
    struct sw_response response;
};

static struct sw_conn *conn_of(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

static struct sw_str str_of(h2o_iovec_t bytes)
{
    return (struct sw_str){bytes.base, bytes.len};
}

static void answer_dispose(void *data)
{
    struct answer *answer = data;

    sw_gauge_add(answer->item.conn->shared->stats->in_flight, -1);
    sw_response_release(&answer->response);
}

static void add_header(h2o_req_t *req, const h2o_token_t *name, const char *value)
{
    h2o_add_header(&req->pool, &req->res.headers, name, NULL, value, strlen(value));
}

/* Whether the answer is the connection's last. */
static bool is_last(struct sw_line *line, const struct sw_response *response)
{
    if (response->close || atomic_load_explicit(&line->shared->draining, memory_order_relaxed))
        return true;
    if (!line->wants_place)
        return false;
    line->wants_place = false;
    return true;
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
    if (is_last(conn->line, response))
        req->http1_is_persistent = 0;
    conn->answering = true;
    h2o_start_response(req, &whole);
    conn->answering = false;
    conn->n_answers++;
    /* TLS makes a second copy, which it keeps until the peer has taken it. */
    sw_conn_answer(conn, body.len * (conn->context ? 2 : 1));
    h2o_send(req, &body, has_body ? 1 : 0, H2O_SEND_STATE_FINAL);
}

static void note_handling(const struct sw_line *line, uint64_t since_ns)
{
    atomic_store_explicit(&line->shared->handling_since_ns[line->index], since_ns,
                          memory_order_relaxed);
}

static void answer_now(struct answer *answer)
{
    h2o_req_t *req = answer->req;
    struct sw_conn *conn = answer->item.conn;
    struct sw_line *line = conn->line;
    const struct sw_server_stats *stats = line->shared->stats;
    ssize_t type = h2o_find_header(&req->headers, H2O_TOKEN_CONTENT_TYPE, -1);
    uint64_t begin_ns = sw_clock_mono_ns();
    struct sw_request request = {.method = str_of(req->method),
                                 .body = str_of(req->entity),
                                 .remote = sw_str_from(conn->remote.text),
                                 .thread = line->index,
                                 .waited_ns = begin_ns - answer->came_ns,
                                 .age_ns = begin_ns - answer->begun_ns};
    size_t route;

    sw_request_target(str_of(req->path), &request.path, &request.query);
    if (type >= 0)
        request.content_type = str_of(req->headers.entries[type].value);
    note_handling(line, begin_ns);
    route = sw_routes_answer(&line->shared->routes, &request, &answer->response);
    note_handling(line, 0);
    sw_server_stats_answer(stats, route, answer->response.status, sw_clock_mono_ns() - begin_ns);
    sw_histogram_observe(stats->wait, request.waited_ns);
    send_answer(req, conn, &answer->response);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    struct sw_conn *conn = conn_of(req);
    struct sw_line *line = conn->line;
    /* Freed with the request, which is when the last byte has been sent. */
    struct answer *answer = h2o_mem_alloc_shared(&req->pool, sizeof(*answer), answer_dispose);

    (void)self;
    *answer = (struct answer){.item.conn = conn,
                              .req = req,
                              .came_ns = sw_line_came_ns(line),
                              .begun_ns = conn->begun_ns};
    if (!answer->begun_ns)
        answer->begun_ns = answer->came_ns;
    sw_response_init(&answer->response);
    sw_gauge_add(line->shared->stats->in_flight, 1);
    if (req->entity.len > SW_LINE_LARGE_BYTES)
        sw_line_push(line, &answer->item);
    else
        answer_now(answer);
    return 0;
}

bool sw_exchange_run(struct sw_line *line)
{
    uint64_t begin_ns = line->row ? sw_clock_mono_ns() : 0, now_ns = begin_ns;
    struct sw_line_item *item;
    bool any = false;

    if (line->row && sw_line_is_stuck(line))
        sw_exchange_make_room(line);
    while (now_ns - begin_ns <= SW_LINE_LARGE_NS && !sw_line_is_stuck(line) &&
           (item = sw_line_pop(line, now_ns))) {
        answer_now((struct answer *)(void *)item);
        sw_tap_look(item->conn);
        now_ns = sw_clock_mono_ns();
        any = true;
    }
    return any;
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

void sw_exchange_register(h2o_hostconf_t *host)
{
    h2o_create_handler(&host->fallback_path, sizeof(h2o_handler_t))->on_req = on_request;
    h2o_create_filter(&host->fallback_path, sizeof(h2o_filter_t))->on_setup_ostream = on_response;
}

struct search {
    const struct sw_conn *conn;
    h2o_req_t *found;
};

static int compare(h2o_req_t *req, void *data)
{
    struct search *search = data;

    if (conn_of(req) != search->conn)
        return 0;
    search->found = req;
    return 1;
}

/* Answers a request that is still being read. False when nothing can be said: its head is not
 * whole, or something is being said. */
static bool refuse(struct sw_conn *conn)
{
    struct search search = {.conn = conn};
    h2o_req_t *req;

    if (conn->timer.phase != SW_PHASE_READING || h2o_socket_is_writing(conn->sock))
        return false;
    H2O_HTTP1_CALLBACKS.foreach_request(conn->line->context, compare, &search);
    req = search.found;
    if (!req || !req->timestamps.request_body_begin_at.tv_sec)
        return false;
    h2o_socket_read_stop(conn->sock);
    add_header(req, H2O_TOKEN_RETRY_AFTER, SHED_RETRY_AFTER);
    h2o_send_error_generic(req, 429, sw_status_reason(429), SHED_TEXT "\n",
                           H2O_SEND_ERROR_HTTP1_CLOSE_CONNECTION | H2O_SEND_ERROR_KEEP_HEADERS);
    return true;
}

static void log_shed(const struct sw_conn *conn, uint64_t now_ns)
{
    struct sw_loop_shared *shared = conn->shared;
    uint64_t n;

    if (sw_log_gate_pass(&shared->shed_gate, now_ns / 1000000, &n))
        sw_log(shared->log, SW_LOG_WARN,
               "large requests hold all the memory that there is for them: one was refused",
               sw_log_text("remote", conn->remote.text), sw_log_uint("its_bytes", conn->held_bytes),
               sw_log_uint("limit_bytes", conn->line->max_held_bytes), sw_log_uint("times", n));
}

void sw_exchange_make_room(struct sw_line *line)
{
    uint64_t now_ns = sw_line_turn(line);
    struct sw_conn *conn;

    while (line->held_bytes > line->max_held_bytes &&
           (conn = sw_room_heaviest(line->conns, now_ns))) {
        log_shed(conn, now_ns);
        sw_counter_add(line->shared->stats->shed, 1);
        if (refuse(conn)) {
            conn->is_shed = true;
            sw_conn_hold(conn, 0);
        } else {
            sw_conn_cut(conn);
        }
    }
}
