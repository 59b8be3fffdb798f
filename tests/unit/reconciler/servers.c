#include "servers_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BROKEN "no more was wanted"

int64_t servers_now_ms;
struct servers servers;

struct server *servers_find(struct sw_str url)
{
    for (unsigned int i = 0; i < servers.n; i++) {
        if (sw_str_is(url, servers.items[i].url))
            return &servers.items[i];
    }
    assert_true(servers.n < MAX_SERVERS && url.len < sizeof(servers.items[0].url));
    servers.items[servers.n] = (struct server){.version = 1};
    snprintf(servers.items[servers.n].url, sizeof(servers.items[0].url), "%.*s", SW_STR_ARG(url));
    return &servers.items[servers.n++];
}

static struct server *server_of(const char *url)
{
    return servers_find(sw_str_from(url));
}

int servers_setup(void **state)
{
    (void)state;
    servers_now_ms = 1000000;
    servers.n = servers.n_sent = 0;
    memset(servers.targets, 0, sizeof(servers.targets));
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        servers.transfers[i].under_way = false;
    return 0;
}

int servers_teardown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        assert_false(servers.transfers[i].under_way);
    for (size_t i = 0; i < MAX_TARGETS; i++)
        assert_null(servers.targets[i].server);
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
        struct sw_http_transfer *watch = &servers.transfers[i];

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
        if (is_open(&servers.transfers[i]) && servers.transfers[i].server == server &&
            status_of(server, servers.transfers[i].path) == status)
            close_one(&servers.transfers[i], "reset");
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

/* What follows the status of whatever is no watch. */
static void answer_body(struct sw_http_transfer *transfer)
{
    const char *from = strstr(transfer->query, "continue=");

    if (transfer->status != 200) {
        if (transfer->under_way)
            close_one(transfer, NULL);
        return;
    }
    transfer->n_pending = 0;
    if (find_single(transfer))
        say_object(transfer, find_single(transfer));
    else
        say_page(transfer, from ? atoi(from + 9) : 0);
}

/* Whatever is not 200 ends a watch without a word of its end. */
static void answer(struct sw_http_transfer *transfer)
{
    int status = status_of(transfer->server, transfer->path);
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
    if (transfer->under_way && transfer->broken)
        close_one(transfer, BROKEN);
    else if (!strstr(transfer->query, "watch=1"))
        answer_body(transfer);
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
    if (transfer->under_way && !transfer->broken)
        transfer->sink.data(transfer->sink.context, sw_str_slice(whole, half, whole.len));
    if (transfer->under_way && transfer->broken)
        close_one(transfer, BROKEN);
    else if (transfer->under_way && !strstr(transfer->query, "watch=1"))
        close_one(transfer, NULL);
}

void servers_serve(struct sw_http_transfer *transfer)
{
    if (!transfer->status)
        answer(transfer);
    if (is_open(transfer))
        flush(transfer);
}

/* --- what a test may ask --------------------------------------------------------------------- */

unsigned int servers_asked(const char *url, const char *path)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < servers.n_sent; i++)
        n += servers.sent[i].server == server_of(url) &&
             (!path || strcmp(servers.sent[i].path, path) == 0);
    return n;
}

unsigned int servers_open(const char *url, const char *path)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        n += is_open(&servers.transfers[i]) && servers.transfers[i].server == server_of(url) &&
             (!path || strcmp(servers.transfers[i].path, path) == 0);
    return n;
}

const char *servers_query(const char *url, const char *path)
{
    for (unsigned int i = servers.n_sent; i > 0; i--) {
        if (servers.sent[i - 1].server == server_of(url) &&
            strcmp(servers.sent[i - 1].path, path) == 0)
            return servers.sent[i - 1].query;
    }
    return "";
}

bool servers_are_idle(void)
{
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++) {
        if (servers.transfers[i].under_way &&
            (servers.transfers[i].n_pending ||
             (!servers.transfers[i].status &&
              status_of(servers.transfers[i].server, servers.transfers[i].path) != SERVERS_SILENT)))
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
