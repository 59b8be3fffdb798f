#include "model/setting.h"

#include "json/get.h"

#include <string.h>

#include "base/banned.h"

#define AT_SPEC SW_AT_KEY(NULL, "spec")

/* Notes the members of `object` that are not in `known`, which NULL ends. */
static int note_unknown(json_t *object, const char *const *known, const struct sw_at *at,
                        struct sw_arena *arena, struct sw_setting *ret, struct sw_err *reterr)
{
    const char *key, **unknown;
    json_t *value;

    json_object_foreach(object, key, value) {
        size_t i = 0;

        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (known[i])
            continue;
        unknown = sw_arena_push(arena, ret->unknown, ret->n_unknown, sizeof(*unknown));
        if (!unknown)
            return sw_err_nomem(reterr);
        ret->unknown = unknown;
        unknown[ret->n_unknown] = sw_at_path(SW_AT_KEY(at, key), arena);
        if (!unknown[ret->n_unknown++])
            return sw_err_nomem(reterr);
    }
    return 0;
}

/* The members of a gateway item and of the objects in it (TSB API, EastWestGatewaySettings). */
static int note_unknown_members(json_t *gateway, const struct sw_at *at, struct sw_arena *arena,
                                struct sw_setting *ret, struct sw_err *reterr)
{
    static const char *const of_gateway[] = {"workloadSelector", "exposedServices",
                                             "configGenerationMetadata", NULL};
    static const char *const of_selector[] = {"namespace", "labels", NULL};
    static const char *const of_exposed[] = {"serviceLabels", NULL};
    const struct sw_at *at_exposed = SW_AT_KEY(at, "exposedServices");
    json_t *item;
    size_t i;
    int r = note_unknown(gateway, of_gateway, at, arena, ret, reterr);

    if (r == 0)
        r = note_unknown(json_object_get(gateway, "workloadSelector"), of_selector,
                         SW_AT_KEY(at, "workloadSelector"), arena, ret, reterr);
    json_array_foreach(json_object_get(gateway, "exposedServices"), i, item) {
        if (r == 0)
            r = note_unknown(item, of_exposed, SW_AT_INDEX(at_exposed, i), arena, ret, reterr);
    }
    return r;
}

static int read_exposed_item(const json_t *item, const struct sw_at *at, struct sw_arena *arena,
                             struct sw_labels *ret, struct sw_err *reterr)
{
    int r = sw_labels_read(item, "serviceLabels", at, arena, ret, reterr);

    if (r == 0 && ret->n == 0)
        return sw_get_fail(json_object_get(item, "serviceLabels"), "serviceLabels", at,
                           "at least one label", reterr);
    return r;
}

static int read_exposed(const json_t *gateway, const struct sw_at *at, struct sw_arena *arena,
                        struct sw_gateway_setting *ret, struct sw_err *reterr)
{
    json_t *list = NULL, *item;
    struct sw_labels *exposed;
    size_t i;
    int r = sw_get_objects(gateway, "exposedServices", at, &list, reterr);

    if (r <= 0 || json_array_size(list) == 0)
        return r < 0 ? r : 0;
    exposed = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*exposed));
    if (!exposed)
        return sw_err_nomem(reterr);
    json_array_foreach(list, i, item) {
        r = read_exposed_item(item, SW_AT_INDEX(SW_AT_KEY(at, "exposedServices"), i), arena,
                              &exposed[i], reterr);
        if (r < 0)
            return r;
    }
    ret->exposed = exposed;
    ret->n_exposed = json_array_size(list);
    return 0;
}

static int read_gateway(const json_t *gateway, const struct sw_at *at, struct sw_arena *arena,
                        struct sw_gateway_setting *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "workloadSelector");
    json_t *selector = NULL;
    int r = sw_get_object(gateway, "workloadSelector", at, &selector, reterr);

    if (r < 0)
        return r;
    r = sw_model_copy_str(selector, "namespace", here, arena, &ret->namespace_, reterr);
    if (r < 0)
        return r;
    if (ret->namespace_.len == 0)
        return sw_get_fail(json_object_get(selector, "namespace"), "namespace", here,
                           "the gateway's namespace", reterr);
    r = sw_labels_read(selector, "labels", here, arena, &ret->labels, reterr);
    if (r < 0)
        return r;
    if (ret->labels.n == 0)
        return sw_get_fail(json_object_get(selector, "labels"), "labels", here,
                           "at least one label of the gateway's pods", reterr);
    return read_exposed(gateway, at, arena, ret, reterr);
}

