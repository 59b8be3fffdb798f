/*
 * EndpointSlice (discovery.k8s.io/v1), as far as groups of pods are counted from it. Where a pod is
 * and what it is like is read of the pod itself, so that a slice of a thousand is read quickly.
 */
#ifndef SW_MODEL_ENDPOINTSLICE_H
#define SW_MODEL_ENDPOINTSLICE_H

#include "model/meta.h"

#include <stdint.h>

/* The Service that a slice belongs to. */
#define SW_LABEL_SERVICE_NAME "kubernetes.io/service-name"

/* Most endpoints that are read of one slice: the API server takes no more. */
#define SW_ENDPOINTSLICE_MAX_ENDPOINTS 1000

enum sw_address_type {
    SW_ADDRESS_OTHER = 0, /* FQDN, or one that this version does not know */
    SW_ADDRESS_IPV4,
    SW_ADDRESS_IPV6,
};

struct sw_endpoint {
    struct sw_str pod;           /* targetRef.name, if its kind is Pod; else unset */
    struct sw_str pod_namespace; /* targetRef.namespace; unset: the slice's own */
    bool ready;                  /* conditions.ready; absent counts as true */
    bool terminating;            /* conditions.terminating; absent counts as false */
};

struct sw_endpointslice {
    struct sw_meta meta;
    struct sw_str service; /* of the label; unset when it belongs to no Service */
    enum sw_address_type type;
    const struct sw_endpoint *endpoints; /* arena; in document order */
    size_t n_endpoints;
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found; too many endpoints are such too) and SW_ENOMEM. */
int sw_endpointslice_read(const json_t *object, struct sw_arena *arena,
                          struct sw_endpointslice *ret, struct sw_err *reterr);

#endif
