/*
 * What people and controllers do to clusters, whatever we are for.
 */
#ifndef SW_TESTS_SIM_LIFE_H
#define SW_TESTS_SIM_LIFE_H

#include "truth.h"

/* One Service of one cluster, as its people want it. */
struct sim_life_service {
    bool exists;
    bool disabled; /* label failover: disable */
    bool gold;     /* label tier: gold */
    bool sidecar;
    bool target_name;  /* targetPort by name */
    unsigned int pods; /* ready */
    unsigned int version, account, port;
};

struct sim_life_cluster {
    struct sim_cluster *cluster;
    struct sim_life_service services[SIM_SERVICES];
    unsigned int addresses; /* that its gateway has had */
    unsigned int n_addresses;
    unsigned int zone;
    bool gateway_ready;
    bool gateway_view;  /* as it should be */
    bool pay_namespace; /* is there */
};

struct sim_life {
    struct sim_random *random;
    struct sim_life_cluster clusters[SIM_CLUSTERS];
    size_t n;
};

/* Clusters as they are on the first day: a workspace over both namespaces, all of it exposed. */
void sim_life_begin(struct sim_life *life);

/* Something happens somewhere. `trace`, where it is not NULL, is told what. */
void sim_life_goes_on(struct sim_life *life, void (*trace)(void *, const char *), void *context);

/* The gateway of that cluster gets another address. */
void sim_life_move_gateway(struct sim_life *life, size_t cluster);

/* People of that cluster opt one Service out, or in again. */
void sim_life_disable(struct sim_life *life, size_t cluster, size_t service, bool disabled);

/* All pods of a Service get another version label, at once. */
void sim_life_relabel(struct sim_life *life, size_t cluster, size_t service);

#endif
