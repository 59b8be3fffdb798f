/*
 * Reviews, and the cluster that they are judged against, for the tests of this folder.
 */
#ifndef SW_TESTS_WEBHOOK_REVIEWS_H
#define SW_TESTS_WEBHOOK_REVIEWS_H

#define REVIEW_HEAD                                                                                \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":"
#define KIND_SERVICE "{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Service\"}"
#define KIND_SETTING                                                                               \
    "{\"group\":\"tsb.tetrate.io\",\"version\":\"v2\",\"kind\":\"WorkspaceSetting\"}"
#define KIND_POD "{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}"

/* A CREATE in namespace shop. */
#define CREATE(uid, kind, name, metadata, members)                                                 \
    REVIEW_HEAD "{\"uid\":\"" uid "\",\"kind\":" kind ",\"namespace\":\"shop\",\"name\":\"" name   \
                "\",\"operation\":\"CREATE\","                                                     \
                "\"object\":{\"metadata\":{\"name\":\"" name "\"" metadata "}" members "}}}"

#define CART_PORTS "[{\"name\":\"http\",\"port\":80}]"
#define CART_SPEC  ",\"spec\":{\"selector\":{\"app\":\"cart\"},\"ports\":" CART_PORTS "}"

/* Comes back with labels. */
#define REVIEW_CART CREATE("u-cart", KIND_SERVICE, "cart", "", CART_SPEC)
/* Exposed, but for a port without a name: comes back with a warning. */
#define REVIEW_WARNED                                                                              \
    CREATE("u-warned", KIND_SERVICE, "cart", "",                                                   \
           ",\"spec\":{\"selector\":{\"app\":\"cart\"},\"ports\":[{\"port\":80}]}")
#define REVIEW_POD CREATE("u-pod", KIND_POD, "cart-1", "", ",\"spec\":{}")
/* Names a workspace that there is not: refused. */
#define REVIEW_BAD_SETTING(uid)                                                                    \
    CREATE(uid, KIND_SETTING, "s2", ",\"annotations\":{\"tsb.tetrate.io/workspace\":\"nowhere\"}", \
           ",\"spec\":{\"defaultEastWestGatewaySettings\":[{\"workloadSelector\":"                 \
           "{\"namespace\":\"gw\",\"labels\":{\"app\":\"gw\"}}}]}")

/* A cluster whose namespace shop is exposed. */
#define CLUSTER_OBJECTS                                                                            \
    "[{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}},"            \
    "{\"apiVersion\":\"tsb.tetrate.io/v2\",\"kind\":\"Workspace\",\"metadata\":{\"name\":\"ws\"}," \
    "\"spec\":{\"namespaceSelector\":{\"names\":[\"*/shop\"]}}},"                                  \
    "{\"apiVersion\":\"tsb.tetrate.io/v2\",\"kind\":\"WorkspaceSetting\",\"metadata\":{\"name\":"  \
    "\"s\",\"annotations\":{\"tsb.tetrate.io/workspace\":\"ws\"}},\"spec\":{"                      \
    "\"defaultEastWestGatewaySettings\":[{\"workloadSelector\":{\"namespace\":\"gw\",\"labels\":{" \
    "\"app\":\"gw\"}}}]}}]"

#endif
