#include "failover/setting_rule.h"

#include "base/cleanup.h"
#include "failover/policy.h"
#include "failover/search.h"

#include "base/banned.h"

/* Longest list of names that a message gives, and longest message: long enough for lists of both
 * clusters and namespaces, and what is said between them. */
#define MAX_LIST_BYTES    600
#define MAX_MESSAGE_BYTES 2400

/* What the rule works on. */
struct work {
    const struct sw_index *index;
    const struct sw_setting *setting;
    const struct sw_workspace *workspace; /* NULL when there is none */
    struct sw_outcome *outcome;
    bool allow_unmatched; /* the annotation says so */
};

/* Asks one cluster whether it has what a selector looks for. */
struct question {
    enum sw_reason reason; /* what to say if none has */
    bool (*ask)(const struct work *work, const struct sw_view *view,
                const struct question *question);
    const struct sw_gateway_setting *gateways;
    const struct sw_labels *selector; /* NULL: any Service */
};

/* Names, comma-separated, as many as a message has room for. */
struct list {
    struct sw_buf text;
    size_t n, n_shown;
};

/* How the clusters answered. */
struct answers {
    size_t n_yes;
    struct list no, unseen; /* names of clusters */
};

static void cleanup_list(struct list *list)
{
    sw_buf_release(&list->text);
}

static void cleanup_answers(struct answers *answers)
{
    cleanup_list(&answers->no);
    cleanup_list(&answers->unseen);
}

static void list_init(struct list *list)
{
    *list = (struct list){.n = 0};
    sw_buf_init(&list->text, MAX_LIST_BYTES);
}

static void list_add(struct list *list, struct sw_str name)
{
    const char *comma = list->n_shown ? ", " : "";

    list->n++;
    if (list->text.len + strlen(comma) + name.len > MAX_LIST_BYTES)
        return;
    list->n_shown++;
    sw_buf_append_text(&list->text, comma);
    sw_buf_append_str(&list->text, name);
}

/* Appends the list; its failure becomes the buffer's. */
static void list_write(const struct list *list, struct sw_buf *buf)
{
    if (list->text.failure)
        buf->failure = list->text.failure;
    sw_buf_append_str(buf, sw_buf_str(&list->text));
    if (list->n > list->n_shown)
        sw_buf_printf(buf, "%s%zu more", list->n_shown ? " and " : "", list->n - list->n_shown);
}

static bool has_gateway(const struct work *work, const struct sw_view *view,
                        const struct question *question)
{
    (void)work;
    return sw_search_gateway(view, question->gateways);
}

static bool has_service(const struct work *work, const struct sw_view *view,
                        const struct question *question)
{
    return sw_search_service(work->index, view, work->workspace, question->selector);
}

/* A message that has become too long is cut there, which is no failure. */
static int message_status(struct sw_buf *message, struct sw_err *reterr)
{
    if (message->failure == SW_ELIMIT)
        message->failure = 0;
    return sw_buf_status(message, reterr);
}

/* Of a cluster that no pattern of the workspace names, nothing is expected. */
static bool is_concerned(const struct work *work, struct sw_str cluster)
{
    return !work->workspace || sw_workspace_names_cluster(work->workspace, cluster);
}

static void ask_all(const struct work *work, const struct question *question, struct answers *ret)
{
    for (size_t i = 0; i < work->index->n_views; i++) {
        const struct sw_view *view = work->index->views[i];

        if (question->ask(work, view, question))
            ret->n_yes++;
        else if (is_concerned(work, view->source.cluster))
            list_add(view->source.synced ? &ret->no : &ret->unseen, view->source.cluster);
    }
}

/* Finds one selector wanting: a refusal, or a warning where the user allowed it. */
static int refuse(struct work *work, enum sw_reason reason, const struct sw_at *at,
                  struct sw_str message, struct sw_err *reterr)
{
    struct sw_outcome *outcome = work->outcome;

    if (!work->allow_unmatched)
        outcome->advice = "To let it in unmatched, annotate it " SW_ANNOTATION_ALLOW_UNMATCHED
                          ": \"true\"";
    return sw_outcome_find(outcome, work->allow_unmatched ? &outcome->warnings : &outcome->refusals,
                           reason, at, reterr, "%.*s", SW_STR_ARG(message));
}

static void write_scope(const struct sw_workspace *workspace, struct sw_buf *buf)
{
    SW_CLEANUP(cleanup_list) struct list patterns;

    list_init(&patterns);
    for (size_t i = 0; i < workspace->n_patterns; i++)
        list_add(&patterns, workspace->patterns[i].text);
    sw_buf_printf(buf, " in workspace %.*s (namespaces ", SW_STR_ARG(workspace->meta.name));
    list_write(&patterns, buf);
    sw_buf_append_text(buf, ")");
}

