#include "kube/config.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "json/get.h"
#include "json/read.h"
#include "json/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* What reading a member needs to know. */
struct reading {
    struct sw_arena *arena;
    const struct sw_kube_config_reading *how;
    const json_t *object;   /* the `cluster` or `user` in hand */
    const struct sw_at *at; /* where it stands */
};

static int refuse(const struct reading *reading, const char *key, const char *why,
                  struct sw_err *reterr)
{
    const char *path = sw_at_path(SW_AT_KEY(reading->at, key), reading->arena);

    return path ? sw_err_set(reterr, SW_EUSAGE, "%s: %s", path, why) : sw_err_nomem(reterr);
}

/* Copies a text. One with a line end in it would become a header of its own in a request. */
static int copy(const struct reading *reading, const char *key, struct sw_str *ret,
                struct sw_err *reterr)
{
    struct sw_str text = {NULL, 0};
    int r = sw_get_str(reading->object, key, reading->at, &text, reterr);

    if (r < 0 || text.len == 0)
        return r < 0 ? r : 0;
    if (!sw_str_is_line(text))
        return refuse(reading, key, "expected no control characters, found one", reterr);
    text = sw_arena_copy(reading->arena, text);
    if (!text.data)
        return sw_err_nomem(reterr);
    *ret = text;
    return 0;
}

static int read_data(const struct reading *reading, const char *key, struct sw_str *ret,
                     struct sw_err *reterr)
{
    struct sw_str text = {NULL, 0};
    struct sw_err err = {0};
    const char *path;
    int r = sw_get_str(reading->object, key, reading->at, &text, reterr);

    if (r < 0 || text.len == 0)
        return r < 0 ? r : 0;
    r = sw_base64_decode(text, reading->arena, ret, &err);
    if (r == 0)
        return 0;
    path = sw_at_path(SW_AT_KEY(reading->at, key), reading->arena);
    if (r == SW_ENOMEM || !path)
        return sw_err_nomem(reterr);
    return sw_err_set(reterr, SW_ETYPE, "%s: %s", path, err.message);
}

static int read_file(const struct reading *reading, const char *key, struct sw_str *ret,
                     struct sw_err *reterr)
{
    struct sw_str path = {NULL, 0};
    char *joined;
    int r = copy(reading, key, &path, reterr);

    if (r < 0 || path.len == 0)
        return r;
    if (reading->how->trust == SW_KUBE_INLINE_ONLY)
        return refuse(reading, key, "a path is not followed here; put the content in inline",
                      reterr);
    if (path.data[0] == '/' || !reading->how->folder[0]) {
        *ret = path;
        return 0;
    }
    joined = sw_arena_printf(reading->arena, "%s/%s", reading->how->folder, path.data);
    if (!joined)
        return sw_err_nomem(reterr);
    *ret = sw_str_from(joined);
    return 0;
}

/* `KEY-data` inline, or else `KEY`, a path. */
static int read_data_or_file(const struct reading *reading, const char *key, struct sw_str *ret_pem,
                             struct sw_str *ret_file, struct sw_err *reterr)
{
    char *data_key = sw_arena_printf(reading->arena, "%s-data", key);
    int r;

    if (!data_key)
        return sw_err_nomem(reterr);
    r = read_data(reading, data_key, ret_pem, reterr);
    if (r < 0 || ret_pem->len)
        return r;
    return read_file(reading, key, ret_file, reterr);
}

static int read_server(const struct reading *reading, struct sw_str *ret, struct sw_err *reterr)
{
    const struct sw_str scheme = SW_STR("https://");
    struct sw_str server = {NULL, 0};
    int r = copy(reading, "server", &server, reterr);

    if (r < 0)
        return r;
    if (!sw_str_has_prefix(server, scheme) || server.len == scheme.len ||
        server.data[scheme.len] == '/')
        return sw_get_fail(json_object_get(reading->object, "server"), "server", reading->at,
                           "an https:// URL", reterr);
    /* It is shown in messages, and a path is put behind it. */
    for (size_t i = 0; i < server.len; i++) {
        if (strchr("@?# ", server.data[i]))
            return refuse(reading, "server",
                          "expected https://HOST[:PORT][/PATH], found a password, a query or a "
                          "blank in it",
                          reterr);
    }
    while (server.data[server.len - 1] == '/')
        server.len--;
    server = sw_arena_copy(reading->arena, server);
    if (!server.data)
        return sw_err_nomem(reterr);
    *ret = server;
    return 0;
}

static int read_cluster(const struct reading *reading, struct sw_kube_config *ret,
                        struct sw_err *reterr)
{
    int r = read_server(reading, &ret->server, reterr);

