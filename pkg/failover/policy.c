#include "failover/policy.h"

#include "base/banned.h"

#define LABEL_NETWORK "topology.istio.io/network"
#define LABEL_REGION  "topology.kubernetes.io/region"
#define LABEL_ZONE    "topology.kubernetes.io/zone"
#define LABEL_SUBZONE "topology.istio.io/subzone"

/* Gateway errors only (502, 503, 504: the pod is gone, not wrong); all hosts may go, or a small
 * cluster never fails over; minHealthPercent keeps not-ready pods out of EDS, so that a rolling
 * update stays local. Measured on Envoy; the reasons are in ARCHITECTURE.md. */
static const struct sw_outlier defaults = {
    .present = true,
    .fields =
        {
            [SW_OUTLIER_GATEWAY_ERRORS] = {.set = true, .number = 5},
            [SW_OUTLIER_5XX_ERRORS] = {.set = true, .number = 0},
            [SW_OUTLIER_INTERVAL] = {.set = true, .text = {"10s", 3}},
            [SW_OUTLIER_BASE_EJECTION] = {.set = true, .text = {"30s", 3}},
            [SW_OUTLIER_MAX_EJECTION] = {.set = true, .number = 100},
            [SW_OUTLIER_MIN_HEALTH] = {.set = true, .number = 1},
        },
};

json_t *sw_policy_outlier(const struct sw_setting *setting)
{
    struct sw_outlier outlier = sw_outlier_overlay(&defaults, &setting->outlier);

    return sw_outlier_json(&outlier);
}

/* Our own failoverPriority. Beside regionalFailover, region and zone are left to it. */
static json_t *default_priority(enum sw_topology topology, bool regional)
{
    switch (topology) {
    case SW_TOPOLOGY_CLUSTER:
        if (regional)
            return json_pack("[ss]", LABEL_NETWORK, SW_LABEL_REMOTE);
        return json_pack("[ssss]", LABEL_NETWORK, LABEL_REGION, LABEL_ZONE, SW_LABEL_REMOTE);
    case SW_TOPOLOGY_LOCALITY:
        if (regional)
            return json_array();
        return json_pack("[ssss]", LABEL_REGION, LABEL_ZONE, LABEL_NETWORK, SW_LABEL_REMOTE);
    case SW_TOPOLOGY_NONE:
    default:
        return json_array();
    }
}

static json_t *given_priority(const struct sw_setting *setting)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < setting->n_priority; i++) {
        const struct sw_str *label = &setting->priority[i];

        if (json_array_append_new(list, json_stringn(label->data, label->len)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *regional_failover(const struct sw_setting *setting)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < setting->n_regional; i++) {
        const struct sw_regional_failover *item = &setting->regional[i];
        json_t *pair = json_pack("{s:s%,s:s%}", "from", item->from.data, item->from.len, "to",
                                 item->to.data, item->to.len);

        if (json_array_append_new(list, pair) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

bool sw_policy_has_locality(const struct sw_setting *setting)
{
    return setting->topology != SW_TOPOLOGY_NONE || setting->n_priority || setting->n_regional;
}

bool sw_policy_priority_wins(const struct sw_setting *setting)
{
    if (!setting->n_regional)
        return false;
    for (size_t i = 0; i < setting->n_priority; i++) {
        struct sw_str rest = setting->priority[i], key = sw_str_cut(&rest, '=');

        if (sw_str_is(key, LABEL_REGION) || sw_str_is(key, LABEL_ZONE) ||
            sw_str_is(key, LABEL_SUBZONE))
            return true;
    }
    return false;
}

/* Adds a list, which is taken, to `object` unless it is empty; false when out of memory. */
static bool set_list(json_t *object, const char *key, json_t *list)
{
    if (list && json_array_size(list) == 0) {
        json_decref(list);
        return true;
    }
    return json_object_set_new(object, key, list) == 0;
}

json_t *sw_policy_locality(const struct sw_setting *setting)
{
    bool regional = setting->n_regional && !sw_policy_priority_wins(setting);
    json_t *locality = json_pack("{s:b}", "enabled", 1);

    if (!locality)
        return NULL;
    if (regional && !set_list(locality, "failover", regional_failover(setting))) {
        json_decref(locality);
        return NULL;
    }
    if (!set_list(locality, "failoverPriority",
                  setting->n_priority ? given_priority(setting)
                                      : default_priority(setting->topology, regional))) {
        json_decref(locality);
        return NULL;
    }
    return locality;
}
