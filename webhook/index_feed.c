#include "webhook/index_feed.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/clock.h"
#include "webhook/feed_remotes.h"
#include "webhook/feed_set.h"
#include "webhook/feed_stats.h"

#include "base/banned.h"

/* What a cluster was is freed piece by piece among what it is now, so the heap keeps its size. Its
 * free pages are given back so long after something was read anew, and no more often than that: to
 * walk the heap holds up who allocates for a millisecond or two. */
#define TRIM_AFTER_MS 5000
#define TRIM_EVERY_MS 60000

/* How soon to look again whether what was replaced is still being read: reviews take far less. */
#define RECLAIM_MS 50

struct sw_index_feed {
    struct sw_log *log; /* borrowed */
    struct sw_feed_set set;
    size_t local, config; /* positions in the set */
    struct sw_feed_remotes remotes;
    struct sw_feed_stats stats;
    struct sw_snapshot snapshot;
    struct sw_snapshot_slot *slots; /* owned */
    struct pollfd *fds;             /* owned: one a cluster, then N_OTHER_FDS */
    int stop_fd;                    /* owned; -1 for none */
    pthread_t thread;
    bool started;
    bool unpublished;    /* something changed since the last publication */
    uint64_t trim_ms;    /* when memory is to be given back; 0: there is none to speak of */
    uint64_t trimmed_ms; /* when it last was; 0 for never */
};

/* The one that ends the thread, and the one of the remotes. */
#define N_OTHER_FDS 2

SW_DEFINE_CLEANUP(cleanup_feed, struct sw_index_feed, sw_index_feed_free);

static int make_publication(const struct sw_index_feed *feed, struct sw_publication **ret,
                            struct sw_err *reterr)
{
    struct sw_publication_part parts[SW_CLUSTERS_MAX];
    const struct sw_publication_spec spec = {
        .parts = parts,
        .n_parts = feed->set.n,
        .local = feed->local,
        .config = feed->config,
        .unlisted = sw_feed_remotes_unlisted(&feed->remotes),
    };

    for (size_t i = 0; i < feed->set.n; i++)
        parts[i] = (struct sw_publication_part){
            .held = feed->set.items[i].held,
            .error = feed->set.items[i].error.message,
            .stale_since_ms = feed->set.items[i].stale_since_ms,
        };
    return sw_publication_new(&spec, ret, reterr);
}

static int open_clusters(struct sw_index_feed *feed, const struct sw_index_feed_options *options,
                         struct sw_err *reterr)
{
    static const struct sw_feed_found nothing = {0};
    const struct sw_feed_remotes_options remotes = {
        .clusters = options->clusters,
        .namespace_ = options->secrets_namespace,
        .metrics = options->metrics,
        .log = options->log,
    };
    struct sw_feed_fleet fleet;
    int r = sw_feed_remotes_init(&feed->remotes, &remotes, &fleet, reterr);

    if (r == 0)
        r = sw_feed_set_open(&feed->set, options->clusters, fleet.mail ? &fleet : NULL, reterr);
    if (r == 0)
        r = sw_feed_stats_init(&feed->stats, options->metrics, feed->set.cap, reterr);
    for (size_t i = 0; r == 0 && i < feed->set.n; i++)
        sw_feed_stats_note(&feed->stats, &feed->set.items[i], &nothing, 0);
    return r;
}

static int open_feed(struct sw_index_feed *feed, const struct sw_index_feed_options *options,
                     struct sw_err *reterr)
{
    struct sw_publication *first;
    int r = open_clusters(feed, options, reterr);

