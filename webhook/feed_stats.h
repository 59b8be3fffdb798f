/*
 * What the feed counts, for each cluster.
 *
 *   spillway_cluster_synced{cluster}                  1 once everything was read
 *   spillway_cluster_failing{cluster}                 1 while its objects cannot be read
 *   spillway_cluster_read_failures_total{cluster}     looks and reads that failed
 *   spillway_cluster_reads_total{cluster}             views read
 *   spillway_cluster_seen_timestamp_seconds{cluster}  when the view in use was last up to date;
 *                                                     0 before the first time
 *   spillway_cluster_heard_timestamp_seconds{cluster} when its API server last gave a sign of
 *                                                     life; 0 before the first; absent for a folder
 *   spillway_cluster_objects{cluster,kind}            in the view in use
 *   spillway_index_unreadable_objects{cluster,kind}   that are there and cannot be read; absent for
 *                                                     a folder, which then is not read at all
 *
 * The age of a view is time() less the timestamp: unlike an age that we would have to keep writing,
 * it goes on growing when the feed hangs.
 */
#ifndef SW_WEBHOOK_FEED_STATS_H
#define SW_WEBHOOK_FEED_STATS_H

#include "metrics/metrics.h"
#include "model/view.h"
#include "webhook/feed_cluster.h"

/* The families, borrowed from the registry. */
struct sw_feed_stats {
    struct sw_metric_family *synced;
    struct sw_metric_family *failing;
    struct sw_metric_family *failures;
    struct sw_metric_family *reads;
    struct sw_metric_family *seen;
    struct sw_metric_family *heard;
    struct sw_metric_family *objects;
    struct sw_metric_family *unreadable;
};

/* Adds the families for up to n_clusters clusters. Fails as sw_metrics_add() does. */
int sw_feed_stats_init(struct sw_feed_stats *stats, struct sw_metrics *metrics, size_t n_clusters,
                       struct sw_err *reterr);

/* Writes down what a look at `cluster` has found, at wall_s seconds since 1970. */
void sw_feed_stats_note(const struct sw_feed_stats *stats, const struct sw_feed_cluster *cluster,
                        const struct sw_feed_found *found, uint64_t wall_s);

/* The cluster is gone, and all that was written down of it. */
void sw_feed_stats_forget(const struct sw_feed_stats *stats, const struct sw_feed_cluster *cluster);

#endif
