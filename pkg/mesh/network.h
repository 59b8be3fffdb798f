/*
 * Whose a network is that several clusters have.
 *
 * A network must be one cluster's: gateways tell by it which endpoints are not theirs (D1). Most
 * often two names lead to one cluster: somebody connected it a second time. What fails over must
 * not stop for that, so one of them has the network and the others yield to it, in this order: the
 * local cluster; one that a WorkloadEntry of ours leads to, which is the one that was connected
 * before, after a restart too; one that can be read; the first by name. It is one answer for all
 * Services.
 */
#ifndef SW_MESH_NETWORK_H
#define SW_MESH_NETWORK_H

#include "mesh/world.h"

/* What is remembered from one mesh to the next; a zeroed one remembers nothing. */
struct sw_networks {
    uint64_t print; /* of the clusters and their networks */
    bool shared;    /* some yielded, the user says: entries may make it others */
};

/* The cluster that `cluster` yields to, borrowed from the mesh; NULL where it has its network for
 * itself, or others yield to it. Takes time with the number of clusters and, where some share a
 * network, of owned objects. */
const struct sw_mesh_cluster *sw_network_yields_to(const struct sw_mesh *mesh,
                                                   const struct sw_mesh_cluster *cluster);

/* True if who yields may be another than at the last call: then sw_network_yields_to() is to be
 * asked of each cluster, and `shared` set where one yields. Costs little where nothing is. */
bool sw_network_is_stale(struct sw_networks *networks, const struct sw_mesh *mesh);

#endif
