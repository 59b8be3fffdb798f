#include "serve/tap.h"

#include <h2o.h>
#include <h2o/http1.h>

#include "serve/exchange.h"
#include "serve/line.h"

#include "base/banned.h"

static void on_read(h2o_socket_t *sock, const char *err);
static void on_written(h2o_socket_t *sock, const char *err);

/* Memory that the library has taken for what has come; its first buffer of a thread is all
 * connections' and has no bytes. */
static size_t room_for_input(const h2o_socket_t *sock)
{
    return sock->input->bytes ? sock->input->capacity : 0;
}

static void put_ours(struct sw_conn *conn)
{
    h2o_socket_t *sock = conn->sock;

    if (sock->_cb.read && sock->_cb.read != on_read) {
        conn->next_read = sock->_cb.read;
        sock->_cb.read = on_read;
    }
    if (sock->_cb.write && sock->_cb.write != on_written) {
        conn->next_write = sock->_cb.write;
        sock->_cb.write = on_written;
    }
}

/* What the socket tells of the connection. `fed`: bytes have come, though perhaps not enough of
 * them for one byte of a request. */
static void look(struct sw_conn *conn, bool fed)
{
    struct sw_line *line = conn->line;
    enum sw_phase phase = conn->waits ? SW_PHASE_WAITING : SW_PHASE_SENDING;
    size_t held;

    put_ours(conn);
    if (h2o_socket_is_reading(conn->sock)) {
        phase = fed || conn->sock->input->size ? SW_PHASE_READING : SW_PHASE_IDLE;
        sw_conn_answer(conn, 0);
    }
    if (phase == SW_PHASE_IDLE)
        conn->begun_ns = 0;
    else if (!conn->begun_ns)
        conn->begun_ns = sw_line_came_ns(line);
    sw_conn_note(conn, phase, conn->sock->input->size, sw_line_turn(line));
    held = room_for_input(conn->sock) + conn->answer_bytes;
    sw_conn_hold(conn, held > SW_LINE_LARGE_BYTES && !conn->is_shed ? held : 0);
    if (line->held_bytes > line->max_held_bytes)
        sw_exchange_make_room(line);
}

/* Has the library do what it would have done, and looks again if the connection is still there. */
static void pass(struct sw_conn *conn, sw_conn_callback *callback, const char *err, bool fed)
{
    bool gone = false;

    conn->gone = &gone;
    callback(conn->sock, err);
    if (gone)
        return;
    conn->gone = NULL;
    look(conn, fed);
}

static void on_read(h2o_socket_t *sock, const char *err)
{
    struct sw_conn *conn = sock->on_close.data;

    if (!conn->begun_ns)
        conn->begun_ns = sw_line_came_ns(conn->line);
    pass(conn, conn->next_read, err, !err);
}

static void on_written(h2o_socket_t *sock, const char *err)
{
    struct sw_conn *conn = sock->on_close.data;

    /* What comes next, if anything has, is another request. */
    conn->begun_ns = 0;
    pass(conn, conn->next_write, err, false);
}

void sw_tap_start(struct sw_conn *conn, h2o_accept_ctx_t *accept)
{
    bool gone = false;
    struct timeval now;

    gettimeofday(&now, NULL);
    conn->gone = &gone;
    h2o_http1_accept(accept, conn->sock, now);
    if (gone)
        return;
    conn->gone = NULL;
    look(conn, false);
}

void sw_tap_look(struct sw_conn *conn)
{
    look(conn, false);
}
