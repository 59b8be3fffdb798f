#include "reconciler/reader.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "failover/policy.h"
#include "kube/watcher.h"
#include "model/meta.h"

#include "base/banned.h"

/* A kubeconfig as it is read, a few times its text. */
#define CONFIG_CHUNK_BYTES ((size_t)16 << 10)
#define CONFIG_MAX_BYTES   ((size_t)32 << 20)

/* A group, a version, a namespace and a plural. */
#define PATH_MAX_BYTES 1024

#define HTTP_FORBIDDEN 403

#define OURS           SW_LABEL_MANAGED_BY "=" SW_MANAGED_BY

#define BIT(resource)  (1u << (resource))

/* Read of every cluster. */
#define EVERYWHERE                                                                                 \
    (BIT(SW_RESOURCE_NAMESPACE) | BIT(SW_RESOURCE_SERVICE) | BIT(SW_RESOURCE_NODE) |               \
     BIT(SW_RESOURCE_POD) | BIT(SW_RESOURCE_ENDPOINTSLICE) | BIT(SW_RESOURCE_DESTINATIONRULE) |    \
     BIT(SW_RESOURCE_GATEWAY) | BIT(SW_RESOURCE_WORKLOADENTRY) | BIT(SW_RESOURCE_PEERAUTH) |       \
     BIT(SW_RESOURCE_ROOT_CERT))

/* Read of the cluster that is written to, and of the one that Workspaces are read of. */
#define LOCALLY                                                                                    \
    (BIT(SW_RESOURCE_INGRESSGATEWAY) | BIT(SW_RESOURCE_SERVICEACCOUNT) |                           \
     BIT(SW_RESOURCE_DEPLOYMENT))
#define CONFIGURING (BIT(SW_RESOURCE_WORKSPACE) | BIT(SW_RESOURCE_SETTING))

/* Of these only what carries our label is of use. */
#define OURS_ONLY                                                                                  \
    (BIT(SW_RESOURCE_WORKLOADENTRY) | BIT(SW_RESOURCE_SERVICEACCOUNT) | BIT(SW_RESOURCE_DEPLOYMENT))

/* Without these there is less to judge by, and nothing that would be judged wrongly to harm: no
 * locality, no comparison of root certificates, no IngressGateways. Of a remote cluster, Istio's
 * own too: no gateway of it then holds a host, and so nothing leads there. Of the local one they
 * say what is ours and what users have, without which nothing may be written. */
#define DISPENSABLE                                                                                \
    (LOCALLY | BIT(SW_RESOURCE_NODE) | BIT(SW_RESOURCE_PEERAUTH) | BIT(SW_RESOURCE_ROOT_CERT))
#define DISPENSABLE_REMOTELY                                                                       \
    (BIT(SW_RESOURCE_DESTINATIONRULE) | BIT(SW_RESOURCE_GATEWAY) | BIT(SW_RESOURCE_WORKLOADENTRY))

/* One resource. */
struct watch {
    struct sw_watcher *watcher; /* owned; NULL where the resource is of no interest */
    struct sw_reflector_sink sink;
    char path[PATH_MAX_BYTES];
    bool failing; /* as of the last step */
    bool denied;  /* what counts is an empty list, for the right to read it is missing */
};

struct sw_reader {
    struct sw_http *http; /* borrowed */
    struct sw_reader_role role;
    uint32_t resources;
    uint64_t seed;
    struct sw_arena arena; /* of the config */
    struct sw_kube_config config;
    struct sw_http_target *target;
    struct sw_str entries_selector; /* of the WorkloadEntries that are read; in the arena */
    struct watch watches[SW_N_RESOURCES];
};

SW_DEFINE_CLEANUP(cleanup_reader, struct sw_reader, sw_reader_free);

uint32_t sw_reader_resources(struct sw_reader_role role)
{
    return EVERYWHERE | (role.local ? LOCALLY : 0) | (role.config ? CONFIGURING : 0);
}

static bool is_dispensable(const struct sw_reader *reader, unsigned int resource)
{
    uint32_t all = DISPENSABLE | (reader->role.local ? 0 : DISPENSABLE_REMOTELY);

    return all & BIT(resource);
}

/* What comes on trial is not kept. */
static void pass_begin_or_end(void *context)
{
    (void)context;
}

static int pass_object(void *context, struct sw_str object, struct sw_err *reterr)
{
    (void)context;
    (void)object;
    (void)reterr;
    return 0;
}

static const struct sw_reflector_sink trial = {
    .begin = pass_begin_or_end,
    .end = pass_begin_or_end,
    .put = pass_object,
    .remove = pass_object,
};

