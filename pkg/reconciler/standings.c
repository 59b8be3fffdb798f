#include "reconciler/standings.h"

#include <stdlib.h>

#include "failover/scope.h"
#include "json/get.h"

#include "base/banned.h"

/* One connected cluster. */
struct sw_standings_row {
    struct sw_standing_cluster cluster; /* its share is that of the object that is asked about */
    size_t view;                        /* of the index; SIZE_MAX: not there yet */
    struct sw_tally reported;           /* what its reconciler says; empty without a report */
    bool omitted;                       /* that has no room for all */
    struct sw_tally seen;               /* what is seen from here, once asked for */
    bool has_seen;
};

static int by_name(const void *a, const void *b)
{
    return sw_str_cmp(((const struct sw_standings_row *)a)->cluster.name,
                      ((const struct sw_standings_row *)b)->cluster.name);
}

static size_t find_view(const struct sw_index *index, struct sw_str cluster)
{
    for (size_t i = 0; i < index->n_views; i++) {
        if (sw_str_eq(index->views[i]->source.cluster, cluster))
            return i;
    }
    return SIZE_MAX;
}

/* A member, and what its reconciler says; of the local cluster, what we say. */
static int init_row(struct sw_standings *standings, const struct sw_member *member,
                    struct sw_standings_row *row, struct sw_err *reterr)
{
    const struct sw_standings_options *options = &standings->options;
    const struct sw_index *index = options->mesh->index;
    struct sw_standing_cluster *cluster = &row->cluster;
    struct sw_member_health health;
    struct sw_hearsay_word word;

    sw_member_health(member, options->now_ms, &health);
    *cluster = (struct sw_standing_cluster){
        .name = sw_member_name(member),
        .reachable = health.readable,
        .seen_s = -1,
        .report = SW_PROGRAMMED,
        .reported_s = -1,
    };
    if (health.current_ms >= 0)
        cluster->seen_s = (health.current_ms + options->wall_minus_mono_ms) / 1000;
    row->view = find_view(index, cluster->name);
    if (row->view == index->local)
        return sw_tally_local(options->mesh, options->ledger, options->arena, &row->reported,
                              reterr);
    sw_hearsay_of(options->hearsay, cluster->name, &word);
    cluster->report = word.reason;
    cluster->detail = word.detail[0] ? word.detail : NULL;
    cluster->reported_s = word.written_s;
    row->omitted = word.omitted;
    if (word.tally)
        row->reported = *word.tally;
    return 0;
}

int sw_standings_init(struct sw_standings *standings, const struct sw_standings_options *options,
                      struct sw_err *reterr)
{
    const size_t n = sw_members_count(options->members);
    int r = 0;

    *standings = (struct sw_standings){.options = *options, .n = n};
    standings->rows = sw_arena_zalloc(options->arena, n * sizeof(*standings->rows));
    if (!standings->rows)
        return sw_err_nomem(reterr);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = init_row(standings, sw_members_at(options->members, i), &standings->rows[i], reterr);
    if (r == 0 && n)
        qsort(standings->rows, n, sizeof(*standings->rows), by_name);
    return r;
}

/* What is seen from here of a setting in a cluster that says nothing of it. */
static int look(struct sw_standings *standings, struct sw_standings_row *row,
                const struct sw_meta *meta, struct sw_share *ret, struct sw_err *reterr)
{
    const struct sw_standings_options *options = &standings->options;
    const struct sw_share *share;
    int r = 0;

    if (!row->has_seen && row->view != SIZE_MAX)
        r = sw_tally_exposed(options->mesh, row->view, options->arena, &row->seen, reterr);
    if (r < 0)
        return r;
    row->has_seen = row->view != SIZE_MAX;
    share = sw_tally_find(&row->seen, meta->namespace_, meta->name);
    *ret = share ? *share : (struct sw_share){0};
    return 0;
}

/* How the cluster stands with one setting. */
static int stand(struct sw_standings *standings, struct sw_standings_row *row,
                 const struct sw_meta *meta, struct sw_standing_cluster *ret, struct sw_err *reterr)
{
    const struct sw_share *share = sw_tally_find(&row->reported, meta->namespace_, meta->name);

    *ret = row->cluster;
    if (share) {
        ret->share = *share;
        return 0;
    }
    if (row->view == standings->options.mesh->index->local)
        return 0; /* it cannot be read, or has come this moment */
    if (ret->report == SW_PROGRAMMED) {
        ret->report = row->omitted ? SW_NOT_REPORTED : SW_SETTING_UNREPORTED;
        ret->detail = row->omitted
                          ? "its report has no room for this WorkspaceSetting"
                          : "apply the Workspace and the WorkspaceSetting there too, or start that "
                            "reconciler with --config-cluster";
    }
    return look(standings, row, meta, &ret->share, reterr);
}

static struct sw_standing_cluster *make_clusters(const struct sw_standings *standings)
{
    return sw_arena_zalloc(standings->options.scratch,
                           standings->n * sizeof(struct sw_standing_cluster));
}

