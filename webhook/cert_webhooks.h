/*
 * A webhook configuration as the keeper sees it: the webhooks that call our Service, with their
 * caBundles and their failurePolicy. The others are not looked at.
 */
#ifndef SW_WEBHOOK_CERT_WEBHOOKS_H
#define SW_WEBHOOK_CERT_WEBHOOKS_H

#include "base/arena.h"
#include "certs/bundle.h"

#include <jansson.h>

/* The annotation of a configuration, "Ignore", by which its failurePolicy stands as it is. Any
 * value but "Fail" does, so that a slip does not undo what the user wants. */
#define SW_ANNOTATION_FAILURE_POLICY "spillway.dev/failure-policy"

/* Most webhooks of one configuration that are looked at; we ship three in all. */
#define SW_CERT_WEBHOOKS_MAX 16

/* Which webhooks are ours. Borrowed. */
struct sw_cert_service {
    struct sw_str namespace_;
    struct sw_str name;
};

/* One webhook that calls us. All of the arena or of the object. */
struct sw_cert_webhook {
    const char *name;
    json_t *webhook;             /* where it stands in the object */
    struct sw_cert_list *bundle; /* empty where there is none */
    bool ignores;                /* failurePolicy Ignore */
};

struct sw_cert_webhooks {
    json_t *object; /* the configuration, of the arena; NULL while there is none */
    struct sw_cert_webhook items[SW_CERT_WEBHOOKS_MAX];
    size_t n;
    bool policy_stands; /* the user says that it should */
    bool owns_policy;   /* we are noted as owner of a failurePolicy */
};

/* Reads it from the object as the API server sent it (NULL: there is none), which is changed by the
 * functions below. Call within a sw_json_scope of `arena`. Fails with SW_ELIMIT (more webhooks, or
 * a caBundle of more certificates, than can be) and SW_ENOMEM. */
int sw_cert_webhooks_read(json_t *object, const struct sw_cert_service *service,
                          struct sw_arena *arena, struct sw_cert_webhooks *ret,
                          struct sw_err *reterr);

/* Sets the caBundles that differ from what `state` wants. *ret_n is the number of them. Fails with
 * SW_ENOMEM and SW_ELIMIT. */
int sw_cert_webhooks_trust(struct sw_cert_webhooks *webhooks, const struct sw_cert_state *state,
                           size_t *ret_n, struct sw_err *reterr);

/* Sets the failurePolicy of one webhook to Fail. Fails with SW_ENOMEM. */
int sw_cert_webhooks_close(struct sw_cert_webhook *webhook, struct sw_err *reterr);

/* Takes our name off the failurePolicies. A field that `kubectl apply --server-side` names and that
 * another manager has changed is a conflict at the next apply; one that nobody owns is not. */
void sw_cert_webhooks_disown_policy(struct sw_cert_webhooks *webhooks);

#endif
