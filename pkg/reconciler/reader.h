/*
 * What one API server holds of the resources that planning reads, over one way to reach it.
 *
 * A reader begins on trial: it lists and watches as it would, and keeps nothing, which shows
 * whether that way leads to everything. Once it is attached, all of it goes into a cluster of the
 * state, and the first complete lists replace what the cluster held. So a new kubeconfig that does
 * not work costs nothing, and one that works never leaves a view that has less than before.
 *
 * Some rights may be missing: what cannot be read for want of them counts as empty, and is told,
 * where failover is only less informed without it. For the thread that runs its sw_http.
 */
#ifndef SW_RECONCILER_READER_H
#define SW_RECONCILER_READER_H

#include "kube/http.h"
#include "mesh/state.h"

/* Failing for so long, an API server counts as out of reach: shorter is a rolling update of it. */
#define SW_READER_PATIENCE_MS 10000

/* What a cluster is to the plan. */
struct sw_reader_role {
    bool local;  /* objects are written there */
    bool config; /* Workspaces and their settings are read there */
};

struct sw_reader_options {
    struct sw_http *http;     /* borrowed for the reader's life */
    struct sw_str kubeconfig; /* its text, copied; unset: the API server of our own Pod */
    struct sw_str context;    /* of the kubeconfig; unset: the current one */
    enum sw_kube_trust trust; /* in the kubeconfig */
    const char *folder;       /* that the kubeconfig's paths start from; with SW_KUBE_FILES_TOO */
    struct sw_str root_namespace; /* of the mesh; borrowed for the reader's life */
    struct sw_str local_name; /* of the local cluster, where this is another one: of WorkloadEntries
                                 only those are read that lead there; unset: all of ours */
    struct sw_reader_role role;
    uint64_t seed; /* of the waits between tries: another one for each */
};

struct sw_reader;

/* On trial; sends nothing yet. Owned: sw_reader_free(). Fails as sw_kube_config_read() and
 * sw_kube_config_in_cluster() do. */
int sw_reader_new(const struct sw_reader_options *options, struct sw_reader **ret,
                  struct sw_err *reterr);

/* Drops what is under way. NULL is allowed. */
void sw_reader_free(struct sw_reader *reader);

/* From now on everything goes into `cluster`, borrowed, which no other reader feeds any more.
 * Fails with SW_ENOMEM; the reader then goes on as before. */
int sw_reader_attach(struct sw_reader *reader, struct sw_state_cluster *cluster,
                     struct sw_err *reterr);

/* Where its requests go; borrowed from it. */
struct sw_http_target *sw_reader_target(struct sw_reader *reader);

/* Does what is due at now_ms (monotonic), and returns when something is due again. */
int64_t sw_reader_step(struct sw_reader *reader, int64_t now_ms);

/* How a reader is. */
struct sw_reader_health {
    bool synced;         /* everything was seen whole once, but for what may be missing */
    int64_t heard_ms;    /* when what has been silent for longest last said something; -1 while
                            something never did */
    int64_t failing_ms;  /* since when something that is needed cannot be read; -1 while all can */
    size_t n_denied;     /* resources that are not to be read for want of rights, and are done
                            without */
    uint32_t denied;     /* which: 1u << enum sw_resource of each */
    struct sw_err error; /* why it is not synced, or what has failed for longer than
                            SW_READER_PATIENCE_MS; code 0 when neither */
};

/* How it is at now_ms. */
void sw_reader_health(const struct sw_reader *reader, int64_t now_ms, struct sw_reader_health *ret);

/* Which resources a cluster of that role is read for: 1u << enum sw_resource of each. */
uint32_t sw_reader_resources(struct sw_reader_role role);

#endif
