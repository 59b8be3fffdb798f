/*
 * What the kubelet and Prometheus ask: /healthz, /readyz and /metrics, GET or HEAD, as the routes
 * of a plain server of their own.
 */
#ifndef SW_SERVE_PROBE_H
#define SW_SERVE_PROBE_H

#include "serve/route.h"

#include <stdbool.h>

struct sw_metrics;
struct sw_server;

#define SW_PROBE_N_ROUTES 3

/* A handler that has been running for so long will not come back: no API server has waited for it.
 */
#define SW_PROBE_STALLED_MS 30000

/* A question that the process answers; called on the probe server's thread. */
struct sw_probe_check {
    /* True for yes. For no it appends the reason to `reason`, one line, without newline. NULL:
     * always yes. */
    bool (*fn)(void *ctx, struct sw_buf *reason);
    void *ctx; /* borrowed */
};

/* The caller's storage, unchanged while the server lives. */
struct sw_probe {
    /* /healthz, where no means "restart me", watches the handlers of this server; borrowed, and
     * must outlive the server of the probe. NULL: always yes. */
    const struct sw_server *watched;
    uint32_t stalled_ms;         /* how long a handler of `watched` may run; 0: the number above */
    struct sw_probe_check ready; /* /readyz: no means "send me nothing yet, or any more" */
    struct sw_metrics *metrics;  /* borrowed */
};

/* Fills in the three routes; they borrow `probe`. 200 "ok" is yes, 503 with the reason is no, the
 * page is text format 0.0.4. */
void sw_probe_routes(struct sw_probe *probe, struct sw_route ret[SW_PROBE_N_ROUTES]);

#endif
