#include "fake_cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "json/read.h"

/* One at a time is under way, and the elector's beside it. */
#define MAX_TRANSFERS 4

struct sw_http_transfer {
    char method[8], path[512];
    char *body;
    struct sw_http_sink sink;
    bool under_way;
};

struct fake_cluster cluster;
static struct sw_http_transfer transfers[MAX_TRANSFERS];
static char nothing; /* what handles of no meaning point to */

/* --- objects --------------------------------------------------------------------------------- */

void cluster_begin(int64_t now_s)
{
    cluster = (struct fake_cluster){.objects = json_object(), .now_ms = now_s * 1000};
}

void cluster_end(void)
{
    for (size_t i = 0; i < MAX_TRANSFERS; i++)
        assert_false(transfers[i].under_way);
    json_decref(cluster.objects);
    cluster.objects = NULL;
}

void cluster_wait(int64_t s)
{
    cluster.now_ms += s * 1000;
}

static void set_version(json_t *object)
{
    char version[16];

    snprintf(version, sizeof(version), "%d", ++cluster.version);
    json_object_set_new(json_object_get(object, "metadata"), "resourceVersion",
                        json_string(version));
}

static void put(const char *path, json_t *object)
{
    set_version(object);
    json_object_set_new(cluster.objects, path, object);
}

void cluster_put(const char *path, const char *json)
{
    char *text = strdup(json);
    json_t *object;

    for (char *quote = text; (quote = strchr(quote, '\'')); quote++)
        *quote = '"';
    object = json_loads(text, 0, NULL);
    assert_non_null(object);
    put(path, object);
    free(text);
}

void cluster_delete(const char *path)
{
    json_object_del(cluster.objects, path);
}

json_t *cluster_get(const char *path)
{
    return json_object_get(cluster.objects, path);
}

void cluster_touch(const char *path)
{
    set_version(cluster_get(path));
}

/* --- answers --------------------------------------------------------------------------------- */

/* What comes back, of malloc(). */
struct reply {
    int status;
    char *body;
};

static struct reply reply_object(int status, const json_t *object)
{
    return (struct reply){status, json_dumps(object, 0)};
}

static struct reply refuse(int status, const char *reason, const char *message)
{
    json_t *body = json_pack("{s:s, s:s, s:i, s:s}", "kind", "Status", "message", message, "code",
                             status, "reason", reason);
    struct reply reply = reply_object(status, body);

    json_decref(body);
    return reply;
}

static const char *version_of(const json_t *object)
{
    const char *version =
        json_string_value(json_object_get(json_object_get(object, "metadata"), "resourceVersion"));

    return version ? version : "";
}

static struct reply update(const char *path, json_t *object)
{
    if (cluster.conflicts_at && strcmp(cluster.conflicts_at, path) == 0) {
        cluster.conflicts_at = NULL;
        cluster_touch(path);
    }
    if (!cluster_get(path))
        return refuse(404, "NotFound", "not found");
    if (strcmp(version_of(object), version_of(cluster_get(path))) != 0)
        return refuse(409, "Conflict", "the object has been modified");
    put(path, json_incref(object));
    cluster.n_writes += !strstr(path, "/leases/");
    return reply_object(200, object);
}

static struct reply create(const char *folder, json_t *object)
{
    const char *name =
        json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
    char path[600];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (cluster_get(path))
        return refuse(409, "AlreadyExists", "already exists");
    put(path, json_incref(object));
    cluster.n_writes += !strstr(path, "/leases/");
    return reply_object(201, object);
}

static struct reply serve_object(struct sw_http_transfer *to, json_t *object)
{
    char *query = strchr(to->path, '?');
    bool dry = query && strstr(query, "dryRun=All");

    if (query)
        *query = '\0';
    if (dry)
        return refuse(cluster.dry_run.status, "Invalid", cluster.dry_run.message);
    if (strcmp(to->method, "PUT") == 0)
        return update(to->path, object);
    if (strcmp(to->method, "POST") == 0)
        return create(to->path, object);
    if (cluster_get(to->path))
        return reply_object(200, cluster_get(to->path));
    return refuse(404, "NotFound", "not found");
}

