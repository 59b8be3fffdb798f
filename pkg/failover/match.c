#include "failover/match.h"

#include "base/cleanup.h"
#include "failover/expose.h"
#include "failover/setting_rule.h"
#include "failover/stale.h"

#include "base/banned.h"

/* Longest list of names that a message gives. */
#define MAX_LIST_BYTES 600

/* Asks one cluster whether it has what a selector looks for. */
struct question {
    enum sw_reason reason; /* what to say if none has */
    bool (*ask)(const struct sw_match *match, size_t view, const struct question *question);
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

static bool has_gateway(const struct sw_match *match, size_t view, const struct question *question)
{
    return sw_search_gateway(match->index->views[view], question->gateways);
}

static bool has_service(const struct sw_match *match, size_t view, const struct question *question)
{
    return sw_search_service(&match->owned[view], question->selector);
}

/* Of a cluster that no pattern of the workspace names, nothing is expected. */
static bool is_concerned(const struct sw_match *match, struct sw_str cluster)
{
    return !match->workspace || sw_workspace_names_cluster(match->workspace, cluster);
}

static void ask_all(const struct sw_match *match, const struct question *question,
                    struct answers *ret)
{
    char name[SW_STALE_NAME_SIZE];

    for (size_t i = 0; i < match->index->n_views; i++) {
        const struct sw_view *view = match->index->views[i];

        if (question->ask(match, i, question))
            ret->n_yes++;
        else if (is_concerned(match, view->source.cluster))
            list_add(view->source.synced ? &ret->no : &ret->unseen,
                     sw_stale_name(match->index, i, name));
    }
    /* The workspace may have any name that is not known yet. */
    if (match->index->unlisted.len)
        list_add(&ret->unseen, match->index->unlisted);
}

/* A message that has become too long is cut there, which is no failure. */
static int message_status(struct sw_buf *message, struct sw_err *reterr)
{
    if (message->failure == SW_ELIMIT)
        message->failure = 0;
    return sw_buf_status(message, reterr);
}

int sw_match_refuse(struct sw_match *match, enum sw_reason reason, const struct sw_at *at,
                    struct sw_buf *message, struct sw_err *reterr)
{
    struct sw_outcome *outcome = match->outcome;
    int r = message_status(message, reterr);

    if (r < 0)
        return r;
    if (!match->allow_unmatched)
        outcome->advice =
            "To let it in unmatched, annotate it " SW_ANNOTATION_ALLOW_UNMATCHED ": \"true\"";
    return sw_outcome_find(outcome,
                           match->allow_unmatched ? &outcome->warnings : &outcome->refusals, reason,
                           at, reterr, "%.*s", SW_STR_ARG(sw_buf_str(message)));
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
static void describe(const struct sw_match *match, const struct question *question,
                     struct sw_buf *buf)
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
    write_scope(match->workspace, buf);
}

static bool owns_services(const struct sw_match *match)
{
    for (size_t i = 0; i < match->index->n_views; i++) {
        if (match->owned[i].n)
            return true;
    }
    return false;
}

/* Once a setting: that it owns nothing has one reason. */
static void describe_other_owner(struct sw_match *match, struct sw_buf *buf)
{
    if (match->is_owner_told || owns_services(match))
        return;
    match->is_owner_told = true;
    sw_search_other_owner(match->index, match->workspace, buf);
}

static void describe_nearest(struct sw_match *match, const struct question *question,
                             struct sw_buf *buf)
{
    if (match->n_nearest++ >= SW_MATCH_MAX_NEAREST)
        return;
    sw_buf_append_text(buf, "; ");
    if (question->gateways)
        sw_search_nearest_gateway(match->index, question->gateways, buf);
    else if (question->selector)
        sw_search_nearest_service(match->owned, match->index->n_views, question->selector, buf);
    else
        sw_buf_append_text(buf, "deploy its Services first, or correct the Workspace's namespaces");
    if (question->selector && sw_labels_get(question->selector, SW_STR(SW_LABEL_FAILOVER)))
        sw_buf_append_text(buf, "; label a Service, or its namespace, to opt it in");
    if (!question->gateways)
        describe_other_owner(match, buf);
}

static int find_unmatched(struct sw_match *match, const struct question *question,
                          const struct answers *answers, const struct sw_at *at,
                          struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    int r;

    sw_buf_init(&text, SW_MATCH_MAX_MESSAGE_BYTES);
    describe(match, question, &text);
    if (answers->no.n) {
        sw_buf_append_text(&text, " in ");
        list_write(&answers->no, &text);
    }
    if (answers->unseen.n == 0) {
        describe_nearest(match, question, &text);
        return sw_match_refuse(match, question->reason, at, &text, reterr);
    }
    sw_buf_append_text(&text, "; not judged, for not seen yet: ");
    list_write(&answers->unseen, &text);
    r = message_status(&text, reterr);
    return r < 0 ? r
                 : sw_outcome_find(match->outcome, &match->outcome->warnings, SW_CLUSTER_UNSEEN, at,
                                   reterr, "%.*s", SW_STR_ARG(sw_buf_str(&text)));
}

static int find_partly_matched(struct sw_match *match, const struct question *question,
                               const struct answers *answers, const struct sw_at *at,
                               struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    int r;

    sw_buf_init(&text, SW_MATCH_MAX_MESSAGE_BYTES);
    sw_buf_printf(&text, "%s in ", sw_reason_sentence(question->reason));
    list_write(&answers->no, &text);
    r = message_status(&text, reterr);
    if (r < 0)
        return r;
    return sw_outcome_find(match->outcome, &match->outcome->warnings, SW_PARTLY_MATCHED, at, reterr,
                           "%.*s", SW_STR_ARG(sw_buf_str(&text)));
}

/* One selector, in every cluster. */
static int judge_selector(struct sw_match *match, const struct question *question,
                          const struct sw_at *at, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_answers) struct answers answers = {0};

    list_init(&answers.no);
    list_init(&answers.unseen);
    ask_all(match, question, &answers);
    if (answers.n_yes == 0)
        return find_unmatched(match, question, &answers, at, reterr);
    if (answers.no.n == 0)
        return 0;
    return find_partly_matched(match, question, &answers, at, reterr);
}

int sw_match_gateways(struct sw_match *match, const struct sw_gateway_setting *gateways,
                      const struct sw_at *at, struct sw_err *reterr)
{
    struct question question = {
        .reason = SW_GATEWAY_UNKNOWN, .ask = has_gateway, .gateways = gateways};

    return judge_selector(match, &question, at, reterr);
}

static int gather_owned(struct sw_match *match, struct sw_err *reterr)
{
    const struct sw_index *index = match->index;
    struct sw_arena *arena = match->outcome->arena;
    struct sw_owned *owned = sw_arena_alloc(arena, index->n_views * sizeof(*owned));
    int r = owned ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < index->n_views; i++)
        r = sw_search_owned(index, index->views[i], match->workspace, arena, &owned[i], reterr);
    if (r == 0)
        match->owned = owned;
    return r;
}

int sw_match_services(struct sw_match *match, const struct sw_labels *selector,
                      const struct sw_at *at, struct sw_err *reterr)
{
    struct question question = {
        .reason = selector ? SW_SERVICE_UNKNOWN : SW_WORKSPACE_EMPTY,
        .ask = has_service,
        .selector = selector,
    };
    int r = match->owned ? 0 : gather_owned(match, reterr);

    return r < 0 ? r : judge_selector(match, &question, at, reterr);
}
