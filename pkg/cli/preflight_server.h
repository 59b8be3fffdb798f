/*
 * The API server of a --cluster, for the questions of cli/preflight.h.
 */
#ifndef SW_CLI_PREFLIGHT_SERVER_H
#define SW_CLI_PREFLIGHT_SERVER_H

#include "cli/preflight.h"
#include "io/clusters.h"
#include "kube/waiter.h"

/* The caller's storage, which must not move; a zeroed one is released. Private. */
struct sw_preflight_server {
    struct sw_kube_config config;
    struct sw_arena secrets; /* what the kubeconfig says */
    struct sw_waiter waiter;
};

/* Reads how `cluster` is reached; asks nothing yet. Fails as sw_file_read(), sw_kube_config_read()
 * and sw_kube_config_in_cluster() do; it is then released. `reterr` must not be NULL. */
int sw_preflight_server_open(struct sw_preflight_server *server, const struct sw_cluster *cluster,
                             struct sw_err *reterr);
void sw_preflight_server_release(struct sw_preflight_server *server);

/* How to ask it; borrows the server. */
struct sw_preflight_api sw_preflight_server_api(struct sw_preflight_server *server);

#endif
