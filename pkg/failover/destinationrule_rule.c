#include "failover/destinationrule_rule.h"

#include "base/cleanup.h"
#include "failover/cover.h"
#include "failover/policy.h"
#include "model/destinationrule.h"

#include "base/banned.h"

/* Istio's default, which counts where an explicit outlierDetection says nothing (Envoy:
 * outlier_detection.max_ejection_percent). */
#define ISTIO_MAX_EJECTION_PERCENT 10

/* What the rule works on. */
struct work {
    struct sw_outcome *outcome;
    const struct sw_setting *setting;
    json_t *outlier;  /* outlierDetection; made once for all levels, NULL until one needs it */
    json_t *locality; /* localityLbSetting; the same */
};

/* Where a level's trafficPolicy stands; the steps live in the caller's frame. */
struct place {
    struct sw_at steps[6];
    const struct sw_at *policy;
};

static const struct sw_at *step(struct place *place, size_t *n, const char *key, size_t index)
{
    place->steps[*n] = (struct sw_at){*n ? &place->steps[*n - 1] : NULL, key, index};
    return &place->steps[(*n)++];
}

static void place_level(const struct sw_level *level, struct place *ret)
{
    bool subset = level->kind == SW_LEVEL_SUBSET || level->kind == SW_LEVEL_SUBSET_PORT;
    bool port = level->kind == SW_LEVEL_PORT || level->kind == SW_LEVEL_SUBSET_PORT;
    size_t n = 0;

    step(ret, &n, "spec", 0);
    if (subset) {
        step(ret, &n, "subsets", 0);
        step(ret, &n, NULL, level->subset);
    }
    ret->policy = step(ret, &n, "trafficPolicy", 0);
    if (port) {
        step(ret, &n, "portLevelSettings", 0);
        ret->policy = step(ret, &n, NULL, level->port);
    }
}

static int warn(struct work *work, enum sw_reason reason, const struct sw_at *at,
                struct sw_err *reterr)
{
    return sw_outcome_find(work->outcome, &work->outcome->warnings, reason, at, reterr, "%s",
                           sw_reason_sentence(reason));
}

/* A subset's policy overrides the top level field by field and inherits the rest; a port's entry
 * inherits nothing at all. */
static bool inherits(const struct sw_level *level)
{
    return level->kind == SW_LEVEL_SUBSET;
}

static int warn_explicit_outlier(struct work *work, const struct sw_level *level,
                                 const struct sw_at *at, struct sw_err *reterr)
{
    const struct sw_outlier_value *max = &level->outlier.fields[SW_OUTLIER_MAX_EJECTION];
    bool given = max->set && max->number; /* 0 is proto3's unset */
    int64_t percent = given ? max->number : ISTIO_MAX_EJECTION_PERCENT;

    if (percent >= 100)
        return 0;
    return sw_outcome_find(work->outcome, &work->outcome->warnings, SW_MAX_EJECTION,
                           SW_AT_KEY(at, "maxEjectionPercent"), reterr, "%lld%s: %s",
                           (long long)percent, given ? "" : " (Istio's default)",
                           sw_reason_sentence(SW_MAX_EJECTION));
}

static int inject_outlier(struct work *work, const struct sw_level *level, const struct sw_at *at,
                          struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "outlierDetection");

    if (level->outlier.present)
        return warn_explicit_outlier(work, level, here, reterr);
    if (inherits(level))
        return 0;
    if (!work->outlier)
        work->outlier = sw_policy_outlier(work->setting);
    return sw_outcome_change(work->outcome, SW_PATCH_ADD, here, work->outlier, reterr);
}

/* What the user has set in a loadBalancer stays; this says what it costs. */
static int warn_explicit_locality(struct work *work, const struct sw_level *level,
                                  const struct sw_at *at, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "localityLbSetting");
    const struct sw_locality_lb *locality = &level->locality;

    if (locality->disabled)
        return warn(work, SW_LOCALITY_OFF, SW_AT_KEY(here, "enabled"), reterr);
    if (locality->distributes)
        return warn(work, SW_DISTRIBUTE, SW_AT_KEY(here, "distribute"), reterr);
    if (!locality->prioritizes)
        return warn(work, SW_LOCALITY_OPEN, here, reterr);
    return 0;
}

/* A loadBalancer of nothing but the locality settings, which it shares; NULL when out of memory. */
static json_t *load_balancer(json_t *locality)
{
    json_auto_t *value = json_object();

    if (json_object_set(value, "localityLbSetting", locality) < 0)
        return NULL;
    return SW_TAKE(value);
}

