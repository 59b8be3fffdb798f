/*
 * What the planner reads: every cluster, as far as failover depends on it.
 *
 * Exposure is decided from `struct sw_index` (model/view.h), as in the webhook; here stands what
 * the index does not hold: pods behind Services, gateways, Istio's objects, and what the local
 * cluster has of ours. Nothing here changes while a plan is made. Who keeps it current (mesh/state)
 * may share every part between one mesh and the next; a test writes it down by hand.
 *
 * Every list is sorted as its field says, in byte order (sw_str_cmp), because it is searched.
 * Strings and lists are borrowed from whoever made the mesh. Times are milliseconds of one clock
 * that never goes back, never 0; 0 says "never" or "not".
 */
#ifndef SW_MESH_WORLD_H
#define SW_MESH_WORLD_H

#include "failover/reason.h"
#include "mesh/digest.h"
#include "mesh/lapse.h"
#include "model/view.h"

/* Our annotation on WorkloadEntries and DestinationRules: which Service they are for, as
 * NAMESPACE/NAME. (Not a label: labels of a WorkloadEntry become labels of the endpoint.) */
#define SW_ANNOTATION_SERVICE "spillway.dev/service"

/* The ready pods of one Service in one cluster that agree on service account and subset labels,
 * have a sidecar (security.istio.io/tlsMode: istio) and are pods: no WorkloadEntries. */
struct sw_mesh_group {
    struct sw_str service_account; /* its name, without the namespace */
    struct sw_labels
        labels;             /* what the pods carry of the subset label keys: those of every subset
                               that any cluster's DestinationRule has for the host, and `version` */
    struct sw_str locality; /* region/zone/subzone as far as all agree; unset if on nothing */
    uint32_t n_ready;       /* pods, at least 1 */
};

/* The pods behind one Service of one cluster, and what istiod makes of it. A Service may have none
 * of these: then it has no ready pods, and everyone may see it. */
struct sw_mesh_backends {
    struct sw_str namespace_;
    struct sw_str service;
    const struct sw_mesh_group
        *groups; /* by service account, then labels, pair by pair; no two alike */
    size_t n_groups;
    uint32_t n_plain; /* ready pods without a sidecar */
    bool waiting;     /* the pod of an endpoint has not been seen yet: the groups are as they were
                         before, and where there are none, that is unknown and not zero */
    const struct sw_str *export_to; /* annotation networking.istio.io/exportTo, item by item,
                                       sorted; none: everyone sees it */
    size_t n_export_to;
};

/* What the ready pods of a gateway have as ISTIO_META_REQUESTED_NETWORK_VIEW. */
enum sw_mesh_network_view {
    SW_VIEW_MISSING = 0, /* at least one has none */
    SW_VIEW_SET,         /* all have the same, in `view` */
    SW_VIEW_MIXED,       /* they differ */
};

/* A Service with TCP port 15443 that a gateway setting matches (sw_search_is_gateway). */
struct sw_mesh_gateway {
    const struct sw_service *service; /* namespace, name, labels, spec.selector */
    uint16_t port;                    /* where others reach it: 15443 */
    const struct sw_str *addresses;   /* IP literals that others reach it by; sorted, each once */
    size_t n_addresses;
    enum sw_reason no_address;   /* why there is none: SW_GATEWAY_NO_ADDRESS, _UNRESOLVED, _DNS_OFF;
                                    nothing is read of it while there is one */
    struct sw_str source;        /* the name that was resolved, for messages; unset for none */
    uint32_t n_ready;            /* pods */
    struct sw_labels pod_labels; /* those on which all ready pods agree; empty while unknown */
    enum sw_mesh_network_view network_view;
    struct sw_str view; /* unset but for SW_VIEW_SET */
    bool foreign_pods;  /* pods of another namespace match spec.selector */
    bool ingress;       /* it serves other ports too: a combined ingress gateway */
};

/* An AUTO_PASSTHROUGH server of an Istio Gateway. */
struct sw_mesh_passthrough {
    struct sw_str namespace_; /* of the Gateway */
    struct sw_str name;
    struct sw_labels selector; /* spec.selector: matches pods of any namespace */
    uint16_t port;
    const struct sw_str *hosts; /* without "namespace/", sorted: wildcards come first */
    size_t n_hosts;
    bool ours; /* our label and our field manager */
};

struct sw_mesh_subset {
    struct sw_str name;
    struct sw_labels labels;
};

