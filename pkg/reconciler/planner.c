#include "reconciler/planner.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "mesh/eastwest.h"
#include "mesh/full.h"
#include "mesh/gateways.h"
#include "reconciler/agenda.h"

#include "base/banned.h"

/* All plans of a round: those of 100,000 WorkloadEntries take some 200 MiB. */
#define ROUND_CHUNK_BYTES ((size_t)64 << 10)
#define ROUND_MAX_BYTES   ((size_t)2 << 30)

/* After a round that there was no memory for. */
#define AGAIN_MS 1000

struct sw_planner {
    struct sw_planner_options options;
    struct sw_withdrawals withdrawals;
    struct sw_agenda agenda;
    struct sw_arena arena; /* of a round */
    bool all;              /* the next round is of everything */
    bool pending;          /* something has changed that no round has seen */
    uint64_t changes;      /* as last told */
    int64_t first_ms;      /* when the first of what is pending changed, and the last */
    int64_t last_ms;
    int64_t calm_ms; /* from when on a change is acted on at once */
    int64_t all_ms;  /* when everything is planned anew */
    struct sw_planner_stats stats;
};

/* One round. */
struct round {
    struct sw_planner *planner;
    const struct sw_mesh *mesh;
    int64_t now_ms;
    bool all;                     /* it is of everything */
    bool gateways;                /* the Gateways are among what is planned */
    struct sw_plan_key *services; /* to plan, each once */
    size_t n_services;
    struct sw_plan_key *ingresses; /* likewise */
    size_t n_ingresses;
    struct sw_diff diff;
};

int sw_planner_new(const struct sw_planner_options *options, struct sw_planner **ret,
                   struct sw_err *reterr)
{
    struct sw_planner *planner = calloc(1, sizeof(*planner));

    if (!planner)
        return sw_err_nomem(reterr);
    planner->options = *options;
    planner->all = true;
    sw_arena_init(&planner->arena, ROUND_CHUNK_BYTES, ROUND_MAX_BYTES);
    *ret = planner;
    return 0;
}

void sw_planner_free(struct sw_planner *planner)
{
    if (!planner)
        return;
    sw_withdrawals_release(&planner->withdrawals);
    sw_agenda_release(&planner->agenda);
    sw_arena_release(&planner->arena);
    free(planner);
}

void sw_planner_all(struct sw_planner *planner)
{
    planner->all = true;
}

const struct sw_planner_stats *sw_planner_stats(const struct sw_planner *planner)
{
    return &planner->stats;
}

/* Where there is no memory to note one, all are due. */
static void note(struct sw_planner *planner, struct sw_plan_key key, int64_t at_ms, bool together)
{
    if (sw_agenda_add(&planner->agenda, key, at_ms, together, NULL) < 0)
        planner->all = true;
}

/* Notes a plan for a time that the round itself has named. One that it has passed over already must
 * not begin rounds without end. */
static void note_later(const struct round *round, struct sw_plan_key key, uint64_t at_ms,
                       bool together)
{
    bool passed = (int64_t)at_ms <= round->now_ms;

    note(round->planner, key, passed ? round->now_ms + SW_PLANNER_BURST_MS : (int64_t)at_ms,
         together);
}

void sw_planner_again(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms)
{
    note(context, (struct sw_plan_key){namespace_, name}, at_ms, false);
}

static int by_key(const void *a, const void *b)
{
    const struct sw_plan_key *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    return order ? order : sw_str_cmp(x->name, y->name);
}

/* Sorts, and leaves each once; empty names stand for the Gateways, and go. */
static size_t sort_keys(struct round *round, struct sw_plan_key *keys, size_t n)
{
    size_t n_kept = 0;

    if (n > 1)
        qsort(keys, n, sizeof(*keys), by_key);
    for (size_t i = 0; i < n; i++) {
        if (!keys[i].name.len)
            round->gateways = true;
        else if (!n_kept || by_key(&keys[n_kept - 1], &keys[i]) != 0)
            keys[n_kept++] = keys[i];
    }
    return n_kept;
}

/* What has changed, and what is due besides: a Service and an IngressGateway of one name are both
 * planned, for the name alone does not say which it is. */
static int choose_some(struct round *round, const struct sw_dirty_list *dirty,
                       struct sw_err *reterr)
{
    struct sw_planner *planner = round->planner;
    struct sw_agenda_due due;
    struct sw_plan_key *keys;
    int r = sw_agenda_take(&planner->agenda, round->now_ms, dirty->n > 0, &planner->arena, &due,
                           reterr);