/* What one setting adds to its workspace; the first that a cluster does not report of tells why. */
static int add_setting(struct sw_standings *standings, const struct sw_meta *meta,
                       struct sw_standing_cluster *clusters, struct sw_err *reterr)
{
    struct sw_standing_cluster one;
    int r = 0;

    for (size_t i = 0; r == 0 && i < standings->n; i++) {
        r = stand(standings, &standings->rows[i], meta, &one, reterr);
        if (r < 0)
            return r;
        if (clusters[i].report == SW_PROGRAMMED) {
            clusters[i].report = one.report;
            clusters[i].detail = one.detail;
        }
        r = sw_share_add(&clusters[i].share, &one.share, standings->options.scratch, reterr);
    }
    return r;
}

/* What an object says of itself, unchecked: the API server did. */
static struct sw_meta meta_of(const json_t *object, int64_t *ret_generation)
{
    const json_t *metadata = json_object_get(object, "metadata");

    *ret_generation = json_integer_value(json_object_get(metadata, "generation"));
    return (struct sw_meta){
        .namespace_ = sw_str_from(json_string_value(json_object_get(metadata, "namespace"))),
        .name = sw_str_from(json_string_value(json_object_get(metadata, "name"))),
    };
}

static bool is_of(const struct sw_meta *a, const struct sw_meta *b)
{
    return sw_str_eq(a->namespace_, b->namespace_) && sw_str_eq(a->name, b->name);
}

static bool has_gateways(const struct sw_view *config, const struct sw_meta *meta)
{
    for (size_t i = 0; i < config->n_settings; i++) {
        if (is_of(&config->settings[i]->meta, meta))
            return config->settings[i]->n_gateways > 0;
    }
    return false;
}

static int make(const struct sw_standings *standings, struct sw_standing *standing,
                const json_t *object, json_t **ret, struct sw_err *reterr)
{
    const struct sw_standings_options *options = &standings->options;

    standing->n_clusters = standings->n;
    standing->all_known = options->mesh->fleet_known;
    standing->now_s = (options->now_ms + options->wall_minus_mono_ms) / 1000;
    standing->before = json_object_get(object, "status");
    return sw_standing_make(standing, options->scratch, ret, reterr);
}

int sw_standings_of_setting(struct sw_standings *standings, const json_t *object, json_t **ret,
                            struct sw_err *reterr)
{
    const struct sw_standings_options *options = &standings->options;
    struct sw_standing_cluster *clusters = make_clusters(standings);
    struct sw_standing standing = {.clusters = clusters};
    const struct sw_meta meta = meta_of(object, &standing.generation);
    int r = clusters ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < standings->n; i++)
        r = stand(standings, &standings->rows[i], &meta, &clusters[i], reterr);
    if (r == 0)
        r = sw_accept_setting(options->mesh->index, object, options->scratch, &standing.acceptance,
                              reterr);
    if (r < 0)
        return r;
    standing.asks = has_gateways(sw_index_config(options->mesh->index), &meta);
    return make(standings, &standing, object, ret, reterr);
}

static const struct sw_workspace *find_workspace(const struct sw_view *config,
                                                 const struct sw_meta *meta)
{
    for (size_t i = 0; i < config->n_workspaces; i++) {
        if (is_of(&config->workspaces[i]->meta, meta))
            return config->workspaces[i];
    }
    return NULL;
}

/* Adds up what its settings have. */
static int add_settings(struct sw_standings *standings, const struct sw_meta *meta,
                        struct sw_standing_cluster *clusters, bool *ret_asks, struct sw_err *reterr)
{
    const struct sw_index *index = standings->options.mesh->index;
    const struct sw_workspace *workspace = find_workspace(sw_index_config(index), meta);
    const struct sw_setting *setting;
    size_t at = 0;
    int r = 0;

    while (r == 0 && workspace && (setting = sw_scope_next_setting(index, workspace, &at))) {
        if (!setting->n_gateways)
            continue;
        *ret_asks = true;
        r = add_setting(standings, &setting->meta, clusters, reterr);
    }
    return r;
}

int sw_standings_of_workspace(struct sw_standings *standings, const json_t *object, json_t **ret,
                              struct sw_err *reterr)
{
    const struct sw_standings_options *options = &standings->options;
    struct sw_standing_cluster *clusters = make_clusters(standings);
    struct sw_standing standing = {.clusters = clusters};
    const struct sw_meta meta = meta_of(object, &standing.generation);
    int r = clusters ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < standings->n; i++)
        clusters[i] = standings->rows[i].cluster;
    if (r == 0)
        r = add_settings(standings, &meta, clusters, &standing.asks, reterr);
    if (r == 0)
        r = sw_accept_workspace(options->mesh->index, object, options->scratch,
                                &standing.acceptance, reterr);
    if (r < 0)
        return r;
    for (size_t i = 0; i < standings->n; i++)
        sw_share_settle(&clusters[i].share);
    return make(standings, &standing, object, ret, reterr);
}
