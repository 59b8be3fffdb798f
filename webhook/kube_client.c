#include "webhook/kube_client.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "kube/watcher.h"

#include "base/banned.h"

/* A kubeconfig as it is read, a few times its text. */
#define CONFIG_CHUNK_BYTES ((size_t)16 << 10)
#define CONFIG_MAX_BYTES   ((size_t)32 << 20)

struct kind {
    enum sw_kind kind;
    const char *path;
    enum sw_reflector_presence presence;
};

static const struct kind kinds[SW_KUBE_CLIENT_MAX_KINDS] = {
    {SW_KIND_NAMESPACE, "/api/v1/namespaces", SW_REFLECTOR_ALWAYS},
    {SW_KIND_SERVICE, "/api/v1/services", SW_REFLECTOR_ALWAYS},
    {SW_KIND_WORKSPACE, "/apis/tsb.tetrate.io/v2/workspaces", SW_REFLECTOR_OPTIONAL},
    {SW_KIND_SETTING, "/apis/tsb.tetrate.io/v2/workspacesettings", SW_REFLECTOR_OPTIONAL},
};

#define N_KINDS_WITHOUT_WORKSPACES 2

/* A store's sink behind the lock. */
struct locked_sink {
    pthread_mutex_t *lock;
    struct sw_reflector_sink inner;
};

struct sw_kube_client {
    pthread_mutex_t *lock; /* borrowed; for the stores, and for what was leased of them */
    struct sw_arena arena; /* of the config */
    struct sw_kube_config config;
    struct sw_http_target *target;
    size_t n; /* kinds */
    struct sw_store *stores[SW_KUBE_CLIENT_MAX_KINDS];
    struct locked_sink sinks[SW_KUBE_CLIENT_MAX_KINDS];
    struct sw_watcher *watchers[SW_KUBE_CLIENT_MAX_KINDS];
    bool failing[SW_KUBE_CLIENT_MAX_KINDS]; /* as of the last step */
};

SW_DEFINE_CLEANUP(cleanup_client, struct sw_kube_client, sw_kube_client_free);

static int read_config(struct sw_kube_client *client, const struct sw_kube_client_options *options,
                       struct sw_err *reterr)
{
    const struct sw_kube_config_reading how = {
        .trust = options->trust,
        .context = options->context,
        .folder = options->folder,
    };

    if (!options->kubeconfig.data)
        return sw_kube_config_in_cluster(SW_KUBE_ACCOUNT_FOLDER, &client->arena, &client->config,
                                         reterr);
    return sw_kube_config_read(options->kubeconfig, &how, &client->arena, &client->config, reterr);
}

static void begin(void *context)
{
    struct locked_sink *sink = context;

    pthread_mutex_lock(sink->lock);
    sink->inner.begin(sink->inner.context);
    pthread_mutex_unlock(sink->lock);
}

static void end(void *context)
{
    struct locked_sink *sink = context;

    pthread_mutex_lock(sink->lock);
    sink->inner.end(sink->inner.context);
    pthread_mutex_unlock(sink->lock);
}

static int put(void *context, struct sw_str object, struct sw_err *reterr)
{
    struct locked_sink *sink = context;
    int r;

    pthread_mutex_lock(sink->lock);
    r = sink->inner.put(sink->inner.context, object, reterr);
    pthread_mutex_unlock(sink->lock);
    return r;
}

static int remove_object(void *context, struct sw_str object, struct sw_err *reterr)
{
    struct locked_sink *sink = context;
    int r;

    pthread_mutex_lock(sink->lock);
    r = sink->inner.remove(sink->inner.context, object, reterr);
    pthread_mutex_unlock(sink->lock);
    return r;
}

static int add_kind(struct sw_kube_client *client, const struct sw_kube_client_options *options,
                    size_t i, struct sw_err *reterr)
{
    struct sw_watcher_options watcher = {
        .http = options->http,
        .target = client->target,
        .path = kinds[i].path,
        .presence = kinds[i].presence,
        .seed = options->seed * SW_KUBE_CLIENT_MAX_KINDS + i + 1,
    };
    int r = sw_store_new(kinds[i].kind, &client->stores[i], reterr);

    if (r < 0)
        return r;
    client->sinks[i] = (struct locked_sink){client->lock, sw_store_sink(client->stores[i])};
    watcher.sink = (struct sw_reflector_sink){&client->sinks[i], begin, end, put, remove_object};
    return sw_watcher_new(&watcher, &client->watchers[i], reterr);
}

