/*
 * One remote cluster as Secrets tell of it: the kubeconfig in use, and what became of the newest.
 */
#ifndef SW_KUBE_FLEET_CLUSTER_H
#define SW_KUBE_FLEET_CLUSTER_H

#include "base/buf.h"
#include "kube/fleet_secrets.h"

struct sw_fleet_cluster {
    struct sw_str name;       /* owned, as is the next */
    struct sw_str secret;     /* that it comes from now */
    struct sw_str kubeconfig; /* the last that can be used; unset: there was none */
    struct sw_buf good;  /* private: where that stands; overwritten when freed, as is the next */
    struct sw_buf bad;   /* private: the newest, where that cannot be used */
    struct sw_err error; /* why it cannot; code 0 when it can */
    bool changed;        /* in what is above; whoever has told of it clears it */
    bool wanted, told;   /* the fleet's: a Secret names it; its coming was told of */
};

/* One of which nothing is known but its name, copied. Owned: sw_fleet_cluster_free(). Fails with
 * SW_ENOMEM. */
int sw_fleet_cluster_new(struct sw_str name, struct sw_fleet_cluster **ret);

/* NULL is allowed. */
void sw_fleet_cluster_free(struct sw_fleet_cluster *cluster);

/* Takes in what a Secret of that namespace says of it. Fails with SW_ENOMEM; taking it in once more
 * makes up for that. */
int sw_fleet_cluster_take(struct sw_fleet_cluster *cluster, struct sw_str namespace_,
                          struct sw_str secret, const struct sw_fleet_item *item);

#endif
