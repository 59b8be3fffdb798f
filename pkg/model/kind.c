#include "model/kind.h"

#include "base/banned.h"

static const struct {
    enum sw_kind kind;
    const char *group;
    const char *version; /* NULL: any */
    const char *name;
} known[] = {
    {SW_KIND_NAMESPACE, "", "v1", "Namespace"},
    {SW_KIND_SERVICE, "", "v1", "Service"},
    {SW_KIND_DESTINATIONRULE, "networking.istio.io", NULL, "DestinationRule"},
    {SW_KIND_WORKSPACE, "tsb.tetrate.io", "v2", "Workspace"},
    {SW_KIND_SETTING, "tsb.tetrate.io", "v2", "WorkspaceSetting"},
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

enum sw_kind sw_kind_of(struct sw_str group, struct sw_str version, struct sw_str kind)
{
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (sw_str_is(kind, known[i].name) && sw_str_is(group, known[i].group) &&
            (!known[i].version || sw_str_is(version, known[i].version)))
            return known[i].kind;
    }
    return SW_KIND_OTHER;
}

enum sw_kind sw_kind_of_object(const json_t *object)
{
    struct sw_str version = sw_str_from(json_string_value(json_object_get(object, "apiVersion")));
    struct sw_str kind = sw_str_from(json_string_value(json_object_get(object, "kind")));
    struct sw_str group = {NULL, 0};

    if (sw_str_find(version, '/') < version.len)
        group = sw_str_cut(&version, '/');
    return sw_kind_of(group, version, kind);
}

const char *sw_kind_name(enum sw_kind kind)
{
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (known[i].kind == kind)
            return known[i].name;
    }
    return "object";
}
