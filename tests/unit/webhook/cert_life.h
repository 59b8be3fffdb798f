/*
 * The life of a certificate against objects in memory (fake_cluster.h), for the tests of the round
 * and of its steps.
 */
#ifndef SW_TESTS_WEBHOOK_CERT_LIFE_H
#define SW_TESTS_WEBHOOK_CERT_LIFE_H

#include "fake_cluster.h"
#include "webhook/cert_round.h"

#define NOW_S      INT64_C(1795392000)
#define DAY_S      INT64_C(86400)

#define SECRET     "/api/v1/namespaces/ns/secrets/certs"
#define WEBHOOKS   "/apis/admissionregistration.k8s.io/v1/"
#define MUTATING   WEBHOOKS "mutatingwebhookconfigurations/hooks"
#define VALIDATING WEBHOOKS "validatingwebhookconfigurations/hooks"
#define LEASE      "/apis/coordination.k8s.io/v1/namespaces/ns/leases/certs"

#define OURS                                                                                       \
    "'clientConfig':{'service':{'namespace':'ns','name':'hook','port':443}},'failurePolicy':"
#define BOTH                                                                                       \
    "{'metadata':{'name':'hooks'},'webhooks':[{'name':'a.test'," OURS                              \
    "'Ignore'},{'name':'b.test'," OURS "'Ignore'},{'name':'other.test','clientConfig':"            \
    "{'service':{'namespace':'other','name':'hook'}}}]}"
#define ONE                                                                                        \
    "{'metadata':{'name':'hooks','managedFields':[{'manager':'kubectl','fieldsV1':{'f:webhooks':"  \
    "{'k:{}':{'f:failurePolicy':{}}}}}]},'webhooks':[{'name':'v.test'," OURS "'Ignore'}]}"

#define REFUSAL                                                                                    \
    "admission webhook \"v.test\" denied the request: metadata.annotations: refused because it "   \
    "asks for it"

struct fixture {
    struct sw_kube_config config;
    struct sw_waiter waiter;
    struct sw_elector *elector;
    struct sw_tls *tls;
    struct sw_metrics *metrics;
    struct sw_log log;
    int log_fds[2];
    char text[65536];
    struct sw_tls_watch watch;
    struct sw_cert_stats stats;
    struct sw_cert_round round;
    struct sw_arena arena;
};

/* For setup and teardown functions: both configurations are there, and nothing else. */
int life_setup(void **state);
int life_teardown(void **state);

/* What was logged since the last call; the test fails unless those words were. */
const char *life_logged(struct fixture *f);
void assert_logged(struct fixture *f, const char *words);

/* Rounds as the keeper makes them, for so long; the second for long enough for everything that is
 * not a matter of months, and what it logs is dropped. */
void life_go_on(struct fixture *f, int64_t s);
void life_settle(struct fixture *f);

/* A text of the Secret, a caBundle, a failurePolicy; arena memory, unset where there is none. */
struct sw_str life_held(struct fixture *f, const char *key);
struct sw_str life_bundle(struct fixture *f, const char *path, size_t i);
const char *life_policy(const char *path, size_t i);

/* Whether `part`, which is not empty, is in the text; the test fails unless it is in every caBundle
 * of ours. */
bool life_has(struct sw_str text, struct sw_str part);
void assert_all_trust(struct fixture *f, struct sw_str authorities);

/* The digest of the certificate in use; "" for none. Arena memory. */
const char *life_served(struct fixture *f);

/* A webhook of a configuration; borrowed. */
json_t *life_webhook(const char *path, size_t i);

#endif