    if (r < 0)
        return r;
    keys = sw_arena_alloc(&planner->arena, (dirty->n + due.n) * sizeof(*keys));
    if (!keys)
        return sw_err_nomem(reterr);
    if (dirty->n)
        memcpy(keys, dirty->keys, dirty->n * sizeof(*keys));
    if (due.n)
        memcpy(keys + dirty->n, due.keys, due.n * sizeof(*keys));
    round->services = keys;
    round->n_services = sort_keys(round, keys, dirty->n + due.n);
    round->ingresses = keys;
    round->n_ingresses = round->n_services;
    return 0;
}

static int choose_all(struct round *round, struct sw_err *reterr)
{
    struct sw_arena *arena = &round->planner->arena;
    int r = sw_plan_keys(round->mesh, arena, &round->services, &round->n_services, reterr);

    if (r == 0)
        r = sw_plan_eastwest_keys(round->mesh, arena, &round->ingresses, &round->n_ingresses,
                                  reterr);
    round->gateways = true;
    return r;
}

/* What is concerned. */
static int choose(struct round *round, struct sw_err *reterr)
{
    struct sw_planner *planner = round->planner;
    struct sw_dirty_list dirty;
    int r = sw_state_take_dirty(planner->options.state, &planner->arena, &dirty, reterr);

    if (r < 0)
        return r;
    round->all = planner->all || dirty.all || round->now_ms >= planner->all_ms;
    round->gateways = dirty.gateways;
    return round->all ? choose_all(round, reterr) : choose_some(round, &dirty, reterr);
}

/* Takes one plan in. */
static int add(struct round *round, struct sw_plan *plan, struct sw_err *reterr)
{
    struct sw_planner *planner = round->planner;
    int r = sw_retries_explain(sw_writer_retries(planner->options.writer), round->mesh, plan,
                               &planner->arena, reterr);

    if (r == 0)
        r = sw_ledger_note(planner->options.ledger, plan, reterr);
    if (r < 0)
        return r;
    planner->stats.n_plans++;
    if (plan->again_ms)
        note_later(round, (struct sw_plan_key){plan->namespace_, plan->service}, plan->again_ms,
                   false);
    return sw_diff_add(&round->diff, plan, reterr);
}

/* The plans live until the diff is written. */
static int add_service(struct round *round, struct sw_plan_key key, struct sw_err *reterr)
{
    struct sw_arena *arena = &round->planner->arena;
    struct sw_plan *plan = sw_arena_alloc(arena, sizeof(*plan));
    int r = plan ? sw_plan_service(round->mesh, key, arena, plan, reterr) : sw_err_nomem(reterr);

    return r < 0 ? r : add(round, plan, reterr);
}

static int add_ingress(struct round *round, struct sw_plan_key key, struct sw_err *reterr)
{
    struct sw_arena *arena = &round->planner->arena;
    struct sw_plan *plan = sw_arena_alloc(arena, sizeof(*plan));
    int r = plan ? sw_plan_eastwest(round->mesh, key, arena, plan, reterr) : sw_err_nomem(reterr);

    return r < 0 ? r : add(round, plan, reterr);
}

static int add_gateways(struct round *round, struct sw_err *reterr)
{
    struct sw_planner *planner = round->planner;
    struct sw_plan *plan = sw_arena_alloc(&planner->arena, sizeof(*plan));
    int r = plan ? sw_plan_gateways(round->mesh, &planner->withdrawals, (uint64_t)round->now_ms,
                                    &planner->arena, plan, reterr)
                 : sw_err_nomem(reterr);

    return r < 0 ? r : add(round, plan, reterr);
}

static int plan_chosen(struct round *round, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < round->n_ingresses; i++)
        r = add_ingress(round, round->ingresses[i], reterr);
    if (r == 0 && round->gateways)
        r = add_gateways(round, reterr);
    for (size_t i = 0; r == 0 && i < round->n_services; i++)
        r = add_service(round, round->services[i], reterr);
    return r < 0 ? r : sw_diff_finish(&round->diff, reterr);
}

/* What waits is planned again in its time; what a relist has put in doubt, together. */
static int note_waits(struct round *round, struct sw_err *reterr)
{
    struct sw_planner *planner = round->planner;
    int r = 0;

    for (size_t i = 0; r == 0 && i < round->diff.n_waits; i++) {
        const struct sw_wait *wait = &round->diff.waits[i];

        r = sw_ledger_note_wait(planner->options.ledger, wait, reterr);
        if (wait->until_ms)
            note_later(round, (struct sw_plan_key){wait->for_namespace, wait->for_service},
                       wait->until_ms, wait->reason == SW_WAITS_RELIST);
    }
    return r;
}

