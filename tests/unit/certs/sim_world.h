/*
 * The world of sim_plan.c: a Secret and webhook configurations, and all who read and write them.
 */
#ifndef SW_TESTS_CERTS_SIM_WORLD_H
#define SW_TESTS_CERTS_SIM_WORLD_H

#include "../../sim/random.h"
#include "certs/memory.h"
#include "certs/plan.h"

#define N_REPLICAS  3
#define N_SERVERS   2
#define N_LEADERS   2
#define N_BUNDLES   3 /* the first two are of one configuration */
#define N_CONFIGS   2
#define MAX_IN_SET  16
#define MAX_CAS     4096

#define CERT_LIFE_S 1200
#define CA_LIFE_S   3600
#define RUN_S       (8 * 3600)
#define QUIET_S     1800 /* at the end nobody disturbs */
#define LAG_MAX_S   10   /* of an API server, and of a replica on a good day */
#define BAD_LAG_S   60   /* of a replica whose API server fails */
#define HEAL_S      75   /* after somebody took trust away: a look, the propagation, the lags */
/* Each new leader waits for SW_CERT_FORGET_MS anew. */
#define TIDY_S 900
/* Where the Secret was broken as well, what is still served is known nowhere any more: then it
 * takes until the last replica has heard of something new. */
#define HEAL_BOTH_S 150

struct set {
    int ids[MAX_IN_SET];
    size_t n;
};

struct leaf {
    int ca; /* -1 for none */
    int64_t issued_s;
};

struct secret {
    bool exists;
    struct set cas; /* newest first */
    int key;        /* the authority that it is of; -1 for garbage */
    struct leaf leaf;
};

struct replica {
    struct leaf leaf;
    int64_t look_s; /* when it looks next */
};

struct server {
    struct set bundles[N_BUNDLES];
    int64_t look_s;
};

/* A look and its step take time, during which others go on. */
struct leader {
    bool leads;
    int64_t next_s; /* when it does what is next */
    int stage;      /* 0 reads the configurations, 1 the Secret, 2 writes */
    struct set bundles[N_BUNDLES];
    int versions[N_CONFIGS];
    struct secret secret;
    int secret_version;
    struct sw_cert_memory memory;
};

struct world {
    struct sim_random random;
    int64_t now_s;
    int64_t ca_issued_s[MAX_CAS];
    int n_cas;
    struct secret secret, backup;
    int secret_version;
    struct set bundles[N_BUNDLES];
    int versions[N_CONFIGS];
    struct replica replicas[N_REPLICAS];
    struct server servers[N_SERVERS];
    struct leader leaders[N_LEADERS];
    int64_t tidy_s;   /* when no caBundle held too much, last */
    int64_t broken_s; /* when the Secret was broken last */
    int64_t excused_until_s;
    size_t n_steps[SW_CERT_WRITE_BUNDLES + 1];
};

/* A certificate of ours by its number, which is its id. */
struct sw_cert sim_cert(const struct world *world, int id);

bool sim_has(const struct set *set, int id);
void sim_push(struct set *set, int id);

int64_t sim_leaf_end_s(const struct world *world, struct leaf leaf);

/* A second in the life of each of those who may lead: who does, and what they do then. */
void sim_lead(struct world *world);

#endif
