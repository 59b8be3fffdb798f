#include "webhook/feed_set.h"

#include <stdlib.h>

#include "webhook/dir_source.h"
#include "webhook/kube_source.h"

#include "base/banned.h"

static int open_source(const struct sw_clusters *clusters, size_t at,
                       const struct sw_feed_fleet *fleet, struct sw_source *ret,
                       struct sw_err *reterr)
{
    const struct sw_cluster *cluster = &clusters->items[at];
    struct sw_kube_source_options options = {
        .cluster = cluster->name,
        .kubeconfig = cluster->kubeconfig,
        .context = cluster->context,
        .has_workspaces = at == clusters->config,
    };

    if (cluster->dir)
        return sw_dir_source_open(cluster->dir, ret, reterr);
    if (fleet && at == clusters->local) {
        options.fleet = fleet->options;
        options.mail = fleet->mail;
    }
    return sw_kube_source_open(&options, ret, reterr);
}

int sw_feed_set_open(struct sw_feed_set *set, const struct sw_clusters *clusters,
                     const struct sw_feed_fleet *fleet, struct sw_err *reterr)
{
    *set = (struct sw_feed_set){.cap = fleet ? SW_CLUSTERS_MAX : clusters->n};
    set->items = calloc(set->cap, sizeof(*set->items));
    if (!set->items)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < clusters->n; i++) {
        struct sw_source source;
        int r = open_source(clusters, i, fleet, &source, reterr);

        if (r == 0)
            r = sw_feed_cluster_init(&set->items[i], clusters->items[i].name, source, reterr);
        if (r < 0)
            return r;
        set->n++;
        set->n_fixed++;
    }
    return 0;
}

void sw_feed_set_release(struct sw_feed_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        sw_feed_cluster_release(&set->items[i]);
    free(set->items);
    *set = (struct sw_feed_set){0};
}

/* The position of the first remote cluster that is not before that name. */
static size_t lower_bound(const struct sw_feed_set *set, struct sw_str name)
{
    size_t at = set->n_fixed;

    while (at < set->n && sw_str_cmp(set->items[at].name, name) < 0)
        at++;
    return at;
}

size_t sw_feed_set_find(const struct sw_feed_set *set, struct sw_str name)
{
    size_t at = lower_bound(set, name);

    return at < set->n && sw_str_eq(set->items[at].name, name) ? at : set->n;
}

static int give(const struct sw_source *source, const struct sw_fleet_letter *letter,
                struct sw_err *reterr)
{
    return sw_kube_source_give(source, sw_buf_str(&letter->kubeconfig),
                               letter->error.code ? &letter->error : NULL, reterr);
}

static int add(struct sw_feed_set *set, const struct sw_fleet_letter *letter, size_t at,
               struct sw_err *reterr)
{
    struct sw_str name = sw_buf_str(&letter->name);
    struct sw_kube_source_options options = {.cluster = name, .given = true};
    struct sw_feed_cluster cluster;
    struct sw_source source;
    int r;

    if (set->n == set->cap)
        return sw_err_set(reterr, SW_ELIMIT, "more than %zu clusters", set->cap);
    r = sw_kube_source_open(&options, &source, reterr);
    if (r == 0)
        r = sw_feed_cluster_init(&cluster, name, source, reterr);
    if (r < 0)
        return r;
    r = give(&cluster.source, letter, reterr);
    if (r < 0) {
        sw_feed_cluster_release(&cluster);
        return r;
    }
    memmove(&set->items[at + 1], &set->items[at], (set->n - at) * sizeof(*set->items));
    set->items[at] = cluster;
    set->n++;
    return 1;
}

int sw_feed_set_put(struct sw_feed_set *set, const struct sw_fleet_letter *letter, size_t *ret,
                    struct sw_err *reterr)
{
    size_t at = sw_feed_set_find(set, sw_buf_str(&letter->name));
    int r;

    if (at < set->n) {
        r = give(&set->items[at].source, letter, reterr);
    } else {
        at = lower_bound(set, sw_buf_str(&letter->name));
        r = add(set, letter, at, reterr);
    }
    if (r >= 0)
        *ret = at;
    return r;
}

void sw_feed_set_remove(struct sw_feed_set *set, size_t at)
{
    sw_feed_cluster_release(&set->items[at]);
    set->n--;
    memmove(&set->items[at], &set->items[at + 1], (set->n - at) * sizeof(*set->items));
}