static void supersede(const struct round *round)
{
    struct sw_writer *writer = round->planner->options.writer;

    for (size_t i = 0; i < round->n_ingresses; i++)
        sw_writer_supersede(writer, round->ingresses[i].namespace_, round->ingresses[i].name);
    for (size_t i = 0; i < round->n_services; i++)
        sw_writer_supersede(writer, round->services[i].namespace_, round->services[i].name);
    if (round->gateways)
        sw_writer_supersede(writer, (struct sw_str){NULL, 0}, (struct sw_str){NULL, 0});
}

static void log_round(const struct round *round)
{
    size_t n[SW_OP_DELETE + 1] = {0};

    for (size_t i = 0; i < round->diff.n_ops; i++)
        n[round->diff.ops[i].verb]++;
    sw_log(round->planner->options.log, round->diff.n_ops ? SW_LOG_INFO : SW_LOG_DEBUG, "planned",
           sw_log_bool("all", round->all),
           sw_log_uint("plans", round->n_services + round->n_ingresses + round->gateways),
           sw_log_uint("create", n[SW_OP_CREATE]), sw_log_uint("apply", n[SW_OP_APPLY]),
           sw_log_uint("release", n[SW_OP_RELEASE]), sw_log_uint("delete", n[SW_OP_DELETE]),
           sw_log_uint("wait", round->diff.n_waits));
}

static int go_round(struct round *round, struct sw_err *reterr)
{
    struct sw_planner *planner = round->planner;
    int r = sw_state_mesh(planner->options.state, &round->mesh, reterr);

    if (r < 0)
        return r;
    sw_diff_init(&round->diff, round->mesh, (uint64_t)round->now_ms, &planner->arena);
    r = choose(round, reterr);
    if (r < 0)
        return r;
    planner->all = false;
    if (round->all) {
        planner->all_ms = round->now_ms + SW_PLANNER_RESYNC_MS;
        sw_agenda_clear(&planner->agenda);
    }
    r = plan_chosen(round, reterr);
    if (r == 0)
        r = note_waits(round, reterr);
    if (r < 0)
        return r;
    supersede(round);
    r = sw_writer_take(planner->options.writer, &round->diff, round->all, round->now_ms, reterr);
    memcpy(planner->stats.n_owned, round->mesh->n_owned_of, sizeof(planner->stats.n_owned));
    log_round(round);
    return r;
}

static void run_round(struct sw_planner *planner, int64_t now_ms)
{
    struct round round = {.planner = planner, .now_ms = now_ms};
    uint64_t begin_ns = sw_clock_mono_ns();
    struct sw_err err = {0};

    planner->pending = false;
    if (go_round(&round, &err) == 0) {
        if (round.n_services + round.n_ingresses > 0 || round.gateways)
            planner->calm_ms = now_ms + SW_PLANNER_QUIET_MS;
    } else {
        sw_log(planner->options.log, SW_LOG_ERROR, "cannot plan", sw_log_err(&err));
        planner->stats.n_failures++;
        planner->all = true;
        planner->first_ms = now_ms + AGAIN_MS;
    }
    sw_arena_clear(&planner->arena);
    planner->stats.n_rounds++;
    planner->stats.last_ns = sw_clock_mono_ns() - begin_ns;
    if (round.all)
        planner->stats.all_ns = planner->stats.last_ns;
}

/* When the next round is due. */
static int64_t due_at(const struct sw_planner *planner)
{
    int64_t due_ms = sw_agenda_next(&planner->agenda), quiet_ms, burst_ms;

    if (planner->all_ms < due_ms)
        due_ms = planner->all_ms;
    if (planner->all)
        return planner->first_ms;
    if (!planner->pending)
        return due_ms;
    if (planner->first_ms >= planner->calm_ms)
        return planner->first_ms;
    quiet_ms = planner->last_ms + SW_PLANNER_QUIET_MS;
    burst_ms = planner->first_ms + SW_PLANNER_BURST_MS;
    if (burst_ms < quiet_ms)
        quiet_ms = burst_ms;
    return quiet_ms < due_ms ? quiet_ms : due_ms;
}

bool sw_planner_is_current(const struct sw_planner *planner)
{
    return !planner->all && !planner->pending;
}

int64_t sw_planner_step(struct sw_planner *planner, uint64_t changes, bool ready, int64_t now_ms)
{
    if (changes != planner->changes) {
        planner->changes = changes;
        planner->last_ms = now_ms;
        if (!planner->pending)
            planner->first_ms = now_ms;
        planner->pending = true;
    }
    if (!ready)
        return INT64_MAX;
    if (now_ms >= due_at(planner))
        run_round(planner, now_ms);
    return due_at(planner);
}
