/*
 * The clusters of a feed: those of the command line, which stay, in its order;
 * then the remote ones that Secrets name, which come and go, in the order of their names.
 */
#ifndef SW_WEBHOOK_FEED_SET_H
#define SW_WEBHOOK_FEED_SET_H

#include "io/clusters.h"
#include "webhook/feed_cluster.h"
#include "webhook/fleet_mail.h"

/* The caller's storage; may be read. A zeroed one is released. */
struct sw_feed_set {
    struct sw_feed_cluster *items; /* owned; room for `cap` of them */
    size_t n, cap;
    size_t n_fixed; /* of the command line, in its order */
};

/* Where the Secrets are whose remote clusters are to come; both borrowed. */
struct sw_feed_fleet {
    const struct sw_fleet_options *options;
    struct sw_fleet_mail *mail;
};

/* Opens a source for each cluster of the command line, and takes room for as many more as there may
 * be if `fleet` says where they are; NULL: there are no others. Fails as sw_dir_source_open() and
 * sw_kube_source_open() do; the set is to be released all the same. */
int sw_feed_set_open(struct sw_feed_set *set, const struct sw_clusters *clusters,
                     const struct sw_feed_fleet *fleet, struct sw_err *reterr);

/* Closes every source. */
void sw_feed_set_release(struct sw_feed_set *set);

/* Takes in what a letter says of a cluster that is there: 1 if it is a new one, which is at *ret, 0
 * if it was there already. Fails with SW_ENOMEM and SW_EIO (no descriptor left); the letter can be
 * taken in again. */
int sw_feed_set_put(struct sw_feed_set *set, const struct sw_fleet_letter *letter, size_t *ret,
                    struct sw_err *reterr);

/* The position of a remote cluster; n if there is none of that name. */
size_t sw_feed_set_find(const struct sw_feed_set *set, struct sw_str name);

/* Closes a remote cluster's source. */
void sw_feed_set_remove(struct sw_feed_set *set, size_t at);

#endif
