/*
 * What is true of every cluster, whoever knows it: worked out from the objects alone, in other
 * words than the product's, and kept for every version so that it can be asked what somebody with
 * an older view could know.
 */
#ifndef SW_TESTS_SIM_TRUTH_H
#define SW_TESTS_SIM_TRUTH_H

#include "cluster.h"

#define SIM_CLUSTERS 4
#define SIM_SERVICES 6

/* The Services that there may be, in every cluster. */
struct sim_service_name {
    const char *namespace_;
    const char *name;
};
extern const struct sim_service_name sim_services[SIM_SERVICES];

/* A yes or a no from one version on. */
struct sim_turn {
    uint64_t version;
    bool is;
};

struct sim_story {
    struct sim_turn *turns; /* owned */
    size_t n, cap;
};

struct sim_truth {
    struct sim_story detects[SIM_CLUSTERS][SIM_SERVICES]; /* clients there have outlierDetection */
    struct sim_story holds[SIM_CLUSTERS][SIM_SERVICES];   /* a Gateway there holds the host */
};

void sim_truth_release(struct sim_truth *truth);

/* Notes what a change of a DestinationRule or Gateway of `cluster` means. */
void sim_truth_update(struct sim_truth *truth, const struct sim_cluster *cluster);

/* True if clients of the Service there would have outlierDetection without any rule of ours. */
bool sim_user_detects(const struct sim_cluster *cluster, size_t service);

/* True if it was so at any version of [from, to]. */
bool sim_story_ever(const struct sim_story *story, uint64_t from, uint64_t to);

/* True if it is so. */
bool sim_story_is(const struct sim_story *story);

/* The position of NAMESPACE/NAME in sim_services; SIM_SERVICES if it is not one. */
size_t sim_service_index(const char *path);

#endif