/* A DestinationRule of a Service's host, or of a wildcard. */
struct sw_mesh_rule {
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_str host;             /* as written: sw_host_read() resolves it */
    struct sw_str created;          /* creationTimestamp */
    bool ours;                      /* our label and our field manager */
    bool selects_workloads;         /* it has a workloadSelector: for some clients only */
    const struct sw_str *export_to; /* as written, sorted; none: everyone */
    size_t n_export_to;
    bool has_policy;    /* a top-level trafficPolicy */
    bool outlier;       /* outlierDetection in it */
    bool ports_outlier; /* and in every portLevelSettings entry, there and in subsets */
    bool locality_off;  /* localityLbSetting.enabled: false */
    const struct sw_mesh_subset *subsets; /* in document order */
    size_t n_subsets;
    uint64_t seen_ms; /* when a watch first brought it as it is now */
};

/* A WorkloadEntry of ours, in any cluster. */
struct sw_mesh_entry {
    struct sw_str namespace_;
    struct sw_str service; /* from SW_ANNOTATION_SERVICE */
    struct sw_str remote;  /* label spillway.dev/remote: the cluster that it leads to */
    struct sw_str address;
};

/* A PeerAuthentication without a selector that says something of mTLS: for its namespace, or for
 * the mesh where that is the root namespace. */
struct sw_mesh_mtls {
    struct sw_str namespace_;
    bool disabled; /* mode DISABLE; else STRICT or PERMISSIVE. UNSET is not listed */
};

/* An IngressGateway (install.tetrate.io) with eastWestOnly: true. */
struct sw_mesh_ingress {
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_labels service_annotations; /* spec.kubeSpec.service.annotations: how clouds are told
                                             what kind of load balancer is meant */
    uint32_t replicas;                    /* spec.kubeSpec.deployment.replicaCount; 0 when unset */
};

/* One cluster; the index's view of the same position holds its Services and Namespaces. */
struct sw_mesh_cluster {
    struct sw_str name;
    struct sw_str network;   /* topology.istio.io/network of istio-system, or as configured */
    bool seen;               /* everything below was seen once since we started */
    bool readable;           /* and is being watched now; else it is frozen as last seen */
    uint64_t age_ms;         /* since it was last current; 0 while readable */
    uint64_t unconfirmed_ms; /* when a relist first missed objects that no later complete list of
                                their resource has confirmed missing; 0 for none */
    const struct sw_mesh_backends *const *backends; /* by namespace, then service */
    size_t n_backends;
    const struct sw_mesh_gateway *const *gateways; /* by namespace, then name */
    size_t n_gateways;
    const struct sw_mesh_passthrough *const *passthroughs; /* by namespace, then name */
    size_t n_passthroughs;
    const struct sw_lapses *unheld; /* since when Services' hosts may be held by none of them, as
                                       far as was seen; NULL: always */
    const struct sw_mesh_rule *const *rules; /* by sw_mesh_rule_cmp(): hosts of one Service, by
                                                that; then wildcards; then what Istio gives to no
                                                Service */
    size_t n_rules;
    const struct sw_lapses *unruled; /* since when Services may be without one that they had, in the
                                        same way */
    const struct sw_mesh_entry *const *entries; /* by namespace, service, remote, address */
    size_t n_entries;
    const struct sw_mesh_mtls *mtls; /* by namespace, each once: DISABLE wins where two differ */
    size_t n_mtls;
    struct sw_str root_cert; /* digest of ConfigMap istio-ca-root-cert's root-cert.pem; unset while
                                unknown */

    /* The cluster that has the same network, and keeps it (mesh/network.h); NULL for none. */
    const struct sw_mesh_cluster *yields_to;
};

/* The kinds of object that are ours, in the order in which they are made. */
#define SW_MESH_KIND_MAP(X)                                                                        \
    X(SW_MESH_SERVICEACCOUNT, "v1", "ServiceAccount")                                              \
    X(SW_MESH_DEPLOYMENT, "apps/v1", "Deployment")                                                 \
    X(SW_MESH_GATEWAY_SERVICE, "v1", "Service") /* of an IngressGateway */                         \
    X(SW_MESH_DESTINATIONRULE, "networking.istio.io/v1", "DestinationRule")                        \
    X(SW_MESH_GATEWAY, "networking.istio.io/v1", "Gateway")                                        \
    X(SW_MESH_STUB, "v1", "Service") /* for a Service that other clusters have */                  \
    X(SW_MESH_WORKLOADENTRY, "networking.istio.io/v1", "WorkloadEntry")

enum sw_mesh_kind {
#define SW_MESH_KIND_ENUM(name, version, kind) name,
    SW_MESH_KIND_MAP(SW_MESH_KIND_ENUM)
#undef SW_MESH_KIND_ENUM
        SW_MESH_N_KINDS
};

