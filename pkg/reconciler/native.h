/*
 * Whether the local istiod reads other clusters itself (Istio's own multi-cluster): both it and we
 * would give a Service remote endpoints, and nobody could say which one a request takes.
 *
 * istiod is asked for its metrics through the API server, every minute, which works wherever the
 * API server can be reached from. Secrets are never read for this. What cannot be found out changes
 * nothing. For the thread that runs the sw_http.
 */
#ifndef SW_RECONCILER_NATIVE_H
#define SW_RECONCILER_NATIVE_H

#include "io/log.h"
#include "kube/call.h"
#include "mesh/state.h"

#define SW_NATIVE_PERIOD_MS 60000

/* Sooner while it is not known: what is written meanwhile would have to be taken back. */
#define SW_NATIVE_RETRY_MS 10000

/* Where istiod serves its metrics. */
#define SW_NATIVE_PORT 15014

/* What a page of istiod's metrics says: 1 if it reads remote clusters, 0 if not, -1 if the page
 * does not say. */
int sw_native_read(struct sw_str page);

/* Borrowed for its life. */
struct sw_native_options {
    struct sw_http *http;
    struct sw_state *state;       /* that knows istiod's Services */
    struct sw_str root_namespace; /* where they are */
    struct sw_log *log;           /* NULL: nothing is logged */
};

struct sw_native;

/* Asks nobody yet. Owned: sw_native_free(). Fails with SW_ENOMEM. */
int sw_native_new(const struct sw_native_options *options, struct sw_native **ret,
                  struct sw_err *reterr);

/* NULL is allowed. */
void sw_native_free(struct sw_native *native);

/* Whom to ask through from now on, borrowed until the next call; NULL: nobody. */
void sw_native_point(struct sw_native *native, struct sw_http_target *target);

/* Asks where that is due at now_ms (monotonic), and returns when it is again. `ready`: the local
 * cluster was seen. */
int64_t sw_native_step(struct sw_native *native, bool ready, int64_t now_ms);

/* True if some istiod of the local cluster reads remote clusters, as far as is known. */
bool sw_native_some(const struct sw_native *native);

/* A number that is another when that has changed. */
uint64_t sw_native_changes(const struct sw_native *native);

/* True if every istiod that is there has said so the last time. */
bool sw_native_is_known(const struct sw_native *native);

#endif
