/*
 * What one API server holds of the kinds that an index reads, kept current over one connection.
 *
 * A client lives as long as one way of reaching the API server: where its kubeconfig changes,
 * another client is made. It belongs to the thread that runs its sw_http. The lock keeps what it
 * holds, and what was leased of that, for other threads; it is never held while something waits.
 */
#ifndef SW_WEBHOOK_KUBE_CLIENT_H
#define SW_WEBHOOK_KUBE_CLIENT_H

#include "kube/http.h"
#include "model/view.h"
#include "sync/store.h"
#include "webhook/source.h"

#include <pthread.h>

/* Namespaces, Services, Workspaces, WorkspaceSettings. */
#define SW_KUBE_CLIENT_MAX_KINDS 4

/* A watch that has failed for so long is told of: shorter ones are part of a rolling API server. */
#define SW_KUBE_CLIENT_PATIENCE_MS 30000

struct sw_kube_client;

struct sw_kube_client_options {
    struct sw_http *http;     /* borrowed for the client's life */
    pthread_mutex_t *lock;    /* borrowed for the life of the client and of every lease */
    struct sw_str kubeconfig; /* its text, copied; unset: the API server of our own Pod */
    struct sw_str context;    /* of the kubeconfig; unset: the current one */
    enum sw_kube_trust trust; /* in the kubeconfig */
    const char *folder;       /* that the kubeconfig's paths start from; with SW_KUBE_FILES_TOO */
    bool has_workspaces;      /* whether Workspaces and their settings are of interest too */
    uint64_t seed;            /* of the waits between tries: another one for each */
};

/* Sends nothing yet. Owned: sw_kube_client_free(). Fails as sw_kube_config_read() and
 * sw_kube_config_in_cluster() do. */
int sw_kube_client_new(const struct sw_kube_client_options *options, struct sw_kube_client **ret,
                       struct sw_err *reterr);

/* Drops what is under way, without the lock. Leases stay valid. NULL is allowed. */
void sw_kube_client_free(struct sw_kube_client *client);

/* Where its requests go; borrowed from it. */
struct sw_http_target *sw_kube_client_target(struct sw_kube_client *client);

/* Does, without the lock, what is due at now_ms (monotonic), and returns when something is due
 * again. */
int64_t sw_kube_client_step(struct sw_kube_client *client, int64_t now_ms);

/* How a client is. */
struct sw_kube_health {
    bool synced;         /* every kind was seen whole once */
    int64_t heard_ms;    /* when the watch that has been silent for longest last heard something;
                            -1 while there is one that never did */
    struct sw_err error; /* why a kind is not synced, or why one has failed for longer than
                            SW_KUBE_CLIENT_PATIENCE_MS; code 0 when neither */
};

/* How it is at now_ms; on its own thread. */
void sw_kube_client_health(const struct sw_kube_client *client, int64_t now_ms,
                           struct sw_kube_health *ret);

/* Its objects that cannot be read, added to what *unreadable has. Under the lock. */
void sw_kube_client_unreadable(const struct sw_kube_client *client,
                               struct sw_source_unreadable *unreadable);

/* Rises with every change of an object. Under the lock. */
uint64_t sw_kube_client_changes(const struct sw_kube_client *client);

/* What a view holds of a client's stores; unset while it holds nothing. */
struct sw_kube_lease {
    struct sw_store_lease *kinds[SW_KUBE_CLIENT_MAX_KINDS];
};

/* Puts every object on `builder`, under the lock; *ret is owned, sw_kube_lease_release(). Fails
 * with SW_ENOMEM. */
int sw_kube_client_lease(struct sw_kube_client *client, struct sw_view_builder *builder,
                         struct sw_kube_lease *ret, struct sw_err *reterr);

/* Under the lock. An unset one is allowed. */
void sw_kube_lease_release(struct sw_kube_lease *lease);

#endif