/* "/apis/GROUP/VERSION/PLURAL"; of ConfigMaps, the one of the root namespace. */
static int write_path(unsigned int resource, struct sw_str root_namespace,
                      char path[PATH_MAX_BYTES], struct sw_err *reterr)
{
    const struct sw_resource_info *info = sw_resource_info((enum sw_resource)resource);
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    int r;

    sw_buf_init(&buf, PATH_MAX_BYTES - 1);
    if (info->group[0])
        sw_buf_printf(&buf, "/apis/%s/%s/", info->group, info->version);
    else
        sw_buf_printf(&buf, "/api/%s/", info->version);
    if (resource == SW_RESOURCE_ROOT_CERT)
        sw_buf_printf(&buf, "namespaces/%.*s/", SW_STR_ARG(root_namespace));
    sw_buf_append_text(&buf, info->plural);
    if (resource == SW_RESOURCE_ROOT_CERT)
        sw_buf_append_text(&buf, "?fieldSelector=metadata.name%3D" SW_ROOT_CERT_NAME);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    memcpy(path, buf.data, buf.len);
    path[buf.len] = '\0';
    return 0;
}

static int make_watcher(const struct sw_reader *reader, unsigned int resource,
                        struct sw_reflector_sink sink, struct sw_watcher **ret,
                        struct sw_err *reterr)
{
    const struct watch *watch = &reader->watches[resource];
    struct sw_watcher_options options = {
        .http = reader->http,
        .target = reader->target,
        .path = watch->path,
        .sink = sink,
        .presence = sw_resource_info((enum sw_resource)resource)->presence,
        .seed = reader->seed * SW_N_RESOURCES + resource + 1,
    };

    if (resource == SW_RESOURCE_WORKLOADENTRY)
        options.label_selector = reader->entries_selector;
    else if (OURS_ONLY & BIT(resource))
        options.label_selector = SW_STR(OURS);
    return sw_watcher_new(&options, ret, reterr);
}

static int read_config(struct sw_reader *reader, const struct sw_reader_options *options,
                       struct sw_err *reterr)
{
    const struct sw_kube_config_reading how = {
        .trust = options->trust,
        .context = options->context,
        .folder = options->folder,
    };

    if (!options->kubeconfig.data)
        return sw_kube_config_in_cluster(SW_KUBE_ACCOUNT_FOLDER, &reader->arena, &reader->config,
                                         reterr);
    return sw_kube_config_read(options->kubeconfig, &how, &reader->arena, &reader->config, reterr);
}

/* In another cluster those that lead to a third one are as many as there are clusters, and of no
 * use here. */
static int write_selector(struct sw_reader *reader, struct sw_str local_name, struct sw_err *reterr)
{
    const char *leads = local_name.len ? "," SW_LABEL_REMOTE "=" : "";
    const char *text =
        sw_arena_printf(&reader->arena, OURS "%s%.*s", leads, SW_STR_ARG(local_name));

    if (!text)
        return sw_err_nomem(reterr);
    reader->entries_selector = sw_str_from(text);
    return 0;
}

int sw_reader_new(const struct sw_reader_options *options, struct sw_reader **ret,
                  struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_reader) struct sw_reader *reader = calloc(1, sizeof(*reader));
    int r;

    if (!reader)
        return sw_err_nomem(reterr);
    reader->http = options->http;
    reader->role = options->role;
    reader->seed = options->seed;
    reader->resources = sw_reader_resources(options->role);
    sw_arena_init(&reader->arena, CONFIG_CHUNK_BYTES, CONFIG_MAX_BYTES);
    r = read_config(reader, options, reterr);
    if (r == 0)
        r = write_selector(reader, options->local_name, reterr);
    if (r == 0)
        r = sw_http_target_new(&reader->config, &reader->target, reterr);
    for (unsigned int i = 0; r == 0 && i < SW_N_RESOURCES; i++) {
        if (!(reader->resources & BIT(i)))
            continue;
        reader->watches[i].sink = trial;
        r = write_path(i, options->root_namespace, reader->watches[i].path, reterr);
        if (r == 0)
            r = make_watcher(reader, i, trial, &reader->watches[i].watcher, reterr);
    }
    if (r < 0)
        return r;
    *ret = SW_TAKE(reader);
    return 0;
}

void sw_reader_free(struct sw_reader *reader)
{
    if (!reader)
        return;
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++)
        sw_watcher_free(reader->watches[i].watcher);
    sw_http_target_free(reader->target);
    sw_arena_wipe(&reader->arena); /* the credentials are in it */
    free(reader);
}

