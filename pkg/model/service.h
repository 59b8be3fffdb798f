/*
 * A Service and a Namespace, as far as exposure depends on them.
 */
#ifndef SW_MODEL_SERVICE_H
#define SW_MODEL_SERVICE_H

#include "model/meta.h"

#include <stdint.h>

/* The port on which an east-west gateway takes mTLS for any exposed Service, chosen by SNI. */
#define SW_GATEWAY_PORT 15443

struct sw_port {
    struct sw_str name;         /* unset when the port has no name */
    uint16_t number;            /* spec.ports[].port */
    uint16_t target_number;     /* targetPort as a number; 0 when it is a name */
    struct sw_str target_name;  /* targetPort as a name; unset when it is a number */
    bool tcp;                   /* protocol TCP, the default */
    struct sw_str app_protocol; /* unset when the port's name says what is spoken */
};

struct sw_service {
    struct sw_meta meta;
    bool external_name;        /* type: ExternalName */
    bool headless;             /* clusterIP: None */
    bool local_only;           /* internalTrafficPolicy: Local */
    struct sw_labels selector; /* empty when there is none */
    const struct sw_port *ports;
    size_t n_ports;
};

struct sw_namespace {
    struct sw_meta meta;
};

/* Reads a whole object; strings are copied into `arena`. A Service without a spec reads as one with
 * no selector and no ports. targetPort absent, 0 or "" reads as the port's own number, as in
 * Kubernetes.
 * Fails with SW_ETYPE (message names the path, what was expected, what was found) and SW_ENOMEM. */
int sw_service_read(const json_t *object, struct sw_arena *arena, struct sw_service *ret,
                    struct sw_err *reterr);
int sw_namespace_read(const json_t *object, struct sw_arena *arena, struct sw_namespace *ret,
                      struct sw_err *reterr);

/* True if a TCP port of the Service has this number. */
bool sw_service_has_tcp_port(const struct sw_service *service, uint16_t number);

#endif
