/*
 * PeerAuthentication (security.istio.io): whether a workload takes mTLS at all.
 */
#ifndef SW_MODEL_PEERAUTH_H
#define SW_MODEL_PEERAUTH_H

#include "model/meta.h"

#include <stdint.h>

/* Most ports of portLevelMtls that are read. */
#define SW_PEERAUTH_MAX_PORTS 128

enum sw_mtls_mode {
    SW_MTLS_UNSET = 0, /* UNSET or absent: what the level above says */
    SW_MTLS_DISABLE,
    SW_MTLS_PERMISSIVE,
    SW_MTLS_STRICT,
};

struct sw_mtls_port {
    uint16_t port; /* of the workload, not of a Service */
    enum sw_mtls_mode mode;
};

struct sw_peerauth {
    struct sw_meta meta;
    struct sw_labels selector; /* selector.matchLabels; empty: the whole namespace */
    enum sw_mtls_mode mode;    /* mtls.mode */
    const struct sw_mtls_port *ports; /* arena; portLevelMtls, sorted by port */
    size_t n_ports;
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found; an unknown mode and too many ports are such too) and
 * SW_ENOMEM. */
int sw_peerauth_read(const json_t *object, struct sw_arena *arena, struct sw_peerauth *ret,
                     struct sw_err *reterr);

#endif
