/*
 * PeerAuthentication (security.istio.io): whether a workload takes mTLS at all.
 */
#ifndef SW_MODEL_PEERAUTH_H
#define SW_MODEL_PEERAUTH_H

#include "model/meta.h"

enum sw_mtls_mode {
    SW_MTLS_UNSET = 0, /* UNSET or absent: what the level above says */
    SW_MTLS_DISABLE,
    SW_MTLS_PERMISSIVE,
    SW_MTLS_STRICT,
};

struct sw_peerauth {
    struct sw_meta meta;
    struct sw_labels selector; /* selector.matchLabels; empty: the whole namespace */
    enum sw_mtls_mode mode;    /* mtls.mode */
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found; an unknown mode is such too) and SW_ENOMEM. */
int sw_peerauth_read(const json_t *object, struct sw_arena *arena, struct sw_peerauth *ret,
                     struct sw_err *reterr);

#endif
