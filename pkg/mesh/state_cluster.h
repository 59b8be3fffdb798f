/*
 * One cluster of a state, and what its parts tell each other. Private to mesh/state*.
 */
#ifndef SW_MESH_STATE_CLUSTER_H
#define SW_MESH_STATE_CLUSTER_H

#include "failover/host.h"
#include "mesh/network.h"
#include "mesh/slices.h"
#include "mesh/sorted.h"
#include "mesh/state.h"
#include "mesh/table.h"
#include "model/frontage.h"
#include "model/setting.h"

/* Items of the tables. Each begins with its struct sw_meta. */
struct sw_item_service {
    struct sw_service service;
    struct sw_frontage front;
    bool is_gateway; /* it has TCP port 15443 */
    bool is_owned;   /* it carries our label */
    struct sw_mesh_owned owned;
};

struct sw_item_workspace {
    struct sw_workspace workspace;
    struct sw_digest content;
};

struct sw_item_setting {
    struct sw_setting setting;
    struct sw_digest content;
};

struct sw_item_rule {
    struct sw_meta meta;
    struct sw_host host;               /* borrows from rule */
    struct sw_item_rule *next_of_host; /* of those with subsets, in all clusters */
    int64_t generation;
    struct sw_mesh_rule rule;
    bool is_owned;
    struct sw_mesh_owned owned;
};

struct sw_item_gateway {
    struct sw_meta meta;
    struct sw_mesh_passthrough *servers; /* those that pass mTLS on */
    size_t n_servers;
    bool is_owned;
    struct sw_mesh_owned owned;
};

/* WorkloadEntries, ServiceAccounts and Deployments that carry our label. */
struct sw_item_ours {
    struct sw_meta meta;
    struct sw_mesh_entry entry; /* of a WorkloadEntry */
    struct sw_mesh_owned owned;
};

struct sw_item_mtls {
    struct sw_meta meta;
    bool disabled;
};

struct sw_item_ingress {
    struct sw_meta meta;
    struct sw_mesh_ingress ingress;
};

struct sw_item_cert {
    struct sw_meta meta;
    struct sw_str digest; /* hex */
};

/* Whose gateway it is: the Service itself may be gone when the next list is made. */
struct sw_gateway_key {
    struct sw_str namespace_;
    struct sw_str name;
};

struct sw_state_cluster {
    struct sw_state *state;           /* borrowed */
    struct sw_str configured_network; /* in names_arena, as is the name; empty for none */
    struct sw_arena names_arena;
    uint64_t current_ms; /* when it was last current */
    bool expired;        /* that was longer ago than the configuration allows */
    uint64_t n_reach;    /* how often its reach has become another one */
    struct sw_intake intakes[SW_N_RESOURCES];
    bool asked[SW_N_RESOURCES];             /* somebody has its sink */
    struct sw_table tables[SW_N_RESOURCES]; /* of Pods, Nodes and EndpointSlices: unused */
    struct sw_pods pods;
    struct sw_slices slices;
    struct sw_view view;
    struct sw_mesh_cluster mesh;

    /* What view and mesh are made of. */
    struct sw_sorted services, namespaces, workspaces, settings;
    struct sw_sorted backends, passthroughs, rules, entries, ingresses, owned;
    size_t n_owned_of[SW_MESH_N_KINDS]; /* how many of `owned` are of each kind */
    struct sw_arena claims_arena;
    struct sw_arena mtls_arena;
    struct sw_arena gateway_arena;
    struct sw_gateway_key *gateway_keys; /* of mesh.gateways, one by one; in gateway_arena */
    struct sw_lapses unheld, unruled;
    size_t n_ipv4, n_ipv6; /* Services that have that family */

    bool claims_stale;
    bool mtls_stale;
    bool gateways_stale;
    bool gateway_services_changed; /* one of them, in what is read of the Service itself */
};

struct sw_state {
    struct sw_names *names; /* borrowed; NULL where names are not resolved */
    struct sw_state_config config;
    uint64_t now_ms;
    struct sw_state_cluster **clusters; /* owned; in the order in which they were added */
    const struct sw_view **views;       /* owned, as the next; of each cluster */
    const struct sw_mesh_cluster **meshes;
    size_t n_clusters;
    struct sw_arena reading; /* of one object's JSON */
    struct sw_arena scratch;
    struct sw_dirty dirty;
    struct sw_hash hosts;            /* rules with subsets, by the Service that they are for */
    struct sw_item_rule *wild_rules; /* those whose host is a wildcard */
    bool names_stale;                /* the names of gateways may be other ones */
    struct sw_networks networks;
    struct sw_index index;
    struct sw_mesh mesh;
};

