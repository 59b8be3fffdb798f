#include "reconciler/conditions.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/clock.h"
#include "kube/applier.h"
#include "reconciler/census.h"
#include "reconciler/round.h"

#include "base/banned.h"

#define GAP_PER_ROUND  20   /* a round may take a twentieth of the time */
#define CLOCK_SLACK_MS 2000 /* a clock that was set by less is taken for the same */
#define LOOK_MS        500  /* how soon it is looked again who has not been seen yet */

/* What a status is made of, in numbers: where these are as they were, so is all of it. */
struct signature {
    uint64_t objects, plans, words, n_members, n_readable, known; /* without padding */
};

struct sw_conditions {
    struct sw_conditions_options options;
    struct sw_http_target *target; /* NULL: nowhere */
    struct sw_census census;
    uint64_t listed_changes; /* of the objects, when they were listed */
    struct sw_call *call;    /* NULL: none is under way */
    struct sw_round round;
    size_t at;                  /* of the round's writes, those before it were sent */
    int64_t spent_ms;           /* on the round */
    bool wrote;                 /* something, since the objects were listed */
    struct signature signature; /* as of the last round */
    bool has_signature;
    int64_t began_ms; /* when it was first asked to; -1: not yet */
    int64_t due_ms;
    int64_t retry_ms;                  /* wait after the last failure; 0: it was none */
    char refusal[SW_ERR_MESSAGE_SIZE]; /* of one of the round's writes; "": none was refused */
    int64_t wall_minus_mono_ms;
};

/* Gives up what is under way; everything is read again. */
static void stop(struct sw_conditions *conditions)
{
    sw_call_cancel(conditions->call);
    conditions->call = NULL;
    conditions->at = 0;
    sw_round_release(&conditions->round);
    sw_census_forget(&conditions->census);
    conditions->has_signature = false;
}

/* It did not go well: everything is read again, later, each time twice as late. */
static void put_off(struct sw_conditions *conditions, const char *why, int64_t at_least_ms)
{
    int64_t wait_ms = conditions->retry_ms ? conditions->retry_ms * 2 : SW_CONDITIONS_GAP_MS;

    if (!conditions->retry_ms) /* once a series */
        sw_log(conditions->options.log, SW_LOG_WARN, "cannot write status conditions",
               sw_log_text("error", why));
    if (wait_ms > SW_CONDITIONS_MAX_RETRY_MS)
        wait_ms = SW_CONDITIONS_MAX_RETRY_MS;
    stop(conditions);
    conditions->retry_ms = wait_ms;
    conditions->due_ms =
        (int64_t)sw_clock_mono_ms() + (at_least_ms > wait_ms ? at_least_ms : wait_ms);
}

static void on_census(void *context, const char *failure, int64_t retry_after_s)
{
    if (failure)
        put_off(context, failure, retry_after_s * 1000);
}

int sw_conditions_new(const struct sw_conditions_options *options, struct sw_conditions **ret,
                      struct sw_err *reterr)
{
    struct sw_conditions *conditions = calloc(1, sizeof(*conditions));

    if (!conditions)
        return sw_err_nomem(reterr);
    conditions->options = *options;
    conditions->began_ms = -1;
    sw_census_init(&conditions->census, options->http,
                   (struct sw_census_sink){conditions, on_census});
    sw_round_init(&conditions->round, &conditions->census);
    *ret = conditions;
    return 0;
}

void sw_conditions_forget(struct sw_conditions *conditions)
{
    stop(conditions);
    conditions->began_ms = -1;
    conditions->retry_ms = 0;
    conditions->due_ms = 0;
}

void sw_conditions_free(struct sw_conditions *conditions)
{
    if (!conditions)
        return;
    sw_conditions_forget(conditions);
    free(conditions);
}

void sw_conditions_point(struct sw_conditions *conditions, struct sw_http_target *target)
{
    sw_conditions_forget(conditions);
    conditions->target = target;
}

