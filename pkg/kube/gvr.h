/*
 * The resources that Spillway reads and writes, and the paths at which API servers serve them.
 *
 * Nothing here allocates: paths are written into the caller's buffer, and a failure stays there.
 */
#ifndef SW_KUBE_GVR_H
#define SW_KUBE_GVR_H

#include "base/buf.h"

/* One resource in one version. All strings are static, or live as long as their user does. */
struct sw_gvr {
    const char *group;    /* "" for the core group */
    const char *version;  /* "v1" */
    const char *resource; /* the plural of the path, "services" */
    const char *kind;     /* "Service" */
    bool namespaced;
};

/* name, group, version, resource, kind, namespaced */
#define SW_GVR_MAP(X)                                                                              \
    X(SERVICE, "", "v1", "services", "Service", true)                                              \
    X(SECRET, "", "v1", "secrets", "Secret", true)                                                 \
    X(CONFIG_MAP, "", "v1", "configmaps", "ConfigMap", true)                                       \
    X(NAMESPACE, "", "v1", "namespaces", "Namespace", false)                                       \
    X(NODE, "", "v1", "nodes", "Node", false)                                                      \
    X(POD, "", "v1", "pods", "Pod", true)                                                          \
    X(EVENT, "", "v1", "events", "Event", true)                                                    \
    X(SERVICE_ACCOUNT, "", "v1", "serviceaccounts", "ServiceAccount", true)                        \
    X(ENDPOINT_SLICE, "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true)           \
    X(DEPLOYMENT, "apps", "v1", "deployments", "Deployment", true)                                 \
    X(LEASE, "coordination.k8s.io", "v1", "leases", "Lease", true)                                 \
    X(MUTATING_WEBHOOK, "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",     \
      "MutatingWebhookConfiguration", false)                                                       \
    X(VALIDATING_WEBHOOK, "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", \
      "ValidatingWebhookConfiguration", false)                                                     \
    X(ADMISSION_POLICY, "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies",       \
      "ValidatingAdmissionPolicy", false)                                                          \
    X(ADMISSION_POLICY_BINDING, "admissionregistration.k8s.io", "v1",                              \
      "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", false)              \
    X(CRD, "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",  \
      false)                                                                                       \
    X(ROLE, "rbac.authorization.k8s.io", "v1", "roles", "Role", true)                              \
    X(ROLE_BINDING, "rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true)        \
    X(CLUSTER_ROLE, "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false)       \
    X(CLUSTER_ROLE_BINDING, "rbac.authorization.k8s.io", "v1", "clusterrolebindings",              \
      "ClusterRoleBinding", false)                                                                 \
    X(ACCESS_REVIEW, "authorization.k8s.io", "v1", "selfsubjectaccessreviews",                     \
      "SelfSubjectAccessReview", false)                                                            \
    X(DESTINATION_RULE, "networking.istio.io", "v1", "destinationrules", "DestinationRule", true)  \
    X(GATEWAY, "networking.istio.io", "v1", "gateways", "Gateway", true)                           \
    X(WORKLOAD_ENTRY, "networking.istio.io", "v1", "workloadentries", "WorkloadEntry", true)       \
    X(PEER_AUTHENTICATION, "security.istio.io", "v1", "peerauthentications", "PeerAuthentication", \
      true)                                                                                        \
    X(WORKSPACE, "tsb.tetrate.io", "v2", "workspaces", "Workspace", true)                          \
    X(WORKSPACE_SETTING, "tsb.tetrate.io", "v2", "workspacesettings", "WorkspaceSetting", true)    \
    X(INGRESS_GATEWAY, "install.tetrate.io", "v1alpha1", "ingressgateways", "IngressGateway", true)

enum sw_gvr_id {
#define SW_GVR_ENUM(name, ...) SW_GVR_##name,
    SW_GVR_MAP(SW_GVR_ENUM)
#undef SW_GVR_ENUM
};

/* Static. */
const struct sw_gvr *sw_gvr(enum sw_gvr_id id);

/* By "v1" or "apps/v1", and kind, as an object says them; NULL if it is none of ours. Static. */
const struct sw_gvr *sw_gvr_find(struct sw_str api_version, struct sw_str kind);

/* A collection, an object or a part of it. Its strings are borrowed by whoever takes one. */
struct sw_gvr_ref {
    const struct sw_gvr *gvr;
    struct sw_str namespace_; /* unset: cluster-scoped, or a collection over all namespaces */
    struct sw_str name;       /* unset: the collection */
    const char *subresource;  /* "status", "token"; NULL: none */
};

/* Appends "/apis/GROUP/VERSION/namespaces/NS/RESOURCE/NAME/SUBRESOURCE", as far as there is one of
 * each, names escaped. A failure stays in `buf`. */
void sw_gvr_write_path(const struct sw_gvr_ref *ref, struct sw_buf *buf);

/* Appends "?key=value" to a path in `buf`, or "&key=value" where it has a query already; the value
 * is escaped. */
void sw_gvr_write_query(const char *key, struct sw_str value, struct sw_buf *buf);

/* Appends it for people: `services "shop/cart"`, `leases in "istio-system"`, `nodes`. */
void sw_gvr_write_words(const struct sw_gvr_ref *ref, struct sw_buf *buf);

#endif
