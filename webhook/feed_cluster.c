#include "webhook/feed_cluster.h"

#include <stdlib.h>

#include "base/banned.h"

int sw_feed_cluster_init(struct sw_feed_cluster *cluster, struct sw_str name,
                         struct sw_source source, struct sw_err *reterr)
{
    char *copy = sw_str_dup(name);
    int r = copy ? 0 : sw_err_nomem(reterr);

    *cluster = (struct sw_feed_cluster){.name = {copy, name.len}, .source = source};
    if (r == 0)
        r = sw_held_view_unsynced(name, source.ops->live, &cluster->held, reterr);
    if (r < 0)
        sw_feed_cluster_release(cluster);
    return r;
}

void sw_feed_cluster_release(struct sw_feed_cluster *cluster)
{
    sw_held_view_unref(cluster->held);
    cluster->held = NULL;
    sw_source_release(&cluster->source);
    free((char *)(uintptr_t)cluster->name.data);
    cluster->name = (struct sw_str){NULL, 0};
}

void sw_feed_cluster_wake(struct sw_feed_cluster *cluster, uint64_t now_ms)
{
    if (cluster->next_ms > now_ms + SW_FEED_SETTLE_MS)
        cluster->next_ms = now_ms + SW_FEED_SETTLE_MS;
}

/* When the view in use was last known to be up to date: a source that hears from an API server
 * knows best, for one that is away is told of only after a while. */
static uint64_t last_good_ms(const struct sw_feed_cluster *cluster, uint64_t now_ms)
{
    const struct sw_source *source = &cluster->source;
    uint64_t ago_ms;

    if (source->ops->heard && source->ops->heard(source->self, &ago_ms) && ago_ms < now_ms)
        return now_ms - ago_ms;
    return cluster->good_ms ? cluster->good_ms : now_ms;
}

/* Takes note of how the cluster is now; true when that reads differently from before. */
static bool note_error(struct sw_feed_cluster *cluster, const struct sw_err *err, uint64_t now_ms)
{
    if (!err->code)
        cluster->stale_since_ms = 0;
    else if (!cluster->stale_since_ms)
        cluster->stale_since_ms = last_good_ms(cluster, now_ms);
    if (cluster->error.code == err->code && strcmp(cluster->error.message, err->message) == 0)
        return false;
    cluster->error = *err;
    return true;
}

static struct sw_feed_found note_well(struct sw_feed_cluster *cluster, uint64_t now_ms)
{
    static const struct sw_err none = {0};

    cluster->good_ms = now_ms;
    cluster->changed_at_ms = 0;
    cluster->retry_at_ms = 0;
    cluster->retry_after_ms = 0;
    return (struct sw_feed_found){.up_to_date = true,
                                  .error_changed = note_error(cluster, &none, now_ms)};
}

/* Whether a change is to be read now. The very first time there is nothing to lose by reading. */
static bool is_settled(struct sw_feed_cluster *cluster, uint64_t version, uint64_t now_ms)
{
    bool first = !cluster->held->view.source.synced && !cluster->error.code;
    bool quiet = cluster->changed_at_ms && cluster->changed_version == version;

    if (first || quiet)
        return true;
    cluster->changed_version = version;
    if (!cluster->changed_at_ms)
        cluster->changed_at_ms = now_ms;
    return now_ms - cluster->changed_at_ms >= SW_FEED_SETTLE_MAX_MS;
}

static struct sw_feed_found note_unread(struct sw_feed_cluster *cluster, uint64_t version,
                                        const struct sw_err *err, uint64_t now_ms)
{
    uint64_t delay_ms = cluster->retry_after_ms;

    if (version != cluster->failed_version || !delay_ms)
        delay_ms = SW_FEED_RETRY_MS;
    cluster->failed_version = version;
    cluster->changed_at_ms = 0;
    cluster->retry_at_ms = now_ms + delay_ms;
    cluster->retry_after_ms =
        delay_ms < SW_FEED_RETRY_MAX_MS / 2 ? delay_ms * 2 : SW_FEED_RETRY_MAX_MS;
    return (struct sw_feed_found){.failed = true,
                                  .error_changed = note_error(cluster, err, now_ms)};
}

static struct sw_feed_found read_source(struct sw_feed_cluster *cluster, uint64_t version,
                                        uint64_t now_ms)
{
    struct sw_held_view *held = NULL;
    struct sw_feed_found found;
    struct sw_err err = {0};

    if (sw_held_view_read(&cluster->source, cluster->name, &held, &cluster->version, &err) < 0)
        return note_unread(cluster, version, &err, now_ms);
    sw_held_view_unref(cluster->held);
    cluster->held = held;
    found = note_well(cluster, now_ms);
    found.read = true;
    return found;
}

/* What there is that cannot be read; true when there is something to say of it. */
static bool note_unreadable(struct sw_feed_cluster *cluster)
{
    const struct sw_source *source = &cluster->source;
    struct sw_source_unreadable unreadable = {0};
    bool changed;

    if (source->ops->unreadable)
        source->ops->unreadable(source->self, &unreadable);
    changed = unreadable.last.code &&
              strcmp(unreadable.last.message, cluster->unreadable.last.message) != 0;
    cluster->unreadable = unreadable;
    return changed;
}

static struct sw_feed_found look(struct sw_feed_cluster *cluster, uint64_t now_ms)
{
    const struct sw_source *source = &cluster->source;
    struct sw_err err = {0};
    uint64_t version = 0;

    cluster->next_ms = now_ms + SW_FEED_PERIOD_MS;
    if (source->ops->version(source->self, &version, &err) < 0) {
        cluster->retry_at_ms = 0; /* what could not be read is worth another try after this */
        return (struct sw_feed_found){.failed = true,
                                      .error_changed = note_error(cluster, &err, now_ms)};
    }
    if (cluster->held->view.source.synced && version == cluster->version)
        return note_well(cluster, now_ms);
    if (cluster->retry_at_ms > now_ms && version == cluster->failed_version)
        return (struct sw_feed_found){0};
    if (!is_settled(cluster, version, now_ms)) {
        cluster->next_ms = now_ms + SW_FEED_SETTLE_MS;
        return (struct sw_feed_found){0};
    }
    return read_source(cluster, version, now_ms);
}

struct sw_feed_found sw_feed_cluster_look(struct sw_feed_cluster *cluster, uint64_t now_ms)
{
    struct sw_feed_found found = look(cluster, now_ms);

    found.unreadable_changed = note_unreadable(cluster);
    return found;
}
