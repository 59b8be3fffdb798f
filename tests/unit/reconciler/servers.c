#include "servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/clock.h"

/* A member has two readers at most, of fifteen resources each. */
#define MAX_TRANSFERS 128
#define MAX_SERVERS   4
#define MAX_OBJECTS   64
#define MAX_STATUSES  8

/* What a watch has to hear before the next sw_http_run(). */
#define MAX_PENDING 16384

struct object {
    const char *path, *text;
    int version;
};

struct server {
    char url[64];
    int version, page;
    struct object objects[MAX_OBJECTS];
    unsigned int n_objects;
    struct {
        const char *path; /* NULL: all others */
        int status;
    } statuses[MAX_STATUSES];
    unsigned int n_statuses;
};

struct sw_http_target {
    struct server *server; /* NULL: free */
    struct sw_str url;
};

/* Static, so that none of it is in the count of what the product takes from the heap. */
struct sw_http_transfer {
    bool under_way;
    int status; /* that it was answered with; 0 before */
    const struct sw_http_target *target;
    struct server *server;
    char path[512], query[512];
    struct sw_http_sink sink;
    char pending[MAX_PENDING];
    size_t n_pending;
};

int64_t servers_now_ms;

static struct server servers[MAX_SERVERS];
static unsigned int n_servers, n_sent;
static struct sw_http_target targets[MAX_SERVERS * 4];
static struct sw_http_transfer transfers[MAX_TRANSFERS];
static struct {
    struct server *server;
    char path[512], query[512];
} log_of_requests[4096];

static struct server *find_server(struct sw_str url)
{
    for (unsigned int i = 0; i < n_servers; i++) {
        if (sw_str_is(url, servers[i].url))
            return &servers[i];
    }
    assert_true(n_servers < MAX_SERVERS && url.len < sizeof(servers[0].url));
    servers[n_servers] = (struct server){.version = 1};
    snprintf(servers[n_servers].url, sizeof(servers[0].url), "%.*s", SW_STR_ARG(url));
    return &servers[n_servers++];
}

static struct server *server_of(const char *url)
{
    return find_server(sw_str_from(url));
}

int servers_setup(void **state)
{
    (void)state;
    servers_now_ms = 1000000;
    n_servers = n_sent = 0;
    memset(targets, 0, sizeof(targets));
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        transfers[i].under_way = false;
    return 0;
}

int servers_teardown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        assert_false(transfers[i].under_way);
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        assert_null(targets[i].server);
    return 0;
}

/* --- objects --------------------------------------------------------------------------------- */

/* Appends text with " for '. */
__attribute__((format(printf, 2, 3))) static void say(struct sw_http_transfer *to,
                                                      const char *format, ...)
{
    size_t room = MAX_PENDING - to->n_pending;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(to->pending + to->n_pending, room, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < room);
    for (char *p = to->pending + to->n_pending; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    to->n_pending += (size_t)n;
}

static bool is_open(const struct sw_http_transfer *transfer)
{
    return transfer->under_way && transfer->status == 200;
}

/* Says the object, which has a version as everything has that comes from an API server. */
static void say_object(struct sw_http_transfer *to, const struct object *object)
{
    const char *metadata = strstr(object->text, "'metadata':{") + strlen("'metadata':{");

    say(to, "%.*s'resourceVersion':'%d',%s", (int)(metadata - object->text), object->text,
        object->version, metadata);
}

static void tell_watches(const struct server *server, const char *type, const struct object *object)
{
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++) {
        struct sw_http_transfer *watch = &transfers[i];

        if (!is_open(watch) || watch->server != server || strcmp(watch->path, object->path) != 0)
            continue;
        say(watch, "{'type':'%s','object':", type);
        say_object(watch, object);
        say(watch, "}\n");
    }
}

/* The position of the object with that text's namespace and name; n_objects for none. */
static unsigned int find_object(const struct server *server, const char *path, const char *text)
{
    const char *metadata = strstr(text, "'metadata':{");
    size_t len = metadata ? strcspn(metadata, "}") : 0;
    unsigned int i = 0;

    assert_non_null(metadata);
    while (i < server->n_objects &&
           !(strcmp(server->objects[i].path, path) == 0 &&
             strncmp(strstr(server->objects[i].text, "'metadata':{"), metadata, len) == 0))
        i++;
    return i;
}

void servers_put(const char *url, const char *path, const char *object)
{
    struct server *server = server_of(url);
    unsigned int at = find_object(server, path, object);

    const char *type = at < server->n_objects ? "MODIFIED" : "ADDED";

    assert_true(at < MAX_OBJECTS);
    if (at == server->n_objects)
        server->n_objects++;
    server->objects[at] = (struct object){path, object, ++server->version};
    tell_watches(server, type, &server->objects[at]);
}

void servers_delete(const char *url, const char *path, const char *object)
{
    struct server *server = server_of(url);
    unsigned int at = find_object(server, path, object);

    assert_true(at < server->n_objects);
    server->objects[at].version = ++server->version;
    tell_watches(server, "DELETED", &server->objects[at]);
    server->objects[at] = server->objects[--server->n_objects];
}

