/*
 * Workspace (tsb.tetrate.io/v2): which namespaces of which clusters belong together.
 */
#ifndef SW_MODEL_WORKSPACE_H
#define SW_MODEL_WORKSPACE_H

#include "model/meta.h"

/* Whose object this is: annotations tsb.tetrate.io/{organization,tenant,workspace}. */
struct sw_hierarchy {
    struct sw_str organization; /* unset when the annotation is absent */
    struct sw_str tenant;
    struct sw_str workspace; /* of a WorkspaceSetting; a Workspace's own is its name */
};

/* One item of spec.namespaceSelector.names, `CLUSTER/NAMESPACE`. The cluster is a name or `*`; the
 * namespace is a name, `*`, or a prefix that ends in `*`. */
struct sw_ns_pattern {
    struct sw_str text;      /* the whole item, as written */
    struct sw_str cluster;   /* "*" for any */
    struct sw_str namespace_; /* without the `*` */
    bool prefix;             /* it ended in `*` (`*` alone is the empty prefix) */
};

struct sw_workspace {
    struct sw_meta meta;
    struct sw_hierarchy hierarchy;
    const struct sw_ns_pattern *patterns;
    size_t n_patterns;
};

/* Reads a whole object; strings are copied into `arena`. No namespaceSelector reads as no patterns.
 * Fails with SW_ETYPE (also for an item that is not of the pattern
 * ^(\*|[^/ *]+)/(\*|[^/ *]+\*?)$, blanks aside) and SW_ENOMEM. */
int sw_workspace_read(const json_t *object, struct sw_arena *arena, struct sw_workspace *ret,
                      struct sw_err *reterr);

/* Reads the three hierarchy annotations of a whole object. Fails with SW_ETYPE and SW_ENOMEM. */
int sw_hierarchy_read(const json_t *object, struct sw_arena *arena, struct sw_hierarchy *ret,
                      struct sw_err *reterr);

/* True if one of its patterns can cover a namespace of this cluster. */
bool sw_workspace_names_cluster(const struct sw_workspace *workspace, struct sw_str cluster);

/* True if one of its patterns covers this namespace of this cluster. Who owns it is another
 * question: see claims.h. */
bool sw_workspace_covers(const struct sw_workspace *workspace, struct sw_str cluster,
                         struct sw_str namespace_);

/* True if both are one workspace: organization, tenant and name are equal. Two objects may say so,
 * in Kubernetes namespaces of their own. */
bool sw_workspace_is_same(const struct sw_workspace *a, const struct sw_workspace *b);

/* True if `hierarchy`, of a WorkspaceSetting, names this workspace: organization, tenant and name
 * are equal. */
bool sw_workspace_is_named(const struct sw_workspace *workspace,
                           const struct sw_hierarchy *hierarchy);

/* Order of precedence where two workspaces claim a namespace: the older, then by organization,
 * tenant and name. */
int sw_workspace_cmp(const struct sw_workspace *a, const struct sw_workspace *b);

#endif
