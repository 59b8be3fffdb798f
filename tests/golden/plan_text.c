#include "golden/plan_case.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "json/read.h"
#include "json/yaml.h"

#define MAX_ROUNDS     6
#define MAX_TEXT_BYTES ((size_t)4 << 20)
#define ARENA_BYTES    ((size_t)64 << 20)

/* What is written down, and what is sent, of one round. */
struct round {
    struct golden_plan *plan;
    uint64_t start_ms;
    json_t *document;
    struct sim_write *writes; /* arena */
    size_t n_writes;
    uint64_t again_ms;
    bool first;
};

static void push(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void push(json_t *list, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_array_append_new(list, json_string(text));
}

static json_t *list_of(json_t *document, const char *name)
{
    json_t *list = json_object_get(document, name);

    if (!list) {
        list = json_array();
        json_object_set_new(document, name, list);
    }
    return list;
}

static void write_findings(const struct round *round, const struct sw_plans *plans)
{
    for (size_t i = 0; i < plans->n; i++) {
        for (size_t j = 0; j < plans->items[i].findings.n; j++) {
            const struct sw_mesh_finding *finding = &plans->items[i].findings.items[j];

            push(list_of(round->document, "findings"), "%s %s %.*s/%.*s%s%.*s: %s",
                 sw_mesh_verdict_word(finding->verdict), sw_reason_word(finding->reason),
                 SW_STR_ARG(finding->about.namespace_), SW_STR_ARG(finding->about.name),
                 finding->about.cluster.len ? " " : "", SW_STR_ARG(finding->about.cluster),
                 finding->message);
        }
    }
}

static void write_op(const struct round *round, json_t *list, const struct sw_op *op)
{
    json_t *body = sw_op_body(op);

    /* Every create names the same one. */
    if (op->verb == SW_OP_CREATE)
        json_object_del(json_object_get(body, "metadata"), "resourceVersion");
    push(list, "%s %s %.*s/%.*s%s%.*s", sw_op_verb_name(op->verb), sw_mesh_kind_name(op->kind),
         SW_STR_ARG(op->namespace_), SW_STR_ARG(op->name), op->remote.len ? " to " : "",
         SW_STR_ARG(op->remote));
    if (!json_is_null(body))
        json_array_append_new(list_of(round->document, "sent"), body);
}

static void write_wait(const struct round *round, json_t *list, const struct sw_wait *wait)
{
    char until[64] = "";

    if (wait->until_ms)
        snprintf(until, sizeof(until), " until %g s",
                 (double)(wait->until_ms - round->start_ms) / 1000);
    push(list, "%s %s %.*s/%.*s%s%.*s: %s%s", sw_op_verb_name(wait->verb),
         sw_mesh_kind_name(wait->kind), SW_STR_ARG(wait->namespace_), SW_STR_ARG(wait->name),
         wait->remote.len ? " to " : "", SW_STR_ARG(wait->remote), sw_reason_word(wait->reason),
         until);
}

static void write_diff(struct round *round, const struct sw_diff *diff)
{
    json_t *entry = json_object(), *ops = json_array(), *waits = json_array();
    char at[32];

    snprintf(at, sizeof(at), "%g s", (double)(round->plan->now_ms - round->start_ms) / 1000);
    for (size_t i = 0; i < diff->n_ops; i++)
        write_op(round, ops, &diff->ops[i]);
    for (size_t i = 0; i < diff->n_waits; i++)
        write_wait(round, waits, &diff->waits[i]);
    json_object_set_new(entry, "at", json_string(at));
    json_object_set_new(entry, "operations", ops);
    if (json_array_size(waits))
        json_object_set_new(entry, "waits", waits);
    if (diff->n_ops || diff->n_waits || round->first)
        json_array_append_new(list_of(round->document, "rounds"), entry);
}

/* Plans and writes down. */
static int plan_round(struct round *round, const struct sw_mesh *mesh, struct sw_arena *arena,
                      struct sw_err *reterr)
{
    struct golden_plan *plan = round->plan;
    struct sw_plans plans;
    struct sw_diff diff;
    SW_JSON_SCOPE(arena);
    int r = sw_plan(mesh, &plan->withdrawals, plan->now_ms, arena, &plans, reterr);

    if (r == 0)
        r = sw_diff(mesh, &plans, plan->now_ms, arena, &diff, reterr);
    if (r < 0)
        return r;
    if (round->first)
        write_findings(round, &plans);
    write_diff(round, &diff);
    round->again_ms = diff.again_ms;
    round->n_writes = diff.n_ops;
    round->writes = sw_arena_alloc(arena, (diff.n_ops + 1) * sizeof(*round->writes));
    if (!round->writes)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < diff.n_ops; i++)
        sim_write_of(&diff.ops[i], &round->writes[i]);
    return 0;
}

static int send_all(struct round *round, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; i < round->n_writes; i++) {
        struct sim_write *write = &round->writes[i];
        int status = sim_cluster_write(&round->plan->clusters[0], write);

        if (status / 100 != 2 && r == 0)
            r = sw_err_set(reterr, SW_EINTERNAL, "%s of %s %s: %d", sw_op_verb_name(write->verb),
                           sw_mesh_kind_name(write->kind), write->name, status);
        sim_write_release(write);
    }
    return r;
}

/* True if there is a next one. */
static int go_on(struct round *round, struct sw_arena *arena, struct sw_err *reterr)
{
    struct golden_plan *plan = round->plan;
    const struct sw_mesh *mesh;
    int r = golden_plan_look(plan, &mesh, reterr);

    if (r == 0)
        r = plan_round(round, mesh, arena, reterr);
    if (r == 0)
        r = send_all(round, reterr);
    if (r < 0)
        return r;
    round->first = false;
    if (round->n_writes)
        return 1;
    if (round->again_ms <= plan->now_ms)
        return 0;
    plan->now_ms = round->again_ms;
    return 1;
}

static int to_text(const json_t *document, struct sw_arena *arena, struct sw_str *ret,
                   struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    int r;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_yaml_write(document, &buf);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    *ret = sw_arena_copy(arena, sw_buf_str(&buf));
    return ret->data ? 0 : sw_err_nomem(reterr);
}

int golden_plan_run(struct golden_plan *plan, struct sw_str *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct round round = {.plan = plan, .start_ms = plan->now_ms, .first = true};
    unsigned int left = (unsigned int)json_integer_value(plan->options.rounds);
    int r = 1;

    if (!left)
        left = MAX_ROUNDS;
    sw_arena_init(&arena, 65536, ARENA_BYTES);
    {
        SW_JSON_SCOPE(&arena);
        round.document = json_object();
        if (!round.document)
            return sw_err_nomem(reterr);
        list_of(round.document, "findings");
        list_of(round.document, "rounds");
    }
    for (; r == 1 && left > 0; left--)
        r = go_on(&round, &arena, reterr);
    if (r < 0)
        return r;
    return to_text(round.document, plan->arena, ret, reterr);
}
