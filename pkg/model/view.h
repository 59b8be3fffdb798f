/*
 * What is known of one cluster, and of all of them: the immutable input of every rule.
 *
 * A view is filled object by object through a builder and does not change once built; whoever feeds
 * it (files now, API-server watches too) builds the next one aside and swaps. An index is a set of
 * views with the names of the local and the config cluster.
 */
#ifndef SW_MODEL_VIEW_H
#define SW_MODEL_VIEW_H

#include "model/claims.h"
#include "model/object.h"
#include "model/service.h"
#include "model/setting.h"
#include "model/workspace.h"

#include <stdint.h>

/* Where a view comes from and how far it can be trusted. */
struct sw_view_source {
    struct sw_str cluster; /* the cluster's name; borrowed by the view for as long as it lives */
    bool live;             /* an API server's watch, which may be a moment behind */
    bool synced;           /* everything there is was seen once */
};

struct sw_view {
    struct sw_view_source source;
    const struct sw_namespace **namespaces; /* by name */
    size_t n_namespaces;
    const struct sw_service **services; /* by namespace, then name */
    size_t n_services;
    const struct sw_workspace **workspaces; /* by precedence: sw_workspace_cmp */
    size_t n_workspaces;
    struct sw_claims claims; /* of the workspaces on the namespaces of every cluster */
    const struct sw_setting **settings; /* by precedence: sw_setting_cmp */
    size_t n_settings;
};

struct sw_index {
    const struct sw_view *const *views; /* borrowed */
    size_t n_views;
    size_t local;  /* index of the local cluster's view */
    size_t config; /* index of the view that Workspaces and settings are read from */
    const uint64_t *stale_since_ms; /* one a view, borrowed: since when it is known not to be up
                                       to date, of any clock; 0 where it may be; NULL: all may be */
    uint64_t now_ms;                /* the moment of judging, of that clock */
    struct sw_str unlisted;         /* what else names clusters, and was not seen yet: there may be
                                       more than the views; for messages; unset: there are none */
};

struct sw_view_entry;

/* A view in the making; private, but for `scratch`. Everything it makes is in `arena`, borrowed. */
struct sw_view_builder {
    struct sw_arena *arena;
    struct sw_arena *scratch; /* borrowed until it has finished: for what the view does not need;
                                 may be set to another than `arena` before anything is added */
    struct sw_view_source source;
    struct sw_view_entry *entries; /* arena; in the order in which they were added */
    size_t n_entries;
};

/* An empty builder that will make everything in `arena`. */
void sw_view_builder_init(struct sw_view_builder *builder, struct sw_view_source source,
                          struct sw_arena *arena);

/* Takes in one whole object in the CRD form. Returns 1 if a rule reads that kind, 0 if none does.
 * Fails with SW_ETYPE (what is wrong with the object; nothing was added) and SW_ENOMEM. */
int sw_view_builder_add(struct sw_view_builder *builder, const json_t *object,
                        struct sw_err *reterr);

/* Takes in an object that is typed already, borrowed for as long as the view lives. Fails with
 * SW_ENOMEM. */
int sw_view_builder_put(struct sw_view_builder *builder, const struct sw_object *object,
                        struct sw_err *reterr);

/* Sorts what was added into a view that lives as long as the arena. Where one object was added
 * twice, the later one stands, as it would with kubectl apply. Fails with SW_ENOMEM. */
int sw_view_builder_finish(struct sw_view_builder *builder, struct sw_view *ret,
                           struct sw_err *reterr);

/* Lookups: borrowed from the view, NULL if there is none. */
const struct sw_namespace *sw_view_namespace(const struct sw_view *view, struct sw_str name);
const struct sw_service *sw_view_service(const struct sw_view *view, struct sw_str namespace_,
                                         struct sw_str name);

/* The Services of one namespace: *ret_n of them from the returned position in view->services. */
size_t sw_view_services_in(const struct sw_view *view, struct sw_str namespace_, size_t *ret_n);

static inline const struct sw_view *sw_index_local(const struct sw_index *index)
{
    return index->views[index->local];
}

static inline const struct sw_view *sw_index_config(const struct sw_index *index)
{
    return index->views[index->config];
}

#endif