static int inject_locality(struct work *work, const struct sw_level *level, const struct sw_at *at,
                           struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "loadBalancer");

    if (level->zone_aware)
        return warn(work, SW_ZONE_AWARE, SW_AT_KEY(here, "zoneAwareLbSetting"), reterr);
    if (sw_str_is(level->simple, "PASSTHROUGH"))
        return warn(work, SW_PASSTHROUGH, SW_AT_KEY(here, "simple"), reterr);
    if (level->locality.present)
        return warn_explicit_locality(work, level, here, reterr);
    if (!sw_policy_has_locality(work->setting) || (inherits(level) && !level->has_load_balancer))
        return 0;
    if (!work->locality)
        work->locality = sw_policy_locality(work->setting);
    if (level->has_load_balancer)
        return sw_outcome_change(work->outcome, SW_PATCH_ADD, SW_AT_KEY(here, "localityLbSetting"),
                                 work->locality, reterr);
    return sw_outcome_change(work->outcome, SW_PATCH_ADD, here, load_balancer(work->locality),
                             reterr);
}

static int warn_tls(struct work *work, const struct sw_level *level, const struct sw_at *at,
                    struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "tls");
    int r = 0;

    if (level->tls_mode.data && !sw_str_is(level->tls_mode, "ISTIO_MUTUAL"))
        r = sw_outcome_find(work->outcome, &work->outcome->warnings, SW_TLS_MODE,
                            SW_AT_KEY(here, "mode"), reterr, "%.*s: %s",
                            SW_STR_ARG(level->tls_mode), sw_reason_sentence(SW_TLS_MODE));
    if (r == 0 && level->sni.len)
        r = warn(work, SW_TLS_SNI, SW_AT_KEY(here, "sni"), reterr);
    return r;
}

static int inject_level(struct work *work, const struct sw_level *level, struct sw_err *reterr)
{
    struct place place;
    int r = 0;

    place_level(level, &place);
    if (!level->present)
        r = sw_outcome_change(work->outcome, SW_PATCH_ADD, place.policy, json_object(), reterr);
    if (r == 0)
        r = inject_outlier(work, level, place.policy, reterr);
    if (r == 0)
        r = inject_locality(work, level, place.policy, reterr);
    return r < 0 ? r : warn_tls(work, level, place.policy, reterr);
}

/* A host that covers exposed Services but cannot be acted on; *ret says whether it was one. */
static int warn_host(struct work *work, const struct sw_destinationrule *rule,
                     const struct sw_host *host, const struct sw_cover *cover, bool *ret,
                     struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "host");
    struct sw_findings *warnings = &work->outcome->warnings;

    *ret = true;
    if (host->kind == SW_HOST_UNEXPANDED)
        return sw_outcome_find(work->outcome, warnings, SW_HOST_NOT_EXPANDED, at, reterr,
                               "Istio does not expand \"%.*s\": write %.*s.%.*s.svc.cluster.local",
                               SW_STR_ARG(rule->host), SW_STR_ARG(host->name),
                               SW_STR_ARG(host->namespace_));
    if (cover->spans)
        return sw_outcome_find(work->outcome, warnings, SW_HOST_SPANS, at, reterr,
                               "\"%.*s\" reaches beyond workspace %.*s: no failover settings added",
                               SW_STR_ARG(rule->host), SW_STR_ARG(cover->workspace->meta.name));
    if (rule->inject_off)
        return sw_outcome_find(
            work->outcome, warnings, SW_INJECT_OFF,
            SW_AT_KEY(SW_AT_KEY(SW_AT_KEY(NULL, "metadata"), "annotations"), SW_ANNOTATION_INJECT),
            reterr, "no failover settings added for %.*s, an exposed Service",
            SW_STR_ARG(rule->host));
    *ret = false;
    return 0;
}

static int judge(const struct sw_index *index, const struct sw_destinationrule *rule,
                 struct work *work, struct sw_err *reterr)
{
    struct sw_host host = sw_host_read(rule->host, rule->meta.namespace_);
    struct sw_cover cover = sw_cover_find(index, &host);
    bool left_alone;
    int r;

    if (!cover.service)
        return 0;
    work->setting = cover.setting;
    r = warn_host(work, rule, &host, &cover, &left_alone, reterr);
    if (left_alone)
        return r;
    for (size_t i = 0; r == 0 && i < rule->n_levels; i++)
        r = inject_level(work, &rule->levels[i], reterr);
    return r;
}

int sw_destinationrule_rule(const struct sw_index *index, const json_t *object,
                            struct sw_outcome *outcome, struct sw_err *reterr)
{
    struct sw_err unreadable = {0};
    struct sw_destinationrule rule;
    struct work work = {.outcome = outcome};
    int r = sw_destinationrule_read(object, outcome->arena, &rule, &unreadable);

    if (r == SW_ETYPE)
        return sw_outcome_find(outcome, &outcome->warnings, SW_UNREADABLE, NULL, reterr,
                               "left as it is: %s", unreadable.message);
    if (r < 0)
        return sw_err_set(reterr, r, "%s", unreadable.message);
    return rule.meta.deleting ? 0 : judge(index, &rule, &work, reterr);
}
