#include "serve/peer.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

void sw_peers_init(struct sw_peers *peers)
{
    memset(peers->buckets, 0, sizeof(peers->buckets));
    pthread_mutex_init(&peers->lock, NULL);
}

void sw_peers_release(struct sw_peers *peers)
{
    pthread_mutex_destroy(&peers->lock);
}

static void take_address(const struct sockaddr *from, uint8_t ret[SW_PEER_ADDRESS_BYTES])
{
    static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    memset(ret, 0, SW_PEER_ADDRESS_BYTES);
    if (from->sa_family == AF_INET6) {
        memcpy(ret, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
               SW_PEER_ADDRESS_BYTES);
    } else if (from->sa_family == AF_INET) {
        memcpy(ret, mapped, sizeof(mapped));
        memcpy(ret + sizeof(mapped), &((const struct sockaddr_in *)(const void *)from)->sin_addr,
               SW_PEER_ADDRESS_BYTES - sizeof(mapped));
    }
}

/* Whoever chooses addresses so that they meet in one bucket makes a list as long as there are
 * connections: some microseconds. */
static struct sw_peer **bucket_of(struct sw_peers *peers, const uint8_t *address)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < SW_PEER_ADDRESS_BYTES; i++)
        hash = (hash ^ address[i]) * 16777619u;
    return &peers->buckets[(hash ^ hash >> 16) % SW_PEERS_BUCKETS];
}

struct sw_peer *sw_peers_enter(struct sw_peers *peers, const struct sockaddr *address)
{
    uint8_t wanted[SW_PEER_ADDRESS_BYTES];
    struct sw_peer **bucket, *peer;

    take_address(address, wanted);
    bucket = bucket_of(peers, wanted);
    pthread_mutex_lock(&peers->lock);
    peer = *bucket;
    while (peer && memcmp(peer->address, wanted, sizeof(wanted)) != 0)
        peer = peer->next;
    if (!peer && (peer = calloc(1, sizeof(*peer)))) {
        memcpy(peer->address, wanted, sizeof(wanted));
        peer->next = *bucket;
        *bucket = peer;
    }
    if (peer)
        atomic_fetch_add_explicit(&peer->n_connections, 1, memory_order_relaxed);
    pthread_mutex_unlock(&peers->lock);
    return peer;
}

void sw_peers_leave(struct sw_peers *peers, struct sw_peer *peer)
{
    struct sw_peer **link;
    bool last;

    if (!peer)
        return;
    pthread_mutex_lock(&peers->lock);
    last = atomic_fetch_sub_explicit(&peer->n_connections, 1, memory_order_relaxed) == 1;
    if (last) {
        link = bucket_of(peers, peer->address);
        while (*link != peer)
            link = &(*link)->next;
        *link = peer->next;
    }
    pthread_mutex_unlock(&peers->lock);
    if (last)
        free(peer);
}
