/*
 * One WorkloadEntry: a gateway address of a remote cluster, standing for one group of the pods
 * behind a Service there.
 *
 * Its name is `k-<service>-<32 hex>`. The digits are the first half of SHA-256 over its spec as
 * canonical JSON (compact, sorted by key) without the weight, a newline, and the Service's name. So
 * whatever else changes makes another object, created before the old one goes: istiod keeps stale
 * endpoints where labels or the kind of address change in place (D5).
 */
#ifndef SW_MESH_WORKLOADENTRY_H
#define SW_MESH_WORKLOADENTRY_H

#include "base/buf.h"
#include "mesh/wanted.h"

struct sw_workloadentry {
    struct sw_str namespace_;
    struct sw_str service;
    struct sw_str remote;   /* the cluster's name, for the label */
    struct sw_str address;  /* an IP literal: istiod ignores names here */
    struct sw_str network;  /* spec.network, which keeps remote gateways from using it (D1) */
    struct sw_str locality; /* unset for none */
    struct sw_str service_account; /* for the certificate that is expected (D13) */
    struct sw_labels labels;       /* all of spec.labels */
    const struct sw_str *ports;    /* keys of spec.ports, sorted */
    size_t n_ports;
    uint16_t port;   /* of the gateway, what every key maps to */
    uint32_t weight; /* at least 1 */
};

/* Appends the canonical spec from behind the address to before the weight: what entries that differ
 * in these two alone have in common. A failure stays in buf. */
void sw_workloadentry_write_common(const struct sw_workloadentry *entry, struct sw_buf *buf);

/* Adds the entry, borrowed, under its name and with its digest, unless the last ones, for the same
 * remote cluster, have its name. `common` is what the above wrote. Fails with SW_ENOMEM. */
int sw_workloadentry_want(const struct sw_workloadentry *entry, struct sw_str common,
                          enum sw_reason gate, struct sw_arena *arena, struct sw_wanteds *wanteds,
                          struct sw_err *reterr);

/* The whole object. A new reference, NULL when out of memory. */
json_t *sw_workloadentry_json(const struct sw_workloadentry *entry, struct sw_str name);

#endif
