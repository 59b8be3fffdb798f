#include "reconciler/event_calm.h"

#include <stdio.h>

#include "base/banned.h"

static size_t position_of(const struct sw_event_calm *calm, struct sw_str cluster)
{
    size_t i = 0;

    while (i < calm->n && !sw_str_is(cluster, calm->clusters[i].name))
        i++;
    return i;
}

static bool is_among(const char *name, const struct sw_str *clusters, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sw_str_is(clusters[i], name))
            return true;
    }
    return false;
}

/* Those that have gone, or were gone long ago. */
static void note_gone(struct sw_event_calm *calm, const struct sw_str *clusters, size_t n,
                      int64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < calm->n; i++) {
        const bool there = is_among(calm->clusters[i].name, clusters, n);

        if (there != calm->clusters[i].there)
            calm->clusters[i].over_ms = now_ms + SW_EVENT_SETTLE_MS;
        calm->clusters[i].there = there;
        if (there || now_ms < calm->clusters[i].over_ms)
            calm->clusters[kept++] = calm->clusters[i];
    }
    calm->n = kept;
}

void sw_event_calm_note(struct sw_event_calm *calm, const struct sw_str *clusters, size_t n,
                        int64_t now_ms)
{
    if (!calm->began) {
        calm->began = true;
        calm->n = 0;
        calm->over_ms = now_ms + SW_EVENT_SETTLE_MS;
    }
    note_gone(calm, clusters, n, now_ms);
    for (size_t i = 0; i < n; i++) {
        const size_t at = position_of(calm, clusters[i]);

        if (at < calm->n || clusters[i].len >= SW_EVENT_CLUSTER_SIZE)
            continue;
        if (at == SW_CLUSTERS_MAX) { /* those that have gone keep their places for a moment */
            calm->over_ms = now_ms + SW_EVENT_SETTLE_MS;
            return;
        }
        snprintf(calm->clusters[at].name, SW_EVENT_CLUSTER_SIZE, "%.*s", SW_STR_ARG(clusters[i]));
        calm->clusters[at].there = true;
        calm->clusters[at].over_ms = now_ms + SW_EVENT_SETTLE_MS;
        calm->n++;
    }
}

bool sw_event_calm_holds(const struct sw_event_calm *calm, struct sw_str cluster, int64_t now_ms)
{
    size_t at;

    if (now_ms < calm->over_ms)
        return true;
    at = cluster.len ? position_of(calm, cluster) : calm->n;
    return at < calm->n && now_ms < calm->clusters[at].over_ms;
}
