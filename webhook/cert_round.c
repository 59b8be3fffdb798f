#include "webhook/cert_round.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "kube/applier.h"
#include "webhook/cert_step.h"
#include "json/read.h"

#include "base/banned.h"

/* A Secret and two configurations as text, as values and as lists of certificates: what an API
 * server stores of each is under 2 MiB. */
#define ARENA_CHUNK_BYTES ((size_t)256 << 10)
#define ARENA_MAX_BYTES   ((size_t)64 << 20)

/* A request takes milliseconds; one that hangs must not hold up the next look for long. */
#define TIMEOUT_MS 10000

/* The domain that nearly every cluster has; who has another calls us by the first name. */
#define CLUSTER_DOMAIN ".svc.cluster.local"

#define N_BUNDLES_MAX  (2 * SW_CERT_WEBHOOKS_MAX)

static int64_t now_ms(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static char *make_name(const struct sw_cert_round_options *options, const char *end)
{
    char *name = NULL;

    return asprintf(&name, "%.*s.%.*s%s", SW_STR_ARG(options->service),
                    SW_STR_ARG(options->namespace_), end) < 0
               ? NULL
               : name;
}

int sw_cert_round_init(struct sw_cert_round *round, const struct sw_cert_round_options *options,
                       struct sw_err *reterr)
{
    *round = (struct sw_cert_round){.options = *options};
    sw_arena_init(&round->arena, ARENA_CHUNK_BYTES, ARENA_MAX_BYTES);
    sw_backoff_init(&round->backoff, (uint64_t)now_ms() ^ (uint64_t)(uintptr_t)round);
    round->names[0] = make_name(options, ".svc");
    round->names[1] = make_name(options, CLUSTER_DOMAIN);
    round->names[2] = make_name(options, "");
    for (size_t i = 0; i < SW_CERT_ROUND_NAMES; i++) {
        if (!round->names[i]) {
            sw_cert_round_release(round);
            return sw_err_nomem(reterr);
        }
    }
    return 0;
}

void sw_cert_round_release(struct sw_cert_round *round)
{
    sw_arena_wipe(&round->arena);
    for (size_t i = 0; i < SW_CERT_ROUND_NAMES; i++)
        free(SW_TAKE(round->names[i]));
}

/* The object as it is now; NULL where there is none. */
static int get(struct sw_cert_round *round, struct sw_cert_round_link link, struct sw_gvr_ref ref,
               json_t **ret, struct sw_err *reterr)
{
    const struct sw_applier_op op = {.verb = SW_APPLIER_GET, .ref = ref, .timeout_ms = TIMEOUT_MS};
    struct sw_answer answer;

    sw_applier_wait(link.waiter, &op, &round->arena, &answer);
    if (answer.verdict == SW_ANSWER_NOT_FOUND) {
        *ret = NULL;
        return 0;
    }
    if (answer.verdict != SW_ANSWER_OK)
        return sw_answer_status(&answer, reterr);
    return sw_answer_object(&answer, &round->arena, ret, reterr);
}

static int read_webhooks(struct sw_cert_round *round, struct sw_cert_round_link link,
                         enum sw_gvr_id id, struct sw_cert_webhooks *ret, struct sw_err *reterr)
{
    const struct sw_cert_service service = {round->options.namespace_, round->options.service};
    json_t *object = NULL;
    int r = get(round, link,
                (struct sw_gvr_ref){.gvr = sw_gvr(id), .name = round->options.configuration},
                &object, reterr);

    return r < 0 ? r : sw_cert_webhooks_read(object, &service, &round->arena, ret, reterr);
}

static int read_secret(struct sw_cert_round *round, struct sw_cert_round_link link,
                       struct sw_err *reterr)
{
    const struct sw_gvr_ref ref = {.gvr = sw_gvr(SW_GVR_SECRET),
                                   .namespace_ = round->options.namespace_,
                                   .name = round->options.secret};
    const struct sw_cert_names names = {(const char *const *)round->names, SW_CERT_ROUND_NAMES};
    int r = get(round, link, ref, &round->secret_object, reterr);

    if (r == 0)
        r = sw_cert_secret_read(round->secret_object, &round->arena, &round->secret, reterr);
    if (r < 0)
        return r;
    if (round->secret.foreign)
        return sw_err_set(reterr, SW_ETYPE,
                          "secret %.*s/%.*s: expected one of ours, labelled "
                          "app.kubernetes.io/managed-by: spillway, found data of somebody else's: "
                          "delete it, or name another with --cert-secret",
                          SW_STR_ARG(round->options.namespace_), SW_STR_ARG(round->options.secret));
    return sw_cert_holding_read(&round->secret.texts, names, &round->holding, reterr);
}

/* What the Secret holds that cannot be used is healed by whoever leads; why is told here. */
static void say_of_secret(struct sw_cert_round *round)
{
    const struct sw_cert_holding *holding = &round->holding;
    const struct sw_err none = {0};
    const struct sw_err *error = &none;

    if (round->secret.exists)
        error = holding->signer_error.code ? &holding->signer_error : &holding->leaf_error;
    if (error->code && strcmp(error->message, round->said_of_secret.message) != 0)
        sw_log(round->options.log, SW_LOG_WARN,
               "certificate Secret holds what cannot be used, it will be made anew",
               sw_log_str("secret", round->options.secret), sw_log_err(error));
    round->said_of_secret = *error;
}

/* Takes into use what can serve. What has expired is left: nothing is worse than what is there. */
static void load(struct sw_cert_round *round)
{
    const struct sw_cert_holding *holding = &round->holding;
    const struct sw_tls_pem pem = {.cert = round->secret.texts.cert,
                                   .key = round->secret.texts.key};
    const struct sw_cert_stats *stats = round->options.stats;
    int64_t now_s = (int64_t)(sw_clock_wall_ms() / 1000);

    sw_gauge_set(stats->last_look, now_s);
    if (holding->signer < holding->cas.n)
        sw_gauge_set(stats->authority_end, holding->cas.items[holding->signer].not_after_s);
    if (!holding->leaf.set)
        return;
    sw_gauge_set(stats->serving_end, holding->leaf.not_after_s);
    if (now_s < holding->leaf.not_after_s && sw_tls_watch_take(round->options.tls, &pem))
        round->loaded = true;
}

static bool leads(struct sw_cert_round_link link)
{
    return sw_elector_leads(link.elector, now_ms());
}

static int look(struct sw_cert_round *round, struct sw_cert_round_link link, bool all,
                struct sw_err *reterr)
{
    int r = 0;

    if (all)
        r = read_webhooks(round, link, SW_GVR_MUTATING_WEBHOOK, &round->mutating, reterr);
    if (r == 0 && all)
        r = read_webhooks(round, link, SW_GVR_VALIDATING_WEBHOOK, &round->validating, reterr);
    return r < 0 ? r : read_secret(round, link, reterr);
}

static void say_plan(struct sw_cert_round *round, const struct sw_cert_plan *plan)
{
    bool is_news = round->said_why != plan->why;

    round->said_why = plan->why;
    if (plan->step != SW_CERT_REST && (plan->step != SW_CERT_WAIT || is_news))
        sw_log(round->options.log, SW_LOG_INFO, "certificates",
               sw_log_text("step", sw_cert_step_word(plan->step)), sw_log_text("why", plan->why));
}

/* As who leads: does what is next. Returns how long to wait then, or a failure. */
static int act(struct sw_cert_round *round, struct sw_cert_round_link link, int64_t *ret_wait_ms,
               struct sw_err *reterr)
{
    const struct sw_cert_webhooks *const both[] = {&round->mutating, &round->validating};
    const struct sw_cert_list *bundles[N_BUNDLES_MAX];
    struct sw_cert_state state = {
        .now_s = (int64_t)(sw_clock_wall_ms() / 1000),
        .cert_lifetime_s = round->options.cert_lifetime_s,
        .bundles = bundles,
    };
    struct sw_cert_plan plan;
    bool writes;
    int r;

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < both[i]->n; k++)
            bundles[state.n_bundles++] = both[i]->items[k].bundle;
    }
    sw_cert_holding_tell(&round->holding, &state);
    sw_cert_memory_note(&round->memory, now_ms(), &state);
    sw_cert_plan(&state, &plan);
    say_plan(round, &plan);
    writes = plan.step != SW_CERT_REST && plan.step != SW_CERT_WAIT;
    if (writes)
        r = sw_cert_step_do(round, link, &state, &plan, reterr);
    else
        r = round->loaded ? sw_cert_step_close(round, link, reterr) : 0;
    if (r < 0)
        return r;
    *ret_wait_ms = writes || r == 1                  ? SW_CERT_ROUND_AGAIN_MS
                   : plan.wait_ms < SW_CERT_ROUND_MS ? plan.wait_ms
                                                     : SW_CERT_ROUND_MS;
    return 0;
}

