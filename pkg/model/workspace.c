#include "model/workspace.h"

#include "json/get.h"

#include "base/banned.h"

/* Splits "CLUSTER/NAMESPACE" by the pattern that the TSB API gives; false where it does not fit. */
static bool split_pattern(struct sw_str text, struct sw_ns_pattern *ret)
{
    struct sw_str rest = text, cluster = sw_str_cut(&rest, '/');
    bool any = sw_str_is(cluster, "*");
    size_t star = sw_str_find(rest, '*');

    if (cluster.len == 0 || (!any && sw_str_find(cluster, '*') < cluster.len))
        return false;
    if (rest.len == 0 || sw_str_find(rest, '/') < rest.len || star + 1 < rest.len)
        return false;
    ret->text = text;
    ret->cluster = cluster;
    ret->namespace_ = sw_str_slice(rest, 0, star);
    ret->prefix = star < rest.len;
    return true;
}

static int read_patterns(json_t *names, const struct sw_at *at, struct sw_arena *arena,
                         struct sw_workspace *ret, struct sw_err *reterr)
{
    struct sw_ns_pattern *patterns;
    json_t *item;
    size_t i;

    patterns = sw_arena_zalloc(arena, json_array_size(names) * sizeof(*patterns));
    if (!patterns)
        return sw_err_nomem(reterr);
    json_array_foreach (names, i, item) {
        struct sw_str text = {json_string_value(item), json_string_length(item)};

        text = sw_arena_copy(arena, text);
        if (!text.data)
            return sw_err_nomem(reterr);
        if (!split_pattern(text, &patterns[i]))
            return sw_get_fail(item, NULL, SW_AT_INDEX(at, i),
                               "CLUSTER/NAMESPACE, such as \"*/bookinfo\" or \"east/shop-*\"",
                               reterr);
    }
    ret->patterns = patterns;
    ret->n_patterns = json_array_size(names);
    return 0;
}

int sw_hierarchy_read(const json_t *object, struct sw_arena *arena, struct sw_hierarchy *ret,
                      struct sw_err *reterr)
{
    struct sw_hierarchy hierarchy = {0};
    int r = sw_meta_annotation(object, SW_ANNOTATION_ORGANIZATION, arena, &hierarchy.organization,
                               reterr);

    if (r < 0)
        return r;
    r = sw_meta_annotation(object, SW_ANNOTATION_TENANT, arena, &hierarchy.tenant, reterr);
    if (r < 0)
        return r;
    r = sw_meta_annotation(object, SW_ANNOTATION_WORKSPACE, arena, &hierarchy.workspace, reterr);
    if (r < 0)
        return r;
    *ret = hierarchy;
    return 0;
}

int sw_workspace_read(const json_t *object, struct sw_arena *arena, struct sw_workspace *ret,
                      struct sw_err *reterr)
{
    const struct sw_at *at_spec = SW_AT_KEY(NULL, "spec");
    const struct sw_at *at_selector = SW_AT_KEY(at_spec, "namespaceSelector");
    struct sw_workspace workspace = {0};
    json_t *spec = NULL, *selector = NULL, *names = NULL;
    int r = sw_meta_read(object, arena, &workspace.meta, reterr);

    if (r < 0)
        return r;
    r = sw_hierarchy_read(object, arena, &workspace.hierarchy, reterr);
    if (r < 0)
        return r;
    r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r < 0)
        return r;
    r = sw_get_object(spec, "namespaceSelector", at_spec, &selector, reterr);
    if (r < 0)
        return r;
    r = sw_get_strings(selector, "names", at_selector, &names, reterr);
    if (r < 0)
        return r;
    if (r == 1) {
        r = read_patterns(names, SW_AT_KEY(at_selector, "names"), arena, &workspace, reterr);
        if (r < 0)
            return r;
    }
    *ret = workspace;
    return 0;
}

static bool names_cluster(const struct sw_ns_pattern *pattern, struct sw_str cluster)
{
    return sw_str_is(pattern->cluster, "*") || sw_str_eq(pattern->cluster, cluster);
}

bool sw_workspace_names_cluster(const struct sw_workspace *workspace, struct sw_str cluster)
{
    for (size_t i = 0; i < workspace->n_patterns; i++) {
        if (names_cluster(&workspace->patterns[i], cluster))
            return true;
    }
    return false;
}

bool sw_workspace_covers(const struct sw_workspace *workspace, struct sw_str cluster,
                         struct sw_str namespace_)
{
    for (size_t i = 0; i < workspace->n_patterns; i++) {
        const struct sw_ns_pattern *pattern = &workspace->patterns[i];

        if (!names_cluster(pattern, cluster))
            continue;
        if (pattern->prefix ? sw_str_has_prefix(namespace_, pattern->namespace_)
                            : sw_str_eq(namespace_, pattern->namespace_))
            return true;
    }
    return false;
}

bool sw_workspace_is_same(const struct sw_workspace *a, const struct sw_workspace *b)
{
    return sw_str_eq(a->meta.name, b->meta.name) &&
           sw_str_eq(a->hierarchy.organization, b->hierarchy.organization) &&
           sw_str_eq(a->hierarchy.tenant, b->hierarchy.tenant);
}

bool sw_workspace_is_named(const struct sw_workspace *workspace,
                           const struct sw_hierarchy *hierarchy)
{
    return sw_str_eq(workspace->meta.name, hierarchy->workspace) &&
           sw_str_eq(workspace->hierarchy.organization, hierarchy->organization) &&
           sw_str_eq(workspace->hierarchy.tenant, hierarchy->tenant);
}

int sw_workspace_cmp(const struct sw_workspace *a, const struct sw_workspace *b)
{
    int order = sw_meta_cmp_age(&a->meta, &b->meta);

    if (!order)
        order = sw_str_cmp(a->hierarchy.organization, b->hierarchy.organization);
    if (!order)
        order = sw_str_cmp(a->hierarchy.tenant, b->hierarchy.tenant);
    if (!order)
        order = sw_str_cmp(a->meta.name, b->meta.name);
    if (!order)
        order = sw_str_cmp(a->meta.namespace_, b->meta.namespace_);
    return order;
}