static int read_gateways(const json_t *spec, struct sw_arena *arena, struct sw_setting *ret,
                         struct sw_err *reterr)
{
    const char *key = "defaultEastWestGatewaySettings";
    struct sw_gateway_setting *gateways;
    json_t *list = NULL, *item;
    size_t i;
    int r = sw_get_objects(spec, key, AT_SPEC, &list, reterr);

    if (r <= 0)
        return r;
    gateways = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*gateways));
    if (!gateways)
        return sw_err_nomem(reterr);
    json_array_foreach(list, i, item) {
        const struct sw_at *at = SW_AT_INDEX(SW_AT_KEY(AT_SPEC, key), i);

        r = read_gateway(item, at, arena, &gateways[i], reterr);
        if (r == 0)
            r = note_unknown_members(item, at, arena, ret, reterr);
        if (r < 0)
            return r;
    }
    ret->gateways = gateways;
    ret->n_gateways = json_array_size(list);
    return 0;
}

static int read_region(const json_t *item, const char *key, const struct sw_at *at,
                       struct sw_arena *arena, struct sw_str *ret, struct sw_err *reterr)
{
    int r = sw_model_copy_str(item, key, at, arena, ret, reterr);

    if (r < 0)
        return r;
    /* istiod refuses both in localityLbSetting.failover: a region, not a zone, and no pattern. */
    if (ret->len == 0 || sw_str_find(*ret, '/') < ret->len || sw_str_find(*ret, '*') < ret->len)
        return sw_get_fail(json_object_get(item, key), key, at, "a region, without / or *", reterr);
    return 0;
}

static int read_regional(const json_t *object, const struct sw_at *at, struct sw_arena *arena,
                         struct sw_setting *ret, struct sw_err *reterr)
{
    struct sw_regional_failover *regional;
    json_t *list = NULL, *item;
    size_t i;
    int r = sw_get_objects(object, "regionalFailover", at, &list, reterr);

    if (r <= 0)
        return r;
    regional = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*regional));
    if (!regional)
        return sw_err_nomem(reterr);
    json_array_foreach(list, i, item) {
        const struct sw_at *here = SW_AT_INDEX(SW_AT_KEY(at, "regionalFailover"), i);

        r = read_region(item, "from", here, arena, &regional[i].from, reterr);
        if (r < 0)
            return r;
        r = read_region(item, "to", here, arena, &regional[i].to, reterr);
        if (r < 0)
            return r;
        if (sw_str_eq(regional[i].from, regional[i].to))
            return sw_get_fail(json_object_get(item, "to"), "to", here,
                               "another region than `from`", reterr);
    }
    ret->regional = regional;
    ret->n_regional = json_array_size(list);
    return 0;
}

static int read_priority(const json_t *failover, const struct sw_at *at, struct sw_arena *arena,
                         struct sw_setting *ret, struct sw_err *reterr)
{
    json_t *list = NULL, *item;
    struct sw_str *priority;
    size_t i;
    int r = sw_get_strings(failover, "failoverPriority", at, &list, reterr);

    if (r <= 0 || json_array_size(list) == 0)
        return r < 0 ? r : 0;
    priority = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*priority));
    if (!priority)
        return sw_err_nomem(reterr);
    json_array_foreach(list, i, item) {
        if (json_string_length(item) == 0)
            return sw_get_fail(item, NULL,
                               SW_AT_INDEX(SW_AT_KEY(at, "failoverPriority"), i),
                               "a label key, or key=value", reterr);
        priority[i] = sw_arena_copy(arena, (struct sw_str){json_string_value(item),
                                                           json_string_length(item)});
        if (!priority[i].data)
            return sw_err_nomem(reterr);
    }
    ret->priority = priority;
    ret->n_priority = json_array_size(list);
    return 0;
}

static int read_topology(const json_t *failover, const struct sw_at *at, enum sw_topology *ret,
                         struct sw_err *reterr)
{
    struct sw_str choice = SW_STR("CLUSTER");
    int r = sw_get_str(failover, "topologyChoice", at, &choice, reterr);

