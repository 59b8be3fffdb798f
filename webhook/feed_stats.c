#include "webhook/feed_stats.h"

#include <stdio.h>

#include "base/banned.h"

/* Kinds that spillway_cluster_objects tells apart. */
#define N_KINDS 4

struct row {
    struct sw_metric_spec spec; /* for one cluster */
    size_t offset;              /* of the family in struct sw_feed_stats */
};

#define ROW(metric_kind, metric, member, text)                                                     \
    {                                                                                              \
        {.kind = (metric_kind),                                                                    \
         .name = (metric),                                                                         \
         .help = (text),                                                                           \
         .labels = {"cluster"},                                                                    \
         .max_series = 1},                                                                         \
            offsetof(struct sw_feed_stats, member)                                                 \
    }

static const struct row rows[] = {
    ROW(SW_METRIC_GAUGE, "spillway_cluster_synced", synced,
        "1 once all objects of the cluster were read."),
    ROW(SW_METRIC_GAUGE, "spillway_cluster_failing", failing,
        "1 while the cluster's objects cannot be read; the last that could stay in use."),
    ROW(SW_METRIC_COUNTER, "spillway_cluster_read_failures_total", failures,
        "Looks at the cluster's objects, and reads of them, that failed."),
    ROW(SW_METRIC_COUNTER, "spillway_cluster_reads_total", reads,
        "How often the cluster's objects were read, all of them."),
    ROW(SW_METRIC_GAUGE, "spillway_cluster_seen_timestamp_seconds", seen,
        "When the cluster's view was last found to be up to date; 0 before the first time."),
    ROW(SW_METRIC_GAUGE, "spillway_cluster_heard_timestamp_seconds", heard,
        "When the cluster's API server last gave a sign of life; 0 before the first time."),
    {{.kind = SW_METRIC_GAUGE,
      .name = "spillway_cluster_objects",
      .help = "Objects in the cluster's view.",
      .labels = {"cluster", "kind"},
      .max_series = N_KINDS},
     offsetof(struct sw_feed_stats, objects)},
    {{.kind = SW_METRIC_GAUGE,
      .name = "spillway_index_unreadable_objects",
      .help = "Objects in the cluster that cannot be read, and so are not in the view, or as they "
              "were.",
      .labels = {"cluster", "kind"},
      .max_series = N_KINDS},
     offsetof(struct sw_feed_stats, unreadable)},
};

int sw_feed_stats_init(struct sw_feed_stats *stats, struct sw_metrics *metrics, size_t n_clusters,
                       struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_metric_spec spec = rows[i].spec;
        struct sw_metric_family **family =
            (struct sw_metric_family **)(void *)((char *)stats + rows[i].offset);

        spec.max_series *= n_clusters;
        r = sw_metrics_add(metrics, &spec, family, reterr);
    }
    return r;
}

static const enum sw_kind kinds[N_KINDS] = {SW_KIND_NAMESPACE, SW_KIND_SERVICE, SW_KIND_WORKSPACE,
                                            SW_KIND_SETTING};

static void set_objects(const struct sw_feed_stats *stats, const char *name,
                        const struct sw_feed_cluster *cluster)
{
    const struct sw_view *view = &cluster->held->view;
    const size_t counts[N_KINDS] = {view->n_namespaces, view->n_services, view->n_workspaces,
                                    view->n_settings};

    for (size_t i = 0; i < N_KINDS; i++) {
        const char *const *values = SW_METRIC_VALUES(name, sw_kind_name(kinds[i]));

        sw_gauge_set(sw_gauge_at(stats->objects, values), (int64_t)counts[i]);
        if (cluster->source.ops->unreadable)
            sw_gauge_set(sw_gauge_at(stats->unreadable, values),
                         (int64_t)cluster->unreadable.n[kinds[i]]);
    }
}

static void set_heard(const struct sw_feed_stats *stats, const char *const *values,
                      const struct sw_source *source, uint64_t wall_s)
{
    struct sw_gauge *heard;
    uint64_t ago_ms;

    if (!source->ops->heard)
        return;
    heard = sw_gauge_at(stats->heard, values); /* shows from the first note on */
    if (source->ops->heard(source->self, &ago_ms))
        sw_gauge_set(heard, (int64_t)(wall_s - ago_ms / 1000));
}

void sw_feed_stats_note(const struct sw_feed_stats *stats, const struct sw_feed_cluster *cluster,
                        const struct sw_feed_found *found, uint64_t wall_s)
{
    const struct sw_view *view = &cluster->held->view;
    char name[SW_METRIC_VALUE_SIZE];
    const char *const *values = SW_METRIC_VALUES(name);
    struct sw_gauge *seen;

    snprintf(name, sizeof(name), "%.*s", SW_STR_ARG(cluster->name));
    seen = sw_gauge_at(stats->seen, values); /* shows from the first note on */
    sw_gauge_set(sw_gauge_at(stats->synced, values), view->source.synced);
    sw_gauge_set(sw_gauge_at(stats->failing, values), cluster->error.code != 0);
    sw_counter_add(sw_counter_at(stats->failures, values), found->failed);
    sw_counter_add(sw_counter_at(stats->reads, values), found->read);
    if (found->up_to_date)
        sw_gauge_set(seen, (int64_t)wall_s);
    set_heard(stats, values, &cluster->source, wall_s);
    set_objects(stats, name, cluster);
}

void sw_feed_stats_forget(const struct sw_feed_stats *stats, const struct sw_feed_cluster *cluster)
{
    char name[SW_METRIC_VALUE_SIZE];

    snprintf(name, sizeof(name), "%.*s", SW_STR_ARG(cluster->name));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_metric_family *family =
            *(struct sw_metric_family *const *)(const void *)((const char *)stats + rows[i].offset);

        for (size_t k = 0; k < rows[i].spec.max_series; k++)
            sw_metrics_remove(family, SW_METRIC_VALUES(name, sw_kind_name(kinds[k])));
    }
}
