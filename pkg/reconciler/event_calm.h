/*
 * For how long what is said is taken for known: of everything, when the process begins to tell, and
 * of one cluster, when that comes or goes.
 *
 * Pure.
 */
#ifndef SW_RECONCILER_EVENT_CALM_H
#define SW_RECONCILER_EVENT_CALM_H

#include "base/str.h"
#include "io/clusters.h"

#define SW_EVENT_SETTLE_MS 10000

/* Names of clusters are label values. */
#define SW_EVENT_CLUSTER_SIZE 64

/* The caller's storage; a zeroed one has not begun. Private but for began. */
struct sw_event_calm {
    bool began;
    int64_t over_ms; /* of everything */
    size_t n;
    struct {
        char name[SW_EVENT_CLUSTER_SIZE];
        bool there;
        int64_t over_ms;
    } clusters[SW_CLUSTERS_MAX];
};

/* Notes which clusters have been seen by now_ms (monotonic). The first time, everything is new. */
void sw_event_calm_note(struct sw_event_calm *calm, const struct sw_str *clusters, size_t n,
                        int64_t now_ms);

/* True if what is said of that cluster, or of none (unset), is to be taken for known. */
bool sw_event_calm_holds(const struct sw_event_calm *calm, struct sw_str cluster, int64_t now_ms);

#endif