/* How often Workspaces and settings have changed. */
static uint64_t count_changes(const struct sw_conditions_turn *turn)
{
    const struct sw_state_cluster *state = sw_member_state(turn->local);

    return sw_state_stats(state, SW_RESOURCE_WORKSPACE)->n_changes +
           sw_state_stats(state, SW_RESOURCE_SETTING)->n_changes;
}

/* True where the objects have to be listed first; that has begun then. */
static bool refresh(struct sw_conditions *conditions, const struct sw_conditions_turn *turn)
{
    const uint64_t changes = count_changes(turn);

    if (sw_census_is_known(&conditions->census) && !conditions->wrote &&
        conditions->listed_changes == changes)
        return false;
    conditions->wrote = false;
    conditions->listed_changes = changes;
    conditions->has_signature = false;
    sw_census_take(&conditions->census, conditions->target);
    return true;
}

static size_t count_readable(const struct sw_conditions_turn *turn)
{
    struct sw_member_health health;
    size_t n = 0;

    for (size_t i = 0; i < sw_members_count(turn->members); i++) {
        sw_member_health(sw_members_at(turn->members, i), turn->now_ms, &health);
        n += health.readable;
    }
    return n;
}

static struct signature sign(const struct sw_conditions_turn *turn)
{
    return (struct signature){
        .objects = sw_members_changes(turn->members),
        .plans = sw_ledger_version(turn->ledger),
        .words = sw_hearsay_version(turn->hearsay),
        .n_members = sw_members_count(turn->members),
        .n_readable = count_readable(turn),
        .known = sw_members_are_known(turn->members),
    };
}

static void note_clock(struct sw_conditions *conditions, int64_t now_ms)
{
    const int64_t ahead_ms = (int64_t)sw_clock_wall_ms() - now_ms - conditions->wall_minus_mono_ms;

    if (ahead_ms > CLOCK_SLACK_MS || ahead_ms < -CLOCK_SLACK_MS)
        conditions->wall_minus_mono_ms += ahead_ms;
}

/* Some of the objects: the thread has a Lease to renew. */
static int judge(struct sw_conditions *conditions, const struct sw_conditions_turn *turn,
                 struct sw_err *reterr)
{
    struct sw_standings_options known = {
        .ledger = turn->ledger,
        .members = turn->members,
        .hearsay = turn->hearsay,
        .now_ms = turn->now_ms,
        .wall_minus_mono_ms = conditions->wall_minus_mono_ms,
    };
    int r = sw_state_mesh(turn->state, &known.mesh, reterr);

    conditions->at = 0;
    return r < 0 ? r : sw_round_step(&conditions->round, &known, reterr);
}

/* All of the round was sent; what was refused is tried again later, with the others. */
static void end_round(struct sw_conditions *conditions)
{
    if (conditions->refusal[0]) {
        put_off(conditions, conditions->refusal, 0);
        return;
    }
    if (conditions->retry_ms)
        sw_log(conditions->options.log, SW_LOG_INFO, "status conditions are written again");
    conditions->retry_ms = 0;
}

static void begin_round(struct sw_conditions *conditions, const struct sw_conditions_turn *turn)
{
    conditions->refusal[0] = '\0';
    note_clock(conditions, turn->now_ms);
    conditions->signature = sign(turn);
    conditions->has_signature = true;
    conditions->spent_ms = 0;
    sw_round_begin(&conditions->round);
}

