/*
 * Who is connected: a count for each address, so that no one of them takes what is there for all.
 *
 * An address is an IP without its port; IPv4 is the same as IPv4 in IPv6. What has none (a socket
 * of this machine) is one address. A node's kube-proxy or a gateway may hide many clients behind
 * its own: they then share its share.
 */
#ifndef SW_SERVE_PEER_H
#define SW_SERVE_PEER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

#define SW_PEER_ADDRESS_BYTES 16
#define SW_PEERS_BUCKETS      256

/* One address, for as long as it has a connection. */
struct sw_peer {
    struct sw_peer *next; /* private */
    uint8_t address[SW_PEER_ADDRESS_BYTES];
    _Atomic size_t n_connections;
    _Atomic size_t held_bytes;  /* of all its connections (sw_conn_hold) */
    _Atomic uint64_t served_ns; /* when a large request of it was last begun; 0: never */
};

/* The caller's storage; private. The lock is held for some steps of a list, when a connection comes
 * or goes. */
struct sw_peers {
    pthread_mutex_t lock;
    struct sw_peer *buckets[SW_PEERS_BUCKETS];
};

/* Nobody is there yet. */
void sw_peers_init(struct sw_peers *peers);

/* To be called when nobody is in it any more. */
void sw_peers_release(struct sw_peers *peers);

/* One more connection from `address`: who it is, to be given back by sw_peers_leave; NULL when
 * memory is out. Any thread. */
struct sw_peer *sw_peers_enter(struct sw_peers *peers, const struct sockaddr *address);

/* One connection fewer. NULL is allowed. Any thread. */
void sw_peers_leave(struct sw_peers *peers, struct sw_peer *peer);

#endif
