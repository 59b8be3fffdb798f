#include "model/endpointslice.h"

#include "json/get.h"

#include "base/banned.h"

static int read_target(const json_t *item, const struct sw_at *at, struct sw_arena *arena,
                       struct sw_endpoint *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "targetRef");
    struct sw_str kind = {NULL, 0};
    json_t *target = NULL;
    int r = sw_get_object(item, "targetRef", at, &target, reterr);

    if (r <= 0)
        return r;
    r = sw_get_str(target, "kind", here, &kind, reterr);
    if (r < 0)
        return r;
    if (!sw_str_is(kind, "Pod"))
        return 0;
    r = sw_model_copy_str(target, "name", here, arena, &ret->pod, reterr);
    if (r < 0)
        return r;
    return sw_model_copy_str(target, "namespace", here, arena, &ret->pod_namespace, reterr);
}

/* An absent ready means that nobody knows, and the endpoint is to be used (Kubernetes API,
 * EndpointConditions). */
static int read_conditions(const json_t *item, const struct sw_at *at, struct sw_endpoint *ret,
                           struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "conditions");
    json_t *conditions = NULL;
    int r = sw_get_object(item, "conditions", at, &conditions, reterr);

    ret->ready = true;
    if (r >= 0)
        r = sw_get_bool(conditions, "ready", here, &ret->ready, reterr);
    if (r >= 0)
        r = sw_get_bool(conditions, "terminating", here, &ret->terminating, reterr);
    return r < 0 ? r : 0;
}

static int read_endpoint(const json_t *item, const struct sw_at *at, struct sw_arena *arena,
                         struct sw_endpoint *ret, struct sw_err *reterr)
{
    int r = read_target(item, at, arena, ret, reterr);

    if (r == 0)
        r = read_conditions(item, at, ret, reterr);
    return r;
}

static int read_endpoints(const json_t *object, struct sw_arena *arena,
                          struct sw_endpointslice *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "endpoints");
    struct sw_endpoint *endpoints;
    json_t *list = NULL, *item;
    size_t i;
    int r = sw_get_objects(object, "endpoints", NULL, &list, reterr);

    if (r <= 0)
        return r;
    if (json_array_size(list) > SW_ENDPOINTSLICE_MAX_ENDPOINTS)
        return sw_err_set(reterr, SW_ETYPE, "endpoints: expected at most %d, found %zu",
                          SW_ENDPOINTSLICE_MAX_ENDPOINTS, json_array_size(list));
    endpoints = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*endpoints));
    if (!endpoints)
        return sw_err_nomem(reterr);
    json_array_foreach (list, i, item) {
        r = read_endpoint(item, SW_AT_INDEX(at, i), arena, &endpoints[i], reterr);
        if (r < 0)
            return r;
    }
    ret->endpoints = endpoints;
    ret->n_endpoints = json_array_size(list);
    return 0;
}

int sw_endpointslice_read(const json_t *object, struct sw_arena *arena,
                          struct sw_endpointslice *ret, struct sw_err *reterr)
{
    struct sw_endpointslice slice = {0};
    const struct sw_str *service;
    struct sw_str type = {NULL, 0};
    int r = sw_meta_read(object, arena, &slice.meta, reterr);

    if (r == 0)
        r = sw_get_str(object, "addressType", NULL, &type, reterr);
    if (r >= 0)
        r = read_endpoints(object, arena, &slice, reterr);
    if (r < 0)
        return r;
    service = sw_labels_get(&slice.meta.labels, SW_STR(SW_LABEL_SERVICE_NAME));
    if (service && service->len)
        slice.service = *service;
    if (sw_str_is(type, "IPv4"))
        slice.type = SW_ADDRESS_IPV4;
    else if (sw_str_is(type, "IPv6"))
        slice.type = SW_ADDRESS_IPV6;
    *ret = slice;
    return 0;
}