/* What was looked for, and where. */
static void describe(const struct work *work, const struct question *question, struct sw_buf *buf)
{
    sw_buf_append_text(buf, sw_reason_sentence(question->reason));
    if (question->gateways) {
        sw_buf_printf(buf, ": looked for a Service in namespace %.*s with TCP port %d and labels ",
                      SW_STR_ARG(question->gateways->namespace_), SW_GATEWAY_PORT);
        sw_labels_write(&question->gateways->labels, buf);
        return;
    }
    sw_buf_append_text(buf, ": looked");
    if (question->selector) {
        sw_buf_append_text(buf, " for labels ");
        sw_labels_write(question->selector, buf);
    }
    write_scope(work->workspace, buf);
}

static void describe_nearest(const struct work *work, const struct question *question,
                             struct sw_buf *buf)
{
    sw_buf_append_text(buf, "; ");
    if (question->gateways)
        sw_search_nearest_gateway(work->index, question->gateways, buf);
    else if (question->selector)
        sw_search_nearest_service(work->index, work->workspace, question->selector, buf);
    else
        sw_buf_append_text(buf, "deploy its Services first, or correct the Workspace's namespaces");
}

static int find_unmatched(struct work *work, const struct question *question,
                          const struct answers *answers, const struct sw_at *at,
                          struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    int r;

    sw_buf_init(&text, MAX_MESSAGE_BYTES);
    describe(work, question, &text);
    if (answers->no.n) {
        sw_buf_append_text(&text, " in ");
        list_write(&answers->no, &text);
    }
    if (answers->unseen.n) {
        sw_buf_append_text(&text, "; not judged, for not seen yet: ");
        list_write(&answers->unseen, &text);
    } else {
        describe_nearest(work, question, &text);
    }
    r = message_status(&text, reterr);
    if (r < 0)
        return r;
    if (answers->unseen.n)
        return sw_outcome_find(work->outcome, &work->outcome->warnings, SW_CLUSTER_UNSEEN, at,
                               reterr, "%.*s", SW_STR_ARG(sw_buf_str(&text)));
    return refuse(work, question->reason, at, sw_buf_str(&text), reterr);
}

static int find_partly_matched(struct work *work, const struct question *question,
                               const struct answers *answers, const struct sw_at *at,
                               struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    int r;

    sw_buf_init(&text, MAX_MESSAGE_BYTES);
    sw_buf_printf(&text, "%s in ", sw_reason_sentence(question->reason));
    list_write(&answers->no, &text);
    r = message_status(&text, reterr);
    if (r < 0)
        return r;
    return sw_outcome_find(work->outcome, &work->outcome->warnings, SW_PARTLY_MATCHED, at, reterr,
                           "%.*s", SW_STR_ARG(sw_buf_str(&text)));
}

/* One selector, in every cluster. */
static int judge_selector(struct work *work, const struct question *question,
                          const struct sw_at *at, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_answers) struct answers answers = {0};

    list_init(&answers.no);
    list_init(&answers.unseen);
    ask_all(work, question, &answers);
    if (answers.n_yes == 0)
        return find_unmatched(work, question, &answers, at, reterr);
    if (answers.no.n == 0)
        return 0;
    return find_partly_matched(work, question, &answers, at, reterr);
}

static int judge_exposed(struct work *work, const struct sw_gateway_setting *gateways,
                         const struct sw_at *at, struct sw_err *reterr)
{
    const struct sw_at *here = SW_AT_KEY(at, "exposedServices");
    int r = 0;

    if (!work->workspace)
        return 0; /* there is nowhere to look; the workspace itself is already refused */
    if (gateways->n_exposed == 0)
        return judge_selector(
            work, &(struct question){.reason = SW_WORKSPACE_EMPTY, .ask = has_service}, at, reterr);
    for (size_t i = 0; r == 0 && i < gateways->n_exposed; i++) {
        struct question question = {
            .reason = SW_SERVICE_UNKNOWN,
            .ask = has_service,
            .selector = &gateways->exposed[i],
        };

        r = judge_selector(work, &question, SW_AT_KEY(SW_AT_INDEX(here, i), "serviceLabels"),
                           reterr);
    }
    return r;
}