static int64_t fail(struct sw_cert_round *round, const struct sw_err *err)
{
    const struct sw_cert_stats *stats = round->options.stats;

    sw_counter_add(stats->failures, 1);
    sw_gauge_set(stats->last_failure, (int64_t)(sw_clock_wall_ms() / 1000));
    if (strcmp(err->message, round->error.message) != 0)
        sw_log(round->options.log, SW_LOG_WARN,
               "certificates cannot be looked after, what is in use stays", sw_log_err(err));
    round->error = *err;
    /* What was not seen all the time may have been otherwise meanwhile. */
    round->memory = (struct sw_cert_memory){0};
    return sw_backoff_fail(&round->backoff, now_ms());
}

static int64_t succeed(struct sw_cert_round *round, int64_t wait_ms)
{
    if (round->error.code)
        sw_log(round->options.log, SW_LOG_INFO, "certificates are looked after again");
    round->error = (struct sw_err){0};
    sw_backoff_reset(&round->backoff);
    return !round->loaded && wait_ms > SW_CERT_ROUND_FIRST_MS ? SW_CERT_ROUND_FIRST_MS : wait_ms;
}

int64_t sw_cert_round_run(struct sw_cert_round *round, struct sw_cert_round_link link)
{
    SW_JSON_SCOPE(&round->arena);
    bool leading = leads(link);
    int64_t wait_ms = SW_CERT_ROUND_MS;
    struct sw_err err = {0};
    int r = look(round, link, leading, &err);

    if (r == 0) {
        say_of_secret(round);
        load(round);
    }
    sw_gauge_set(round->options.stats->leader, leads(link));
    if (!leading || !leads(link)) {
        round->memory = (struct sw_cert_memory){0};
        round->said_why = NULL;
    } else if (r == 0) {
        r = act(round, link, &wait_ms, &err);
    }
    if (r < 0 && !sw_waiter_pause(link.waiter, 0))
        wait_ms = 0; /* interrupted: no failure, and there will be no other round */
    else
        wait_ms = r < 0 ? fail(round, &err) : succeed(round, wait_ms);
    sw_arena_wipe(&round->arena);
    return wait_ms;
}
