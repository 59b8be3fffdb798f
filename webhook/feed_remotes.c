#include "webhook/feed_remotes.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"

#include "base/banned.h"

static int add_gauges(struct sw_feed_remotes *remotes, struct sw_metrics *metrics,
                      struct sw_err *reterr)
{
    const struct {
        const char *name, *help;
        struct sw_gauge **gauge;
    } rows[] = {
        {"spillway_cluster_secrets_synced", "1 once the Secrets of remote clusters were seen.",
         &remotes->synced},
        {"spillway_cluster_secrets_failing",
         "1 while the Secrets of remote clusters cannot be seen; what was known stays in use.",
         &remotes->failing},
        {"spillway_cluster_secrets_findings",
         "What is wrong with the Secrets of remote clusters, as the log says it.",
         &remotes->findings},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sw_metric_spec spec = {
            .kind = SW_METRIC_GAUGE, .name = rows[i].name, .help = rows[i].help};
        struct sw_metric_family *family;

        r = sw_metrics_add(metrics, &spec, &family, reterr);
        if (r == 0)
            *rows[i].gauge = sw_gauge_at(family, NULL);
    }
    return r;
}

/* What the fleet has to know of the command line. */
static int set_options(struct sw_feed_remotes *remotes,
                       const struct sw_feed_remotes_options *options, struct sw_err *reterr)
{
    const struct sw_clusters *clusters = options->clusters;
    const char format[] = "the clusters that Secrets of namespace %.*s name";
    int len = snprintf(NULL, 0, format, SW_STR_ARG(options->namespace_));

    remotes->taken = calloc(clusters->n, sizeof(*remotes->taken));
    remotes->unlisted = malloc((size_t)len + 1);
    if (!remotes->taken || !remotes->unlisted)
        return sw_err_nomem(reterr);
    snprintf(remotes->unlisted, (size_t)len + 1, format, SW_STR_ARG(options->namespace_));
    for (size_t i = 0; i < clusters->n; i++)
        remotes->taken[i] = clusters->items[i].name;
    remotes->options = (struct sw_fleet_options){
        .namespace_ = options->namespace_,
        .local = clusters->items[clusters->local].name,
        .taken = remotes->taken,
        .n_taken = clusters->n,
        .max_clusters = SW_CLUSTERS_MAX - clusters->n,
        .seed = sw_clock_mono_ns(),
        .sink = sw_fleet_mail_sink(&remotes->mail),
    };
    return 0;
}

int sw_feed_remotes_init(struct sw_feed_remotes *remotes,
                         const struct sw_feed_remotes_options *options,
                         struct sw_feed_fleet *ret_fleet, struct sw_err *reterr)
{
    int r;

    *remotes = (struct sw_feed_remotes){.log = options->log};
    *ret_fleet = (struct sw_feed_fleet){NULL, NULL};
    if (!options->namespace_.len)
        return 0;
    r = sw_fleet_mail_init(&remotes->mail, options->log, reterr);
    if (r < 0)
        return r;
    remotes->watching = true;
    r = set_options(remotes, options, reterr);
    if (r == 0)
        r = add_gauges(remotes, options->metrics, reterr);
    if (r < 0) {
        sw_feed_remotes_release(remotes);
        return r;
    }
    *ret_fleet = (struct sw_feed_fleet){&remotes->options, &remotes->mail};
    return 0;
}

void sw_feed_remotes_release(struct sw_feed_remotes *remotes)
{
    if (remotes->watching)
        sw_fleet_mail_release(&remotes->mail);
    free(remotes->taken);
    free(remotes->unlisted);
    *remotes = (struct sw_feed_remotes){0};
}

int sw_feed_remotes_fd(const struct sw_feed_remotes *remotes)
{
    return remotes->watching ? sw_fleet_mail_fd(&remotes->mail) : -1;
}

struct sw_str sw_feed_remotes_unlisted(const struct sw_feed_remotes *remotes)
{
    return sw_str_from(remotes->status.synced ? NULL : remotes->unlisted);
}

/* Follows one letter; true when the index is another for that. */
static int follow(const struct sw_feed_remotes *remotes, const struct sw_fleet_letter *letter,
                  struct sw_feed_set *set, const struct sw_feed_stats *stats)
{
    static const struct sw_feed_found nothing = {0};
    struct sw_str name = sw_buf_str(&letter->name);
    size_t at = sw_feed_set_find(set, name);
    struct sw_err err = {0};
    int r;

    if (letter->removed) {
        if (at == set->n)
            return 0; /* it had come and gone unseen */
        sw_feed_stats_forget(stats, &set->items[at]);
        sw_feed_set_remove(set, at);
        sw_log(remotes->log, SW_LOG_INFO, "remote cluster is gone", sw_log_str("cluster", name));
        return 1;
    }
    r = sw_feed_set_put(set, letter, &at, &err);
    if (r == 1) {
        sw_feed_stats_note(stats, &set->items[at], &nothing, 0);
        sw_log(remotes->log, SW_LOG_INFO, "remote cluster added", sw_log_str("cluster", name));
    } else if (r == 0) {
        sw_log(remotes->log, SW_LOG_INFO, "remote cluster's kubeconfig changed",
               sw_log_str("cluster", name), sw_log_bool("usable", !letter->error.code));
    } else {
        sw_log(remotes->log, SW_LOG_ERROR, "remote cluster cannot be added yet",
               sw_log_str("cluster", name), sw_log_err(&err));
    }
    return r;
}

/* The Secrets were seen for the first time, cannot be seen, or can be seen again. */
static bool note_status(struct sw_feed_remotes *remotes, const struct sw_fleet_status *status)
{
    bool synced = status->synced && !remotes->status.synced;

    if (status->error.code && strcmp(status->error.message, remotes->status.error.message) != 0)
        sw_log(remotes->log, SW_LOG_WARN, "Secrets of remote clusters cannot be seen",
               sw_log_err(&status->error));
    if (synced || (!status->error.code && remotes->status.error.code))
        sw_log(remotes->log, SW_LOG_INFO, "Secrets of remote clusters seen",
               sw_log_uint("clusters", status->n_clusters));
    remotes->status = *status;
    sw_gauge_set(remotes->synced, status->synced);
    sw_gauge_set(remotes->failing, status->error.code != 0);
    sw_gauge_set(remotes->findings, (int64_t)status->n_findings);
    return synced;
}

bool sw_feed_remotes_look(struct sw_feed_remotes *remotes, struct sw_feed_set *set,
                          const struct sw_feed_stats *stats)
{
    struct sw_fleet_letter *letter;
    struct sw_fleet_status status;
    bool changed = false;
    int r = 0;

    if (!remotes->watching)
        return false;
    sw_fleet_mail_status(&remotes->mail, &status);
    while (r >= 0 && (letter = sw_fleet_mail_take(&remotes->mail))) {
        r = follow(remotes, letter, set, stats);
        changed |= r == 1;
        if (r < 0)
            sw_fleet_mail_give_back(&remotes->mail, letter);
        else
            sw_fleet_letter_free(letter);
    }
    /* What all letters say is known only when all were followed. */
    status.synced = remotes->status.synced || (status.synced && r >= 0);
    return note_status(remotes, &status) || changed;
}