static int judge_gateways(struct work *work, struct sw_err *reterr)
{
    const struct sw_at *at =
        SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "defaultEastWestGatewaySettings");
    int r = 0;

    for (size_t i = 0; r == 0 && i < work->setting->n_gateways; i++) {
        const struct sw_gateway_setting *gateways = &work->setting->gateways[i];
        struct question question = {
            .reason = SW_GATEWAY_UNKNOWN, .ask = has_gateway, .gateways = gateways};
        const struct sw_at *here = SW_AT_INDEX(at, i);

        r = judge_selector(work, &question, SW_AT_KEY(here, "workloadSelector"), reterr);
        if (r == 0)
            r = judge_exposed(work, gateways, here, reterr);
    }
    return r;
}

static int judge_workspace(struct work *work, struct sw_err *reterr)
{
    const struct sw_hierarchy *hierarchy = &work->setting->hierarchy;
    const struct sw_at *at =
        SW_AT_KEY(SW_AT_KEY(SW_AT_KEY(NULL, "metadata"), "annotations"), SW_ANNOTATION_WORKSPACE);
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    int r;

    sw_buf_init(&text, MAX_MESSAGE_BYTES);
    work->workspace = sw_scope_named(work->index, hierarchy);
    if (work->workspace)
        return 0;
    if (hierarchy->workspace.len)
        sw_buf_printf(&text, "no such workspace: looked for %.*s of organization \"%.*s\", tenant "
                             "\"%.*s\" in cluster %.*s; ",
                      SW_STR_ARG(hierarchy->workspace), SW_STR_ARG(hierarchy->organization),
                      SW_STR_ARG(hierarchy->tenant),
                      SW_STR_ARG(sw_index_config(work->index)->source.cluster));
    else
        sw_buf_append_text(&text, "expected the name of a workspace, found nothing; ");
    sw_search_nearest_workspace(work->index, hierarchy, &text);
    r = message_status(&text, reterr);
    return r < 0 ? r : refuse(work, SW_WORKSPACE_UNKNOWN, at, sw_buf_str(&text), reterr);
}

/* Slips of form, which no annotation excuses, and settings that defeat each other. */
static int judge_form(struct work *work, struct sw_err *reterr)
{
    const struct sw_outlier_value *max_ejection =
        &work->setting->outlier.fields[SW_OUTLIER_MAX_EJECTION];
    const struct sw_at *at_traffic = SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "defaultTrafficSetting");
    struct sw_outcome *outcome = work->outcome;
    int r = 0;

    if (work->setting->slipped_gateways)
        r = sw_outcome_find(outcome, &outcome->refusals, SW_GATEWAYS_MISPLACED,
                            SW_AT_KEY(NULL, "defaultEastWestGatewaySettings"), reterr,
                            "%s, where nothing reads it: indent it under spec",
                            sw_reason_sentence(SW_GATEWAYS_MISPLACED));
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

/* 1 if the rule has nothing to judge, 0 if it has. */
static int is_unjudged(const json_t *object, const json_t *old, struct sw_arena *arena,
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

static int judge(struct work *work, struct sw_err *reterr)
{
    int r = judge_form(work, reterr);

    if (r == 0)
        r = judge_workspace(work, reterr);
    return r < 0 ? r : judge_gateways(work, reterr);
}

/* Reads what the rule needs; 1 if there is nothing to judge. */
static int read_setting(const json_t *object, const json_t *old, struct sw_setting *ret,
                        struct work *work, struct sw_err *reterr)
{
    struct sw_arena *arena = work->outcome->arena;
    struct sw_str allow = {NULL, 0};
    int r = is_unjudged(object, old, arena, reterr);

    if (r != 0)
        return r;
    r = sw_setting_read(object, arena, ret, reterr);
    if (r == 0)
        r = sw_meta_annotation(object, SW_ANNOTATION_ALLOW_UNMATCHED, arena, &allow, reterr);
    work->allow_unmatched = sw_str_is(allow, "true");
    return r;
}

int sw_setting_rule(const struct sw_index *index, const json_t *object, const json_t *old,
                    struct sw_outcome *outcome, struct sw_err *reterr)
{
    struct sw_err unreadable = {0};
    struct sw_setting setting;
    struct work work = {.index = index, .setting = &setting, .outcome = outcome};
    int r = read_setting(object, old, &setting, &work, &unreadable);

    if (r == SW_ETYPE)
        return sw_outcome_find(outcome, &outcome->refusals, SW_UNREADABLE, NULL, reterr, "%s",
                               unreadable.message);
    if (r < 0)
        return sw_err_set(reterr, r, "%s", unreadable.message);
    return r == 1 ? 0 : judge(&work, reterr);
}
