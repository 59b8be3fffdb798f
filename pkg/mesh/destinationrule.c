#include "mesh/destinationrule.h"

#include "base/cleanup.h"
#include "failover/policy.h"
#include "mesh/name.h"

#include "base/banned.h"

static json_t *traffic_policy(const struct sw_setting *setting)
{
    json_auto_t *policy = json_pack("{s:o}", "outlierDetection", sw_policy_outlier(setting));

    if (!policy)
        return NULL;
    if (sw_policy_has_locality(setting) &&
        json_object_set_new(policy, "loadBalancer",
                            json_pack("{s:o}", "localityLbSetting", sw_policy_locality(setting))) <
            0)
        return NULL;
    return SW_TAKE(policy);
}

static json_t *subset_list(const struct sw_subsets *subsets)
{
    json_auto_t *list = json_array();

    for (size_t i = 0; list && i < subsets->n; i++) {
        const struct sw_mesh_subset *subset = &subsets->items[i];

        if (json_array_append_new(list, json_pack("{s:o,s:o}", "name", sw_wanted_str(subset->name),
                                                  "labels", sw_wanted_labels(&subset->labels))) < 0)
            return NULL;
    }
    return SW_TAKE(list);
}

int sw_destinationrule_plan(const struct sw_subject *subject, const struct sw_setting *setting,
                            const struct sw_subsets *subsets, struct sw_err *reterr)
{
    const struct sw_plan *plan = subject->plan;
    const char *name = sw_arena_printf(subject->arena, "k-%.*s.%.*s", SW_STR_ARG(plan->service),
                                       SW_STR_ARG(plan->namespace_));
    struct sw_wanted_meta meta = {
        .kind = SW_MESH_DESTINATIONRULE,
        .namespace_ = subject->mesh->root_namespace,
        .name = sw_str_from(name),
        .service = sw_mesh_path(subject->arena, plan->namespace_, plan->service),
    };
    json_t *spec;

    if (!name || !meta.service.data)
        return sw_err_nomem(reterr);
    spec = json_pack("{s:o,s:o}", "host", sw_wanted_str(subject->host), "trafficPolicy",
                     traffic_policy(setting));
    if (spec && subsets->n && json_object_set_new(spec, "subsets", subset_list(subsets)) < 0)
        return sw_err_nomem(reterr);
    return sw_wanted_add(&subject->plan->wanteds, subject->arena, &meta, spec, reterr);
}
