/*
 * What a WorkspaceSetting's selectors match, cluster by cluster, and the nearest thing that exists
 * where one matches nothing.
 */
#ifndef SW_FAILOVER_SEARCH_H
#define SW_FAILOVER_SEARCH_H

#include "base/buf.h"
#include "failover/scope.h"

/* True if `service` is a gateway for these settings: it stands in their namespace, has TCP port
 * 15443, and their labels are within its spec.selector or within its own labels. */
bool sw_search_is_gateway(const struct sw_gateway_setting *gateways,
                          const struct sw_service *service);

/* True if it is a gateway for any setting of the config cluster's view. */
bool sw_search_is_any_gateway(const struct sw_view *config, const struct sw_service *service);

/* True if the cluster has such a gateway. */
bool sw_search_gateway(const struct sw_view *view, const struct sw_gateway_setting *gateways);

/* The Services of one cluster that stand in namespaces of one workspace. */
struct sw_owned {
    const struct sw_view *view;         /* borrowed */
    const struct sw_service **services; /* arena; borrowed from the view */
    size_t n;
};

/* Gathers them, once for all the selectors of a setting. Fails with SW_ENOMEM. */
int sw_search_owned(const struct sw_index *index, const struct sw_view *view,
                    const struct sw_workspace *workspace, struct sw_arena *arena,
                    struct sw_owned *ret, struct sw_err *reterr);

/* True if `selector` selects one of them; any does for NULL. */
bool sw_search_service(const struct sw_owned *owned, const struct sw_labels *selector);

/* Append the nearest thing that exists, as a sentence without a full stop: "the nearest is ...", or
 * that there is none and what to do. A failure stays in buf. */
void sw_search_nearest_workspace(const struct sw_index *index, const struct sw_hierarchy *hierarchy,
                                 struct sw_buf *buf);
void sw_search_nearest_gateway(const struct sw_index *index,
                               const struct sw_gateway_setting *gateways, struct sw_buf *buf);
void sw_search_nearest_service(const struct sw_owned *owned, size_t n_owned,
                               const struct sw_labels *selector, struct sw_buf *buf);

/* Appends whose a namespace of `workspace` is, of those with Services: the first that another
 * workspace owns. Appends nothing where there is none. A failure stays in buf. */
void sw_search_other_owner(const struct sw_index *index, const struct sw_workspace *workspace,
                           struct sw_buf *buf);

#endif
