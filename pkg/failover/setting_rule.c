#include "failover/setting_rule.h"

#include "base/cleanup.h"
#include "failover/match.h"
#include "failover/policy.h"
#include "failover/search.h"
#include "failover/stale.h"

#include "base/banned.h"

/* What the rule works on. */
struct work {
    struct sw_match match;
    const struct sw_setting *setting;
};

static int judge_exposed(struct work *work, const struct sw_gateway_setting *gateways,
                         const struct sw_at *at, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "exposedServices");
    int r = 0;

    if (!work->match.workspace)
        return 0; /* there is nowhere to look; the workspace itself is already refused */
    if (gateways->n_exposed == 0)
        return sw_match_services(&work->match, NULL, at, reterr);
    for (size_t i = 0; r == 0 && i < gateways->n_exposed; i++)
        r = sw_match_services(&work->match, &gateways->exposed[i],
                              SW_AT_KEY(SW_AT_INDEX(here, i), "serviceLabels"), reterr);
    return r;
}

static int judge_gateways(struct work *work, struct sw_err *reterr)
{
    const struct sw_at *at =
        SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "defaultEastWestGatewaySettings");
    int r = 0;

    for (size_t i = 0; r == 0 && i < work->setting->n_gateways; i++) {
        const struct sw_gateway_setting *gateways = &work->setting->gateways[i];
        const struct sw_at *here = SW_AT_INDEX(at, i);

        r = sw_match_gateways(&work->match, gateways, SW_AT_KEY(here, "workloadSelector"), reterr);
        if (r == 0)
            r = judge_exposed(work, gateways, here, reterr);
    }
    return r;
}

#define AT_ANNOTATION(key)                                                                         \
    SW_AT_KEY(SW_AT_KEY(SW_AT_KEY(NULL, "metadata"), "annotations"), (key))

/* A setting that names no workspace can never work, whatever is applied later: no annotation
 * excuses that, and what else is missing of the hierarchy is told along with it. */
static int refuse_nameless(struct work *work, struct sw_err *reterr)
{
    const struct sw_hierarchy *hierarchy = &work->setting->hierarchy;
    const struct {
        const char *annotation;
        struct sw_str value;
    } names[] = {
        {SW_ANNOTATION_ORGANIZATION, hierarchy->organization},
        {SW_ANNOTATION_TENANT, hierarchy->tenant},
        {SW_ANNOTATION_WORKSPACE, hierarchy->workspace},
    };
    struct sw_outcome *outcome = work->match.outcome;
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].value.len == 0)
            r = sw_outcome_find(outcome, &outcome->refusals, SW_WORKSPACE_UNKNOWN,
                                AT_ANNOTATION(names[i].annotation), reterr,
                                "expected the name that the workspace has, found nothing");
    }
    return r;
}

static int judge_workspace(struct work *work, struct sw_err *reterr)
{
    const struct sw_hierarchy *hierarchy = &work->setting->hierarchy;
    const struct sw_index *index = work->match.index;
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    char name[SW_STALE_NAME_SIZE];

    sw_buf_init(&text, SW_MATCH_MAX_MESSAGE_BYTES);
    if (hierarchy->workspace.len == 0)
        return refuse_nameless(work, reterr);
    work->match.workspace = sw_scope_named(work->match.index, hierarchy);
    if (work->match.workspace)
        return 0;
    sw_buf_printf(&text,
                  "no such workspace: looked for %.*s of organization \"%.*s\", tenant "
                  "\"%.*s\" in cluster %.*s; ",
                  SW_STR_ARG(hierarchy->workspace), SW_STR_ARG(hierarchy->organization),
                  SW_STR_ARG(hierarchy->tenant),
                  SW_STR_ARG(sw_stale_name(index, index->config, name)));
    sw_search_nearest_workspace(work->match.index, hierarchy, &text);
    return sw_match_refuse(&work->match, SW_WORKSPACE_UNKNOWN,
                           AT_ANNOTATION(SW_ANNOTATION_WORKSPACE), &text, reterr);
}