struct sw_http_target *sw_reader_target(struct sw_reader *reader)
{
    return reader->target;
}

int sw_reader_attach(struct sw_reader *reader, struct sw_state_cluster *cluster,
                     struct sw_err *reterr)
{
    struct sw_watcher *watchers[SW_N_RESOURCES] = {NULL};
    struct sw_reflector_sink sinks[SW_N_RESOURCES];
    int r = 0;

    for (unsigned int i = 0; r == 0 && i < SW_N_RESOURCES; i++) {
        if (!(reader->resources & BIT(i)))
            continue;
        sinks[i] = sw_state_sink(cluster, (enum sw_resource)i);
        r = make_watcher(reader, i, sinks[i], &watchers[i], reterr);
    }
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        struct watch *watch = &reader->watches[i];

        if (r < 0) {
            sw_watcher_free(watchers[i]);
        } else if (watchers[i]) {
            sw_watcher_free(watch->watcher);
            watch->watcher = watchers[i];
            watch->sink = sinks[i];
            watch->failing = false;
            watch->denied = false;
        }
    }
    return r;
}

/* True when one that failed at the last step does no longer. */
static bool has_recovered(struct sw_reader *reader)
{
    bool recovered = false;

    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        struct watch *watch = &reader->watches[i];
        bool failing = watch->watcher && sw_watcher_stats(watch->watcher)->failing_ms >= 0;

        recovered = recovered || (watch->failing && !failing);
        watch->failing = failing;
    }
    return recovered;
}

/* What there is no right to read counts as empty, once; what was read before stays. It is asked for
 * again all the same, and when it can be read, it is. */
static void do_without(struct sw_reader *reader, unsigned int resource)
{
    struct watch *watch = &reader->watches[resource];
    const struct sw_reflector_stats *stats = sw_watcher_stats(watch->watcher);

    if (stats->failing_ms < 0) {
        watch->denied = false;
        return;
    }
    if (watch->denied || stats->http_status != HTTP_FORBIDDEN || !is_dispensable(reader, resource))
        return;
    watch->denied = true;
    if (stats->synced)
        return;
    watch->sink.begin(watch->sink.context);
    watch->sink.end(watch->sink.context);
}

int64_t sw_reader_step(struct sw_reader *reader, int64_t now_ms)
{
    bool recovered = has_recovered(reader);
    int64_t wake_ms = INT64_MAX;

    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        struct sw_watcher *watcher = reader->watches[i].watcher;
        int64_t next_ms;

        if (!watcher)
            continue;
        /* Where one gets through, so will the others: a plan must not be made of new Services and
         * old Pods for half a minute. */
        if (recovered && !reader->watches[i].denied)
            sw_watcher_hurry(watcher, now_ms);
        next_ms = sw_watcher_step(watcher, now_ms);
        do_without(reader, i);
        if (next_ms < wake_ms)
            wake_ms = next_ms;
    }
    return wake_ms;
}

/* What there is to say about one resource that is not done without. */
static void judge(const struct sw_reader *reader, unsigned int resource, int64_t now_ms,
                  struct sw_reader_health *health)
{
    const struct watch *watch = &reader->watches[resource];
    const struct sw_reflector_stats *stats = sw_watcher_stats(watch->watcher);
    bool long_failing =
        stats->failing_ms >= 0 && now_ms - stats->failing_ms >= SW_READER_PATIENCE_MS;

    health->synced = health->synced && stats->synced;
    if (stats->heard_ms < health->heard_ms)
        health->heard_ms = stats->heard_ms;
    if (stats->failing_ms >= 0 &&
        (health->failing_ms < 0 || stats->failing_ms < health->failing_ms))
        health->failing_ms = stats->failing_ms;
    if (!health->error.code && (!stats->synced || long_failing))
        sw_err_set(&health->error, SW_EIO, "%s%s: %s", reader->config.server.data, watch->path,
                   stats->failure[0] ? stats->failure : "not listed yet");
}

void sw_reader_health(const struct sw_reader *reader, int64_t now_ms, struct sw_reader_health *ret)
{
    struct sw_reader_health health = {.synced = true, .heard_ms = INT64_MAX, .failing_ms = -1};

    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        if (!reader->watches[i].watcher)
            continue;
        if (!reader->watches[i].denied) {
            judge(reader, i, now_ms, &health);
            continue;
        }
        health.n_denied++;
        health.denied |= BIT(i);
    }
    *ret = health;
}
