#include "model/peerauth.h"

#include "json/get.h"

#include <stdlib.h>

#include "base/banned.h"

#define AT_SPEC  SW_AT_KEY(NULL, "spec")
#define MAX_PORT 65535

static int read_mode(const json_t *mtls, const struct sw_at *at, enum sw_mtls_mode *ret,
                     struct sw_err *reterr)
{
    static const char *const names[] = {
        [SW_MTLS_UNSET] = "UNSET",
        [SW_MTLS_DISABLE] = "DISABLE",
        [SW_MTLS_PERMISSIVE] = "PERMISSIVE",
        [SW_MTLS_STRICT] = "STRICT",
    };
    struct sw_str mode = SW_STR("UNSET");
    int r = sw_get_str(mtls, "mode", at, &mode, reterr);

    if (r < 0)
        return r;
    for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (sw_str_is(mode, names[i])) {
            *ret = (enum sw_mtls_mode)i;
            return 0;
        }
    }
    return sw_get_fail(json_object_get(mtls, "mode"), "mode", at,
                       "UNSET, DISABLE, PERMISSIVE or STRICT", reterr);
}

static int by_port(const void *a, const void *b)
{
    return (int)((const struct sw_mtls_port *)a)->port - (int)((const struct sw_mtls_port *)b)->port;
}

static int read_port(const json_t *map, const char *key, const struct sw_at *at,
                     struct sw_mtls_port *ret, struct sw_err *reterr)
{
    json_t *mtls = NULL;
    uint64_t number;
    int r = sw_get_object(map, key, at, &mtls, reterr);

    if (r < 0)
        return r;
    if (!sw_str_to_u64(sw_str_from(key), MAX_PORT, &number) || number == 0)
        return sw_err_set(reterr, SW_ETYPE,
                          "spec.portLevelMtls: expected port numbers as keys, found \"%.40s\"",
                          key);
    ret->port = (uint16_t)number;
    return read_mode(mtls, SW_AT_KEY(at, key), &ret->mode, reterr);
}

static int read_ports(const json_t *spec, struct sw_arena *arena, struct sw_peerauth *ret,
                      struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "portLevelMtls");
    struct sw_mtls_port *ports;
    json_t *map = NULL, *value;
    const char *key;
    size_t n = 0;
    int r = sw_get_object(spec, "portLevelMtls", AT_SPEC, &map, reterr);

    if (r <= 0)
        return r;
    if (json_object_size(map) > SW_PEERAUTH_MAX_PORTS)
        return sw_err_set(reterr, SW_ETYPE, "spec.portLevelMtls: expected at most %d, found %zu",
                          SW_PEERAUTH_MAX_PORTS, json_object_size(map));
    ports = sw_arena_zalloc(arena, json_object_size(map) * sizeof(*ports));
    if (!ports)
        return sw_err_nomem(reterr);
    json_object_foreach(map, key, value) {
        r = read_port(map, key, at, &ports[n++], reterr);
        if (r < 0)
            return r;
    }
    qsort(ports, n, sizeof(*ports), by_port);
    ret->ports = ports;
    ret->n_ports = n;
    return 0;
}

int sw_peerauth_read(const json_t *object, struct sw_arena *arena, struct sw_peerauth *ret,
                     struct sw_err *reterr)
{
    json_t *spec = NULL, *selector = NULL, *mtls = NULL;
    struct sw_peerauth auth = {0};
    int r = sw_meta_read(object, arena, &auth.meta, reterr);

    if (r == 0)
        r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r >= 0)
        r = sw_get_object(spec, "selector", AT_SPEC, &selector, reterr);
    if (r >= 0)
        r = sw_labels_read(selector, "matchLabels", SW_AT_KEY(AT_SPEC, "selector"), arena,
                           &auth.selector, reterr);
    if (r >= 0)
        r = sw_get_object(spec, "mtls", AT_SPEC, &mtls, reterr);
    if (r >= 0)
        r = read_mode(mtls, SW_AT_KEY(AT_SPEC, "mtls"), &auth.mode, reterr);
    if (r >= 0)
        r = read_ports(spec, arena, &auth, reterr);
    if (r < 0)
        return r;
    *ret = auth;
    return 0;
}
