/*
 * One remote cluster that exposes the Service: may traffic be sent there, to which addresses, for
 * which pods?
 */
#ifndef SW_MESH_REMOTE_H
#define SW_MESH_REMOTE_H

#include "failover/expose.h"
#include "mesh/shared.h"

/* A way into the remote cluster. */
struct sw_remote_address {
    struct sw_str ip;
    uint16_t port;
    bool held; /* the gateway there holds the host: a connection would find its way */
};

struct sw_remote {
    const struct sw_mesh_cluster *cluster;
    const struct sw_view *view;
    const struct sw_service *service;
    struct sw_exposure exposure;
    const struct sw_mesh_backends *backends; /* NULL for none */
    struct sw_remote_address *addresses;     /* arena; sorted by ip, each once */
    size_t n_addresses;
};

/* The clusters, in the order of the index, that have been seen, expose the Service, and may be sent
 * traffic to at all. Where one selects it and Istio cannot represent it, or has opted out of it
 * while another cluster exposes it, or the clusters do not go together, a finding says so. Fails
 * with SW_ENOMEM. */
int sw_remote_gather(const struct sw_subject *subject, struct sw_remote **ret, size_t *ret_n,
                     struct sw_err *reterr);

/* Judges one for a subject with a shape, and finds its addresses. 1 where entries may be made, 0
 * where a finding says why not. Warnings are added. Fails with SW_ENOMEM. */
int sw_remote_judge(const struct sw_subject *subject, struct sw_remote *remote,
                    struct sw_err *reterr);

#endif
