#include "model/gateway.h"

#include "model/strlist.h"
#include "json/get.h"

#include "base/banned.h"

#define MAX_PORT 65535

static int read_port(const json_t *server, const struct sw_at *at, struct sw_gateway_server *ret,
                     struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "port");
    json_t *port = NULL;
    int64_t number = 0;
    int r = sw_get_object(server, "port", at, &port, reterr);

    if (r >= 0)
        r = sw_get_int(port, "number", here, (struct sw_int_range){0, MAX_PORT}, &number, reterr);
    ret->port = (uint16_t)number;
    return r < 0 ? r : 0;
}

static int read_server(const json_t *server, const struct sw_at *at, struct sw_arena *arena,
                       struct sw_gateway_server *ret, struct sw_err *reterr)
{
    struct sw_strings hosts = {NULL, 0};
    json_t *tls = NULL;
    int r = read_port(server, at, ret, reterr);

    if (r == 0)
        r = sw_get_object(server, "tls", at, &tls, reterr);
    if (r >= 0)
        r = sw_model_copy_str(tls, "mode", SW_AT_KEY(at, "tls"), arena, &ret->tls_mode, reterr);
    if (r == 0)
        r = sw_strings_read(server, "hosts", at, arena, &hosts, reterr);
    ret->hosts = hosts.items;
    ret->n_hosts = hosts.n;
    return r;
}

static int read_servers(const json_t *spec, struct sw_arena *arena, struct sw_gateway *ret,
                        struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "spec"), *here = SW_AT_KEY(at, "servers");
    struct sw_gateway_server *servers;
    json_t *list = NULL, *item;
    size_t i, n_hosts = 0;
    int r = sw_get_objects(spec, "servers", at, &list, reterr);

    if (r <= 0)
        return r;
    if (json_array_size(list) > SW_GATEWAY_MAX_SERVERS)
        return sw_err_set(reterr, SW_ETYPE, "spec.servers: expected at most %d, found %zu",
                          SW_GATEWAY_MAX_SERVERS, json_array_size(list));
    servers = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*servers));
    if (!servers)
        return sw_err_nomem(reterr);
    json_array_foreach (list, i, item) {
        n_hosts += json_array_size(json_object_get(item, "hosts"));
        if (n_hosts > SW_GATEWAY_MAX_HOSTS)
            return sw_err_set(reterr, SW_ETYPE, "spec.servers: expected at most %d hosts",
                              SW_GATEWAY_MAX_HOSTS);
        r = read_server(item, SW_AT_INDEX(here, i), arena, &servers[i], reterr);
        if (r < 0)
            return r;
    }
    ret->servers = servers;
    ret->n_servers = json_array_size(list);
    return 0;
}

int sw_gateway_read(const json_t *object, struct sw_arena *arena, struct sw_gateway *ret,
                    struct sw_err *reterr)
{
    struct sw_gateway gateway = {0};
    json_t *spec = NULL;
    int r = sw_meta_read(object, arena, &gateway.meta, reterr);

    if (r == 0)
        r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r >= 0)
        r = sw_labels_read(spec, "selector", SW_AT_KEY(NULL, "spec"), arena, &gateway.selector,
                           reterr);
    if (r == 0)
        r = read_servers(spec, arena, &gateway, reterr);
    if (r < 0)
        return r;
    *ret = gateway;
    return 0;
}

struct sw_str sw_gateway_host(struct sw_str host)
{
    size_t slash = sw_str_find(host, '/');

    return slash < host.len ? sw_str_slice(host, slash + 1, host.len) : host;
}

bool sw_gateway_server_passes(const struct sw_gateway_server *server)
{
    return sw_str_is(server->tls_mode, "AUTO_PASSTHROUGH");
}
