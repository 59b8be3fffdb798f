/*
 * One cluster of the index: when its source is looked at, when it is read, and which view is in
 * use.
 *
 * The view in use is the last that could be read whole; until there is one, it is an empty view
 * that says it is not synced. A source that changes is read once it has been quiet for a moment, so
 * that nobody reads half of what is being written. Time comes in as an argument: nothing here
 * waits.
 */
#ifndef SW_WEBHOOK_FEED_CLUSTER_H
#define SW_WEBHOOK_FEED_CLUSTER_H

#include "webhook/held_view.h"
#include "webhook/source.h"

/* How often a source is looked at that says nothing. */
#define SW_FEED_PERIOD_MS 2000
/* How long a change must have been quiet, and for how long at most reading is put off by that: with
 * the reading itself well within the second after which a refused review comes again. */
#define SW_FEED_SETTLE_MS     100
#define SW_FEED_SETTLE_MAX_MS 500
/* A source that cannot be read is tried again unchanged too, for the cause may lie outside it. */
#define SW_FEED_RETRY_MS     2000
#define SW_FEED_RETRY_MAX_MS 60000

/* Private to feed_cluster.c, but for what the comments let others read. */
struct sw_feed_cluster {
    struct sw_str name;        /* owned; may be read */
    struct sw_source source;   /* owned */
    struct sw_held_view *held; /* owned reference; may be read: the view in use */
    struct sw_err error;       /* may be read: why the view is not up to date; code 0 when it is, or
                                  is not known to be otherwise */
    uint64_t stale_since_ms;   /* may be read: since when it is not (monotonic); 0 while it is */
    uint64_t good_ms;          /* when it was last found to be; 0 for never */
    struct sw_source_unreadable unreadable; /* may be read: as of the last look */
    uint64_t next_ms;                       /* may be read: when to look again */
    uint64_t version;                       /* of `held` once that is synced */
    uint64_t changed_version;               /* of the change that is waited for to be quiet */
    uint64_t changed_at_ms;                 /* 0: no such change */
    uint64_t failed_version;                /* of what could not be read */
    uint64_t retry_at_ms;                   /* 0: nothing failed */
    uint64_t retry_after_ms;                /* the next delay */
};

/* What one look has found. */
struct sw_feed_found {
    bool read;               /* the view in use is a new one */
    bool up_to_date;         /* the view in use holds what the source held just now */
    bool failed;             /* the source could not be looked at, or not be read */
    bool error_changed;      /* the message of `error` is another than before, or gone */
    bool unreadable_changed; /* the last object that cannot be read is another, or is so otherwise,
                                and there is one */
};

/* Takes `source` over, and begins with a view that is not synced. `name` is copied. Fails with
 * SW_ENOMEM; the source is then released. */
int sw_feed_cluster_init(struct sw_feed_cluster *cluster, struct sw_str name,
                         struct sw_source source, struct sw_err *reterr);

/* Views of it that others hold live on. A zeroed one is allowed. */
void sw_feed_cluster_release(struct sw_feed_cluster *cluster);

/* Notes at now_ms that the source may have changed: it is looked at soon, if not due earlier. */
void sw_feed_cluster_wake(struct sw_feed_cluster *cluster, uint64_t now_ms);

/* Looks at the source, to be called when next_ms has come, and reads it if it is time to. now_ms is
 * of the monotonic clock, which never is 0. */
struct sw_feed_found sw_feed_cluster_look(struct sw_feed_cluster *cluster, uint64_t now_ms);

#endif
