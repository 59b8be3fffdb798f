/*
 * What is known of every cluster, kept current by reflectors, as the planner reads it.
 *
 * Each resource of each cluster has a sink. What comes is kept typed and small; what the planner
 * reads (struct sw_mesh, and the index in it) is made of it when asked for, at the cost of what has
 * changed since. For one thread.
 */
#ifndef SW_MESH_STATE_H
#define SW_MESH_STATE_H

#include "mesh/dirty.h"
#include "mesh/intake.h"
#include "mesh/world.h"
#include "sync/names.h"

/* Every resource that is read. name, noun, API group, version, plural, is it namespaced, presence.
 * Of ServiceAccounts and Deployments, what carries our label is enough, and of the local cluster;
 * IngressGateways are read of that one alone too. */
#define SW_RESOURCE_MAP(X)                                                                         \
    X(SW_RESOURCE_NAMESPACE, "Namespace", "", "v1", "namespaces", false, SW_REFLECTOR_ALWAYS)      \
    X(SW_RESOURCE_SERVICE, "Service", "", "v1", "services", true, SW_REFLECTOR_ALWAYS)             \
    X(SW_RESOURCE_WORKSPACE, "Workspace", "tsb.tetrate.io", "v2", "workspaces", true,              \
      SW_REFLECTOR_OPTIONAL)                                                                       \
    X(SW_RESOURCE_SETTING, "WorkspaceSetting", "tsb.tetrate.io", "v2", "workspacesettings", true,  \
      SW_REFLECTOR_OPTIONAL)                                                                       \
    X(SW_RESOURCE_NODE, "Node", "", "v1", "nodes", false, SW_REFLECTOR_ALWAYS)                     \
    X(SW_RESOURCE_POD, "Pod", "", "v1", "pods", true, SW_REFLECTOR_ALWAYS)                         \
    X(SW_RESOURCE_ENDPOINTSLICE, "EndpointSlice", "discovery.k8s.io", "v1", "endpointslices",      \
      true, SW_REFLECTOR_ALWAYS)                                                                   \
    X(SW_RESOURCE_DESTINATIONRULE, "DestinationRule", "networking.istio.io", "v1",                 \
      "destinationrules", true, SW_REFLECTOR_OPTIONAL)                                             \
    X(SW_RESOURCE_GATEWAY, "Gateway", "networking.istio.io", "v1", "gateways", true,               \
      SW_REFLECTOR_OPTIONAL)                                                                       \
    X(SW_RESOURCE_WORKLOADENTRY, "WorkloadEntry", "networking.istio.io", "v1", "workloadentries",  \
      true, SW_REFLECTOR_OPTIONAL)                                                                 \
    X(SW_RESOURCE_PEERAUTH, "PeerAuthentication", "security.istio.io", "v1",                       \
      "peerauthentications", true, SW_REFLECTOR_OPTIONAL)                                          \
    X(SW_RESOURCE_ROOT_CERT, "ConfigMap", "", "v1", "configmaps", true, SW_REFLECTOR_ALWAYS)       \
    X(SW_RESOURCE_INGRESSGATEWAY, "IngressGateway", "install.tetrate.io", "v1alpha1",              \
      "ingressgateways", true, SW_REFLECTOR_OPTIONAL)                                              \
    X(SW_RESOURCE_SERVICEACCOUNT, "ServiceAccount", "", "v1", "serviceaccounts", true,             \
      SW_REFLECTOR_ALWAYS)                                                                         \
    X(SW_RESOURCE_DEPLOYMENT, "Deployment", "apps", "v1", "deployments", true, SW_REFLECTOR_ALWAYS)

enum sw_resource {
#define SW_RESOURCE_ENUM(name, noun, group, version, plural, namespaced, presence) name,
    SW_RESOURCE_MAP(SW_RESOURCE_ENUM)
#undef SW_RESOURCE_ENUM
        SW_N_RESOURCES
};

/* The ConfigMap that Istio puts its root certificate in, in every namespace. Of ConfigMaps, those
 * of this name in the root namespace are read and all others passed over. */
#define SW_ROOT_CERT_NAME "istio-ca-root-cert"
#define SW_ROOT_CERT_KEY  "root-cert.pem"

