#include "kube/fleet.h"

#include "base/cleanup.h"
#include "kube/fleet_cluster.h"
#include "kube/fleet_findings.h"
#include "kube/watcher.h"

#include <stdlib.h>

#include "base/banned.h"

#define MAX_PATH_BYTES 512

#define HTTP_FORBIDDEN 403

/* After an event that could not be told. */
#define AGAIN_MS 1000

struct sw_fleet {
    struct sw_fleet_options options;
    struct sw_fleet_secrets secrets;
    struct sw_fleet_cluster *
        *clusters; /* owned; those that are gone and not told of yet are among them */
    size_t n, cap;
    struct sw_fleet_findings findings;
    struct sw_watcher *watcher; /* NULL for none */
    struct sw_buf path;         /* that it watches; ends in NUL */
    bool untold;                /* some event could not be told, or some choice not be made */
    bool whole;                 /* everything was told once */
};

int sw_fleet_new(const struct sw_fleet_options *options, struct sw_fleet **ret,
                 struct sw_err *reterr)
{
    struct sw_fleet *fleet = calloc(1, sizeof(*fleet));

    if (!fleet)
        return sw_err_nomem(reterr);
    fleet->options = *options;
    sw_fleet_findings_init(&fleet->findings);
    sw_buf_init(&fleet->path, MAX_PATH_BYTES);
    sw_buf_printf(&fleet->path, "/api/v1/namespaces/%.*s/secrets", SW_STR_ARG(options->namespace_));
    sw_buf_append(&fleet->path, "", 1);
    if (sw_buf_status(&fleet->path, NULL) < 0) {
        sw_fleet_free(fleet);
        return sw_err_nomem(reterr);
    }
    *ret = fleet;
    return 0;
}

void sw_fleet_free(struct sw_fleet *fleet)
{
    if (!fleet)
        return;
    sw_watcher_free(fleet->watcher);
    for (size_t i = 0; i < fleet->n; i++)
        sw_fleet_cluster_free(fleet->clusters[i]);
    free(fleet->clusters);
    sw_fleet_secrets_release(&fleet->secrets);
    sw_fleet_findings_release(&fleet->findings);
    sw_buf_release(&fleet->path);
    free(fleet);
}

struct sw_reflector_sink sw_fleet_input(struct sw_fleet *fleet)
{
    return sw_fleet_secrets_sink(&fleet->secrets);
}

int sw_fleet_watch(struct sw_fleet *fleet, struct sw_http *http, struct sw_http_target *target,
                   struct sw_err *reterr)
{
    const struct sw_watcher_options options = {
        .http = http,
        .target = target,
        .path = fleet->path.data,
        .label_selector = SW_STR(SW_FLEET_LABEL "=true"),
        .sink = sw_fleet_input(fleet),
        .presence = SW_REFLECTOR_ALWAYS,
        .seed = fleet->options.seed,
    };

    sw_watcher_free(fleet->watcher);
    fleet->watcher = NULL;
    return target ? sw_watcher_new(&options, &fleet->watcher, reterr) : 0;
}

static struct sw_fleet_cluster *find(const struct sw_fleet *fleet, struct sw_str name)
{
    for (size_t i = 0; i < fleet->n; i++) {
        if (sw_str_eq(fleet->clusters[i]->name, name))
            return fleet->clusters[i];
    }
    return NULL;
}

static bool is_taken(const struct sw_fleet *fleet, struct sw_str name)
{
    for (size_t i = 0; i < fleet->options.n_taken; i++) {
        if (sw_str_eq(fleet->options.taken[i], name))
            return true;
    }
    return false;
}

static int reserve(struct sw_fleet *fleet)
{
    size_t cap = fleet->cap ? fleet->cap * 2 : 8;
    struct sw_fleet_cluster **clusters;

    if (fleet->n < fleet->cap)
        return 0;
    clusters = reallocarray(fleet->clusters, cap, sizeof(*clusters));
    if (!clusters)
        return SW_ENOMEM;
    fleet->clusters = clusters;
    fleet->cap = cap;
    return 0;
}

