/*
 * One round of looking after the certificate: what the Secret holds is taken into use, and whoever
 * leads does the next step of the plan (certs/plan.h). A round reads everything anew and does one
 * thing at most, so that it does not matter who did the step before, or how far it got.
 *
 * The configurations are read before the Secret: an authority of ours that they hold was in the
 * Secret before it was put there, so one that the Secret does not hold now is truly gone.
 */
#ifndef SW_WEBHOOK_CERT_ROUND_H
#define SW_WEBHOOK_CERT_ROUND_H

#include "certs/holding.h"
#include "certs/memory.h"
#include "kube/elector.h"
#include "kube/waiter.h"
#include "sync/backoff.h"
#include "webhook/cert_secret.h"
#include "webhook/cert_stats.h"
#include "webhook/cert_webhooks.h"
#include "webhook/tls_watch.h"

/* How often a replica looks when nothing is the matter, and while it has no certificate yet. */
#define SW_CERT_ROUND_MS       5000
#define SW_CERT_ROUND_FIRST_MS 1000
/* After a write, which is looked at at once, but for those who undo each other's. */
#define SW_CERT_ROUND_AGAIN_MS 200

/* Names of the Service: in the Pod's namespace, in the cluster, and in full. */
#define SW_CERT_ROUND_NAMES 3

/* Borrowed for the round's life. */
struct sw_cert_round_options {
    struct sw_str namespace_;    /* of the Secret, the Service and the Lease */
    struct sw_str secret;        /* its name */
    struct sw_str service;       /* its name */
    struct sw_str configuration; /* the name of both webhook configurations */
    int64_t cert_lifetime_s;
    int64_t ca_lifetime_s;
    struct sw_tls_watch *tls; /* where the certificate is taken into use */
    const struct sw_cert_stats *stats;
    struct sw_log *log;
};

/* The caller's storage, some 60 KiB; private but for what it says of the last round. */
struct sw_cert_round {
    struct sw_cert_round_options options;
    char *names[SW_CERT_ROUND_NAMES]; /* owned */
    struct sw_arena arena;            /* of the round; wiped at its end */
    struct sw_backoff backoff;
    struct sw_cert_memory memory;
    struct sw_cert_secret secret; /* as read in the round, like the next four */
    json_t *secret_object;
    struct sw_cert_holding holding;
    struct sw_cert_webhooks mutating;
    struct sw_cert_webhooks validating;
    struct sw_err said_of_secret; /* what was logged last, not to say it again */
    struct sw_err said_of_refusal;
    const char *said_why; /* of the plan; NULL for nothing */

    bool loaded;         /* a certificate is in use */
    struct sw_err error; /* why the last round failed; code 0 when it did not */
};

/* Fails with SW_ENOMEM; it is then released. */
int sw_cert_round_init(struct sw_cert_round *round, const struct sw_cert_round_options *options,
                       struct sw_err *reterr);
void sw_cert_round_release(struct sw_cert_round *round);

/* Whom to ask, and who leads. */
struct sw_cert_round_link {
    struct sw_waiter *waiter;
    const struct sw_elector *elector;
};

/* Looks and does. Returns how long to wait until the next round, in ms. Failures are logged when
 * they are new, and waited out with growing pauses. */
int64_t sw_cert_round_run(struct sw_cert_round *round, struct sw_cert_round_link link);

#endif
