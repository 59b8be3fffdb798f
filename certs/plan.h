/*
 * What is to be done next so that the webhook's certificate stays good: one step at a time, from
 * what was just read. No clock, no OpenSSL; the same state gives the same step.
 *
 * The invariant: no replica serves a certificate that an API server does not believe. A new
 * authority is first put beside the others into every caBundle; only once it was read back from all
 * of them for SW_CERT_PROPAGATION_MS does it sign; and an authority leaves the caBundles only when
 * nothing that it has signed can still be served ("append, then prune": gatekeeper#1045).
 *
 * The Secret holds a list of authorities, newest first, and the key of one of them, the signer. A
 * new authority takes the signer's place at once: the key before it is needed no more, as what it
 * has signed is valid for long enough. So there is only ever one key, and once it is overwritten
 * the end of everything that the one before has signed is known.
 */
#ifndef SW_CERTS_PLAN_H
#define SW_CERTS_PLAN_H

#include "certs/cert.h"

/* From the moment an authority was read back from every caBundle to the first certificate of it:
 * API servers hear of a changed configuration by a watch, within a second when all is well. */
#define SW_CERT_PROPAGATION_MS 15000

/* From the moment a good certificate was seen in the Secret to the end of authorities that the
 * Secret does not know (it was deleted, or made anew). Replicas look every few seconds, and at
 * least twice a minute when their API server fails. */
#define SW_CERT_FORGET_MS 120000

/* Most authorities that the Secret keeps: someone who goes on breaking it must not fill it. */
#define SW_CERT_CAS_MAX 8

/* A certificate that can serve, as the Secret holds it. */
struct sw_cert_served {
    bool set;
    int64_t not_before_s;
    int64_t not_after_s;
    size_t ca; /* its signer in `cas` */
};

/* What was read, and for how long it has been so. Borrowed for a call. */
struct sw_cert_state {
    int64_t now_s;
    int64_t cert_lifetime_s;        /* of serving certificates as they are issued */
    const struct sw_cert_list *cas; /* of the Secret, newest first; empty without one */
    size_t signer;                  /* in cas; cas->n for none */
    struct sw_cert_served leaf;
    const struct sw_cert_list *const *bundles; /* the caBundle of each webhook that calls us */
    size_t n_bundles;
    int64_t trusted_ms; /* for how long each look has found the signer in every bundle; -1: the
                           last one has not */
    int64_t served_ms;  /* for how long each look has found a leaf, this or another, of the same
                           authority; -1: the last one has found none */
};

/* step, word */
#define SW_CERT_STEP_MAP(X)                                                                        \
    X(SW_CERT_REST, "rest")                     /* all is well */                                  \
    X(SW_CERT_WAIT, "wait")                     /* for what was done to be known everywhere */     \
    X(SW_CERT_BEGIN, "begin")                   /* a new authority and a certificate of it */      \
    X(SW_CERT_NEW_CA, "new authority")          /* becomes the signer, beside the others */        \
    X(SW_CERT_NEW_LEAF, "new certificate")      /* by the signer */                                \
    X(SW_CERT_DROP_CA, "drop authorities")      /* from the Secret, those not kept */              \
    X(SW_CERT_WRITE_BUNDLES, "write caBundles") /* that differ from what they should be */

enum sw_cert_step {
#define SW_CERT_STEP_ENUM(name, word) name,
    SW_CERT_STEP_MAP(SW_CERT_STEP_ENUM)
#undef SW_CERT_STEP_ENUM
};

struct sw_cert_plan {
    enum sw_cert_step step;
    const char *why; /* one line, static */
    int64_t wait_ms; /* until the state can ask for something by the passing of time alone; more
                        than a look takes to come round is INT64_MAX */
};

/* Decides what is next. */
void sw_cert_plan(const struct sw_cert_state *state, struct sw_cert_plan *ret);

/* Whether the Secret goes on holding cas->items[i]: always the signer and who signed the leaf. */
bool sw_cert_plan_keeps_ca(const struct sw_cert_state *state, size_t i);

/* Whether a certificate of a bundle stays there. What others have put there stays until it expires;
 * ours as long as the Secret holds it, and as plan.h says of those that it does not. */
bool sw_cert_plan_keeps_entry(const struct sw_cert_state *state, const struct sw_cert *entry);

/* Whether cas->items[i] belongs into every bundle: it is kept, and has not expired. */
bool sw_cert_plan_trusts(const struct sw_cert_state *state, size_t i);

/* Whether a bundle is not what it should be: something is missing, or is to go. */
bool sw_cert_plan_differs(const struct sw_cert_state *state, const struct sw_cert_list *bundle);

/* "rest", "wait", ...: static. */
const char *sw_cert_step_word(enum sw_cert_step step);

#endif
