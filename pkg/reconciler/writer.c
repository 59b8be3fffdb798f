#include "reconciler/writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "reconciler/budget.h"
#include "reconciler/lanes.h"
#include "reconciler/outcome.h"
#include "json/read.h"
#include "json/write.h"

#include "base/banned.h"

/* One object, its body and its answer. */
#define SCRATCH_CHUNK_BYTES ((size_t)64 << 10)
#define SCRATCH_MAX_BYTES   ((size_t)64 << 20)

/* How often what is remembered of objects is looked through. */
#define SWEEP_MS 10000

struct sw_writer {
    struct sw_writer_options options;
    struct sw_client client; /* its target is NULL while there is nowhere to write */
    bool allowed;
    struct sw_lanes lanes;
    struct sw_retries retries;
    struct sw_arena scratch;
    uint64_t round; /* diffs that were taken */
    struct sw_budget budget;
    int64_t swept_ms;
    struct sw_log_gate failures;
};

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

int sw_writer_new(const struct sw_writer_options *options, struct sw_writer **ret,
                  struct sw_err *reterr)
{
    struct sw_writer *writer = calloc(1, sizeof(*writer));

    if (!writer)
        return sw_err_nomem(reterr);
    writer->options = *options;
    writer->client.http = options->http;
    sw_budget_init(&writer->budget, options->rate_per_s, SW_WRITER_BURST);
    sw_arena_init(&writer->scratch, SCRATCH_CHUNK_BYTES, SCRATCH_MAX_BYTES);
    *ret = writer;
    return 0;
}

void sw_writer_free(struct sw_writer *writer)
{
    if (!writer)
        return;
    sw_lanes_release(&writer->lanes);
    sw_retries_release(&writer->retries);
    sw_arena_release(&writer->scratch);
    free(writer);
}

static void plan_again(struct sw_writer *writer, const struct sw_retry *retry, int64_t at_ms)
{
    const struct sw_writer_sink *sink = &writer->options.sink;

    sink->again(sink->context, retry->for_namespace, retry->for_service, at_ms);
}

/* Ends a task that was not answered: it is as if it had never been taken. */
static void give_up(struct sw_writer *writer, struct sw_task *task)
{
    struct sw_retry *retry = task->retry;

    retry->under_way = false;
    sw_lanes_end(&writer->lanes, task);
    sw_retries_settle(&writer->retries, retry, now());
}

static void drop_queued(struct sw_writer *writer)
{
    while (writer->lanes.first)
        give_up(writer, writer->lanes.first);
}

void sw_writer_point(struct sw_writer *writer, struct sw_http_target *target)
{
    struct sw_task *task;

    while ((task = sw_lanes_under_way(&writer->lanes))) {
        plan_again(writer, task->retry, now());
        give_up(writer, task);
    }
    writer->client.target = target;
    sw_budget_open(&writer->budget);
}

void sw_writer_allow(struct sw_writer *writer, bool allowed)
{
    writer->allowed = allowed;
    if (!allowed)
        drop_queued(writer);
}

/* Drops what waits in the lane behind `after`. */
static void drop_later(struct sw_writer *writer, struct sw_str namespace_, struct sw_str name,
                       int after)
{
    struct sw_task *task;

    while ((task = sw_lanes_waiting(&writer->lanes, namespace_, name, after)))
        give_up(writer, task);
}

void sw_writer_supersede(struct sw_writer *writer, struct sw_str namespace_, struct sw_str name)
{
    drop_later(writer, namespace_, name, -1);
}

/* The body as text, in the scratch arena; unset for a deletion. */
static int write_body(struct sw_writer *writer, const struct sw_op *op, struct sw_buf *buf,
                      struct sw_err *reterr)
{
    if (op->verb == SW_OP_DELETE)
        return 0;
    {
        SW_JSON_SCOPE(&writer->scratch);

        sw_json_write(sw_op_body(op), buf);
    }
    sw_arena_clear(&writer->scratch);
    return sw_buf_status(buf, reterr);
}

static int queue(struct sw_writer *writer, const struct sw_op *op, struct sw_retry *retry,
                 struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf body;
    struct sw_task *task;
    int r;

    sw_buf_init(&body, SW_APPLIER_MAX_BYTES);
    r = write_body(writer, op, &body, reterr);
    if (r == 0)
        r = sw_lanes_add(&writer->lanes, op, sw_buf_str(&body), &task, reterr);
    if (r < 0)
        return r;
    task->user = writer;
    task->retry = retry;
    sw_retry_begin(retry, op);
    return 0;
}