/* The kinds of the tables, by resource; NULL for those that are not in that file: Kubernetes' and
 * TSB's own, Istio's DestinationRule and Gateway, and the rest of what a mesh has. */
const struct sw_table_kind *sw_state_core_kind(enum sw_resource resource);
const struct sw_table_kind *sw_state_route_kind(enum sw_resource resource);
const struct sw_table_kind *sw_state_mesh_kind(enum sw_resource resource);

/* What keeps one resource of a cluster, which is its context, but for its number. */
const struct sw_keeper *sw_state_keeper(enum sw_resource resource);

/* What a table's `read` begins with: sets the namespace that a file may leave out. */
void sw_state_default_namespace(struct sw_meta *meta);

/* Reads what a removal of one of our objects has to say, where it carries our label: 1, else 0. A
 * ServiceAccount, Deployment or Service needs our field manager or our annotation besides. `kind`
 * of a Service is what it is without the annotation. Fails with SW_ETYPE and SW_ENOMEM. */
int sw_state_read_owned(const json_t *object, const struct sw_meta *meta, enum sw_mesh_kind kind,
                        struct sw_arena *arena, struct sw_mesh_owned *ret, struct sw_err *reterr);

/* True for the cluster that is written to. */
bool sw_state_is_local(const struct sw_state_cluster *cluster);

/* In the local cluster, `owned` comes to, or goes from, the list of what is ours; what it is for is
 * marked. Adding fails with SW_ENOMEM. */
int sw_state_add_owned(struct sw_state_cluster *cluster, const struct sw_mesh_owned *owned,
                       struct sw_err *reterr);
void sw_state_remove_owned(struct sw_state_cluster *cluster, const struct sw_mesh_owned *owned);

/* Notes that whatever the host covers has changed: its key, and in every cluster its groups. */
void sw_state_mark_host(struct sw_state *state, const struct sw_host *host);

/* Notes that the Services of a namespace have changed, in every cluster. */
void sw_state_mark_namespace(struct sw_state *state, struct sw_str namespace_);

/* Notes the Services whose plans depend on those that have changed, as these would take entries of
 * theirs (mesh/shared.h): on what these are now; and, told before a Service of the local cluster
 * goes or becomes another, on what it was. */
void sw_state_mark_sharers(struct sw_state *state);
void sw_state_mark_sharers_of(struct sw_state_cluster *cluster, const struct sw_service *service);

/* True if this is the namespace that holds for the whole mesh. */
bool sw_state_is_root(const struct sw_state *state, struct sw_str namespace_);

/* A rule comes to, or goes from, those whose subsets count. Adding fails with SW_ENOMEM; removing
 * one that was not added is allowed. */
int sw_state_add_subsets(struct sw_state *state, struct sw_item_rule *rule, struct sw_err *reterr);
void sw_state_remove_subsets(struct sw_state *state, const struct sw_item_rule *rule);

/* The label keys that any subset of the Service uses, in any cluster, and `version`; sorted, in
 * `arena`, the keys themselves borrowed. Fails with SW_ENOMEM. */
int sw_state_subset_keys(const struct sw_state *state, struct sw_str namespace_,
                         struct sw_str service, struct sw_arena *arena, struct sw_strings *ret,
                         struct sw_err *reterr);

/* Works out the groups of what is stale, in every cluster. Fails with SW_ENOMEM. */
int sw_state_refresh_backends(struct sw_state *state, struct sw_err *reterr);

/* Works out the gateways of every cluster where they are stale. Fails with SW_ENOMEM. */
int sw_state_refresh_gateways(struct sw_state *state, struct sw_err *reterr);

/* For struct sw_pods: a class of pods came or went. */
void sw_state_class_changed(void *context, const struct sw_pod_class *class);

/* The cluster whose Workspaces and settings count; NULL if there is none of that name. */
struct sw_state_cluster *sw_state_config_cluster(const struct sw_state *state);

#endif
