#include "model/destinationrule.h"

#include "json/get.h"

#include "base/banned.h"

/* The levels as they are gathered. */
struct gathering {
    struct sw_arena *arena;
    struct sw_level *levels; /* arena */
    size_t n;
};

static bool has_member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value && !json_is_null(value);
}

/* An empty list says nothing: protobuf cannot tell it from an absent one. */
static bool has_items(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return has_member(object, key) && !(json_is_array(value) && json_array_size(value) == 0);
}

static int read_locality(const json_t *balancer, const struct sw_at *at, struct sw_locality_lb *ret,
                         struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "localityLbSetting");
    json_t *locality = NULL;
    bool enabled = true;
    int r = sw_get_object(balancer, "localityLbSetting", at, &locality, reterr);

    if (r <= 0)
        return r;
    r = sw_get_bool(locality, "enabled", here, &enabled, reterr);
    if (r < 0)
        return r;
    *ret = (struct sw_locality_lb){
        .present = true,
        .disabled = !enabled,
        .distributes = has_items(locality, "distribute"),
        .prioritizes = has_items(locality, "failoverPriority"),
    };
    return 0;
}

static int read_load_balancer(const json_t *policy, const struct sw_at *at, struct sw_arena *arena,
                              struct sw_level *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "loadBalancer");
    json_t *balancer = NULL;
    int r = sw_get_object(policy, "loadBalancer", at, &balancer, reterr);

    if (r <= 0)
        return r;
    ret->has_load_balancer = true;
    ret->zone_aware = has_member(balancer, "zoneAwareLbSetting");
    r = sw_model_copy_str(balancer, "simple", here, arena, &ret->simple, reterr);
    if (r < 0)
        return r;
    return read_locality(balancer, here, &ret->locality, reterr);
}

static int read_tls(const json_t *policy, const struct sw_at *at, struct sw_arena *arena,
                    struct sw_level *ret, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "tls");
    json_t *tls = NULL;
    int r = sw_get_object(policy, "tls", at, &tls, reterr);

    if (r <= 0)
        return r;
    r = sw_model_copy_str(tls, "mode", here, arena, &ret->tls_mode, reterr);
    if (r < 0)
        return r;
    if (!ret->tls_mode.data)
        ret->tls_mode = SW_STR("DISABLE"); /* the enum's zero value */
    return sw_model_copy_str(tls, "sni", here, arena, &ret->sni, reterr);
}

/* Adds one level, read from `policy` (NULL for a top level that is absent). */
static int add_level(struct gathering *all, const json_t *policy, const struct sw_at *at,
                     struct sw_level level, struct sw_err *reterr)
{
    struct sw_level *levels;
    int r;

    if (all->n == SW_DESTINATIONRULE_MAX_LEVELS)
        return sw_err_set(reterr, SW_ETYPE, "spec: expected at most %d traffic policies",
                          SW_DESTINATIONRULE_MAX_LEVELS);
    level.present = policy != NULL;
    r = sw_outlier_read(policy, at, all->arena, &level.outlier, reterr);
    if (r < 0)
        return r;
    r = read_load_balancer(policy, at, all->arena, &level, reterr);
    if (r < 0)
        return r;
    r = read_tls(policy, at, all->arena, &level, reterr);
    if (r < 0)
        return r;
    levels = sw_arena_push(all->arena, all->levels, all->n, sizeof(*levels));
    if (!levels)
        return sw_err_nomem(reterr);
    levels[all->n++] = level;
    all->levels = levels;
    return 0;
}

/* Adds a policy and its portLevelSettings. */
static int add_policy(struct gathering *all, const json_t *policy, const struct sw_at *at,
                      struct sw_level level, struct sw_err *reterr)
{
    json_t *ports = NULL, *item;
    size_t i;
    int r = add_level(all, policy, at, level, reterr);

    if (r < 0)
        return r;
    r = sw_get_objects(policy, "portLevelSettings", at, &ports, reterr);
    if (r <= 0)
        return r;
    level.kind = level.kind == SW_LEVEL_TOP ? SW_LEVEL_PORT : SW_LEVEL_SUBSET_PORT;
    json_array_foreach(ports, i, item) {
        level.port = i;
        r = add_level(all, item, SW_AT_INDEX(SW_AT_KEY(at, "portLevelSettings"), i), level, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_subsets(struct gathering *all, const json_t *spec, const struct sw_at *at,
                       struct sw_err *reterr)
{
    json_t *subsets = NULL, *item, *policy;
    size_t i;
    int r = sw_get_objects(spec, "subsets", at, &subsets, reterr);

    if (r <= 0)
        return r;
    json_array_foreach(subsets, i, item) {
        const struct sw_at *here = SW_AT_INDEX(SW_AT_KEY(at, "subsets"), i);

        r = sw_get_object(item, "trafficPolicy", here, &policy, reterr);
        if (r == 1)
            r = add_policy(all, policy, SW_AT_KEY(here, "trafficPolicy"),
                           (struct sw_level){.kind = SW_LEVEL_SUBSET, .subset = i}, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int sw_destinationrule_read(const json_t *object, struct sw_arena *arena,
                            struct sw_destinationrule *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "spec");
    struct sw_destinationrule rule = {0};
    struct gathering all = {.arena = arena};
    struct sw_str inject = {NULL, 0};
    json_t *spec = NULL, *policy = NULL;
    int r = sw_meta_read(object, arena, &rule.meta, reterr);

    if (r < 0)
        return r;
    r = sw_meta_annotation(object, SW_ANNOTATION_INJECT, arena, &inject, reterr);
    if (r < 0)
        return r;
    rule.inject_off = sw_str_is(inject, "false");
    r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r < 0)
        return r;
    r = sw_model_copy_str(spec, "host", at, arena, &rule.host, reterr);
    if (r < 0)
        return r;
    r = sw_get_object(spec, "trafficPolicy", at, &policy, reterr);
    if (r < 0)
        return r;
    r = add_policy(&all, policy, SW_AT_KEY(at, "trafficPolicy"),
                   (struct sw_level){.kind = SW_LEVEL_TOP}, reterr);
    if (r < 0)
        return r;
    r = add_subsets(&all, spec, at, reterr);
    if (r < 0)
        return r;
    rule.levels = all.levels;
    rule.n_levels = all.n;
    *ret = rule;
    return 0;
}