/* --- answers --------------------------------------------------------------------------------- */

static int status_of(const struct server *server, const char *path)
{
    int status = 200;

    for (unsigned int i = 0; i < server->n_statuses; i++) {
        if (server->statuses[i].path && strcmp(server->statuses[i].path, path) == 0)
            return server->statuses[i].status;
        if (!server->statuses[i].path)
            status = server->statuses[i].status;
    }
    return status;
}

static void close_one(struct sw_http_transfer *transfer, const char *failure)
{
    transfer->under_way = false;
    transfer->sink.closed(transfer->sink.context, failure);
}

void servers_answer(const char *url, const char *path, int status)
{
    struct server *server = server_of(url);
    unsigned int i = 0;

    while (i < server->n_statuses && (!path != !server->statuses[i].path ||
                                      (path && strcmp(server->statuses[i].path, path) != 0)))
        i++;
    assert_true(i < MAX_STATUSES);
    if (i == server->n_statuses)
        server->n_statuses++;
    server->statuses[i].path = path;
    server->statuses[i].status = status;
    for (i = 0; i < MAX_TRANSFERS; i++) {
        if (is_open(&transfers[i]) && transfers[i].server == server &&
            status_of(server, transfers[i].path) == status)
            close_one(&transfers[i], "reset");
    }
}

void servers_page(const char *url, int n_objects)
{
    server_of(url)->page = n_objects;
}

/* A page from the object of that number on, of those of the path. */
static void say_page(struct sw_http_transfer *to, int from)
{
    const struct server *server = to->server;
    int n = 0, end = from + (server->page ? server->page : MAX_OBJECTS);

    say(to, "{'kind':'List','items':[");
    for (unsigned int i = 0; i < server->n_objects; i++) {
        if (strcmp(server->objects[i].path, to->path) != 0)
            continue;
        if (n >= from && n < end) {
            say(to, "%s", n > from ? "," : "");
            say_object(to, &server->objects[i]);
        }
        n++;
    }
    say(to, "],'metadata':{'resourceVersion':'%d'", server->version);
    if (n > end)
        say(to, ",'continue':'%d'", end);
    say(to, "}}");
}

/* What was put by its own path, and not by that of its collection; NULL for nothing. */
static const struct object *find_single(const struct sw_http_transfer *to)
{
    const char *name = strrchr(to->path, '/') + 1;
    char member[128];

    snprintf(member, sizeof(member), "'name':'%s'", name);
    for (unsigned int i = 0; i < to->server->n_objects; i++) {
        const struct object *object = &to->server->objects[i];

        if (strcmp(object->path, to->path) == 0 && strstr(object->text, member))
            return object;
    }
    return NULL;
}

static void say_all(struct sw_http_transfer *to)
{
    const struct server *server = to->server;

    for (unsigned int i = 0; i < server->n_objects; i++) {
        if (strcmp(server->objects[i].path, to->path) != 0)
            continue;
        say(to, "{'type':'ADDED','object':");
        say_object(to, &server->objects[i]);
        say(to, "}\n");
    }
    say(to,
        "{'type':'BOOKMARK','object':{'metadata':{'resourceVersion':'%d','annotations':{"
        "'k8s.io/initial-events-end':'true'}}}}\n",
        server->version);
}

/* Whatever is not 200 ends a watch without a word of its end. */
static void answer(struct sw_http_transfer *transfer)
{
    int status = status_of(transfer->server, transfer->path);
    const char *from = strstr(transfer->query, "continue=");
    bool streams = strstr(transfer->query, "sendInitialEvents=true") != NULL;

    if (status == SERVERS_SILENT)
        return;
    if (status == SERVERS_REFUSED) {
        close_one(transfer, "Connection refused");
        return;
    }
    if (streams && transfer->server->page)
        status = 422;
    transfer->status = status;
    if (streams && status == 200)
        say_all(transfer);
    transfer->sink.response(transfer->sink.context, status, 0);
    if (status != 200 && transfer->under_way && !strstr(transfer->query, "watch=1"))
        close_one(transfer, NULL);
    else if (status == 200 && !strstr(transfer->query, "watch=1")) {
        transfer->n_pending = 0;
        if (find_single(transfer))
            say_object(transfer, find_single(transfer));
        else
            say_page(transfer, from ? atoi(from + 9) : 0);
    }
}

/* In two pieces. */
static void flush(struct sw_http_transfer *transfer)
{
    struct sw_str whole = {transfer->pending, transfer->n_pending};
    size_t half = whole.len / 2;

    transfer->n_pending = 0;
    if (!whole.len)
        return;
    transfer->sink.data(transfer->sink.context, sw_str_slice(whole, 0, half));
    if (transfer->under_way)
        transfer->sink.data(transfer->sink.context, sw_str_slice(whole, half, whole.len));
    if (transfer->under_way && !strstr(transfer->query, "watch=1"))
        close_one(transfer, NULL);
}

