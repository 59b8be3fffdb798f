/*
 * The remote clusters that Secrets name, and what becomes of them.
 *
 * Secrets of one namespace that are labelled spillway.dev/cluster: "true" are watched: each key of
 * their data is a cluster's name, each value a kubeconfig (the format of Istio's remote Secrets,
 * without their label, for istiod would take up the clusters itself). Who keeps a client for each
 * cluster, of whatever type, is told of every one that comes, changes and goes.
 *
 * - The local cluster's name is passed over, and a name that the command line has stays its.
 * - Of two Secrets that have one name, the older has it.
 * - A kubeconfig is read for what stands in it inline; one that names a program or a file is
 *   refused. A refused one leaves the last good one of that name in use, and says why.
 * - An identical kubeconfig changes nothing, whatever Secret it comes from.
 *
 * What is known stays known while the Secrets cannot be seen. Values of Secrets are in no message,
 * and the memory that held one is overwritten when it is freed (a buffer that grew, and libcurl,
 * may leave copies behind). For one thread.
 */
#ifndef SW_KUBE_FLEET_H
#define SW_KUBE_FLEET_H

#include "kube/http.h"
#include "sync/reflector.h"

#define SW_FLEET_LABEL "spillway.dev/cluster"

/* A watch of the Secrets that has failed for so long is told of. */
#define SW_FLEET_PATIENCE_MS 30000

enum sw_fleet_change { SW_FLEET_ADDED, SW_FLEET_CHANGED, SW_FLEET_REMOVED };

/* What has become of one cluster; all borrowed for the call. */
struct sw_fleet_event {
    enum sw_fleet_change change;
    struct sw_str cluster;    /* its name, a label value */
    struct sw_str kubeconfig; /* the last that could be read, so that with CHANGED it may be the one
                                 before; unset: there was none yet, or the cluster is gone */
    const char *error;        /* why the newest cannot be used: it names Secret, key and member;
                                 NULL when it can */
};

/* Who is told, from within sw_fleet_step(). */
struct sw_fleet_sink {
    void *context;
    /* A failure (SW_ENOMEM) has the same event come again a second later. */
    int (*event)(void *context, const struct sw_fleet_event *event, struct sw_err *reterr);
    /* Something that is wrong with the Secrets but keeps no cluster from being used; one line, said
     * when it is first found. */
    void (*finding)(void *context, const char *message);
};

/* Borrowed for the fleet's life. */
struct sw_fleet_options {
    struct sw_str namespace_;   /* of the Secrets */
    struct sw_str local;        /* the local cluster's name */
    const struct sw_str *taken; /* names that the command line has, n_taken of them */
    size_t n_taken;
    size_t max_clusters; /* most that are taken up; those of the oldest Secrets come first */
    uint64_t seed;       /* of the waits between tries */
    struct sw_fleet_sink sink;
};

struct sw_fleet;

/* How it is. */
struct sw_fleet_status {
    bool synced;         /* the Secrets were seen whole once, and every cluster was told of */
    size_t n_clusters;   /* those that cannot be read among them */
    size_t n_findings;   /* that hold now */
    struct sw_err error; /* why the Secrets cannot be listed, or why their watch has failed for
                            longer than SW_FLEET_PATIENCE_MS; code 0 when neither */
};

/* Knows nothing yet. Owned: sw_fleet_free(). Fails with SW_ENOMEM. */
int sw_fleet_new(const struct sw_fleet_options *options, struct sw_fleet **ret,
                 struct sw_err *reterr);

/* Tells nobody. NULL is allowed. */
void sw_fleet_free(struct sw_fleet *fleet);

/* Watches the Secrets of that API server from now on, and of no other; http and target are borrowed
 * until the next call, or the end. What is known stays until the new picture is whole. A NULL
 * target ends the watch. Fails with SW_ENOMEM; then nothing is watched. */
int sw_fleet_watch(struct sw_fleet *fleet, struct sw_http *http, struct sw_http_target *target,
                   struct sw_err *reterr);

/* Where the Secrets come from: for who does not leave watching to the fleet. */
struct sw_reflector_sink sw_fleet_input(struct sw_fleet *fleet);

/* Does what is due at now_ms (monotonic), tells what has changed, and returns when something is due
 * again. To be called before each sw_http_wait(). */
int64_t sw_fleet_step(struct sw_fleet *fleet, int64_t now_ms);

/* How it is at now_ms. */
void sw_fleet_status(const struct sw_fleet *fleet, int64_t now_ms, struct sw_fleet_status *ret);

#endif
