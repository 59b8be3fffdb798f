/*
 * The rule "Exposed": may a Service be reached from other clusters, and by whose word?
 */
#ifndef SW_FAILOVER_EXPOSE_H
#define SW_FAILOVER_EXPOSE_H

#include "failover/reason.h"
#include "failover/scope.h"

/* The label by which a Service or a namespace opts in (enable) or out (disable). */
#define SW_LABEL_FAILOVER "failover"
#define SW_FAILOVER_ENABLE "enable"
#define SW_FAILOVER_DISABLE "disable"

struct sw_exposure {
    enum sw_reason reason; /* SW_EXPOSED, or why not */
    const struct sw_workspace *workspace;      /* the namespace's owner; NULL if none; borrowed from
                                                  the index, as are the next two */
    const struct sw_setting *setting;          /* the one that selects it; NULL if none does */
    const struct sw_gateway_setting *gateways; /* its item that selects it; NULL if none does */
};

/* Judges `service`, which is or would be in the view's cluster; it need not be in the view.
 *
 * Selection comes before representation: reasons from SW_STUB on are given only to a Service that a
 * setting selects, so they are worth a warning; those before it are the user's own choice. */
struct sw_exposure sw_expose(const struct sw_index *index, const struct sw_view *view,
                             const struct sw_service *service);

/* The Service's `failover` label, or its namespace's if it has none; unset if neither has. */
struct sw_str sw_expose_failover_label(const struct sw_view *view,
                                       const struct sw_service *service);

/* True if every label of `selector` is the Service's, where for the key `failover` alone the
 * namespace's label stands in for one that the Service lacks. */
bool sw_expose_selects(const struct sw_labels *selector, const struct sw_view *view,
                       const struct sw_service *service);

#endif