/* The next objects of the round. */
static void go_on(struct sw_conditions *conditions, const struct sw_conditions_turn *turn)
{
    const int64_t began_ms = (int64_t)sw_clock_mono_ms();
    struct sw_err err = {0};
    int64_t gap_ms;

    if (judge(conditions, turn, &err) < 0) {
        put_off(conditions, err.message, 0);
        return;
    }
    conditions->spent_ms += (int64_t)sw_clock_mono_ms() - began_ms;
    if (!sw_round_is_over(&conditions->round))
        return;
    sw_hearsay_hurry(turn->hearsay, !conditions->round.settled);
    gap_ms = conditions->spent_ms * GAP_PER_ROUND;
    conditions->due_ms =
        turn->now_ms + (gap_ms > SW_CONDITIONS_GAP_MS ? gap_ms : SW_CONDITIONS_GAP_MS);
    if (conditions->round.n_writes == 0)
        end_round(conditions);
}

static void on_answer(void *context, const struct sw_answer *answer)
{
    struct sw_conditions *conditions = context;

    conditions->call = NULL;
    conditions->wrote = true;
    switch (answer->verdict) {
    case SW_ANSWER_NOT_FOUND: /* it has gone, or is another one: the watch will tell */
    case SW_ANSWER_CONFLICT:
    case SW_ANSWER_OK:
        conditions->at++;
        break;
    case SW_ANSWER_INVALID: /* no reason for the others to wait */
    case SW_ANSWER_DENIED:
        snprintf(conditions->refusal, sizeof(conditions->refusal), "%s", answer->message);
        conditions->at++;
        break;
    default:
        put_off(conditions, answer->message, answer->retry_after_s * 1000);
        return;
    }
    if (conditions->at == conditions->round.n_writes && sw_round_is_over(&conditions->round))
        end_round(conditions);
}

static void send_write(struct sw_conditions *conditions)
{
    const struct sw_round_write *write = &conditions->round.writes[conditions->at];
    const struct sw_client client = {conditions->options.http, conditions->target};
    const struct sw_call_sink sink = {conditions, on_answer};
    const struct sw_applier_op op = {
        .verb = SW_APPLIER_APPLY,
        .ref = {.gvr = sw_gvr(write->gvr),
                .namespace_ = write->namespace_,
                .name = write->name,
                .subresource = "status"},
        .body = write->body,
        .force = true, /* nobody else has the status of a cluster to say */
    };
    struct sw_err err = {0};

    if (sw_applier_send(&client, &op, sink, &conditions->call, &err) < 0)
        put_off(conditions, err.message, 0);
}

/* Not everybody has been seen and heard of, and there was not time enough for it. */
static bool is_patient(struct sw_conditions *conditions, const struct sw_conditions_turn *turn)
{
    const size_t n = sw_members_count(turn->members);

    if (conditions->began_ms < 0)
        conditions->began_ms = turn->now_ms;
    return turn->now_ms < conditions->began_ms + SW_CONDITIONS_PATIENCE_MS &&
           (!sw_members_are_known(turn->members) || count_readable(turn) < n ||
            !sw_hearsay_is_settled(turn->hearsay, n - 1));
}

/* Objects to judge, or statuses to send. */
static bool has_more(const struct sw_conditions *conditions)
{
    return !sw_round_is_over(&conditions->round) || conditions->at < conditions->round.n_writes;
}

int64_t sw_conditions_step(struct sw_conditions *conditions, const struct sw_conditions_turn *turn)
{
    struct signature now;

    if (!conditions->target || conditions->call || sw_census_is_under_way(&conditions->census))
        return INT64_MAX;
    if (conditions->at < conditions->round.n_writes) {
        send_write(conditions);
        return INT64_MAX;
    }
    if (sw_round_is_over(&conditions->round)) {
        if (is_patient(conditions, turn))
            return turn->now_ms + LOOK_MS;
        if (turn->now_ms < conditions->due_ms)
            return conditions->due_ms;
        now = sign(turn);
        if (conditions->has_signature && memcmp(&conditions->signature, &now, sizeof(now)) == 0)
            return INT64_MAX;
        if (refresh(conditions, turn))
            return conditions->due_ms;
        begin_round(conditions, turn);
    }
    go_on(conditions, turn);
    return has_more(conditions) ? turn->now_ms : conditions->due_ms;
}
