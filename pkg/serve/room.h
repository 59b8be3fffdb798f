/*
 * Whom to end so that others can live: a server that is full chooses, and refuses only where there
 * is nobody to choose. Choices alone; the loop carries them out.
 *
 * Places. At max_connections, or at max_per_peer for one address, the connection that has been idle
 * longest makes room. What does its client see? Go's transport, which is an API server's, keeps
 * idle connections in a pool for 90 s and takes the one used last, so the one idle longest is the
 * one it would take last; it watches all of them, and drops one that ends. A request is lost only
 * if it is written in the very moment in which the end is under way (less than a round trip), and
 * then it is an error for the user: a POST that meets EOF is never tried again. Hence never a
 * connection with a request in it or bytes unread, and none that was used within SW_ROOM_IDLE_NS.
 * One that never had a request waits in the pool as well (the transport connects, and meanwhile
 * another connection becomes free), or its first request is on its way: it gets longer. A handshake
 * takes a client of this cluster milliseconds; one that stands still is nobody's loss.
 *
 * Bytes. The bodies that come in and the answers that go out may hold so much and no more. Over
 * that, first whoever is slow, the one that stands longest first: an API server sends a review in
 * one go, while who wants to hold memory cheaply sends little. Else of the address that holds most
 * the request that came last: the others are nearer their end. One that is whole and waits for its
 * turn is never given up, and one whose answer is under way only for being slow.
 */
#ifndef SW_SERVE_ROOM_H
#define SW_SERVE_ROOM_H

#include "serve/conn.h"

/* How long a connection has been idle at least when it is ended to make room. */
#define SW_ROOM_IDLE_NS UINT64_C(1000000000)
/* The same, before its first request. */
#define SW_ROOM_FRESH_NS UINT64_C(2000000000)
/* How long a handshake may stand before it is ended to make room. */
#define SW_ROOM_HANDSHAKE_NS UINT64_C(250000000)
/* Who takes so long for the next SW_CONN_MOVE_BYTES of a request, or for an answer, is slow. */
#define SW_ROOM_SLOW_NS UINT64_C(1000000000)

/* The connection of `list` that makes room for another one at now_ns: among those of `peer`, or
 * among all for NULL. NULL when none can be spared. */
struct sw_conn *sw_room_idlest(struct sw_conn *list, const struct sw_peer *peer, uint64_t now_ns);

/* The connection of `list` that gives back the bytes it holds. NULL when none can be spared. */
struct sw_conn *sw_room_heaviest(struct sw_conn *list, uint64_t now_ns);

#endif