static int add(struct sw_fleet *fleet, struct sw_str name, struct sw_fleet_cluster **ret)
{
    int r = reserve(fleet);

    if (r == 0)
        r = sw_fleet_cluster_new(name, &fleet->clusters[fleet->n]);
    if (r < 0)
        return r;
    *ret = fleet->clusters[fleet->n++];
    return 0;
}

static void find_fault(struct sw_fleet *fleet, const struct sw_fleet_secret *secret,
                       struct sw_str key, const char *what)
{
    sw_fleet_findings_add(&fleet->findings, "Secret %.*s/%.*s, key %.*s: %s",
                          SW_STR_ARG(fleet->options.namespace_), SW_STR_ARG(secret->name),
                          SW_STR_ARG(key), what);
}

/* Whether a key names a cluster of ours to have; n_wanted are had already. */
static bool is_wanted(struct sw_fleet *fleet, const struct sw_fleet_secret *secret,
                      struct sw_str key, size_t n_wanted)
{
    const struct sw_fleet_cluster *other = find(fleet, key);

    if (sw_str_eq(key, fleet->options.local))
        return false;
    if (!key.len || !sw_str_is_label_value(key)) {
        find_fault(fleet, secret, key,
                   "is no cluster's name: expected at most 63 letters, digits, '-', '_' and '.' "
                   "that begin and end with a letter or digit");
        return false;
    }
    if (is_taken(fleet, key)) {
        find_fault(fleet, secret, key,
                   "passed over, for a --cluster of the command line has that name");
        return false;
    }
    if (other && other->wanted) {
        sw_fleet_findings_add(&fleet->findings,
                              "Secret %.*s/%.*s, key %.*s: passed over, for Secret %.*s, which is "
                              "older, has that name too",
                              SW_STR_ARG(fleet->options.namespace_), SW_STR_ARG(secret->name),
                              SW_STR_ARG(key), SW_STR_ARG(other->secret));
        return false;
    }
    if (n_wanted < fleet->options.max_clusters)
        return true;
    sw_fleet_findings_add(&fleet->findings,
                          "Secret %.*s/%.*s, key %.*s: left out, for there are %zu remote clusters "
                          "of older Secrets, and no room for more",
                          SW_STR_ARG(fleet->options.namespace_), SW_STR_ARG(secret->name),
                          SW_STR_ARG(key), n_wanted);
    return false;
}

/* Takes in one Secret's clusters, and counts them. */
static int take_secret(struct sw_fleet *fleet, const struct sw_fleet_secret *secret,
                       size_t *n_wanted)
{
    int r = 0;

    if (secret->problem.code)
        sw_fleet_findings_add(&fleet->findings,
                              "Secret %.*s/%.*s cannot be read, what it said before stays: %s",
                              SW_STR_ARG(fleet->options.namespace_), SW_STR_ARG(secret->name),
                              secret->problem.message);
    for (size_t i = 0; r == 0 && i < secret->n_items; i++) {
        const struct sw_fleet_item *item = &secret->items[i];
        struct sw_fleet_cluster *cluster;

        if (!is_wanted(fleet, secret, item->key, *n_wanted))
            continue;
        cluster = find(fleet, item->key);
        r = cluster ? 0 : add(fleet, item->key, &cluster);
        if (r == 0)
            r = sw_fleet_cluster_take(cluster, fleet->options.namespace_, secret->name, item);
        if (r == 0) {
            cluster->wanted = true;
            ++*n_wanted;
        }
    }
    return r;
}

/* Which clusters there are, and with which kubeconfig. Without memory for it the next step begins
 * anew. */
static int choose(struct sw_fleet *fleet)
{
    struct sw_fleet_secrets *secrets = &fleet->secrets;
    size_t n_wanted = 0;
    int r = 0;

    sw_fleet_secrets_sort(secrets);
    sw_fleet_findings_begin(&fleet->findings);
    for (size_t i = 0; i < fleet->n; i++)
        fleet->clusters[i]->wanted = false;
    for (size_t i = 0; r == 0 && i < secrets->n; i++)
        r = take_secret(fleet, secrets->items[i], &n_wanted);
    if (r < 0)
        return r;
    if (secrets->n_passed_over)
        sw_fleet_findings_add(
            &fleet->findings, "Secrets of namespace %.*s: %zu passed over; the last is %s",
            SW_STR_ARG(fleet->options.namespace_), secrets->n_passed_over, secrets->last.message);
    sw_fleet_findings_end(&fleet->findings, fleet->options.sink.finding,
                          fleet->options.sink.context);
    secrets->changed = false;
    return 0;
}