/* --- the product's names --------------------------------------------------------------------- */

struct sw_http *servers_http(void)
{
    static char http;

    return (struct sw_http *)&http;
}

int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr)
{
    size_t i = 0;

    (void)reterr;
    while (targets[i].server)
        assert_true(++i < sizeof(targets) / sizeof(targets[0]));
    targets[i] = (struct sw_http_target){find_server(config->server), config->server};
    *ret = &targets[i];
    return 0;
}

void sw_http_target_free(struct sw_http_target *target)
{
    if (!target)
        return;
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        assert_false(transfers[i].under_way && transfers[i].target == target);
    target->server = NULL;
}

struct sw_str sw_http_target_server(const struct sw_http_target *target)
{
    return target->url;
}

int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr)
{
    struct sw_str query = request->path, path = sw_str_cut(&query, '?');
    struct sw_http_transfer *sent = NULL;

    (void)reterr;
    assert_ptr_equal(http, servers_http());
    for (unsigned int i = 0; i < MAX_TRANSFERS && !sent; i++) {
        if (!transfers[i].under_way)
            sent = &transfers[i];
    }
    assert_non_null(sent);
    assert_true(path.len < sizeof(sent->path) && query.len < sizeof(sent->query));
    assert_true(n_sent < sizeof(log_of_requests) / sizeof(log_of_requests[0]));
    n_sent++;
    sent->under_way = true;
    sent->status = 0;
    sent->n_pending = 0;
    sent->target = target;
    sent->server = target->server;
    sent->sink = sink;
    snprintf(sent->path, sizeof(sent->path), "%.*s", SW_STR_ARG(path));
    snprintf(sent->query, sizeof(sent->query), "%.*s", SW_STR_ARG(query));
    log_of_requests[n_sent - 1].server = sent->server;
    snprintf(log_of_requests[n_sent - 1].path, sizeof(sent->path), "%s", sent->path);
    snprintf(log_of_requests[n_sent - 1].query, sizeof(sent->query), "%s", sent->query);
    *ret = sent;
    return 0;
}

void sw_http_cancel(struct sw_http_transfer *transfer)
{
    if (!transfer)
        return;
    assert_true(transfer->under_way);
    transfer->under_way = false;
}

void sw_http_desert(struct sw_http_transfer *transfer)
{
    sw_http_cancel(transfer);
}

void sw_http_run(struct sw_http *http)
{
    assert_ptr_equal(http, servers_http());
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++) {
        if (transfers[i].under_way && !transfers[i].status)
            answer(&transfers[i]);
        if (is_open(&transfers[i]))
            flush(&transfers[i]);
    }
}

/* Threads wait, and here is none. */
int sw_http_new(struct sw_http **ret, struct sw_err *reterr)
{
    (void)reterr;
    *ret = servers_http();
    return 0;
}

void sw_http_free(struct sw_http *http)
{
    (void)http;
}

void sw_http_wait(struct sw_http *http, int64_t timeout_ms)
{
    (void)http;
    (void)timeout_ms;
    fail_msg("nobody waits here");
}

void sw_http_wakeup(struct sw_http *http)
{
    (void)http;
}

void sw_http_break(struct sw_http_transfer *transfer)
{
    (void)transfer;
    fail_msg("no answer is too long here");
}

uint64_t sw_clock_mono_ns(void)
{
    return (uint64_t)servers_now_ms * 1000000;
}

uint64_t sw_clock_mono_ms(void)
{
    return (uint64_t)servers_now_ms;
}

uint64_t sw_clock_wall_ms(void)
{
    return UINT64_C(1795428000000) + (uint64_t)servers_now_ms;
}

/* --- what a test may ask --------------------------------------------------------------------- */

unsigned int servers_asked(const char *url, const char *path)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < n_sent; i++)
        n += log_of_requests[i].server == server_of(url) &&
             (!path || strcmp(log_of_requests[i].path, path) == 0);
    return n;
}

unsigned int servers_open(const char *url, const char *path)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        n += is_open(&transfers[i]) && transfers[i].server == server_of(url) &&
             (!path || strcmp(transfers[i].path, path) == 0);
    return n;
}

const char *servers_query(const char *url, const char *path)
{
    for (unsigned int i = n_sent; i > 0; i--) {
        if (log_of_requests[i - 1].server == server_of(url) &&
            strcmp(log_of_requests[i - 1].path, path) == 0)
            return log_of_requests[i - 1].query;
    }
    return "";
}

bool servers_are_idle(void)
{
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++) {
        if (transfers[i].under_way &&
            (transfers[i].n_pending ||
             (!transfers[i].status &&
              status_of(transfers[i].server, transfers[i].path) != SERVERS_SILENT)))
            return false;
    }
    return true;
}

const char *servers_kubeconfig(const char *server)
{
    static char text[512];

    snprintf(text, sizeof(text),
             "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], "
             "clusters: [{name: c, cluster: {server: '%s'}}], "
             "users: [{name: u, user: {token: s3cret}}]}",
             server);
    return text;
}
