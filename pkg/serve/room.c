#include "serve/room.h"

#include "serve/peer.h"

#include "base/banned.h"

static uint64_t age_of(const struct sw_conn *conn, uint64_t now_ns)
{
    return now_ns > conn->timer.since_ns ? now_ns - conn->timer.since_ns : 0;
}

/* How much longer than it must the connection has done nothing that matters; 0: it is needed. */
static uint64_t spare_of(const struct sw_conn *conn, uint64_t now_ns)
{
    uint64_t age_ns = age_of(conn, now_ns), least_ns;

    switch (conn->timer.phase) {
    case SW_PHASE_LINGERING:
        return age_ns + 1;
    case SW_PHASE_HANDSHAKE:
        least_ns = SW_ROOM_HANDSHAKE_NS;
        break;
    case SW_PHASE_IDLE:
        least_ns = conn->n_answers ? SW_ROOM_IDLE_NS : SW_ROOM_FRESH_NS;
        break;
    case SW_PHASE_READING:
    case SW_PHASE_WAITING:
    case SW_PHASE_SENDING:
    case SW_N_PHASES:
    default:
        return 0;
    }
    return age_ns >= least_ns ? age_ns - least_ns + 1 : 0;
}

struct sw_conn *sw_room_idlest(struct sw_conn *list, const struct sw_peer *peer, uint64_t now_ns)
{
    struct sw_conn *found = NULL;
    uint64_t most_ns = 0;

    for (struct sw_conn *conn = list; conn; conn = conn->next) {
        uint64_t spare_ns = spare_of(conn, now_ns);

        /* The last question is a call of the kernel. Bytes of a handshake that were not read yet
         * mean that we are slow, not the peer. */
        if (spare_ns <= most_ns || conn->is_cut || (peer && conn->peer != peer) ||
            (conn->timer.phase != SW_PHASE_LINGERING && sw_conn_has_unread(conn)))
            continue;
        found = conn;
        most_ns = spare_ns;
    }
    return found;
}

static bool holds(const struct sw_conn *conn)
{
    return conn->held_bytes && !conn->is_cut && !conn->is_shed;
}

static bool is_slow(const struct sw_conn *conn, uint64_t now_ns)
{
    return conn->timer.phase != SW_PHASE_WAITING && now_ns > conn->moved_ns &&
           now_ns - conn->moved_ns >= SW_ROOM_SLOW_NS;
}

static struct sw_conn *slowest(struct sw_conn *list, uint64_t now_ns)
{
    struct sw_conn *found = NULL;

    for (struct sw_conn *conn = list; conn; conn = conn->next) {
        if (holds(conn) && is_slow(conn, now_ns) && (!found || conn->moved_ns < found->moved_ns))
            found = conn;
    }
    return found;
}

/* Whether `a` is to give way rather than `b`. */
static bool gives_way(const struct sw_conn *a, const struct sw_conn *b)
{
    size_t a_holds = atomic_load_explicit(&a->peer->held_bytes, memory_order_relaxed);
    size_t b_holds = atomic_load_explicit(&b->peer->held_bytes, memory_order_relaxed);

    return a_holds > b_holds || (a_holds == b_holds && a->timer.since_ns > b->timer.since_ns);
}

struct sw_conn *sw_room_heaviest(struct sw_conn *list, uint64_t now_ns)
{
    struct sw_conn *found = slowest(list, now_ns);

    if (found)
        return found;
    for (struct sw_conn *conn = list; conn; conn = conn->next) {
        if (holds(conn) && conn->timer.phase == SW_PHASE_READING &&
            (!found || gives_way(conn, found)))
            found = conn;
    }
    return found;
}
