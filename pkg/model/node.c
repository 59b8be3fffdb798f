#include "model/node.h"

#include "base/banned.h"

/* The first of two labels that is there: the old names stood before Kubernetes 1.17. */
static struct sw_str pick(const struct sw_labels *labels, const char *key, const char *old_key)
{
    const struct sw_str *value = sw_labels_get(labels, sw_str_from(key));

    if ((!value || !value->len) && old_key)
        value = sw_labels_get(labels, sw_str_from(old_key));
    return value ? *value : (struct sw_str){NULL, 0};
}

/* Istio's getPodLocality (pilot serviceregistry/kube/controller), whose three parts Envoy compares
 * one by one: a zone without a region would be compared with a region. */
int sw_node_read(const json_t *object, struct sw_arena *arena, struct sw_node *ret,
                 struct sw_err *reterr)
{
    struct sw_str region, zone, subzone;
    struct sw_meta meta = {0};
    char *text;
    int r = sw_meta_read(object, arena, &meta, reterr);

    if (r < 0)
        return r;
    region = pick(&meta.labels, "topology.kubernetes.io/region",
                  "failure-domain.beta.kubernetes.io/region");
    zone =
        pick(&meta.labels, "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
    subzone = pick(&meta.labels, "topology.istio.io/subzone", NULL);
    if (!region.len)
        zone.len = 0;
    if (!zone.len)
        subzone.len = 0;
    text = sw_arena_printf(arena, "%.*s%s%.*s%s%.*s", SW_STR_ARG(region), zone.len ? "/" : "",
                           SW_STR_ARG(zone), subzone.len ? "/" : "", SW_STR_ARG(subzone));
    if (!text)
        return sw_err_nomem(reterr);
    ret->name = meta.name;
    ret->locality = sw_str_from(text);
    return 0;
}
