#include "serve/conn.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "serve/line.h"
#include "serve/loop.h"
#include "serve/stats.h"
#include "serve/tls.h"

#include "base/banned.h"

/* A client sends its first request right after its handshake: until then a stopping server does not
 * take its silence for idleness. */
#define FRESH_NS 500000000u

bool sw_conn_reserve(struct sw_loop_shared *shared)
{
    if (atomic_fetch_add_explicit(&shared->n_connections, 1, memory_order_relaxed) <
        shared->max_connections)
        return true;
    sw_conn_unreserve(shared);
    return false;
}

void sw_conn_unreserve(struct sw_loop_shared *shared)
{
    atomic_fetch_sub_explicit(&shared->n_connections, 1, memory_order_relaxed);
}

struct sw_conn *sw_conn_new(struct sw_loop_shared *shared, struct sw_conn **list, int fd)
{
    SSL_CTX *context = shared->tls ? sw_tls_acquire(shared->tls) : NULL;
    /* Without a context h2o would speak plain HTTP: never where TLS is meant. */
    struct sw_conn *conn = context || !shared->tls ? malloc(sizeof(*conn)) : NULL;
    struct sockaddr_storage peer = {0};
    socklen_t peer_len = sizeof(peer);
    struct sw_peer *who;

    getpeername(fd, (struct sockaddr *)&peer, &peer_len);
    who = conn ? sw_peers_enter(&shared->peers, (struct sockaddr *)&peer) : NULL;
    if (!who) {
        SSL_CTX_free(context);
        free(conn);
        sw_conn_unreserve(shared);
        return NULL;
    }
    *conn = (struct sw_conn){.shared = shared,
                             .next = *list,
                             .link = list,
                             .fd = fd,
                             .context = context,
                             .peer = who,
                             .timer.since_ns = sw_clock_mono_ns(),
                             .linger_fd = -1};
    if (conn->next)
        conn->next->link = &conn->next;
    *list = conn;
    sw_listen_name_of((struct sockaddr *)&peer, &conn->remote);
    sw_gauge_add(shared->stats->connections, 1);
    return conn;
}

/* Gives back what others could use. */
static void uncount(struct sw_conn *conn)
{
    if (!conn->peer)
        return;
    sw_conn_hold(conn, 0);
    sw_conn_answer(conn, 0);
    sw_peers_leave(&conn->shared->peers, conn->peer);
    conn->peer = NULL;
    sw_conn_unreserve(conn->shared);
}

void sw_conn_free(struct sw_conn *conn)
{
    struct sw_loop_shared *shared = conn->shared;

    uncount(conn);
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    if (conn->linger_fd >= 0)
        close(conn->linger_fd);
    SSL_CTX_free(conn->context);
    free(conn);
    sw_gauge_add(shared->stats->connections, -1);
}

void sw_conn_note(struct sw_conn *conn, enum sw_phase phase, size_t input_bytes, uint64_t now_ns)
{
    sw_phase_note(&conn->timer, phase, conn->n_answers, now_ns);
    if (conn->timer.since_ns == now_ns || input_bytes >= conn->moved_bytes + SW_CONN_MOVE_BYTES) {
        conn->moved_ns = now_ns;
        conn->moved_bytes = input_bytes;
    }
}

void sw_conn_hold(struct sw_conn *conn, size_t bytes)
{
    if (bytes == conn->held_bytes || !conn->peer)
        return;
    /* Unsigned numbers wrap, so that adding the difference also takes away. */
    conn->line->held_bytes += bytes - conn->held_bytes;
    atomic_fetch_add_explicit(&conn->peer->held_bytes, bytes - conn->held_bytes,
                              memory_order_relaxed);
    sw_gauge_add(conn->shared->stats->held_bytes, (int64_t)bytes - (int64_t)conn->held_bytes);
    conn->held_bytes = bytes;
}

void sw_conn_answer(struct sw_conn *conn, size_t bytes)
{
    if (bytes == conn->answer_bytes || !conn->peer)
        return;
    conn->line->answer_bytes += bytes - conn->answer_bytes;
    conn->answer_bytes = bytes;
}

void sw_conn_keep(struct sw_conn *conn)
{
    if (conn->linger_fd < 0)
        conn->linger_fd = fcntl(conn->fd, F_DUPFD_CLOEXEC, 0);
}

bool sw_conn_linger(struct sw_conn *conn)
{
    if (conn->linger_fd < 0 || conn->is_cut)
        return false;
    conn->fd = conn->linger_fd;
    conn->linger_fd = -1;
    conn->timer.phase = SW_PHASE_LINGERING;
    conn->timer.since_ns = sw_clock_mono_ns();
    sw_conn_hold(conn, 0);
    shutdown(conn->fd, SHUT_WR);
    return true;
}

bool sw_conn_has_unread(const struct sw_conn *conn)
{
    int n = 0;

    return ioctl(conn->fd, FIONREAD, &n) == 0 && n > 0;
}

void sw_conn_cut(struct sw_conn *conn)
{
    conn->is_cut = true;
    uncount(conn);
    shutdown(conn->fd, SHUT_RDWR);
}

/* Whether a stopping server need not wait for this connection. */
static bool is_done(const struct sw_conn *conn, enum sw_phase phase, uint64_t now_ns)
{
    if (phase == SW_PHASE_LINGERING)
        return true;
    return phase == SW_PHASE_IDLE && !sw_conn_has_unread(conn) &&
           (conn->n_answers > 0 || now_ns - conn->timer.since_ns >= FRESH_NS);
}

void sw_conn_check(struct sw_conn *conn, enum sw_phase phase, uint64_t now_ns, uint64_t stop_at_ns)
{
    /* An idle connection with bytes in it is not idle: they have come since h2o looked. */
    bool expired =
        sw_phase_expired(&conn->timer, phase, conn->n_answers, now_ns, conn->shared->limits_ns) &&
        (phase != SW_PHASE_IDLE || !sw_conn_has_unread(conn));
    bool done = stop_at_ns && is_done(conn, phase, now_ns);
    bool forced = stop_at_ns && now_ns >= stop_at_ns;

    if (!expired && !done && !forced)
        return;
    if (!conn->is_cut && !done && forced)
        atomic_fetch_add_explicit(&conn->shared->n_cut, 1, memory_order_relaxed);
    else if (!conn->is_cut && !done)
        sw_counter_add(conn->shared->stats->cut[phase], 1);
    sw_conn_cut(conn);
}