    if (r < 0)
        return r;
    feed->fds = calloc(feed->set.cap + N_OTHER_FDS, sizeof(*feed->fds));
    feed->slots =
        aligned_alloc(_Alignof(struct sw_snapshot_slot), options->n_readers * sizeof(*feed->slots));
    if (!feed->fds || !feed->slots)
        return sw_err_nomem(reterr);
    memset(feed->slots, 0, options->n_readers * sizeof(*feed->slots));
    r = make_publication(feed, &first, reterr);
    if (r < 0)
        return r;
    sw_snapshot_init(&feed->snapshot, &first->item, feed->slots, options->n_readers);
    feed->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (feed->stop_fd < 0)
        return sw_err_set(reterr, SW_EIO, "eventfd: %s", strerror(errno));
    return 0;
}

int sw_index_feed_new(const struct sw_index_feed_options *options, struct sw_index_feed **ret,
                      struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_feed) struct sw_index_feed *feed = calloc(1, sizeof(*feed));
    int r;

    if (!feed)
        return sw_err_nomem(reterr);
    feed->log = options->log;
    feed->local = options->clusters->local;
    feed->config = options->clusters->config;
    feed->stop_fd = -1;
    r = open_feed(feed, options, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(feed);
    return 0;
}

/* One record for each change: a view that was read, a source that fails, or another way of failing.
 * A source that stays as it is says nothing. */
static void tell(const struct sw_index_feed *feed, const struct sw_feed_cluster *cluster,
                 const struct sw_feed_found *found, uint64_t took_ms)
{
    const struct sw_view *view = &cluster->held->view;

    if (found->read)
        sw_log(feed->log, SW_LOG_INFO, "cluster read", sw_log_str("cluster", cluster->name),
               sw_log_uint("namespaces", view->n_namespaces),
               sw_log_uint("services", view->n_services),
               sw_log_uint("workspaces", view->n_workspaces),
               sw_log_uint("settings", view->n_settings), sw_log_uint("took_ms", took_ms));
    else if (found->error_changed && cluster->error.code)
        sw_log(feed->log, SW_LOG_WARN,
               view->source.synced ? "cluster cannot be read, its last view stays in use"
                                   : "cluster cannot be read",
               sw_log_str("cluster", cluster->name), sw_log_err(&cluster->error));
    else if (found->error_changed)
        sw_log(feed->log, SW_LOG_INFO, "cluster is as it was when last read",
               sw_log_str("cluster", cluster->name));
    if (found->unreadable_changed)
        sw_log(feed->log, SW_LOG_WARN, "object cannot be read, the index goes without its change",
               sw_log_str("cluster", cluster->name), sw_log_err(&cluster->unreadable.last));
}

static void look(struct sw_index_feed *feed, struct sw_feed_cluster *cluster, uint64_t now_ms)
{
    struct sw_feed_found found = sw_feed_cluster_look(cluster, now_ms);

    sw_feed_stats_note(&feed->stats, cluster, &found, sw_clock_wall_ms() / 1000);
    tell(feed, cluster, &found, sw_clock_mono_ms() - now_ms);
    feed->unpublished |= found.read || found.error_changed;
    if (found.read && !feed->trim_ms)
        feed->trim_ms = now_ms + TRIM_AFTER_MS;
}

/* Publishes what changed. Without memory for that it is tried again at the next round. */
static void publish(struct sw_index_feed *feed)
{
    struct sw_publication *publication;
    struct sw_err err = {0};

    if (!feed->unpublished)
        return;
    if (make_publication(feed, &publication, &err) < 0) {
        sw_log(feed->log, SW_LOG_ERROR, "index cannot be published", sw_log_err(&err));
        return;
    }
    sw_snapshot_publish(&feed->snapshot, &publication->item);
    feed->unpublished = false;
}

/* Sleeps until a source has something to say, one is due, or the feed is to end; true for that. A
 * source that will be looked at in a moment anyway is not listened to: it may say the same thing a
 * thousand times while somebody writes. */
