/*
 * The thread that does everything but answer probes: it watches, plans and writes.
 *
 * One that does not lead watches and plans as the leader does, and writes nothing, so that it can
 * go on from one moment to the next.
 */
#ifndef SW_RECONCILER_ENGINE_H
#define SW_RECONCILER_ENGINE_H

#include "reconciler/options.h"

struct sw_health;
struct sw_engine;
struct sw_metrics;

/* The Lease, in our namespace. */
#define SW_ENGINE_LEASE "spillway-reconciler"

/* While a remote cluster has not been seen, the process is not ready, but no longer than this. */
#define SW_ENGINE_REMOTE_PATIENCE_MS 30000

/* How long what is under way may take at the end. */
#define SW_ENGINE_STOP_MS 5000

/* Borrowed for the engine's life. */
struct sw_engine_options {
    const struct sw_reconciler_options *options;
    struct sw_str namespace_; /* ours; unset: nobody knows it, and no Secrets are looked for */
    bool names_off;           /* no DNS name of a gateway is resolved */
    int sig_fd;               /* as of sw_sig_open() */
    struct sw_log *log;
    struct sw_metrics *metrics;
    struct sw_health *health;
};

/* Makes everything, and sends nothing yet. sw_http_setup() and sw_resolver_setup() were called.
 * Owned: sw_engine_free(). Fails with SW_ENOENT (in-cluster, but in no Pod), SW_EUSAGE (DNS servers
 * that are none), SW_EIO and SW_ENOMEM. */
int sw_engine_new(const struct sw_engine_options *options, struct sw_engine **ret,
                  struct sw_err *reterr);

/* NULL is allowed. */
void sw_engine_free(struct sw_engine *engine);

/* Goes round until a signal comes; returns its number. */
int sw_engine_run(struct sw_engine *engine);

/* Ends it: writes nothing more, waits for what is under way, and hands the Lease back. */
void sw_engine_finish(struct sw_engine *engine);

#endif
