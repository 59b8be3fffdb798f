/*
 * An API server whose answers come from memory, for the tests of cli/preflight.h.
 *
 * What no test says otherwise is answered as by a cluster in which nothing stands in the way: an
 * administrator asks Kubernetes 1.30 with Istio 1.31.0.
 */
#ifndef SW_TEST_PREFLIGHT_CANNED_H
#define SW_TEST_PREFLIGHT_CANNED_H

#include "cli/preflight.h"

#define ADMISSION "/apis/admissionregistration.k8s.io/v1"
#define CRDS      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
#define REVIEWS   "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#define ISTIODS   "/apis/apps/v1/deployments?labelSelector=app%3Distiod&limit=500"
#define AMBIENT   "/api/v1/namespaces?labelSelector=istio.io%2Fdataplane-mode%3Dambient&limit=500"
#define ROOT      "/api/v1/namespaces/istio-system"
#define ISTIOD    "/api/v1/namespaces/istio-system/services/http:istiod"
#define METRICS   ISTIOD ":http-monitoring/proxy/metrics"

/* What a path is answered with; or a POST whose body has `path` in it. */
struct canned {
    const char *path;
    int http_status; /* 0: no answer comes */
    const char *body;
};

#define DEPLOYMENT(image)                                                                          \
    "{\"items\":[{\"metadata\":{\"name\":\"istiod\",\"namespace\":\"istio-system\",\"labels\":"    \
    "{\"istio.io/rev\":\"default\"}},\"spec\":{\"template\":{\"spec\":{\"containers\":["           \
    "{\"name\":\"proxy\",\"image\":\"a/proxy:9\"},{\"name\":\"discovery\",\"image\":\"" image      \
    "\"}]}}}}]}"
#define ALONE "a 1\nistiod_managed_clusters{cluster_type=\"remote\"} 0\nb 2\n"

struct asking {
    const struct canned *other; /* before what is fine */
    bool no_administrator;      /* has only what is asked for by name */
    size_t n_reviews;
};

/* What everything below is made in; cleared by canned_setup(), given back by canned_teardown(). */
extern struct sw_arena canned_arena;

int canned_setup(void **state);
int canned_teardown(void **state);

/* As sw_preflight_run(), of an API server that answers so. */
int canned_run(struct asking *asking, struct sw_preflight *ret, struct sw_err *err);

/* What is found where one answer is another; fails the test where nothing can be. */
struct sw_preflight found_with(const char *path, int http_status, const char *body);

/* The finding, where there is one and no other. */
const struct sw_preflight_finding *only(const struct sw_preflight *found);

#endif