/* Who asks may have a scope open, in whose arena nothing of ours may end up. */
static struct reply serve(struct sw_http_transfer *to)
{
    SW_JSON_SCOPE(NULL);
    json_t *object = to->body ? json_loads(to->body, 0, NULL) : NULL;
    struct reply reply = serve_object(to, object);

    json_decref(object);
    return reply;
}

static void answer(struct sw_http_transfer *to)
{
    const struct sw_http_sink sink = to->sink;
    struct reply reply = serve(to);

    to->under_way = false;
    sink.response(sink.context, reply.status, 0);
    sink.data(sink.context, sw_str_from(reply.body));
    sink.closed(sink.context, NULL);
    free(reply.body);
}

/* --- kube/http.h ----------------------------------------------------------------------------- */

int sw_http_setup(struct sw_err *reterr)
{
    (void)reterr;
    return 0;
}

int sw_http_new(struct sw_http **ret, struct sw_err *reterr)
{
    (void)reterr;
    *ret = (struct sw_http *)(void *)&nothing;
    return 0;
}

void sw_http_free(struct sw_http *http)
{
    (void)http;
}

int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr)
{
    (void)config;
    (void)reterr;
    *ret = (struct sw_http_target *)(void *)&nothing;
    return 0;
}

void sw_http_target_free(struct sw_http_target *target)
{
    (void)target;
}

struct sw_str sw_http_target_server(const struct sw_http_target *target)
{
    (void)target;
    return SW_STR("https://api");
}

int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr)
{
    (void)http;
    (void)target;
    (void)reterr;
    for (size_t i = 0; i < MAX_TRANSFERS; i++) {
        struct sw_http_transfer *to = &transfers[i];

        if (to->under_way)
            continue;
        *to = (struct sw_http_transfer){.sink = sink, .under_way = true};
        snprintf(to->method, sizeof(to->method), "%s", request->method);
        snprintf(to->path, sizeof(to->path), "%.*s", SW_STR_ARG(request->path));
        if (request->body.len)
            to->body = sw_str_dup(request->body);
        *ret = to;
        return 0;
    }
    fail_msg("more requests than one at a time");
    return 0;
}

void sw_http_cancel(struct sw_http_transfer *transfer)
{
    if (!transfer)
        return;
    free(transfer->body);
    transfer->body = NULL;
    transfer->under_way = false;
}

/* No answer here is over its cap. */
void sw_http_break(struct sw_http_transfer *transfer)
{
    (void)transfer;
    fail_msg("an answer that was longer than expected");
}

/* Time stands still for who waits for an answer: there is one in any case. */
void sw_http_wait(struct sw_http *http, int64_t timeout_ms)
{
    (void)http;
    for (size_t i = 0; i < MAX_TRANSFERS; i++) {
        if (transfers[i].under_way)
            return;
    }
    if (timeout_ms > 0)
        cluster.now_ms += timeout_ms;
}

void sw_http_run(struct sw_http *http)
{
    (void)http;
    for (size_t i = 0; i < MAX_TRANSFERS; i++) {
        struct sw_http_transfer *to = &transfers[i];
        char *body = to->body;

        if (!to->under_way)
            continue;
        if (cluster.is_down || (cluster.refuses_at > 0 && --cluster.refuses_at == 0)) {
            to->under_way = false;
            to->sink.closed(to->sink.context, "connection refused");
        } else {
            answer(to);
        }
        free(body);
    }
}

void sw_http_wakeup(struct sw_http *http)
{
    (void)http;
}

/* --- io/clock.h ------------------------------------------------------------------------------ */

uint64_t sw_clock_mono_ns(void)
{
    return (uint64_t)cluster.now_ms * 1000000;
}

uint64_t sw_clock_mono_ms(void)
{
    return (uint64_t)cluster.now_ms;
}

uint64_t sw_clock_wall_ms(void)
{
    return (uint64_t)cluster.now_ms;
}
