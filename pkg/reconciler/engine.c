#include "reconciler/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "io/sig.h"
#include "kube/elector.h"
#include "kube/resolver.h"
#include "reconciler/health.h"
#include "reconciler/native.h"
#include "reconciler/planner.h"
#include "reconciler/publisher.h"
#include "reconciler/stats.h"
#include "reconciler/writer.h"

#include "base/banned.h"

/* How often the loop comes round even if nothing happens: what is counted is as old at most. */
#define TURN_MS 1000

struct sw_engine {
    struct sw_engine_options options;
    struct sw_http *http;
    struct sw_names *names;       /* NULL: none are resolved */
    struct sw_resolver *resolver; /* likewise */
    uint64_t names_version;       /* as the state was last told */
    struct sw_state *state;
    struct sw_ledger *ledger;
    struct sw_writer *writer;
    struct sw_planner *planner;
    struct sw_native *native;
    struct sw_members *members;
    struct sw_publisher *publisher;
    struct sw_http_target *target; /* of the local cluster, borrowed; NULL while there is none */
    struct sw_elector *elector;    /* NULL: there is no election, or nobody to ask */
    char identity[SW_LEASE_HOLDER_SIZE]; /* of the first elector; "" before */
    bool leads;
    bool ready;
    bool informed; /* plans have been made since it was ready */
    struct sw_stats stats;
    int64_t began_ms;
    int64_t noted_ms; /* when statistics were last written down */
};

SW_DEFINE_CLEANUP(cleanup_engine, struct sw_engine, sw_engine_free);

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static void set_leads(struct sw_engine *engine, bool leads)
{
    engine->leads = leads;
    sw_writer_allow(engine->writer, leads);
    sw_publisher_forget(engine->publisher);
    if (leads)
        sw_planner_all(engine->planner); /* another may have written until now */
    sw_stats_set(&engine->stats, SW_STATS_LEADER, leads);
}

static void on_leading(void *context)
{
    struct sw_engine *engine = context;

    sw_log(engine->options.log, SW_LOG_INFO, "leading");
    set_leads(engine, true);
}

static void on_lost(void *context, const char *why)
{
    struct sw_engine *engine = context;

    sw_log(engine->options.log, SW_LOG_WARN, "leading no more", sw_log_text("why", why));
    set_leads(engine, false);
}

/* Stands for election, at another API server or by another way as who it was. */
static void stand(struct sw_engine *engine)
{
    struct sw_elector_options options = {
        .client = {engine->http, engine->target},
        .namespace_ = engine->options.namespace_,
        .name = SW_STR(SW_ENGINE_LEASE),
        .identity = sw_str_from(engine->identity[0] ? engine->identity : NULL),
        .sink = {engine, on_leading, on_lost},
    };
    struct sw_err err = {0};

    if (sw_elector_new(&options, &engine->elector, &err) < 0) {
        sw_log(engine->options.log, SW_LOG_ERROR, "cannot stand for election", sw_log_err(&err));
        return;
    }
    snprintf(engine->identity, sizeof(engine->identity), "%s",
             sw_elector_identity(engine->elector));
}

/* The local cluster is reached another way, or not at all any more. */
static void on_move(void *context, struct sw_http_target *target)
{
    struct sw_engine *engine = context;

    sw_writer_point(engine->writer, target);
    sw_native_point(engine->native, target);
    sw_publisher_point(engine->publisher, target);
    sw_elector_free(engine->elector);
    engine->elector = NULL;
    engine->target = target;
}

static void on_gone(void *context, struct sw_str cluster)
{
    sw_stats_forget(&((struct sw_engine *)context)->stats, cluster);
}

static void on_again(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms)
{
    sw_planner_again(((struct sw_engine *)context)->planner, namespace_, name, at_ms);
}

static void on_ended(void *context, const struct sw_writer_result *result)
{
    sw_stats_note_write(&((struct sw_engine *)context)->stats, result);
}

static int make_names(struct sw_engine *engine, struct sw_err *reterr)
{
    const struct sw_resolver_options resolver = {.servers = engine->options.options->dns_servers};
    int r;

    if (engine->options.names_off)
        return 0;
    r = sw_names_new(&engine->names, reterr);
    return r < 0 ? r : sw_resolver_new(engine->names, &resolver, &engine->resolver, reterr);
}

static int make_writer(struct sw_engine *engine, struct sw_err *reterr)
{
    struct sw_planner_options planner = {
        .state = engine->state,
        .ledger = engine->ledger,
        .log = engine->options.log,
    };
    struct sw_writer_options writer = {
        .http = engine->http,
        .rate_per_s = engine->options.options->write_rate,
        .log = engine->options.log,
        .sink = {engine, on_again, on_ended},
    };
    int r = sw_writer_new(&writer, &engine->writer, reterr);
    if (r < 0)
        return r;
    planner.writer = engine->writer;
    return sw_planner_new(&planner, &engine->planner, reterr);
}

