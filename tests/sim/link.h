/*
 * One resource of one cluster, as one reconciler reads it: a real reflector, and a connection to
 * the simulated API server that may go wrong in every way that connections do.
 */
#ifndef SW_TESTS_SIM_LINK_H
#define SW_TESTS_SIM_LINK_H

#include "cluster.h"
#include "sync/reflector.h"

/* How a path to an API server is; shared by all links that take it. */
struct sim_path {
    bool down;               /* nothing gets through */
    unsigned int fault_rate; /* times in 1000 that something goes wrong; 0: nothing does */
    unsigned int lag;        /* times in 1000 that news do not come this time */
    bool lies;               /* lists may miss objects, for a while */
    bool no_crds;            /* an optional resource may be answered with 404 */
    bool has_watch_list;
};

enum sim_link_phase { SIM_LINK_CLOSED, SIM_LINK_ASKED, SIM_LINK_STREAMS };

struct sim_link {
    struct sw_reflector reflector;
    const struct sim_cluster *server;
    const struct sim_path *path;
    struct sim_random *random;
    enum sw_resource resource;
    enum sim_link_phase phase;
    enum sw_request_verb verb;
    int64_t wake_ms; /* of the reflector */
    int64_t due_ms;  /* of the answer */
    int64_t end_ms;  /* of a watch */
    int64_t bookmark_ms;
    int64_t recant_ms;       /* when a list that lied is found out; 0 for none */
    bool hides;              /* what the reflector knows lacks what a list has hidden */
    uint64_t version;        /* what was written goes up to here */
    struct sw_str *snapshot; /* of a list, owned; page after page */
    size_t n_snapshot, at;
    bool silent;
    bool ends;
    struct sw_buf out;
    size_t out_at;
    uint64_t told;  /* the reflector has been told of everything up to here, */
    uint64_t shown; /* and of some things up to here */
};

/* Begins closed. What it points to is borrowed. */
void sim_link_init(struct sim_link *link, struct sw_reflector_sink sink, uint64_t seed);
void sim_link_release(struct sim_link *link);

/* Lets both sides do what is due. */
void sim_link_step(struct sim_link *link, int64_t now_ms);

/* True if the reflector knows all that there is. */
bool sim_link_is_current(const struct sim_link *link);

#endif
