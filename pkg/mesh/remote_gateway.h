/*
 * The gateways of a remote cluster that lead to one Service. Part of mesh/remote.h; not for others
 * to include.
 */
#ifndef SW_MESH_REMOTE_GATEWAY_H
#define SW_MESH_REMOTE_GATEWAY_H

#include "mesh/remote.h"

/* Fills the remote's addresses from every gateway that the exposing setting matches and that may be
 * used. 1 if there are some, 0 where a finding says why there are none (each gateway that cannot be
 * used is one). Fails with SW_ENOMEM. */
int sw_remote_find_addresses(const struct sw_subject *subject, struct sw_remote *remote,
                             struct sw_err *reterr);

#endif
