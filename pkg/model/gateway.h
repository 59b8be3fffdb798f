/*
 * Gateway (networking.istio.io): which pods take which hosts on which port.
 */
#ifndef SW_MODEL_GATEWAY_H
#define SW_MODEL_GATEWAY_H

#include "model/meta.h"

#include <stdint.h>

/* Most servers, and hosts of all of them, that are read of one. */
#define SW_GATEWAY_MAX_SERVERS 1024
#define SW_GATEWAY_MAX_HOSTS   20000

struct sw_gateway_server {
    uint16_t port;              /* port.number */
    struct sw_str tls_mode;     /* "AUTO_PASSTHROUGH"; unset when there is no tls or no mode */
    const struct sw_str *hosts; /* as written: "ns/host", "./host", "host" */
    size_t n_hosts;
};

struct sw_gateway {
    struct sw_meta meta;
    struct sw_labels selector; /* of the pods; empty selects every gateway */
    const struct sw_gateway_server *servers;
    size_t n_servers;
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found; too many servers or hosts are such too) and SW_ENOMEM.
 */
int sw_gateway_read(const json_t *object, struct sw_arena *arena, struct sw_gateway *ret,
                    struct sw_err *reterr);

/* What a host is without its "ns/", which istiod strips (and does not heed) for passthrough. */
struct sw_str sw_gateway_host(struct sw_str host);

/* True if the server sends mTLS on by SNI. */
bool sw_gateway_server_passes(const struct sw_gateway_server *server);

#endif