static int tell(struct sw_fleet *fleet, struct sw_fleet_cluster *cluster,
                enum sw_fleet_change change)
{
    const struct sw_fleet_sink *sink = &fleet->options.sink;
    struct sw_fleet_event event = {.change = change, .cluster = cluster->name};

    if (change != SW_FLEET_REMOVED) {
        event.kubeconfig = cluster->kubeconfig;
        event.error = cluster->error.code ? cluster->error.message : NULL;
    }
    return sink->event(sink->context, &event, NULL);
}

/* Those that are gone first: they make room. */
static int tell_removed(struct sw_fleet *fleet)
{
    for (size_t i = fleet->n; i > 0; i--) {
        struct sw_fleet_cluster *cluster = fleet->clusters[i - 1];

        if (cluster->wanted)
            continue;
        if (cluster->told && tell(fleet, cluster, SW_FLEET_REMOVED) < 0)
            return SW_ENOMEM;
        sw_fleet_cluster_free(cluster);
        fleet->clusters[i - 1] = fleet->clusters[--fleet->n];
    }
    return 0;
}

static int tell_all(struct sw_fleet *fleet)
{
    int r = tell_removed(fleet);

    for (size_t i = 0; r == 0 && i < fleet->n; i++) {
        struct sw_fleet_cluster *cluster = fleet->clusters[i];

        if (cluster->told && !cluster->changed)
            continue;
        r = tell(fleet, cluster, cluster->told ? SW_FLEET_CHANGED : SW_FLEET_ADDED);
        if (r == 0) {
            cluster->told = true;
            cluster->changed = false;
        }
    }
    return r;
}

/* Nothing is chosen from half a picture: an older Secret may come last. */
static void settle(struct sw_fleet *fleet)
{
    struct sw_fleet_secrets *secrets = &fleet->secrets;

    if (!secrets->synced || secrets->in_picture || (!secrets->changed && !fleet->untold))
        return;
    fleet->untold = choose(fleet) < 0 || tell_all(fleet) < 0;
    fleet->whole = fleet->whole || !fleet->untold;
}

int64_t sw_fleet_step(struct sw_fleet *fleet, int64_t now_ms)
{
    int64_t wake_ms = fleet->watcher ? sw_watcher_step(fleet->watcher, now_ms) : INT64_MAX;

    settle(fleet);
    return fleet->untold && now_ms + AGAIN_MS < wake_ms ? now_ms + AGAIN_MS : wake_ms;
}

static void set_error(const struct sw_fleet *fleet, const struct sw_reflector_stats *stats,
                      struct sw_err *ret)
{
    struct sw_str namespace_ = fleet->options.namespace_;

    sw_err_set(ret, SW_EIO, "Secrets of namespace %.*s: %s", SW_STR_ARG(namespace_),
               stats->failure);
    if (stats->http_status == HTTP_FORBIDDEN)
        sw_err_set(ret, SW_EIO,
                   "Secrets of namespace %.*s: the API server answered 403: grant this program's "
                   "ServiceAccount the verbs get, list and watch on secrets there, by a Role and a "
                   "RoleBinding of that namespace",
                   SW_STR_ARG(namespace_));
}

void sw_fleet_status(const struct sw_fleet *fleet, int64_t now_ms, struct sw_fleet_status *ret)
{
    static const struct sw_reflector_stats unwatched = {.heard_ms = -1, .failing_ms = -1};
    const struct sw_reflector_stats *stats =
        fleet->watcher ? sw_watcher_stats(fleet->watcher) : &unwatched;
    struct sw_fleet_status status = {
        .synced = fleet->whole,
        .n_clusters = fleet->n,
        .n_findings = fleet->findings.n,
    };

    if (stats->failing_ms >= 0 &&
        (!fleet->secrets.synced || now_ms - stats->failing_ms >= SW_FLEET_PATIENCE_MS))
        set_error(fleet, stats, &status.error);
    *ret = status;
}
