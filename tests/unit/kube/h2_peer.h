/*
 * A server of HTTP/2 that falls silent: on the first connection it answers the first request, with
 * a body that has no end, and no other; on every later connection it answers each of them.
 */
#ifndef SW_TESTS_KUBE_H2_PEER_H
#define SW_TESTS_KUBE_H2_PEER_H

#include "../serve/pki.h"

struct h2_peer;

/* Serves on 127.0.0.1, with a certificate of `authority`. Aborts on failure. */
struct h2_peer *h2_peer_start(const struct pki *authority);
void h2_peer_stop(struct h2_peer *peer);

uint16_t h2_peer_port(const struct h2_peer *peer);
/* How many there have been. */
int h2_peer_connections(const struct h2_peer *peer);

#endif
