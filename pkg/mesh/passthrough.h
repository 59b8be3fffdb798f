/*
 * Which hosts a gateway workload takes: its AUTO_PASSTHROUGH servers, ours and users'.
 */
#ifndef SW_MESH_PASSTHROUGH_H
#define SW_MESH_PASSTHROUGH_H

#include "mesh/world.h"

/* True if this server is configured on the gateway's pods and port. */
bool sw_passthrough_serves(const struct sw_mesh_passthrough *server,
                           const struct sw_mesh_gateway *gateway);

/* True if this server takes the host, by name or by a wildcard. */
bool sw_passthrough_takes(const struct sw_mesh_passthrough *server, struct sw_str host);

/* True if any server of the gateway's cluster, configured on it, takes the host. */
bool sw_passthrough_holds(const struct sw_mesh_cluster *cluster,
                          const struct sw_mesh_gateway *gateway, struct sw_str host);

/* A user's server on the gateway's pods and port, beside which ours would make Envoy refuse the
 * listener (D10); NULL if there is none. Borrowed. */
const struct sw_mesh_passthrough *sw_passthrough_users(const struct sw_mesh_cluster *cluster,
                                                       const struct sw_mesh_gateway *gateway);

#endif
