/*
 * The API server that a kubeconfig names, as the kubeconfig changes.
 *
 * The one that it names now is listed whole before the one that it named stops being watched, so
 * that whoever looks never finds less than before. The kubeconfig is a file that is looked at every
 * now and then, a text that is given, or that of our own Pod. One that cannot be read or used
 * leaves things as they are. For the thread that runs its sw_http, but for what is said otherwise.
 */
#ifndef SW_WEBHOOK_KUBE_LINK_H
#define SW_WEBHOOK_KUBE_LINK_H

#include "webhook/kube_client.h"
#include "webhook/kubeconfig_file.h"

/* How often a file is looked at. */
#define SW_KUBE_LINK_RELOOK_MS 5000

/* Borrowed for the link's life. */
struct sw_kube_link_options {
    struct sw_http *http;
    pthread_mutex_t *lock;    /* for what other threads may ask, and every lease */
    struct sw_str kubeconfig; /* a path; unset: one is given, or that of our own Pod */
    struct sw_str context;    /* of the file; unset: the current one */
    bool given;               /* sw_kube_link_give() brings the text */
    bool has_workspaces;
    /* Called when requests go to another API server, or by another way, from now on; NULL: nobody
     * is interested. After it no transfer of the target before may be left. */
    void (*on_move)(void *context, struct sw_http_target *target);
    void *move_context;
};

/* The caller's storage; private. */
struct sw_kube_link {
    struct sw_kube_link_options options;
    struct sw_kubeconfig_file file; /* unset, but for its text, where there is none */
    int64_t relook_ms;
    struct sw_kube_client *next; /* takes the place of `client` once it is synced; NULL for none */
    int64_t next_ms;             /* since when it is there */
    struct sw_err file_error;    /* why the kubeconfig cannot be read; code 0 when it was */
    struct sw_err config_error;  /* why it cannot be taken up; code 0 when it was */
    struct sw_kube_client *client; /* changed under the lock; NULL before there is one */
    uint64_t version;              /* under the lock: of all changes by clients that are gone */
};

/* Reads no file yet. Our own Pod's API server is taken up at once: fails with SW_ENOENT (in no
 * Pod) and SW_ENOMEM; the link is to be released all the same. */
int sw_kube_link_init(struct sw_kube_link *link, const struct sw_kube_link_options *options,
                      struct sw_err *reterr);

/* On any thread, once no other uses it. A zeroed one is allowed. Leases stay valid. */
void sw_kube_link_release(struct sw_kube_link *link);

/* The text is the kubeconfig from now on (a text that is the same changes nothing; an empty one
 * leaves the one before), of which `error` says what is wrong besides; NULL: nothing. Fails with
 * SW_ENOMEM; then the text is not taken in. */
int sw_kube_link_give(struct sw_kube_link *link, struct sw_str text, const struct sw_err *error,
                      struct sw_err *reterr);

/* Does what is due at now_ms (monotonic), and returns when something is due again. */
int64_t sw_kube_link_step(struct sw_kube_link *link, int64_t now_ms);

/* How it is; what is wrong with the kubeconfig comes before what is wrong with an API server. That
 * includes one whose API server could not be listed for SW_KUBE_CLIENT_PATIENCE_MS, however well
 * the one before still serves. */
struct sw_kube_health sw_kube_link_health(const struct sw_kube_link *link, int64_t now_ms);

/* Under the lock, on any thread: a number that is another whenever objects are, and is never given
 * twice. */
uint64_t sw_kube_link_version(const struct sw_kube_link *link);

#endif