static bool wait_for_news(struct sw_index_feed *feed, uint64_t next_ms)
{
    uint64_t now_ms = sw_clock_mono_ms();
    int timeout_ms = next_ms > now_ms ? (int)(next_ms - now_ms) : 0;
    struct pollfd *others = &feed->fds[feed->set.n];

    for (size_t i = 0; i < feed->set.n; i++) {
        const struct sw_feed_cluster *cluster = &feed->set.items[i];
        bool soon = cluster->next_ms <= now_ms + SW_FEED_SETTLE_MS;

        feed->fds[i] = (struct pollfd){
            .fd = soon ? -1 : cluster->source.ops->wakeup_fd(cluster->source.self),
            .events = POLLIN,
        };
    }
    others[0] = (struct pollfd){.fd = feed->stop_fd, .events = POLLIN};
    others[1] = (struct pollfd){.fd = sw_feed_remotes_fd(&feed->remotes), .events = POLLIN};
    if (poll(feed->fds, feed->set.n + N_OTHER_FDS, timeout_ms) <= 0)
        return false;
    now_ms = sw_clock_mono_ms();
    for (size_t i = 0; i < feed->set.n; i++) {
        if (feed->fds[i].revents)
            sw_feed_cluster_wake(&feed->set.items[i], now_ms);
    }
    return others[0].revents != 0;
}

/* Gives memory back when that is due; returns when to look again, at the latest next_ms. */
static uint64_t trim(struct sw_index_feed *feed, uint64_t next_ms)
{
    uint64_t now_ms = sw_clock_mono_ms(), due_ms = feed->trim_ms;

    if (!due_ms)
        return next_ms;
    if (feed->trimmed_ms && due_ms < feed->trimmed_ms + TRIM_EVERY_MS)
        due_ms = feed->trimmed_ms + TRIM_EVERY_MS;
    if (due_ms > now_ms)
        return due_ms < next_ms ? due_ms : next_ms;
    malloc_trim(0);
    feed->trimmed_ms = now_ms;
    feed->trim_ms = 0;
    return next_ms;
}

/* One round over the clusters; returns when the next is due. */
static uint64_t go_round(struct sw_index_feed *feed)
{
    uint64_t next_ms = sw_clock_mono_ms() + SW_FEED_PERIOD_MS;

    feed->unpublished |= sw_feed_remotes_look(&feed->remotes, &feed->set, &feed->stats);
    for (size_t i = 0; i < feed->set.n; i++) {
        struct sw_feed_cluster *cluster = &feed->set.items[i];
        uint64_t now_ms = sw_clock_mono_ms();

        if (cluster->next_ms <= now_ms)
            look(feed, cluster, now_ms);
        if (cluster->next_ms < next_ms)
            next_ms = cluster->next_ms;
    }
    publish(feed);
    if (sw_snapshot_reclaim(&feed->snapshot) > 0 && next_ms > sw_clock_mono_ms() + RECLAIM_MS)
        next_ms = sw_clock_mono_ms() + RECLAIM_MS;
    return trim(feed, next_ms);
}

static void *run(void *argument)
{
    struct sw_index_feed *feed = argument;

    while (!wait_for_news(feed, go_round(feed)))
        continue;
    return NULL;
}

int sw_index_feed_start(struct sw_index_feed *feed, struct sw_err *reterr)
{
    int failure = pthread_create(&feed->thread, NULL, run, feed);

    if (failure)
        return sw_err_set(reterr, SW_EIO, "starting the index thread: %s", strerror(failure));
    feed->started = true;
    pthread_setname_np(feed->thread, "index");
    return 0;
}

void sw_index_feed_free(struct sw_index_feed *feed)
{
    if (!feed)
        return;
    if (feed->started) {
        eventfd_write(feed->stop_fd, 1);
        pthread_join(feed->thread, NULL);
    }
    sw_snapshot_release(&feed->snapshot);
    sw_feed_set_release(&feed->set);
    sw_feed_remotes_release(&feed->remotes);
    if (feed->stop_fd >= 0)
        close(feed->stop_fd);
    free(feed->fds);
    free(feed->slots);
    free(feed);
}

struct sw_snapshot *sw_index_feed_snapshot(struct sw_index_feed *feed)
{
    return &feed->snapshot;
}
