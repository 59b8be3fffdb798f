/*
 * IngressGateway (install.tetrate.io/v1alpha1): a gateway to be installed.
 *
 * Only one with eastWestOnly is installed by Spillway. Of kubeSpec, what is read is what its
 * Service and its Deployment get; the rest is preserved by the CRD and passed over here.
 */
#ifndef SW_MODEL_INGRESSGATEWAY_H
#define SW_MODEL_INGRESSGATEWAY_H

#include "model/meta.h"

#include <stdint.h>

/* Most replicas that may be asked for. */
#define SW_INGRESSGATEWAY_MAX_REPLICAS 1000

struct sw_ingressgateway {
    struct sw_meta meta;
    bool east_west_only;
    struct sw_labels service_annotations; /* kubeSpec.service.annotations, as pairs */
    uint32_t replicas;                    /* kubeSpec.deployment.replicaCount; 0 when absent */
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found) and SW_ENOMEM. */
int sw_ingressgateway_read(const json_t *object, struct sw_arena *arena,
                           struct sw_ingressgateway *ret, struct sw_err *reterr);

#endif
