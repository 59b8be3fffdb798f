#include "model/frontage.h"

#include "json/get.h"

#include "base/banned.h"

#define AT_SPEC SW_AT_KEY(NULL, "spec")

/* The addresses as they are gathered: each once, in their order. */
static int add(struct sw_strings *all, struct sw_str address, const struct sw_at *at,
               struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_str *items;

    if (address.len == 0 || sw_strings_have(all, address))
        return 0;
    if (all->n == SW_FRONTAGE_MAX_ADDRESSES) {
        const char *path = sw_at_path(at, arena);

        return sw_err_set(reterr, SW_ETYPE, "%s: expected at most %d addresses",
                          path ? path : "the addresses", SW_FRONTAGE_MAX_ADDRESSES);
    }
    items = sw_arena_push(arena, (void *)all->items, all->n, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    items[all->n++] = address;
    all->items = items;
    return 0;
}

static int add_annotated(const json_t *object, struct sw_arena *arena, struct sw_frontage *ret,
                         struct sw_err *reterr)
{
    const struct sw_at *at =
        SW_AT_KEY(SW_AT_KEY(SW_AT_KEY(NULL, "metadata"), "annotations"), SW_ANNOTATION_ADDRESSES);
    struct sw_strings parts;
    struct sw_str text;
    int r = sw_meta_annotation(object, SW_ANNOTATION_ADDRESSES, arena, &text, reterr);

    if (r == 0)
        r = sw_strings_split(text, arena, &parts, reterr);
    for (size_t i = 0; r == 0 && i < parts.n; i++)
        r = add(&ret->addresses, parts.items[i], at, arena, reterr);
    ret->annotated = ret->addresses.n > 0;
    return r;
}

/* An IP where a load balancer has both: a name would only be resolved to it. */
static int add_ingress(const json_t *object, struct sw_arena *arena, struct sw_frontage *ret,
                       struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "status"), *here = SW_AT_KEY(at, "loadBalancer");
    const struct sw_at *there = SW_AT_KEY(here, "ingress");
    json_t *status = NULL, *balancer = NULL, *list = NULL, *item;
    size_t i;
    int r = sw_get_object(object, "status", NULL, &status, reterr);

    if (r >= 0)
        r = sw_get_object(status, "loadBalancer", at, &balancer, reterr);
    if (r >= 0)
        r = sw_get_objects(balancer, "ingress", here, &list, reterr);
    json_array_foreach (list, i, item) {
        struct sw_str ip, name;

        r = sw_model_copy_str(item, "ip", SW_AT_INDEX(there, i), arena, &ip, reterr);
        if (r == 0)
            r = sw_model_copy_str(item, "hostname", SW_AT_INDEX(there, i), arena, &name, reterr);
        if (r == 0)
            r = add(&ret->addresses, ip.len ? ip : name, there, arena, reterr);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : 0;
}

static int add_external_ips(const json_t *spec, struct sw_arena *arena, struct sw_frontage *ret,
                            struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "externalIPs");
    struct sw_strings ips;
    int r = sw_strings_read(spec, "externalIPs", AT_SPEC, arena, &ips, reterr);

    for (size_t i = 0; r == 0 && i < ips.n; i++)
        r = add(&ret->addresses, ips.items[i], at, arena, reterr);
    return r;
}

/* Files say neither ipFamilies nor clusterIP, and mean a cluster's default: IPv4 mostly. */
static int read_families(const json_t *spec, struct sw_arena *arena, struct sw_frontage *ret,
                         struct sw_err *reterr)
{
    struct sw_str cluster_ip = {NULL, 0};
    struct sw_strings families;
    int r = sw_strings_read(spec, "ipFamilies", AT_SPEC, arena, &families, reterr);

    if (r == 0)
        r = sw_get_str(spec, "clusterIP", AT_SPEC, &cluster_ip, reterr);
    if (r < 0)
        return r;
    ret->ipv4 = sw_strings_have(&families, SW_STR("IPv4"));
    ret->ipv6 = sw_strings_have(&families, SW_STR("IPv6"));
    if (!ret->ipv4 && !ret->ipv6) {
        ret->ipv6 = sw_str_find(cluster_ip, ':') < cluster_ip.len;
        ret->ipv4 = !ret->ipv6;
    }
    return 0;
}

int sw_frontage_read(const json_t *object, struct sw_arena *arena, struct sw_frontage *ret,
                     struct sw_err *reterr)
{
    struct sw_frontage front = {0};
    struct sw_str export_to;
    json_t *spec = NULL;
    int r = sw_get_object(object, "spec", NULL, &spec, reterr);

    if (r >= 0)
        r = add_annotated(object, arena, &front, reterr);
    if (r == 0 && !front.annotated)
        r = add_ingress(object, arena, &front, reterr);
    if (r == 0 && front.addresses.n == 0)
        r = add_external_ips(spec, arena, &front, reterr);
    if (r == 0)
        r = sw_meta_annotation(object, SW_ANNOTATION_EXPORT_TO, arena, &export_to, reterr);
    if (r == 0)
        r = sw_strings_split(export_to, arena, &front.export_to, reterr);
    if (r == 0)
        r = read_families(spec, arena, &front, reterr);
    if (r < 0)
        return r;
    *ret = front;
    return 0;
}