static int make_members(struct sw_engine *engine, struct sw_err *reterr)
{
    const struct sw_reconciler_options *options = engine->options.options;
    struct sw_members_options members = {
        .http = engine->http,
        .state = engine->state,
        .clusters = &options->clusters,
        .root_namespace = options->root_namespace,
        .log = engine->options.log,
        .on_move = on_move,
        .move_context = engine,
        .on_remote_move = sw_publisher_move,
        .on_gone = on_gone,
        .gone_context = engine,
    };
    const struct sw_native_options native = {
        .http = engine->http,
        .state = engine->state,
        .root_namespace = options->root_namespace,
        .log = engine->options.log,
    };
    const struct sw_publisher_options publisher = {
        engine->http,   &options->clusters,         engine->state,
        engine->ledger, engine->options.namespace_, engine->options.log,
    };
    int r = sw_native_new(&native, &engine->native, reterr);

    if (r == 0)
        r = sw_publisher_new(&publisher, &engine->publisher, reterr);
    members.remote_move_context = engine->publisher;
    if (!options->no_cluster_secrets)
        members.secrets_namespace = engine->options.namespace_;
    return r < 0 ? r : sw_members_new(&members, &engine->members, reterr);
}

int sw_engine_new(const struct sw_engine_options *options, struct sw_engine **ret,
                  struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_engine) struct sw_engine *engine = calloc(1, sizeof(*engine));
    int r;

    if (!engine)
        return sw_err_nomem(reterr);
    engine->options = *options;
    engine->began_ms = now();
    r = sw_stats_init(&engine->stats, options->metrics, reterr);
    if (r == 0)
        r = sw_http_new(&engine->http, reterr);
    if (r == 0)
        r = make_names(engine, reterr);
    if (r == 0)
        r = sw_state_new(engine->names, &engine->state, reterr);
    if (r == 0)
        r = sw_ledger_new(&engine->ledger, reterr);
    if (r == 0)
        r = make_writer(engine, reterr);
    if (r == 0)
        r = make_members(engine, reterr);
    if (r < 0)
        return r;
    if (!options->options->leader_elect)
        set_leads(engine, true);
    *ret = SW_TAKE(engine);
    return 0;
}

void sw_engine_free(struct sw_engine *engine)
{
    if (!engine)
        return;
    sw_elector_free(SW_TAKE(engine->elector));
    sw_members_free(engine->members);
    sw_publisher_free(engine->publisher);
    sw_native_free(engine->native);
    sw_planner_free(engine->planner);
    sw_writer_free(engine->writer);
    sw_ledger_free(engine->ledger);
    sw_state_free(engine->state);
    sw_resolver_free(engine->resolver);
    sw_names_free(engine->names);
    sw_http_free(engine->http);
    free(engine);
}

/* Tells the state what the process knows. */
static void configure(struct sw_engine *engine)
{
    const struct sw_clusters *clusters = &engine->options.options->clusters;
    const struct sw_state_config config = {
        .root_namespace = engine->options.options->root_namespace,
        .local = clusters->items[clusters->local].name,
        .config = clusters->items[clusters->config].name,
        .fleet_known = sw_members_are_known(engine->members),
        .native_some = sw_native_some(engine->native),
        .remote_ttl_ms = (uint64_t)engine->options.options->remote_ttl_s * 1000,
    };

    sw_state_configure(engine->state, &config);
}

static int64_t step_names(struct sw_engine *engine, int64_t now_ms)
{
    int64_t wake_ms;

    if (!engine->resolver)
        return INT64_MAX;
    wake_ms = sw_resolver_step(engine->resolver, now_ms);
    if (sw_names_version(engine->names) != engine->names_version) {
        engine->names_version = sw_names_version(engine->names);
        sw_state_names_changed(engine->state);
    }
    return wake_ms;
}

static int64_t step_elector(struct sw_engine *engine, int64_t now_ms)
{
    if (!engine->options.options->leader_elect)
        return INT64_MAX;
    if (!engine->elector && engine->target)
        stand(engine);
    return engine->elector ? sw_elector_step(engine->elector, now_ms) : INT64_MAX;
}

/* Whatever makes plans other ones: objects, addresses behind names, and what the process knows. */
static uint64_t count_changes(const struct sw_engine *engine)
{
    return sw_members_changes(engine->members) + engine->names_version +
           sw_members_are_known(engine->members) + sw_native_changes(engine->native);
}

