#include "model/service.h"

#include "json/get.h"

#include "base/banned.h"

#define MAX_PORT 65535

/* targetPort is an IntOrString; 0 and "" mean the port itself, as nothing does (Kubernetes
 * pkg/apis/core/v1 SetDefaults_Service). */
static int read_target(const json_t *port, const struct sw_at *at, struct sw_arena *arena,
                       struct sw_port *ret, struct sw_err *reterr)
{
    const json_t *target = json_object_get(port, "targetPort");
    int64_t number = 0;
    int r = 0;

    if (json_string_length(target) > 0)
        return sw_model_copy_str(port, "targetPort", at, arena, &ret->target_name, reterr);
    if (!json_is_string(target))
        r = sw_get_int(port, "targetPort", at, (struct sw_int_range){0, MAX_PORT}, &number, reterr);
    if (r < 0)
        return r;
    ret->target_number = number ? (uint16_t)number : ret->number;
    return 0;
}

static int read_port(const json_t *port, const struct sw_at *at, struct sw_arena *arena,
                     struct sw_port *ret, struct sw_err *reterr)
{
    struct sw_str protocol = SW_STR("TCP");
    int64_t number = 0;
    int r = sw_model_copy_str(port, "name", at, arena, &ret->name, reterr);

    if (r < 0)
        return r;
    r = sw_get_int(port, "port", at, (struct sw_int_range){1, MAX_PORT}, &number, reterr);
    if (r < 0)
        return r;
    if (r == 0)
        return sw_get_fail(NULL, "port", at, "a port number", reterr);
    ret->number = (uint16_t)number;
    r = sw_get_str(port, "protocol", at, &protocol, reterr);
    if (r < 0)
        return r;
    ret->tcp = protocol.len == 0 || sw_str_is(protocol, "TCP");
    r = sw_model_copy_str(port, "appProtocol", at, arena, &ret->app_protocol, reterr);
    return r < 0 ? r : read_target(port, at, arena, ret, reterr);
}

static int read_ports(const json_t *spec, const struct sw_at *at, struct sw_arena *arena,
                      struct sw_service *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "ports");
    json_t *list = NULL, *item;
    struct sw_port *ports;
    size_t i;
    int r = sw_get_objects(spec, "ports", at, &list, reterr);

    if (r <= 0)
        return r;
    ports = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*ports));
    if (!ports)
        return sw_err_nomem(reterr);
    json_array_foreach (list, i, item) {
        r = read_port(item, SW_AT_INDEX(here, i), arena, &ports[i], reterr);
        if (r < 0)
            return r;
    }
    ret->ports = ports;
    ret->n_ports = json_array_size(list);
    return 0;
}

/* Sets *ret when string member `key` of spec equals `value`. */
static int read_is(const json_t *spec, const char *key, const char *value, bool *ret,
                   struct sw_err *reterr)
{
    struct sw_str text = {NULL, 0};
    int r = sw_get_str(spec, key, SW_AT_KEY(NULL, "spec"), &text, reterr);

    if (r < 0)
        return r;
    *ret = sw_str_is(text, value);
    return 0;
}

int sw_service_read(const json_t *object, struct sw_arena *arena, struct sw_service *ret,
                    struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "spec");
    struct sw_service service = {0};
    json_t *spec = NULL;
    int r = sw_meta_read(object, arena, &service.meta, reterr);

    if (r < 0)
        return r;
    r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r < 0)
        return r;
    r = read_is(spec, "type", "ExternalName", &service.external_name, reterr);
    if (r < 0)
        return r;
    r = read_is(spec, "clusterIP", "None", &service.headless, reterr);
    if (r < 0)
        return r;
    r = read_is(spec, "internalTrafficPolicy", "Local", &service.local_only, reterr);
    if (r < 0)
        return r;
    r = sw_labels_read(spec, "selector", at, arena, &service.selector, reterr);
    if (r < 0)
        return r;
    r = read_ports(spec, at, arena, &service, reterr);
    if (r < 0)
        return r;
    *ret = service;
    return 0;
}

int sw_namespace_read(const json_t *object, struct sw_arena *arena, struct sw_namespace *ret,
                      struct sw_err *reterr)
{
    return sw_meta_read(object, arena, &ret->meta, reterr);
}

bool sw_service_has_tcp_port(const struct sw_service *service, uint16_t number)
{
    for (size_t i = 0; i < service->n_ports; i++) {
        if (service->ports[i].tcp && service->ports[i].number == number)
            return true;
    }
    return false;
}