static int take(struct sw_writer *writer, const struct sw_op *op, int64_t now_ms,
                struct sw_err *reterr)
{
    struct sw_retry *retry = sw_retries_get(&writer->retries, op);
    int64_t when_ms;
    int r = 0;

    if (!retry)
        return sw_err_nomem(reterr);
    retry->round = writer->round;
    when_ms = sw_retry_when(retry, op, now_ms);
    if (when_ms == now_ms && writer->lanes.n_queued >= SW_WRITER_MAX_QUEUED)
        when_ms = now_ms + 1 +
                  (int64_t)writer->lanes.n_queued * 1000 / (int64_t)writer->options.rate_per_s;
    if (when_ms == INT64_MAX)
        retry->asked_again = true;
    else if (when_ms > now_ms)
        plan_again(writer, retry, when_ms);
    else
        r = queue(writer, op, retry, reterr);
    sw_retries_settle(&writer->retries, retry, now_ms);
    return r;
}

/* What the whole plan does not want to write needs no further try. */
static void forget_unwanted(struct sw_writer *writer)
{
    for (struct sw_retry *retry = (struct sw_retry *)sw_retries_next(&writer->retries, NULL), *next;
         retry; retry = next) {
        next = (struct sw_retry *)sw_retries_next(&writer->retries, retry);
        if (retry->n_failures && retry->round != writer->round && !retry->under_way)
            sw_retries_settle(&writer->retries, retry, INT64_MAX);
    }
}

int sw_writer_take(struct sw_writer *writer, const struct sw_diff *diff, bool whole, int64_t now_ms,
                   struct sw_err *reterr)
{
    int r = 0;

    if (!writer->allowed)
        return 0;
    writer->round++;
    for (size_t i = 0; r == 0 && i < diff->n_ops; i++)
        r = take(writer, &diff->ops[i], now_ms, reterr);
    if (whole && r == 0 && writer->retries.n_failing)
        forget_unwanted(writer);
    return r;
}

static void log_failure(struct sw_writer *writer, const struct sw_task *task, const char *why,
                        int64_t now_ms)
{
    const struct sw_retry *retry = task->retry;
    uint64_t n;

    if (!sw_log_gate_pass(&writer->failures, (uint64_t)now_ms, &n))
        return;
    sw_log(writer->options.log, SW_LOG_WARN, "cannot write",
           sw_log_text("verb", sw_op_verb_name(task->verb)),
           sw_log_text("kind", sw_mesh_kind_name(retry->kind)),
           sw_log_str("namespace", retry->namespace_), sw_log_str("name", retry->name),
           sw_log_text("error", why), sw_log_uint("failures", n));
}

static void fail(struct sw_writer *writer, const struct sw_task *task,
                 const struct sw_retry_failure *failure, int64_t now_ms)
{
    log_failure(writer, task, failure->why, now_ms);
    sw_retry_failed(&writer->retries, task->retry, failure, now_ms);
    plan_again(writer, task->retry, task->retry->not_before_ms);
    drop_later(writer, task->retry->for_namespace, task->retry->for_service, task->phase);
}

static void log_done(struct sw_writer *writer, const struct sw_task *task)
{
    const struct sw_retry *retry = task->retry;

    sw_log(writer->options.log, SW_LOG_DEBUG, "written",
           sw_log_text("verb", sw_op_verb_name(task->verb)),
           sw_log_text("kind", sw_mesh_kind_name(retry->kind)),
           sw_log_str("namespace", retry->namespace_), sw_log_str("name", retry->name));
}

static void conclude(struct sw_writer *writer, struct sw_task *task, const struct sw_answer *answer,
                     int64_t now_ms)
{
    const struct sw_outcome outcome =
        sw_outcome_judge(answer, task->verb, task->resource_version, &writer->scratch);

    if (outcome.pause_ms)
        sw_budget_shut(&writer->budget, now_ms, outcome.pause_ms);
    if (!outcome.done) {
        fail(writer, task, &outcome.failure, now_ms);
        return;
    }
    log_done(writer, task);
    sw_retry_done(&writer->retries, task->retry, now_ms);
    if (task->retry->asked_again)
        plan_again(writer, task->retry, now_ms);
}