static void note_stats(struct sw_engine *engine, int64_t now_ms)
{
    struct sw_stats *stats = &engine->stats;

    sw_stats_note_plans(stats, sw_planner_stats(engine->planner), engine->ledger);
    sw_stats_set(stats, SW_STATS_QUEUED, (int64_t)sw_writer_queued(engine->writer));
    sw_stats_set(stats, SW_STATS_IN_FLIGHT, (int64_t)sw_writer_under_way(engine->writer));
    sw_stats_set(stats, SW_STATS_FAILING, (int64_t)sw_writer_retries(engine->writer)->n_failing);
    if (now_ms < engine->noted_ms + TURN_MS)
        return;
    engine->noted_ms = now_ms;
    sw_stats_note_members(stats, engine->members, now_ms);
    sw_stats_set(stats, SW_STATS_NATIVE, sw_native_some(engine->native));
    sw_stats_set(stats, SW_STATS_NATIVE_KNOWN, sw_native_is_known(engine->native));
    sw_stats_set(stats, SW_STATS_BYTES, (int64_t)sw_state_bytes(engine->state));
    sw_stats_note_events(stats, sw_publisher_events(engine->publisher));
    if (engine->resolver)
        sw_stats_note_names(stats, sw_resolver_stats(engine->resolver), engine->names, now_ms);
}

static void tell_health(struct sw_engine *engine, int64_t now_ms)
{
    bool patient = now_ms < engine->began_ms + SW_ENGINE_REMOTE_PATIENCE_MS;
    struct sw_err missing = {0};

    sw_health_turn(engine->options.health);
    if (engine->ready)
        return; /* what it knows stays in use: to be restarted would help nobody */
    engine->ready = sw_members_are_ready(engine->members, patient, now_ms, &missing);
    if (engine->ready) { /* who waits for that may ask for the numbers next */
        engine->noted_ms = 0;
        note_stats(engine, now_ms);
    }
    sw_health_set(engine->options.health, engine->ready, missing.message);
    if (engine->ready)
        sw_log(engine->options.log, SW_LOG_INFO, "ready",
               sw_log_uint("clusters", sw_members_count(engine->members)));
}

/* What is told before all clusters have been read, and planned for, is soon taken back. */
static int64_t step_publisher(struct sw_engine *engine, bool seen, int64_t now_ms)
{
    const struct sw_publisher_turn turn = {engine->members, sw_native_some(engine->native),
                                           engine->leads, seen && engine->informed, now_ms};

    return sw_publisher_step(engine->publisher, &turn);
}

/* Does what is due; returns when something is due again. */
static int64_t go_round(struct sw_engine *engine)
{
    int64_t now_ms = now(), wake_ms = now_ms + TURN_MS;
    bool seen;

    sw_state_set_now(engine->state, (uint64_t)now_ms);
    sw_http_run(engine->http);
    wake_ms = sw_clock_earlier(wake_ms, sw_members_step(engine->members, now_ms));
    wake_ms = sw_clock_earlier(wake_ms, step_elector(engine, now_ms));
    wake_ms = sw_clock_earlier(wake_ms, step_names(engine, now_ms));
    seen = sw_members_are_seen(engine->members, now_ms);
    wake_ms = sw_clock_earlier(wake_ms, sw_native_step(engine->native, seen, now_ms));
    configure(engine);
    wake_ms = sw_clock_earlier(
        wake_ms, sw_planner_step(engine->planner, count_changes(engine), seen, now_ms));
    wake_ms = sw_clock_earlier(wake_ms, sw_writer_step(engine->writer, now_ms));
    wake_ms = sw_clock_earlier(wake_ms, step_publisher(engine, seen, now_ms));
    tell_health(engine, now_ms);
    engine->informed |= engine->ready && sw_planner_is_current(engine->planner);
    note_stats(engine, now_ms);
    return wake_ms;
}

/* Until something happens, or it is time. */
static void wait_for(struct sw_engine *engine, int64_t wake_ms)
{
    struct sw_http_fd asked[SW_HTTP_MAX_FDS], fds[SW_HTTP_MAX_FDS];
    size_t n = 1, n_asked = engine->resolver ? sw_resolver_fds(engine->resolver, asked) : 0;

    fds[0] = (struct sw_http_fd){.fd = engine->options.sig_fd, .readable = true};
    for (size_t i = 0; i < n_asked && n < SW_HTTP_MAX_FDS; i++)
        fds[n++] = asked[i];
    sw_http_wait_too(engine->http, fds, n, wake_ms - now());
}

int sw_engine_run(struct sw_engine *engine)
{
    int signal_number = 0;

    while (!signal_number) {
        wait_for(engine, go_round(engine));
        signal_number = sw_sig_take(engine->options.sig_fd);
    }
    return signal_number;
}

void sw_engine_finish(struct sw_engine *engine)
{
    int64_t until_ms = now() + SW_ENGINE_STOP_MS;

    sw_health_set(engine->options.health, false, "ending: a signal asked to");
    sw_writer_allow(engine->writer, false);
    while (sw_writer_under_way(engine->writer) && now() < until_ms) {
        sw_http_wait(engine->http, until_ms - now());
        sw_http_run(engine->http);
        if (engine->elector) /* nobody else may lead while something is under way */
            sw_elector_step(engine->elector, now());
    }
    if (engine->elector)
        sw_elector_leave(engine->elector);
}
