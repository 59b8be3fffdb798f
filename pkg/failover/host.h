/*
 * The host of a DestinationRule: which Services it means.
 *
 * Istio resolves a name without dots, even `*-v2`, in the rule's own namespace, takes `*` and a
 * name with dots as they stand, and matches `*SUFFIX` against whole names (pilot/pkg/model
 * ResolveShortnameToFQDN, pkg/config/host). The cluster domain is cluster.local.
 */
#ifndef SW_FAILOVER_HOST_H
#define SW_FAILOVER_HOST_H

#include "base/str.h"

enum sw_host_kind {
    SW_HOST_FOREIGN,    /* no Service of the cluster */
    SW_HOST_SERVICE,    /* exactly namespace_/name */
    SW_HOST_UNEXPANDED, /* we read namespace_/name, and Istio does not: `cart.shop`, or a full
                           name that ends in a dot */
    SW_HOST_WILDCARD,   /* the Services whose "name.namespace" ends in `name` "." `namespace_`, or
                           whose namespace ends in `namespace_` where any_name is set */
};

struct sw_host {
    enum sw_host_kind kind;
    struct sw_str name;
    struct sw_str namespace_;
    bool any_name; /* wildcard only: it reaches over the dot into the namespace */
};

/* Reads `host` of a rule in namespace `rule_namespace`; the result borrows from both. */
struct sw_host sw_host_read(struct sw_str host, struct sw_str rule_namespace);

/* True if the host means the Service namespace_/name. */
bool sw_host_covers(const struct sw_host *host, struct sw_str namespace_, struct sw_str name);

#endif
