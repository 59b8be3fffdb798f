/*
 * The index and the thread that keeps it: looks at every cluster's source, rebuilds the views that
 * changed, and publishes the result for request threads.
 *
 * There is always an index: before a cluster was read for the first time its view is empty and says
 * that it is not synced, and a source that can no longer be read leaves its last good view in
 * place. A remote cluster that a Secret names is there from the moment that the Secret is seen, and
 * until it is gone; before the Secrets were seen at all, the index says that there may be more.
 */
#ifndef SW_WEBHOOK_INDEX_FEED_H
#define SW_WEBHOOK_INDEX_FEED_H

#include "io/clusters.h"
#include "io/log.h"
#include "metrics/metrics.h"
#include "webhook/publication.h"

struct sw_index_feed;

/* Borrowed for the feed's life. */
struct sw_index_feed_options {
    const struct sw_clusters *clusters; /* checked: at least one */
    struct sw_str secrets_namespace;    /* where, in the local cluster, Secrets name remote clusters
                                           besides; the local one is then an API server; unset:
                                           there are no others */
    size_t n_readers;                   /* threads that will read the snapshot, each with a slot */
    struct sw_metrics *metrics;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* A feed with an index in which nothing is synced; reads nothing yet. Owned: sw_index_feed_free.
 * Fails with SW_ENOMEM, SW_EIO (no descriptor left), and as sw_metrics_add() does. */
int sw_index_feed_new(const struct sw_index_feed_options *options, struct sw_index_feed **ret,
                      struct sw_err *reterr);

/* Starts the thread; once. Signals are as the caller has blocked them. Fails with SW_EIO. */
int sw_index_feed_start(struct sw_index_feed *feed, struct sw_err *reterr);

/* Ends the thread and frees everything; no reader may be left. NULL is allowed. */
void sw_index_feed_free(struct sw_index_feed *feed);

/* Where the publications are (sw_publication_of); borrowed from the feed. Its readers have the
 * slots under n_readers. */
struct sw_snapshot *sw_index_feed_snapshot(struct sw_index_feed *feed);

#endif
