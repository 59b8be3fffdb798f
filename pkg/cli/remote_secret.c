#include "cli/remote_secret.h"

#include "base/cleanup.h"
#include "io/file.h"
#include "json/write.h"
#include "json/yaml.h"

#include <stdio.h>
#include <time.h>

#include "base/banned.h"

#define SCHEME "https://"

/* A chain of a handful of certificates. */
#define MAX_CA_BYTES ((size_t)1 << 20)

/* "spillway-cluster-", a label value, and a hash. */
#define MAX_NAME_BYTES 128

/* HOST of https://HOST[:PORT][/PATH], without an IPv6 address's brackets. */
static struct sw_str host_of(struct sw_str server)
{
    struct sw_str rest = sw_str_slice(server, strlen(SCHEME), server.len), host;

    if (rest.len && rest.data[0] == '[')
        return sw_str_slice(rest, 1, sw_str_find(rest, ']'));
    host = sw_str_cut(&rest, '/');
    return sw_str_slice(host, 0, sw_str_find(host, ':'));
}

bool sw_remote_is_loopback(struct sw_str server)
{
    struct sw_str host = host_of(server);

    return sw_str_is(host, "localhost") || sw_str_has_suffix(host, SW_STR(".localhost")) ||
           sw_str_has_prefix(host, SW_STR("127.")) || sw_str_is(host, "::1") ||
           sw_str_is(host, "0.0.0.0") || sw_str_is(host, "::");
}

/* Behind the host: nothing, or a port that can be connected to. */
static bool is_port_good(struct sw_str server)
{
    struct sw_str rest = sw_str_slice(server, strlen(SCHEME), server.len);
    struct sw_str authority = sw_str_cut(&rest, '/');
    size_t end = authority.len && authority.data[0] == '[' ? sw_str_find(authority, ']') + 1
                                                           : sw_str_find(authority, ':');
    uint64_t port;

    if (end > authority.len)
        return false; /* no end of the brackets */
    if (end == authority.len)
        return true;
    return authority.data[end] == ':' &&
           sw_str_to_u64(sw_str_slice(authority, end + 1, authority.len), 65535, &port) && port;
}

int sw_remote_check_server(struct sw_str server, struct sw_err *reterr)
{
    bool good =
        sw_str_has_prefix(server, SW_STR(SCHEME)) && host_of(server).len && is_port_good(server);

    for (size_t i = 0; good && i < server.len; i++)
        good = server.data[i] > ' ' && server.data[i] < 0x7f && !strchr("@?#\"'\\", server.data[i]);
    if (good)
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "--server: expected https://HOST[:PORT], by which other clusters reach the "
                      "API server, found \"%.*s\"",
                      SW_STR_ARG(server));
}

int sw_remote_config_ca(const struct sw_kube_config *config, struct sw_arena *arena,
                        struct sw_str *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf pem;
    int r;

    sw_buf_init(&pem, MAX_CA_BYTES);
    *ret = config->ca_pem;
    if (ret->len || !config->ca_file.len)
        return 0;
    r = sw_file_read(config->ca_file.data, &pem, reterr);
    if (r < 0)
        return r;
    *ret = sw_arena_copy(arena, sw_buf_str(&pem));
    return ret->data ? 0 : sw_err_nomem(reterr);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* FNV-1a: names of clusters are few, and nobody's secret. */
static uint32_t hash_of(struct sw_str text)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    return hash;
}

const char *sw_remote_secret_name(struct sw_str cluster, struct sw_arena *arena)
{
    char name[MAX_NAME_BYTES];
    bool is_label = true;
    size_t len = cluster.len < sizeof(name) ? cluster.len : sizeof(name);

    for (size_t i = 0; i < len; i++) {
        char c = cluster.data[i];

        is_label = is_label && is_plain(c);
        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        name[i] = is_plain(c) ? c : '-';
    }
    if (is_label)
        return sw_arena_printf(arena, "spillway-cluster-%.*s", (int)len, name);
    return sw_arena_printf(arena, "spillway-cluster-%.*s-%08x", (int)len, name, hash_of(cluster));
}

static json_t *text(struct sw_str s)
{
    return json_stringn(s.data ? s.data : "", s.len);
}

