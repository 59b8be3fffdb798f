/*
 * The remote clusters that Secrets name, in a feed: taken into its set, and out of it, as the
 * Secrets come and go.
 *
 *   spillway_cluster_secrets_synced    1 once the Secrets were seen
 *   spillway_cluster_secrets_failing   1 while they cannot be
 *   spillway_cluster_secrets_findings  what is wrong with them: names that are taken, too many
 */
#ifndef SW_WEBHOOK_FEED_REMOTES_H
#define SW_WEBHOOK_FEED_REMOTES_H

#include "metrics/metrics.h"
#include "webhook/feed_set.h"
#include "webhook/feed_stats.h"

/* Borrowed for the life of what is made of them. */
struct sw_feed_remotes_options {
    const struct sw_clusters *clusters;
    struct sw_str namespace_; /* of the Secrets; unset: there are no such clusters */
    struct sw_metrics *metrics;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* The caller's storage; private. It must not move. A zeroed one is released. */
struct sw_feed_remotes {
    bool watching; /* the rest is set */
    struct sw_fleet_mail mail;
    struct sw_fleet_options options;
    struct sw_str *taken; /* owned */
    struct sw_fleet_status status;
    char *unlisted; /* owned */
    struct sw_log *log;
    struct sw_gauge *synced, *failing, *findings;
};

/* *ret_fleet is for sw_feed_set_open(), borrowed; its mail is NULL where there are no Secrets to
 * watch. Fails with SW_ENOMEM, SW_EIO, and as sw_metrics_add() does; it is then released. */
int sw_feed_remotes_init(struct sw_feed_remotes *remotes,
                         const struct sw_feed_remotes_options *options,
                         struct sw_feed_fleet *ret_fleet, struct sw_err *reterr);

/* After the set. */
void sw_feed_remotes_release(struct sw_feed_remotes *remotes);

/* Readable when there is something to look at; -1 for never. */
int sw_feed_remotes_fd(const struct sw_feed_remotes *remotes);

/* Takes into the set what has come of the Secrets; true when the index is another for that. What
 * there is no memory for waits for the next look. */
bool sw_feed_remotes_look(struct sw_feed_remotes *remotes, struct sw_feed_set *set,
                          const struct sw_feed_stats *stats);

/* As in struct sw_index. */
struct sw_str sw_feed_remotes_unlisted(const struct sw_feed_remotes *remotes);

#endif