static void tell(const struct sw_writer *writer, const struct sw_task *task,
                 const struct sw_answer *answer, int64_t now_ms)
{
    const struct sw_writer_sink *sink = &writer->options.sink;
    const struct sw_writer_result result = {
        .verb = task->verb,
        .kind = task->retry->kind,
        .verdict = answer->verdict,
        .took_ms = (uint64_t)(now_ms - task->sent_ms),
    };

    if (sink->ended)
        sink->ended(sink->context, &result);
}

static void on_answer(void *context, const struct sw_answer *answer)
{
    struct sw_task *task = context;
    struct sw_writer *writer = task->user;
    struct sw_retry *retry = task->retry;
    int64_t now_ms = now();

    task->call = NULL;
    tell(writer, task, answer, now_ms);
    conclude(writer, task, answer, now_ms);
    sw_lanes_end(&writer->lanes, task);
    sw_retries_settle(&writer->retries, retry, now_ms);
}

static void fill_op(const struct sw_task *task, struct sw_applier_op *ret)
{
    const struct sw_retry *retry = task->retry;
    const struct sw_gvr *gvr = sw_gvr_find(sw_str_from(sw_mesh_kind_version(retry->kind)),
                                           sw_str_from(sw_mesh_kind_name(retry->kind)));

    *ret = (struct sw_applier_op){
        .verb = SW_APPLIER_APPLY,
        .ref = {.gvr = gvr, .namespace_ = retry->namespace_, .name = retry->name},
        .body = task->body,
        .force = task->verb == SW_OP_APPLY,
    };
    if (task->verb == SW_OP_RELEASE)
        ret->verb = SW_APPLIER_MERGE_PATCH;
    if (task->verb != SW_OP_DELETE)
        return;
    ret->verb = SW_APPLIER_DELETE;
    ret->uid = task->uid;
    ret->resource_version = task->resource_version;
}

static void send_task(struct sw_writer *writer, struct sw_task *task, int64_t now_ms)
{
    const struct sw_call_sink sink = {task, on_answer};
    struct sw_err err = {0};
    struct sw_applier_op op;
    int r;

    fill_op(task, &op);
    r = sw_applier_send(&writer->client, &op, sink, &task->call, &err);
    if (r < 0) {
        const struct sw_retry_failure failure = {
            .why = err.message,
            .reason = SW_NOT_WRITTEN,
            .first_ms = SW_RETRIES_REFUSED_MS,
        };
        struct sw_retry *retry = task->retry;

        fail(writer, task, &failure, now_ms);
        sw_lanes_end(&writer->lanes, task);
        sw_retries_settle(&writer->retries, retry, now_ms);
        return;
    }
    sw_lanes_sent(&writer->lanes, task);
    task->sent_ms = now_ms;
    sw_budget_spend(&writer->budget);
}

static bool may_send(const struct sw_writer *writer)
{
    return writer->allowed && writer->client.target && writer->lanes.n_sent < SW_WRITER_MAX_CALLS;
}

/* The first that may be sent from `task` on. */
static struct sw_task *find_next(struct sw_task *task)
{
    while (task && !sw_task_is_next(task))
        task = task->next;
    return task;
}

int64_t sw_writer_step(struct sw_writer *writer, int64_t now_ms)
{
    struct sw_task *task = find_next(writer->lanes.first);

    while (task && may_send(writer) && sw_budget_allows(&writer->budget, now_ms)) {
        send_task(writer, task, now_ms);
        /* From the start: what failed took others with it. */
        task = find_next(writer->lanes.first);
    }
    if (now_ms - writer->swept_ms >= SWEEP_MS) {
        writer->swept_ms = now_ms;
        sw_retries_sweep(&writer->retries, now_ms);
    }
    /* Where it is not for want of credit, somebody tells when there is more to send. */
    return task && may_send(writer) ? sw_budget_next(&writer->budget, now_ms) : INT64_MAX;
}

size_t sw_writer_queued(const struct sw_writer *writer)
{
    return writer->lanes.n_queued;
}

size_t sw_writer_under_way(const struct sw_writer *writer)
{
    return writer->lanes.n_sent;
}

const struct sw_retries *sw_writer_retries(const struct sw_writer *writer)
{
    return &writer->retries;
}