    if (r < 0)
        return r;
    if (sw_str_is(choice, "CLUSTER"))
        *ret = SW_TOPOLOGY_CLUSTER;
    else if (sw_str_is(choice, "LOCALITY"))
        *ret = SW_TOPOLOGY_LOCALITY;
    else if (sw_str_is(choice, "NONE"))
        *ret = SW_TOPOLOGY_NONE;
    else
        return sw_get_fail(json_object_get(failover, "topologyChoice"), "topologyChoice", at,
                           "CLUSTER, LOCALITY or NONE", reterr);
    return 0;
}

/* failoverSettings wins over spec.regionalFailover (TSB API, WorkspaceSetting). */
static int read_failover(const json_t *spec, struct sw_arena *arena, struct sw_setting *ret,
                         struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "failoverSettings");
    json_t *failover = NULL;
    int r = sw_get_object(spec, "failoverSettings", AT_SPEC, &failover, reterr);

    if (r < 0)
        return r;
    if (r == 0)
        return read_regional(spec, AT_SPEC, arena, ret, reterr);
    r = read_topology(failover, at, &ret->topology, reterr);
    if (r < 0)
        return r;
    r = read_priority(failover, at, arena, ret, reterr);
    if (r < 0)
        return r;
    return read_regional(failover, at, arena, ret, reterr);
}

static bool is_on(const struct sw_outlier *outlier, enum sw_outlier_field field)
{
    return outlier->fields[field].set && outlier->fields[field].number > 0;
}

/* What ends up in users' DestinationRules must pass istiod's validator (pkg/config/validation
 * validateOutlierDetection). */
static int read_outlier(const json_t *spec, struct sw_arena *arena, struct sw_setting *ret,
                        struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "defaultTrafficSetting");
    json_t *traffic = NULL;
    int r = sw_get_object(spec, "defaultTrafficSetting", AT_SPEC, &traffic, reterr);

    if (r < 0)
        return r;
    r = sw_outlier_read(traffic, at, arena, &ret->outlier, reterr);
    if (r < 0)
        return r;
    if (is_on(&ret->outlier, SW_OUTLIER_LOCAL_FAILURES) &&
        !is_on(&ret->outlier, SW_OUTLIER_SPLIT_LOCAL))
        return sw_get_fail(json_object_get(json_object_get(traffic, "outlierDetection"),
                                           "consecutiveLocalOriginFailures"),
                           "consecutiveLocalOriginFailures", SW_AT_KEY(at, "outlierDetection"),
                           "0, or splitExternalLocalOriginErrors: true beside it", reterr);
    return 0;
}

static int read_spec(const json_t *spec, struct sw_arena *arena, struct sw_setting *ret,
                     struct sw_err *reterr)
{
    int r = read_gateways(spec, arena, ret, reterr);

    if (r < 0)
        return r;
    r = read_outlier(spec, arena, ret, reterr);
    if (r < 0)
        return r;
    return read_failover(spec, arena, ret, reterr);
}

int sw_setting_read(const json_t *object, struct sw_arena *arena, struct sw_setting *ret,
                    struct sw_err *reterr)
{
    struct sw_setting setting = {0};
    json_t *spec = NULL, *slipped;
    int r = sw_meta_read(object, arena, &setting.meta, reterr);

    if (r < 0)
        return r;
    r = sw_hierarchy_read(object, arena, &setting.hierarchy, reterr);
    if (r < 0)
        return r;
    slipped = json_object_get(object, "defaultEastWestGatewaySettings");
    setting.slipped_gateways = slipped && !json_is_null(slipped);
    r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r < 0)
        return r;
    r = read_spec(spec, arena, &setting, reterr);
    if (r < 0)
        return r;
    *ret = setting;
    return 0;
}

int sw_setting_cmp(const struct sw_setting *a, const struct sw_setting *b)
{
    int order = sw_meta_cmp_age(&a->meta, &b->meta);

    if (!order)
        order = sw_str_cmp(a->meta.namespace_, b->meta.namespace_);
    if (!order)
        order = sw_str_cmp(a->meta.name, b->meta.name);
    return order;
}