    if (r == 0)
        r = copy(reading, "tls-server-name", &ret->tls_server_name, reterr);
    if (r == 0)
        r = copy(reading, "proxy-url", &ret->proxy_url, reterr);
    if (r == 0)
        r = read_data_or_file(reading, "certificate-authority", &ret->ca_pem, &ret->ca_file,
                              reterr);
    if (r == 0)
        r = sw_get_bool(reading->object, "insecure-skip-tls-verify", reading->at, &ret->insecure,
                        reterr);
    return r < 0 ? r : 0;
}

/* Ways to get a credential that need a program, a cloud or a password. */
static int refuse_unspoken(const struct reading *reading, struct sw_err *reterr)
{
    static const char *const unspoken[] = {"exec", "auth-provider", "username", "password", "as"};

    for (size_t i = 0; i < sizeof(unspoken) / sizeof(unspoken[0]); i++) {
        const json_t *value = json_object_get(reading->object, unspoken[i]);

        if (value && !json_is_null(value))
            return refuse(reading, unspoken[i],
                          "not supported; use a token or a client certificate", reterr);
    }
    return 0;
}

static int read_user(const struct reading *reading, struct sw_kube_config *ret,
                     struct sw_err *reterr)
{
    int r = refuse_unspoken(reading, reterr);

    /* Where there are both, kubectl takes what is in the file. */
    if (r == 0)
        r = read_file(reading, "tokenFile", &ret->token_file, reterr);
    if (r == 0 && ret->token_file.len == 0)
        r = copy(reading, "token", &ret->token, reterr);
    if (r == 0)
        r = read_data_or_file(reading, "client-certificate", &ret->cert_pem, &ret->cert_file,
                              reterr);
    if (r == 0)
        r = read_data_or_file(reading, "client-key", &ret->key_pem, &ret->key_file, reterr);
    return r;
}

/* More entries than these are counted. */
#define MAX_NAMES 20

/* Names of a list's entries, for a message. */
static const char *list_names(const json_t *list, struct sw_arena *arena)
{
    const char *names = "";
    const json_t *entry;
    size_t i;

    json_array_foreach (list, i, entry) {
        const char *name = json_string_value(json_object_get(entry, "name"));

        if (i == MAX_NAMES)
            return sw_arena_printf(arena, "%s and %zu more", names, json_array_size(list) - i);
        names = sw_arena_printf(arena, "%s%s%s", names, i ? ", " : "", name ? name : "(unnamed)");
        if (!names)
            return NULL;
    }
    return names;
}

/* Finds entry `name` of `list` and makes its member `key` the object in hand; *ret_at is storage
 * for where that stands. */
static int enter(struct reading *reading, const json_t *root, const char *list, const char *key,
                 struct sw_str name, struct sw_err *reterr)
{
    json_t *entries = NULL, *entry, *object = NULL;
    const char *names;
    size_t i;
    int r = sw_get_objects(root, list, NULL, &entries, reterr);

    if (r < 0)
        return r;
    json_array_foreach (entries, i, entry) {
        const json_t *own = json_object_get(entry, "name");
        struct sw_str text = {json_string_value(own), json_string_length(own)};

        if (!text.data || !sw_str_eq(text, name))
            continue;
        r = sw_get_object(entry, key, reading->at, &object, reterr);
        reading->object = object;
        return r < 0 ? r : 0;
    }
    names = list_names(entries, reading->arena);
    if (!names)
        return sw_err_nomem(reterr);
    return sw_err_set(reterr, SW_ENOENT, "no %.*s in %s (there is: %s)", SW_STR_ARG(name), list,
                      *names ? names : "nothing");
}

/* Nobody has said which context. */
static int refuse_choice(const struct reading *reading, const json_t *root, struct sw_err *reterr)
{
    const bool is_file = reading->how->trust == SW_KUBE_FILES_TOO;
    json_t *contexts = NULL;
    const char *names;
    int r = sw_get_objects(root, "contexts", NULL, &contexts, reterr);

    if (r < 0)
        return r;
    if (!json_array_size(contexts))
        return sw_err_set(reterr, SW_ENOENT,
                          "expected a kubeconfig, found no contexts in it: `kubectl config view "
                          "--raw --minify --flatten` prints one");
    names = list_names(contexts, reading->arena);
    if (!names)
        return sw_err_nomem(reterr);
    return sw_err_set(reterr, SW_ENOENT,
                      "current-context: expected a context's name, found none: "
                      "%s (there is: %s)",
                      is_file ? "set it, or name one behind the path as #CONTEXT" : "set it",
                      names);
}

static int read_context(struct reading *reading, const json_t *root, struct sw_str context,
                        struct sw_kube_config *ret, struct sw_err *reterr)
{
    struct sw_str cluster = {NULL, 0}, user = {NULL, 0};
    int r = 0;

