/*
 * A reflector at work: one resource of one API server, listed and watched over HTTP.
 */
#ifndef SW_KUBE_WATCHER_H
#define SW_KUBE_WATCHER_H

#include "kube/http.h"
#include "sync/reflector.h"

struct sw_watcher;

/* What to watch, and for whom; all borrowed for the watcher's life. */
struct sw_watcher_options {
    struct sw_http *http;
    struct sw_http_target *target;
    const char *path; /* of the resource: "/api/v1/services"; with a query where it has one of its
                         own: "/api/v1/configmaps?fieldSelector=metadata.name%3Droot" */
    struct sw_str label_selector; /* as in struct sw_request; unset: every object */
    struct sw_reflector_sink sink;
    enum sw_reflector_presence presence;
    uint64_t seed; /* of the jitter: another one for each watcher */
};

/* Begins nothing yet. Owned: sw_watcher_free(). Fails with SW_ENOMEM. */
int sw_watcher_new(const struct sw_watcher_options *options, struct sw_watcher **ret,
                   struct sw_err *reterr);

/* Cancels what is under way. NULL is allowed. */
void sw_watcher_free(struct sw_watcher *watcher);

/* Does what is due at now_ms (monotonic). To be called before each sw_http_wait(), whose wait must
 * end at the returned moment. */
int64_t sw_watcher_step(struct sw_watcher *watcher, int64_t now_ms);

/* As sw_reflector_hurry(). */
void sw_watcher_hurry(struct sw_watcher *watcher, int64_t now_ms);

/* Borrowed from the watcher. */
const struct sw_reflector_stats *sw_watcher_stats(const struct sw_watcher *watcher);

#endif
