/*
 * Pod, as far as it decides which group of a Service it is counted in, and whether it is a gateway
 * that other clusters may be sent to. (Whether it is ready is read of the EndpointSlices.)
 */
#ifndef SW_MODEL_POD_H
#define SW_MODEL_POD_H

#include "model/meta.h"

/* Istio's injector puts this label on a pod that takes mTLS by its sidecar. */
#define SW_LABEL_TLS_MODE "security.istio.io/tlsMode"

/* With this on a gateway's pod, istiod shows it the endpoints of one network only. */
#define SW_ENV_NETWORK_VIEW "ISTIO_META_REQUESTED_NETWORK_VIEW"

struct sw_pod {
    struct sw_meta meta;
    struct sw_str account;      /* serviceAccountName; "default" where it is absent */
    struct sw_str node;         /* nodeName; unset before it is scheduled */
    struct sw_str locality;     /* region/zone/subzone of label topology.istio.io/locality, else
                                   istio-locality (a `.` of which is a `/`); unset for neither */
    struct sw_str network_view; /* value of SW_ENV_NETWORK_VIEW in any container; else unset */
    bool finished;              /* phase Succeeded or Failed: it will never be ready again */
    bool sidecar; /* takes Istio's mTLS: label or annotation SW_LABEL_TLS_MODE is istio */
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found) and SW_ENOMEM. */
int sw_pod_read(const json_t *object, struct sw_arena *arena, struct sw_pod *ret,
                struct sw_err *reterr);

#endif