int sw_kube_client_new(const struct sw_kube_client_options *options, struct sw_kube_client **ret,
                       struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_client) struct sw_kube_client *client = calloc(1, sizeof(*client));
    int r;

    if (!client)
        return sw_err_nomem(reterr);
    client->lock = options->lock;
    sw_arena_init(&client->arena, CONFIG_CHUNK_BYTES, CONFIG_MAX_BYTES);
    client->n = options->has_workspaces ? SW_KUBE_CLIENT_MAX_KINDS : N_KINDS_WITHOUT_WORKSPACES;
    r = read_config(client, options, reterr);
    if (r == 0)
        r = sw_http_target_new(&client->config, &client->target, reterr);
    for (size_t i = 0; r == 0 && i < client->n; i++)
        r = add_kind(client, options, i, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(client);
    return 0;
}

void sw_kube_client_free(struct sw_kube_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->n; i++)
        sw_watcher_free(client->watchers[i]);
    pthread_mutex_lock(client->lock);
    for (size_t i = 0; i < client->n; i++)
        sw_store_free(client->stores[i]);
    pthread_mutex_unlock(client->lock);
    sw_http_target_free(client->target);
    sw_arena_wipe(&client->arena); /* the credentials are in it */
    free(client);
}

struct sw_http_target *sw_kube_client_target(struct sw_kube_client *client)
{
    return client->target;
}

/* True when one that failed at the last step does no longer. */
static bool has_recovered(struct sw_kube_client *client)
{
    bool recovered = false;

    for (size_t i = 0; i < client->n; i++) {
        bool failing = sw_watcher_stats(client->watchers[i])->failing_ms >= 0;

        recovered = recovered || (client->failing[i] && !failing);
        client->failing[i] = failing;
    }
    return recovered;
}

int64_t sw_kube_client_step(struct sw_kube_client *client, int64_t now_ms)
{
    bool recovered = has_recovered(client);
    int64_t wake_ms = INT64_MAX;

    /* Where one gets through, so will the others: an index must not have new Services and old
     * Workspaces for a minute. */
    for (size_t i = 0; recovered && i < client->n; i++)
        sw_watcher_hurry(client->watchers[i], now_ms);
    for (size_t i = 0; i < client->n; i++) {
        int64_t next_ms = sw_watcher_step(client->watchers[i], now_ms);

        if (next_ms < wake_ms)
            wake_ms = next_ms;
    }
    return wake_ms;
}

/* Whether there is something to say about a kind. */
static bool is_in_trouble(const struct sw_reflector_stats *stats, int64_t now_ms)
{
    return !stats->synced ||
           (stats->failing_ms >= 0 && now_ms - stats->failing_ms >= SW_KUBE_CLIENT_PATIENCE_MS);
}

void sw_kube_client_health(const struct sw_kube_client *client, int64_t now_ms,
                           struct sw_kube_health *ret)
{
    struct sw_kube_health health = {.synced = true, .heard_ms = INT64_MAX};

    for (size_t i = 0; i < client->n; i++) {
        const struct sw_reflector_stats *stats = sw_watcher_stats(client->watchers[i]);

        health.synced = health.synced && stats->synced;
        if (stats->heard_ms < health.heard_ms)
            health.heard_ms = stats->heard_ms;
        if (!health.error.code && is_in_trouble(stats, now_ms))
            sw_err_set(&health.error, SW_EIO, "%s%s: %s", client->config.server.data,
                       kinds[i].path, stats->failure[0] ? stats->failure : "not listed yet");
    }
    *ret = health;
}

uint64_t sw_kube_client_changes(const struct sw_kube_client *client)
{
    uint64_t n = 0;

    for (size_t i = 0; i < client->n; i++)
        n += sw_store_stats(client->stores[i])->n_changes;
    return n;
}

void sw_kube_client_unreadable(const struct sw_kube_client *client,
                               struct sw_source_unreadable *unreadable)
{
    for (size_t i = 0; i < client->n; i++) {
        const struct sw_store_stats *stats = sw_store_stats(client->stores[i]);

        unreadable->n[kinds[i].kind] += stats->n_unreadable;
        if (stats->n_unreadable)
            unreadable->last = stats->unreadable;
    }
}

int sw_kube_client_lease(struct sw_kube_client *client, struct sw_view_builder *builder,
                         struct sw_kube_lease *ret, struct sw_err *reterr)
{
    struct sw_kube_lease lease = {0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < client->n; i++)
        r = sw_store_lease(client->stores[i], builder, &lease.kinds[i], reterr);
    if (r < 0) {
        sw_kube_lease_release(&lease);
        return r;
    }
    *ret = lease;
    return 0;
}

void sw_kube_lease_release(struct sw_kube_lease *lease)
{
    for (size_t i = 0; i < SW_KUBE_CLIENT_MAX_KINDS; i++)
        sw_store_lease_free(lease->kinds[i]);
    *lease = (struct sw_kube_lease){0};
}
