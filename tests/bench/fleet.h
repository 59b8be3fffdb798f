/*
 * Clusters as a reconciler's state holds them, made from the JSON that API servers would send.
 *
 * Fifty Services a namespace, one gateway and ten nodes a cluster; every cluster has every Service,
 * all of them exposed by one WorkspaceSetting in the first, which is the local one. For a benchmark
 * and nothing else: what fails ends the process, with the reason on standard error.
 */
#ifndef SW_TESTS_BENCH_FLEET_H
#define SW_TESTS_BENCH_FLEET_H

#include "mesh/full.h"
#include "mesh/state.h"

struct fleet_size {
    size_t n_clusters;
    size_t n_services; /* of each cluster, beside its gateway */
    size_t n_pods;     /* behind each, all ready and alike */
};

struct fleet {
    struct fleet_size size;
    struct sw_state *state; /* owned, as the next two */
    struct sw_names *names;
    struct sw_state_cluster **clusters;
    struct sw_buf text;  /* of the object that is being put */
    size_t n_objects;    /* put so far */
    size_t n_json_bytes; /* of them, as text */
    uint64_t now_ms;
};

/* Makes every cluster and puts all that is in it, as whole pictures of each resource. */
void fleet_begin(struct fleet *fleet, struct fleet_size size);
void fleet_end(struct fleet *fleet);

/* Time goes by. */
void fleet_pass(struct fleet *fleet, uint64_t ms);

/* The mesh as it is now. */
const struct sw_mesh *fleet_mesh(struct fleet *fleet);

/* What is wanted has been written: it comes as the local API server would show it, and what other
 * clusters have of the kind that a reconciler reads there. */
void fleet_own(struct fleet *fleet, const struct sw_plans *plans);

/* So many pods behind a Service of a cluster are ready from now on, by an event. */
void fleet_scale(struct fleet *fleet, size_t cluster, size_t service, size_t n_ready);

/* Ends the process where r is a failure. */
void fleet_check(int r, const struct sw_err *err);

#endif
