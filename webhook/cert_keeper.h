/*
 * A webhook that looks after its own certificate: a thread that takes into use what the Secret
 * holds, and, in the one replica that holds the Lease, keeps what the Secret and the webhook
 * configurations hold good (webhook/cert_round.h, certs/plan.h).
 *
 * Where the API server cannot be reached, what is in use stays in use.
 */
#ifndef SW_WEBHOOK_CERT_KEEPER_H
#define SW_WEBHOOK_CERT_KEEPER_H

#include "base/buf.h"
#include "io/clusters.h"
#include "io/log.h"
#include "metrics/metrics.h"
#include "serve/tls.h"

/* Where nothing says in which namespace we run: the one of our manifests. */
#define SW_CERT_KEEPER_NAMESPACE "spillway-system"

/* The Lease of who writes has a name of its own, so that Secrets of any name are kept by one. */
#define SW_CERT_KEEPER_LEASE "spillway-webhook-certs"

/* How it is to be kept. */
struct sw_cert_keeping {
    struct sw_str namespace_;  /* of the Secret, the Lease and our Service; unset: our own */
    struct sw_str secret;      /* its name */
    const char *configuration; /* the name of both webhook configurations */
    const char *service;       /* the name of our Service */
    int64_t cert_lifetime_s;
    int64_t ca_lifetime_s;
};

struct sw_cert_keeper;

/* All borrowed for the keeper's life. */
struct sw_cert_keeper_options {
    const struct sw_cert_keeping *keeping;
    const struct sw_cluster *cluster; /* the local one, an API server */
    struct sw_tls *tls;               /* a late one (serve/tls.h) */
    struct sw_metrics *metrics;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* Begins nothing yet. Fails with SW_ENOMEM, and as sw_metrics_add() does. Owned:
 * sw_cert_keeper_free(). */
int sw_cert_keeper_new(const struct sw_cert_keeper_options *options, struct sw_cert_keeper **ret,
                       struct sw_err *reterr);

/* Starts the thread; once. Signals are as the caller has blocked them. Fails with SW_EIO. */
int sw_cert_keeper_start(struct sw_cert_keeper *keeper, struct sw_err *reterr);

/* True once a certificate is in use; else appends why not. From any thread. */
bool sw_cert_keeper_is_ready(struct sw_cert_keeper *keeper, struct sw_buf *reason);

/* Ends the thread, which hands the Lease back first if it can be done at once. NULL is allowed. */
void sw_cert_keeper_free(struct sw_cert_keeper *keeper);

#endif