struct sw_resource_info {
    const char *noun;    /* "Service" */
    const char *group;   /* "" for core */
    const char *version; /* "v1" */
    const char *plural;  /* "services" */
    bool namespaced;
    enum sw_reflector_presence presence;
};

/* What it is called; static. */
const struct sw_resource_info *sw_resource_info(enum sw_resource resource);

/* The resource of a whole object, by its apiVersion (any version of the group) and kind.
 * SW_N_RESOURCES for one that is not read. */
enum sw_resource sw_resource_of(const json_t *object);

struct sw_state;
struct sw_state_cluster;

/* What the process says of the mesh; strings are borrowed until it says otherwise. */
struct sw_state_config {
    struct sw_str root_namespace; /* unset: istio-system */
    struct sw_str local;          /* the name of the local cluster */
    struct sw_str config;         /* the name of the config cluster */
    bool fleet_known;             /* this and the rest are as in struct sw_mesh */
    bool native_some;
    const struct sw_str *native;
    size_t n_native;
    uint64_t remote_ttl_ms;
};

/* Empty. `names`, borrowed, is told which gateways' names are wanted and has their addresses; NULL
 * where names are not to be resolved. Owned: sw_state_free(). Fails with SW_ENOMEM. */
int sw_state_new(struct sw_names *names, struct sw_state **ret, struct sw_err *reterr);
void sw_state_free(struct sw_state *state);

/* Says what the process knows; everything counts as changed where something differs. */
void sw_state_configure(struct sw_state *state, const struct sw_state_config *config);

/* The time, of one clock that never goes back, over 0: to be said before objects are put. */
void sw_state_set_now(struct sw_state *state, uint64_t now_ms);

/* A cluster of that name, new and empty; `network` is what --network says of it, or unset. Owned by
 * the state. Fails with SW_ENOMEM, and SW_EUSAGE where there is one of that name. */
int sw_state_add_cluster(struct sw_state *state, struct sw_str name, struct sw_str network,
                         struct sw_state_cluster **ret, struct sw_err *reterr);

/* Forgets a cluster; its sinks must not be used any more. */
void sw_state_remove_cluster(struct sw_state *state, struct sw_state_cluster *cluster);

/* The sink of one resource, which counts for struct sw_mesh_cluster's `seen` from then on. */
struct sw_reflector_sink sw_state_sink(struct sw_state_cluster *cluster, enum sw_resource resource);

/* How that resource fares; borrowed. */
const struct sw_intake_stats *sw_state_stats(const struct sw_state_cluster *cluster,
                                             enum sw_resource resource);

/* How many objects of that resource are kept. */
size_t sw_state_count(const struct sw_state_cluster *cluster, enum sw_resource resource);

/* Takes in a whole object of any resource, as from a file. 1, or 0 for one that is not read. Fails
 * with SW_ETYPE, SW_ENOMEM and SW_ELIMIT. */
int sw_state_put(struct sw_state_cluster *cluster, const json_t *object, struct sw_err *reterr);

/* Says whether the cluster is being watched, and when it was last current (now, while it is). */
void sw_state_set_reach(struct sw_state_cluster *cluster, bool readable, uint64_t current_ms);

/* A number that is another whenever plans are, because the cluster came into reach, went out of it,
 * or has been so for longer than remote_ttl_ms. */
uint64_t sw_state_reach_changes(const struct sw_state_cluster *cluster);

/* To be called where sw_names_version() has changed. */
void sw_state_names_changed(struct sw_state *state);

/* What the planner reads, as it is now; borrowed until anything is said to the state again, but
 * for the time. A cluster without a name in the configuration is missing: SW_EUSAGE. Also fails
 * with SW_ENOMEM, after which it may be asked again. */
int sw_state_mesh(struct sw_state *state, const struct sw_mesh **ret, struct sw_err *reterr);

/* What has changed since the last call; after sw_state_mesh(). Fails with SW_ENOMEM. */
int sw_state_take_dirty(struct sw_state *state, struct sw_arena *arena, struct sw_dirty_list *ret,
                        struct sw_err *reterr);

/* About how many bytes all of it takes. */
size_t sw_state_bytes(const struct sw_state *state);

#endif
