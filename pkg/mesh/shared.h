/*
 * Other Services of the local cluster that would take the WorkloadEntries of one, because their
 * selectors match as well: a Service for each version beside one for all, say.
 *
 * Such a Service gets the remote gateway as an endpoint, under its own name. Where the other
 * cluster exposes it too, that is failover as meant. Where it does not, the gateway resets the
 * connection: harmless behind healthy pods as long as there is outlierDetection, and an outage
 * without, because then remote and local share the traffic.
 */
#ifndef SW_MESH_SHARED_H
#define SW_MESH_SHARED_H

#include "mesh/ports.h"
#include "mesh/subject.h"

struct sw_shared {
    const struct sw_service **services; /* arena; NULL for none */
    size_t n;
};

/* The local Services whose selectors do not contradict the subject's. Fails with SW_ENOMEM. */
int sw_shared_gather(const struct sw_subject *subject, struct sw_shared *ret,
                     struct sw_err *reterr);

/* Might `other` take an entry of `service`, both of the local cluster and of one namespace? Then
 * the plan of `service` depends on what `other` is, on its rules, and on who exposes it. */
bool sw_shared_may_take(const struct sw_mesh *mesh, const struct sw_service *other,
                        const struct sw_service *service);

/* The first of those that would take an entry with these labels and would suffer from it: neither
 * exposed by `remote` (a view) nor guarded by outlierDetection. NULL for none. */
const struct sw_service *sw_shared_victim(const struct sw_subject *subject,
                                          const struct sw_shared *shared,
                                          const struct sw_view *remote,
                                          const struct sw_labels *labels);

/* Adds the port keys of those that would take an entry with these labels: without them, istiod
 * would use the gateway's address with the Service's own target port. Fails with SW_ENOMEM. */
int sw_shared_add_keys(const struct sw_subject *subject, const struct sw_shared *shared,
                       const struct sw_labels *labels, struct sw_port_keys *keys,
                       struct sw_err *reterr);

#endif