static json_t *base64(struct sw_str s)
{
    SW_CLEANUP(sw_buf_wipe) struct sw_buf buf;

    sw_buf_init(&buf, s.len * 2 + 8);
    sw_buf_append_base64(&buf, s.data, s.len);
    return sw_buf_status(&buf, NULL) < 0 ? NULL : text(sw_buf_str(&buf));
}

static json_t *way_json(const struct sw_remote_way *way)
{
    json_auto_t *cluster = json_pack("{s:o}", "server", text(way->server));

    if (!cluster)
        return NULL;
    if (way->tls_server_name.len &&
        json_object_set_new(cluster, "tls-server-name", text(way->tls_server_name)) < 0)
        return NULL;
    if (way->ca_pem.len &&
        json_object_set_new(cluster, "certificate-authority-data", base64(way->ca_pem)) < 0)
        return NULL;
    return SW_TAKE(cluster);
}

static json_t *kubeconfig_json(const struct sw_remote_secret *secret)
{
    struct sw_str name = secret->cluster;

    return json_pack("{s:s,s:s,s:[{s:o,s:o}],s:[{s:s,s:{s:o}}],s:[{s:o,s:{s:o,s:s}}],s:o}",
                     "apiVersion", "v1", "kind", "Config", "clusters", "name", text(name),
                     "cluster", way_json(&secret->way), "users", "name", SW_REMOTE_ACCOUNT, "user",
                     "token", text(secret->token.text), "contexts", "name", text(name), "context",
                     "cluster", text(name), "user", SW_REMOTE_ACCOUNT, "current-context",
                     text(name));
}

/* The value of the Secret's key; NULL when out of memory. */
static json_t *value_json(const struct sw_remote_secret *secret)
{
    SW_CLEANUP(sw_buf_wipe) struct sw_buf buf;
    json_auto_t *kubeconfig = kubeconfig_json(secret);

    sw_buf_init(&buf, SW_KUBE_CONFIG_MAX_BYTES);
    if (!kubeconfig)
        return NULL;
    sw_yaml_write(kubeconfig, &buf);
    return sw_buf_status(&buf, NULL) < 0 ? NULL : base64(sw_buf_str(&buf));
}

static json_t *secret_json(const struct sw_remote_secret *secret, struct sw_arena *arena)
{
    const char *name = sw_remote_secret_name(secret->cluster, arena);
    json_auto_t *data = json_object(), *metadata = NULL;

    if (!name || !data ||
        json_object_setn_new(data, secret->cluster.data, secret->cluster.len, value_json(secret)) <
            0)
        return NULL;
    metadata = json_pack("{s:s,s:o,s:{s:s,s:s,s:s}}", "name", name, "namespace",
                         text(secret->namespace_), "labels", "app.kubernetes.io/name", "spillway",
                         "app.kubernetes.io/part-of", "spillway", "spillway.dev/cluster", "true");
    if (metadata && secret->token.expires.len &&
        json_object_set_new(
            metadata, "annotations",
            json_pack("{s:o}", "spillway.dev/token-expires", text(secret->token.expires))) < 0)
        return NULL;
    return json_pack("{s:s,s:s,s:o,s:s,s:o}", "apiVersion", "v1", "kind", "Secret", "metadata",
                     SW_TAKE(metadata), "type", "Opaque", "data", SW_TAKE(data));
}

int sw_remote_secret_write(const struct sw_remote_secret *secret, bool json, struct sw_arena *arena,
                           struct sw_buf *buf, struct sw_err *reterr)
{
    json_auto_t *object = secret_json(secret, arena);

    if (!object)
        return sw_err_nomem(reterr);
    if (!json) {
        sw_yaml_write(object, buf);
        return 0;
    }
    sw_json_write(object, buf);
    sw_buf_append_text(buf, "\n");
    return 0;
}

bool sw_remote_renewal(struct sw_str expires, uint64_t now_s, char ret[SW_UTC_SIZE])
{
    struct tm parts = {0};
    char copy[SW_UTC_SIZE];
    time_t at;

    snprintf(copy, sizeof(copy), "%.*s", SW_STR_ARG(expires));
    if (!strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &parts))
        return false;
    at = timegm(&parts);
    if (at < 0 || (uint64_t)at < now_s)
        return false;
    at -= (time_t)(((uint64_t)at - now_s) / 3);
    sw_utc_write(at, ret);
    return true;
}
