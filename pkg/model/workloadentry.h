/*
 * WorkloadEntry (networking.istio.io): an endpoint that is no pod of this cluster.
 */
#ifndef SW_MODEL_WORKLOADENTRY_H
#define SW_MODEL_WORKLOADENTRY_H

#include "model/meta.h"

#include <stdint.h>

/* Most ports that are read of one: Istio's CRD takes no more. */
#define SW_WORKLOADENTRY_MAX_PORTS 128

struct sw_entry_port {
    struct sw_str name;
    uint16_t number;
};

struct sw_workloadentry {
    struct sw_meta meta;
    struct sw_str address;
    struct sw_str network;
    struct sw_str locality;
    struct sw_str account; /* serviceAccount */
    uint32_t weight;       /* 0 when absent, which istiod takes for 1 */
    struct sw_labels labels;           /* spec.labels */
    const struct sw_entry_port *ports; /* arena; sorted by name */
    size_t n_ports;
};

/* Reads a whole object; strings are copied into `arena`, and unset where they are absent. Fails
 * with SW_ETYPE (message names the path, what was expected, what was found; too many ports are such
 * too) and SW_ENOMEM. */
int sw_workloadentry_read(const json_t *object, struct sw_arena *arena,
                          struct sw_workloadentry *ret, struct sw_err *reterr);

#endif