/* An object of the local cluster that carries our label. */
struct sw_mesh_owned {
    enum sw_mesh_kind kind;
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_str uid;
    struct sw_str resource_version;
    struct sw_str for_namespace; /* from SW_ANNOTATION_SERVICE: the Service that it is for. For a */
    struct sw_str for_service;   /* stub and the kinds of an IngressGateway: that of the same name.
                                    Unset for a Gateway and where nothing says what it is for */
    struct sw_str remote;        /* label spillway.dev/remote of a WorkloadEntry */
    bool managed; /* our field manager has fields of it: without that, it is not ours to change */
    bool shared;  /* another manager has fields of its spec */
    struct sw_str others; /* of a stub that is shared: managedFields without ours, a JSON array */
    struct sw_digest digest; /* of the fields that our manager has: sw_digest_observed() */
};

struct sw_mesh {
    const struct sw_index *index; /* Services, Namespaces, Workspaces, settings of each cluster */
    const struct sw_mesh_cluster *const *clusters; /* as index->views, position by position */
    struct sw_str root_namespace; /* of the mesh configuration: istio-system unless it says so */
    bool fleet_known; /* every connected cluster is in the list: the Secrets were read once */
    bool ipv4, ipv6;  /* address families of the local cluster; neither while unknown */
    bool native_some; /* local istiod serves remote clusters, and nobody knows which: all count */
    const struct sw_str *native; /* clusters that local istiod serves natively; sorted (D7) */
    size_t n_native;
    uint64_t
        remote_ttl_ms; /* --remote-ttl: a frozen view counts no longer than this; 0: for ever */
    const struct sw_mesh_ingress *const *ingresses; /* local, eastWestOnly; by namespace, name */
    size_t n_ingresses;
    const struct sw_mesh_owned *const *owned; /* local; by sw_mesh_owned_cmp() */
    size_t n_owned;
    const size_t *n_owned_of; /* of each kind; NULL where nobody counts */
};

/* "Service", "WorkloadEntry", ... and "v1", "networking.istio.io/v1", ...: static strings. */
const char *sw_mesh_kind_name(enum sw_mesh_kind kind);
const char *sw_mesh_kind_version(enum sw_mesh_kind kind);

/* Orders of the lists above: <0, 0 or >0. Owned objects stand by what they are for (namespace, then
 * name), then kind, then their own namespace and name, so that one Service's are together. */
int sw_mesh_backends_cmp(const struct sw_mesh_backends *a, const struct sw_mesh_backends *b);
int sw_mesh_rule_cmp(const struct sw_mesh_rule *a, const struct sw_mesh_rule *b);
int sw_mesh_entry_cmp(const struct sw_mesh_entry *a, const struct sw_mesh_entry *b);
int sw_mesh_owned_cmp(const struct sw_mesh_owned *a, const struct sw_mesh_owned *b);

/* Lookups: borrowed, NULL if there is none. */
const struct sw_mesh_cluster *sw_mesh_cluster(const struct sw_mesh *mesh, struct sw_str name);
const struct sw_mesh_backends *sw_mesh_backends(const struct sw_mesh_cluster *cluster,
                                                struct sw_str namespace_, struct sw_str service);

/* True if all that there is to know was seen: every connected cluster is known, and each was read
 * whole once since we started. */
bool sw_mesh_is_seen(const struct sw_mesh *mesh);

static inline const struct sw_mesh_cluster *sw_mesh_local(const struct sw_mesh *mesh)
{
    return mesh->clusters[mesh->index->local];
}

/* The owned objects that are for one Service (or one IngressGateway): *ret_n of them from the
 * returned position in mesh->owned. Both unset: those that are for none. */
size_t sw_mesh_owned_for(const struct sw_mesh *mesh, struct sw_str namespace_,
                         struct sw_str service, size_t *ret_n);

/* The entries of one Service in one cluster, in the same way. */
size_t sw_mesh_entries_for(const struct sw_mesh_cluster *cluster, struct sw_str namespace_,
                           struct sw_str service, size_t *ret_n);

/* The rules whose host is exactly this Service, and those whose host is a wildcard (be it one that
 * does not cover the Service), in the same way. */
size_t sw_mesh_rules_for(const struct sw_mesh_cluster *cluster, struct sw_str namespace_,
                         struct sw_str service, size_t *ret_n);
size_t sw_mesh_rules_wild(const struct sw_mesh_cluster *cluster, size_t *ret_n);

/* True if PeerAuthentication DISABLE holds in this namespace: its own word, else the mesh's. */
bool sw_mesh_mtls_disabled(const struct sw_mesh *mesh, const struct sw_mesh_cluster *cluster,
                           struct sw_str namespace_);

/* True if local istiod serves this cluster natively. */
bool sw_mesh_is_native(const struct sw_mesh *mesh, struct sw_str cluster);

#endif