/* Slips of form, which no annotation excuses, and settings that defeat each other. */
static int judge_form(struct work *work, struct sw_err *reterr)
{
    const struct sw_outlier_value *max_ejection =
        &work->setting->outlier.fields[SW_OUTLIER_MAX_EJECTION];
    const struct sw_at *at_traffic = SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "defaultTrafficSetting");
    struct sw_outcome *outcome = work->match.outcome;
    int r = 0;

    if (work->setting->slipped_gateways)
        r = sw_outcome_find(outcome, &outcome->refusals, SW_GATEWAYS_MISPLACED,
                            SW_AT_KEY(NULL, "defaultEastWestGatewaySettings"), reterr,
                            "%s, where nothing reads it: indent it under spec",
                            sw_reason_sentence(SW_GATEWAYS_MISPLACED));
    for (size_t i = 0; r == 0 && i < work->setting->n_unknown; i++)
        r = sw_outcome_find(outcome, &outcome->warnings, SW_UNKNOWN_FIELD, NULL, reterr, "%s: %s",
                            work->setting->unknown[i], sw_reason_sentence(SW_UNKNOWN_FIELD));
    if (r == 0 && max_ejection->set && max_ejection->number < 100)
        r = sw_outcome_find(outcome, &outcome->warnings, SW_MAX_EJECTION,
                            SW_AT_KEY(SW_AT_KEY(at_traffic, "outlierDetection"),
                                      "maxEjectionPercent"),
                            reterr, "%lld: %s", (long long)max_ejection->number,
                            sw_reason_sentence(SW_MAX_EJECTION));
    if (r == 0 && sw_policy_priority_wins(work->setting))
        r = sw_outcome_find(outcome, &outcome->warnings, SW_PRIORITY_WINS, SW_AT_KEY(NULL, "spec"),
                            reterr, "%s: regionalFailover is left out",
                            sw_reason_sentence(SW_PRIORITY_WINS));
    return r;
}

/* Do both objects say the same under `key`? A null says nothing. */
static bool is_same_member(const json_t *object, const json_t *old, const char *key)
{
    const json_t *now = json_object_get(object, key), *before = json_object_get(old, key);

    if (!now || json_is_null(now))
        return !before || json_is_null(before);
    return json_equal(now, before);
}

static bool is_unchanged(const json_t *object, const json_t *old,
                         const struct sw_hierarchy *hierarchy, const struct sw_hierarchy *before)
{
    return is_same_member(object, old, "spec") &&
           is_same_member(object, old, "defaultEastWestGatewaySettings") &&
           sw_str_eq(hierarchy->organization, before->organization) &&
           sw_str_eq(hierarchy->tenant, before->tenant) &&
           sw_str_eq(hierarchy->workspace, before->workspace);
}

int sw_setting_is_unjudged(const json_t *object, const json_t *old, struct sw_arena *arena,
                           struct sw_err *reterr)
{
    struct sw_hierarchy hierarchy, before;
    struct sw_meta meta;
    int r = sw_meta_read(object, arena, &meta, reterr);

    if (r < 0 || meta.deleting)
        return r < 0 ? r : 1;
    if (!old)
        return 0;
    r = sw_hierarchy_read(object, arena, &hierarchy, reterr);
    if (r == 0)
        r = sw_hierarchy_read(old, arena, &before, reterr);
    return r < 0 ? r : is_unchanged(object, old, &hierarchy, &before);
}

int sw_setting_refuses_always(const json_t *object, struct sw_outcome *outcome,
                              struct sw_err *reterr)
{
    struct sw_err unreadable = {0};
    struct sw_str asks = {NULL, 0};
    int r = sw_meta_annotation(object, SW_ANNOTATION_ALWAYS_REFUSE, outcome->arena, &asks,
                               &unreadable);

    if (r == SW_ENOMEM)
        return sw_err_nomem(reterr);
    if (r < 0 || !sw_str_is(asks, "true"))
        return 0;
    r = sw_outcome_find(outcome, &outcome->refusals, SW_ALWAYS_REFUSED,
                        AT_ANNOTATION(SW_ANNOTATION_ALWAYS_REFUSE), reterr, "%s",
                        sw_reason_sentence(SW_ALWAYS_REFUSED));
    return r < 0 ? r : 1;
}

static int judge(struct work *work, struct sw_err *reterr)
{
    int r = judge_form(work, reterr);

    if (r == 0)
        r = judge_workspace(work, reterr);
    return r < 0 ? r : judge_gateways(work, reterr);
}

static int read_setting(const json_t *object, struct sw_setting *ret, struct work *work,
                        struct sw_err *reterr)
{
    struct sw_arena *arena = work->match.outcome->arena;
    struct sw_str allow = {NULL, 0};
    int r = sw_setting_read(object, arena, ret, reterr);

    if (r == 0)
        r = sw_meta_annotation(object, SW_ANNOTATION_ALLOW_UNMATCHED, arena, &allow, reterr);
    work->match.allow_unmatched = sw_str_is(allow, "true");
    return r;
}

int sw_setting_rule(const struct sw_index *index, const json_t *object,
                    struct sw_outcome *outcome, struct sw_err *reterr)
{
    struct sw_err unreadable = {0};
    struct sw_setting setting;
    struct work work = {.match = {.index = index, .outcome = outcome}, .setting = &setting};
    int r = read_setting(object, &setting, &work, &unreadable);

    if (r == SW_ETYPE)
        return sw_outcome_find(outcome, &outcome->refusals, SW_UNREADABLE, NULL, reterr, "%s",
                               unreadable.message);
    if (r < 0)
        return sw_err_set(reterr, r, "%s", unreadable.message);
    return judge(&work, reterr);
}