    if (context.len == 0)
        r = sw_get_str(root, "current-context", NULL, &context, reterr);
    if (r >= 0 && context.len == 0)
        r = refuse_choice(reading, root, reterr);
    if (r >= 0)
        r = enter(reading, root, "contexts", "context", context, reterr);
    if (r == 0)
        r = copy(reading, "cluster", &cluster, reterr);
    if (r == 0)
        r = copy(reading, "user", &user, reterr);
    if (r == 0)
        r = copy(reading, "namespace", &ret->namespace_, reterr);
    if (r < 0)
        return r;
    reading->at = SW_AT_KEY(NULL, "cluster");
    r = enter(reading, root, "clusters", "cluster", cluster, reterr);
    if (r == 0)
        r = read_cluster(reading, ret, reterr);
    if (r < 0)
        return r;
    reading->at = SW_AT_KEY(NULL, "user");
    r = enter(reading, root, "users", "user", user, reterr);
    return r < 0 ? r : read_user(reading, ret, reterr);
}

static int read_text(struct sw_str text, const struct sw_kube_config_reading *how,
                     struct sw_arena *arena, struct sw_kube_config *ret, struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);
    struct reading reading = {.arena = arena, .how = how, .at = SW_AT_KEY(NULL, "context")};
    struct sw_yaml_documents documents;
    struct sw_kube_config config = {0};
    int r;

    if (text.len > SW_KUBE_CONFIG_MAX_BYTES)
        return sw_err_set(reterr, SW_ELIMIT, "a kubeconfig of more than %zu bytes",
                          SW_KUBE_CONFIG_MAX_BYTES);
    r = sw_yaml_read(text, arena, &documents, reterr);
    if (r < 0)
        return r;
    if (documents.n != 1)
        return sw_err_set(reterr, SW_ETYPE, "expected one kubeconfig, found %zu documents",
                          documents.n);
    if (!json_is_object(documents.items[0].value))
        return sw_err_set(reterr, SW_ETYPE, "expected a kubeconfig, found no mapping");
    r = read_context(&reading, documents.items[0].value, how->context, &config, reterr);
    if (r < 0)
        return r;
    *ret = config;
    return 0;
}

/* What a message may say of a text that came from a Secret: where it is wrong and what belongs
 * there, and nothing that stands there. */
static void redact(struct sw_err *err)
{
    struct sw_str message = sw_str_from(err->message);
    const char *found = strstr(err->message, ", found");
    size_t colon = sw_str_find(message, ':');
    char where[64] = "";

    if (err->code == SW_ETYPE && found)
        err->message[found - err->message] = '\0';
    if (err->code != SW_ESYNTAX)
        return;
    if (sw_str_has_prefix(message, SW_STR("line ")) && colon < sizeof(where))
        snprintf(where, sizeof(where), "%.*s: ", (int)colon, message.data);
    sw_err_set(err, SW_ESYNTAX, "%sexpected YAML or JSON", where);
}

int sw_kube_config_read(struct sw_str text, const struct sw_kube_config_reading *how,
                        struct sw_arena *arena, struct sw_kube_config *ret, struct sw_err *reterr)
{
    struct sw_err err = {0};
    int r = read_text(text, how, arena, ret, &err);

    if (r == 0)
        return 0;
    if (how->trust == SW_KUBE_INLINE_ONLY)
        redact(&err);
    return sw_err_set(reterr, r, "%s", err.message);
}

/* A file of the folder, as a string of the arena. */
static int join(const char *folder, const char *name, struct sw_arena *arena, struct sw_str *ret,
                struct sw_err *reterr)
{
    char *path = sw_arena_printf(arena, "%s/%s", folder, name);

    if (!path)
        return sw_err_nomem(reterr);
    *ret = sw_str_from(path);
    return 0;
}

int sw_kube_config_in_cluster(const char *folder, struct sw_arena *arena,
                              struct sw_kube_config *ret, struct sw_err *reterr)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    struct sw_kube_config config = {0};
    bool bare_v6;
    char *server;
    int r;

    if (!host || !*host || !port || !*port)
        return sw_err_set(reterr, SW_ENOENT,
                          "expected KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in the "
                          "environment, as every Pod has them: this is no Pod");
    bare_v6 = strchr(host, ':') && host[0] != '[';
    server = sw_arena_printf(arena, "https://%s%s%s:%s", bare_v6 ? "[" : "", host,
                             bare_v6 ? "]" : "", port);
    if (!server)
        return sw_err_nomem(reterr);
    config.server = sw_str_from(server);
    r = join(folder, "token", arena, &config.token_file, reterr);
    if (r == 0)
        r = join(folder, "ca.crt", arena, &config.ca_file, reterr);
    if (r < 0)
        return r;
    *ret = config;
    return 0;
}
