#include "model/routing.h"

#include "json/get.h"

#include "base/banned.h"

#define AT_SPEC SW_AT_KEY(NULL, "spec")

static int read_subsets(const json_t *spec, struct sw_arena *arena, struct sw_routing *ret,
                        struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "subsets");
    struct sw_subset *subsets;
    json_t *list = NULL, *item;
    size_t i;
    int r = sw_get_objects(spec, "subsets", AT_SPEC, &list, reterr);

    if (r <= 0)
        return r;
    if (json_array_size(list) > SW_ROUTING_MAX_SUBSETS)
        return sw_err_set(reterr, SW_ETYPE, "spec.subsets: expected at most %d, found %zu",
                          SW_ROUTING_MAX_SUBSETS, json_array_size(list));
    subsets = sw_arena_zalloc(arena, json_array_size(list) * sizeof(*subsets));
    if (!subsets)
        return sw_err_nomem(reterr);
    json_array_foreach (list, i, item) {
        const struct sw_at *here = SW_AT_INDEX(at, i);

        r = sw_model_copy_str(item, "name", here, arena, &subsets[i].name, reterr);
        if (r == 0)
            r = sw_labels_read(item, "labels", here, arena, &subsets[i].labels, reterr);
        if (r < 0)
            return r;
    }
    ret->subsets = subsets;
    ret->n_subsets = json_array_size(list);
    return 0;
}

int sw_routing_read(const json_t *object, struct sw_arena *arena, struct sw_routing *ret,
                    struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, "workloadSelector");
    json_t *spec = NULL, *selector = NULL;
    struct sw_routing routing = {0};
    int r = sw_get_object(object, "spec", NULL, &spec, reterr);

    if (r >= 0)
        r = read_subsets(spec, arena, &routing, reterr);
    if (r == 0)
        r = sw_strings_read(spec, "exportTo", AT_SPEC, arena, &routing.export_to, reterr);
    if (r == 0)
        r = sw_get_object(spec, "workloadSelector", AT_SPEC, &selector, reterr);
    if (r < 0)
        return r;
    routing.selects_workloads = r == 1;
    r = sw_labels_read(selector, "matchLabels", at, arena, &routing.workload_selector, reterr);
    if (r < 0)
        return r;
    *ret = routing;
    return 0;
}
