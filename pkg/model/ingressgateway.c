#include "model/ingressgateway.h"

#include "json/get.h"

#include "base/banned.h"

#define AT_SPEC SW_AT_KEY(NULL, "spec")

static int read_service(const json_t *kube, const struct sw_at *at, struct sw_arena *arena,
                        struct sw_ingressgateway *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "service");
    json_t *service = NULL;
    int r = sw_get_object(kube, "service", at, &service, reterr);

    if (r >= 0)
        r = sw_labels_read(service, "annotations", here, arena, &ret->service_annotations, reterr);
    return r;
}

static int read_deployment(const json_t *kube, const struct sw_at *at,
                           struct sw_ingressgateway *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "deployment");
    json_t *deployment = NULL;
    int64_t replicas = 0;
    int r = sw_get_object(kube, "deployment", at, &deployment, reterr);

    if (r >= 0)
        r = sw_get_int(deployment, "replicaCount", here,
                       (struct sw_int_range){0, SW_INGRESSGATEWAY_MAX_REPLICAS}, &replicas, reterr);
    ret->replicas = (uint32_t)replicas;
    return r < 0 ? r : 0;
}

int sw_ingressgateway_read(const json_t *object, struct sw_arena *arena,
                           struct sw_ingressgateway *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "kubeSpec");
    struct sw_ingressgateway gateway = {0};
    json_t *spec = NULL, *kube = NULL;
    int r = sw_meta_read(object, arena, &gateway.meta, reterr);

    if (r == 0)
        r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r >= 0)
        r = sw_get_bool(spec, "eastWestOnly", AT_SPEC, &gateway.east_west_only, reterr);
    if (r >= 0)
        r = sw_get_object(spec, "kubeSpec", AT_SPEC, &kube, reterr);
    if (r >= 0)
        r = read_service(kube, at, arena, &gateway, reterr);
    if (r >= 0)
        r = read_deployment(kube, at, &gateway, reterr);
    if (r < 0)
        return r;
    *ret = gateway;
    return 0;
}
