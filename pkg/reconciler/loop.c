#include "reconciler/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "io/sig.h"
#include "kube/elector.h"
#include "kube/resolver.h"
#include "reconciler/health.h"
#include "reconciler/members.h"
#include "reconciler/native.h"
#include "reconciler/planner.h"
#include "reconciler/stats.h"
#include "reconciler/writer.h"

#include "base/banned.h"

/* How often the loop comes round even if nothing happens: what is counted is as old at most. */
#define TURN_MS 1000

struct sw_loop {
    struct sw_loop_options options;
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
    struct sw_http_target *target; /* of the local cluster, borrowed; NULL while there is none */
    struct sw_elector *elector; /* NULL: there is no election, or nobody to ask */
    char identity[SW_LEASE_HOLDER_SIZE]; /* of the first elector; "" before */
    bool leads;
    bool ready;
    struct sw_stats stats;
    int64_t began_ms;
    int64_t noted_ms; /* when statistics were last written down */
};

SW_DEFINE_CLEANUP(cleanup_loop, struct sw_loop, sw_loop_free);

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static void set_leads(struct sw_loop *loop, bool leads)
{
    loop->leads = leads;
    sw_writer_allow(loop->writer, leads);
    if (leads)
        sw_planner_all(loop->planner); /* another may have written until now */
    sw_stats_set(&loop->stats, SW_STATS_LEADER, leads);
}

static void on_leading(void *context)
{
    struct sw_loop *loop = context;

    sw_log(loop->options.log, SW_LOG_INFO, "leading");
    set_leads(loop, true);
}

static void on_lost(void *context, const char *why)
{
    struct sw_loop *loop = context;

    sw_log(loop->options.log, SW_LOG_WARN, "leading no more", sw_log_text("why", why));
    set_leads(loop, false);
}

/* Stands for election, at another API server or by another way as who it was. */
static void stand(struct sw_loop *loop)
{
    struct sw_elector_options options = {
        .client = {loop->http, loop->target},
        .namespace_ = loop->options.namespace_,
        .name = SW_STR(SW_LOOP_LEASE),
        .identity = sw_str_from(loop->identity[0] ? loop->identity : NULL),
        .sink = {loop, on_leading, on_lost},
    };
    struct sw_err err = {0};

    if (sw_elector_new(&options, &loop->elector, &err) < 0) {
        sw_log(loop->options.log, SW_LOG_ERROR, "cannot stand for election", sw_log_err(&err));
        return;
    }
    snprintf(loop->identity, sizeof(loop->identity), "%s", sw_elector_identity(loop->elector));
}

/* The local cluster is reached another way, or not at all any more. */
static void on_move(void *context, struct sw_http_target *target)
{
    struct sw_loop *loop = context;

    sw_writer_point(loop->writer, target);
    sw_native_point(loop->native, target);
    sw_elector_free(loop->elector);
    loop->elector = NULL;
    loop->target = target;
}

static void on_gone(void *context, struct sw_str cluster)
{
    sw_stats_forget(&((struct sw_loop *)context)->stats, cluster);
}

static void on_again(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms)
{
    sw_planner_again(((struct sw_loop *)context)->planner, namespace_, name, at_ms);
}

static void on_ended(void *context, const struct sw_writer_result *result)
{
    sw_stats_note_write(&((struct sw_loop *)context)->stats, result);
}

static int make_names(struct sw_loop *loop, struct sw_err *reterr)
{
    const struct sw_resolver_options resolver = {.servers = loop->options.options->dns_servers};
    int r;

    if (loop->options.names_off)
        return 0;
    r = sw_names_new(&loop->names, reterr);
    return r < 0 ? r : sw_resolver_new(loop->names, &resolver, &loop->resolver, reterr);
}

static int make_writer(struct sw_loop *loop, struct sw_err *reterr)
{
    struct sw_planner_options planner = {
        .state = loop->state,
        .ledger = loop->ledger,
        .log = loop->options.log,
    };
    struct sw_writer_options writer = {
        .http = loop->http,
        .rate_per_s = loop->options.options->write_rate,
        .log = loop->options.log,
        .sink = {loop, on_again, on_ended},
    };
    int r = sw_writer_new(&writer, &loop->writer, reterr);
    if (r < 0)
        return r;
    planner.writer = loop->writer;
    return sw_planner_new(&planner, &loop->planner, reterr);
}

static int make_members(struct sw_loop *loop, struct sw_err *reterr)
{
    const struct sw_reconciler_options *options = loop->options.options;
    struct sw_members_options members = {
        .http = loop->http,
        .state = loop->state,
        .clusters = &options->clusters,
        .root_namespace = options->root_namespace,
        .log = loop->options.log,
        .on_move = on_move,
        .move_context = loop,
        .on_gone = on_gone,
        .gone_context = loop,
    };
    const struct sw_native_options native = {
        .http = loop->http,
        .state = loop->state,
        .root_namespace = options->root_namespace,
        .log = loop->options.log,
    };
    int r = sw_native_new(&native, &loop->native, reterr);

    if (!options->no_cluster_secrets)
        members.secrets_namespace = loop->options.namespace_;
    return r < 0 ? r : sw_members_new(&members, &loop->members, reterr);
}

int sw_loop_new(const struct sw_loop_options *options, struct sw_loop **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_loop) struct sw_loop *loop = calloc(1, sizeof(*loop));
    int r;

    if (!loop)
        return sw_err_nomem(reterr);
    loop->options = *options;
    loop->began_ms = now();
    r = sw_stats_init(&loop->stats, options->metrics, reterr);
    if (r == 0)
        r = sw_http_new(&loop->http, reterr);
    if (r == 0)
        r = make_names(loop, reterr);
    if (r == 0)
        r = sw_state_new(loop->names, &loop->state, reterr);
    if (r == 0)
        r = sw_ledger_new(&loop->ledger, reterr);
    if (r == 0)
        r = make_writer(loop, reterr);
    if (r == 0)
        r = make_members(loop, reterr);
    if (r < 0)
        return r;
    if (!options->options->leader_elect)
        set_leads(loop, true);
    *ret = SW_TAKE(loop);
    return 0;
}

void sw_loop_free(struct sw_loop *loop)
{
    if (!loop)
        return;
    sw_elector_free(loop->elector);
    loop->elector = NULL;
    sw_members_free(loop->members);
    sw_native_free(loop->native);
    sw_planner_free(loop->planner);
    sw_writer_free(loop->writer);
    sw_ledger_free(loop->ledger);
    sw_state_free(loop->state);
    sw_resolver_free(loop->resolver);
    sw_names_free(loop->names);
    sw_http_free(loop->http);
    free(loop);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* Tells the state what the process knows. */
static void configure(struct sw_loop *loop)
{
    const struct sw_clusters *clusters = &loop->options.options->clusters;
    const struct sw_state_config config = {
        .root_namespace = loop->options.options->root_namespace,
        .local = clusters->items[clusters->local].name,
        .config = clusters->items[clusters->config].name,
        .fleet_known = sw_members_are_known(loop->members),
        .native_some = sw_native_some(loop->native),
        .remote_ttl_ms = (uint64_t)loop->options.options->remote_ttl_s * 1000,
    };

    sw_state_configure(loop->state, &config);
}

static int64_t step_names(struct sw_loop *loop, int64_t now_ms)
{
    int64_t wake_ms;

    if (!loop->resolver)
        return INT64_MAX;
    wake_ms = sw_resolver_step(loop->resolver, now_ms);
    if (sw_names_version(loop->names) != loop->names_version) {
        loop->names_version = sw_names_version(loop->names);
        sw_state_names_changed(loop->state);
    }
    return wake_ms;
}

static int64_t step_elector(struct sw_loop *loop, int64_t now_ms)
{
    if (!loop->options.options->leader_elect)
        return INT64_MAX;
    if (!loop->elector && loop->target)
        stand(loop);
    return loop->elector ? sw_elector_step(loop->elector, now_ms) : INT64_MAX;
}

/* Whatever makes plans other ones: objects, addresses behind names, and what the process knows. */
static uint64_t count_changes(const struct sw_loop *loop)
{
    return sw_members_changes(loop->members) + loop->names_version +
           sw_members_are_known(loop->members) + sw_native_changes(loop->native);
}

static void tell_health(struct sw_loop *loop, int64_t now_ms)
{
    bool patient = now_ms < loop->began_ms + SW_LOOP_REMOTE_PATIENCE_MS;
    struct sw_err missing = {0};

    sw_health_turn(loop->options.health);
    if (loop->ready)
        return; /* what it knows stays in use: to be restarted would help nobody */
    loop->ready = sw_members_are_ready(loop->members, patient, now_ms, &missing);
    sw_health_set(loop->options.health, loop->ready, missing.message);
    if (loop->ready)
        sw_log(loop->options.log, SW_LOG_INFO, "ready",
               sw_log_uint("clusters", sw_members_count(loop->members)));
}

static void note_stats(struct sw_loop *loop, int64_t now_ms)
{
    struct sw_stats *stats = &loop->stats;

    sw_stats_note_plans(stats, sw_planner_stats(loop->planner), loop->ledger);
    sw_stats_set(stats, SW_STATS_QUEUED, (int64_t)sw_writer_queued(loop->writer));
    sw_stats_set(stats, SW_STATS_IN_FLIGHT, (int64_t)sw_writer_under_way(loop->writer));
    sw_stats_set(stats, SW_STATS_FAILING, (int64_t)sw_writer_retries(loop->writer)->n_failing);
    if (now_ms < loop->noted_ms + TURN_MS)
        return;
    loop->noted_ms = now_ms;
    sw_stats_note_members(stats, loop->members, now_ms);
    sw_stats_set(stats, SW_STATS_NATIVE, sw_native_some(loop->native));
    sw_stats_set(stats, SW_STATS_BYTES, (int64_t)sw_state_bytes(loop->state));
}

/* Does what is due; returns when something is due again. */
static int64_t go_round(struct sw_loop *loop)
{
    int64_t now_ms = now(), wake_ms = now_ms + TURN_MS;
    bool seen;

    sw_state_set_now(loop->state, (uint64_t)now_ms);
    sw_http_run(loop->http);
    wake_ms = earlier(wake_ms, sw_members_step(loop->members, now_ms));
    wake_ms = earlier(wake_ms, step_elector(loop, now_ms));
    wake_ms = earlier(wake_ms, step_names(loop, now_ms));
    seen = sw_members_are_seen(loop->members, now_ms);
    wake_ms = earlier(wake_ms, sw_native_step(loop->native, seen, now_ms));
    configure(loop);
    wake_ms = earlier(wake_ms, sw_planner_step(loop->planner, count_changes(loop), seen, now_ms));
    wake_ms = earlier(wake_ms, sw_writer_step(loop->writer, now_ms));
    tell_health(loop, now_ms);
    note_stats(loop, now_ms);
    return wake_ms;
}

/* Until something happens, or it is time. */
static void wait_for(struct sw_loop *loop, int64_t wake_ms)
{
    struct sw_http_fd asked[SW_HTTP_MAX_FDS], fds[SW_HTTP_MAX_FDS];
    size_t n = 1, n_asked = loop->resolver ? sw_resolver_fds(loop->resolver, asked) : 0;

    fds[0] = (struct sw_http_fd){.fd = loop->options.sig_fd, .readable = true};
    for (size_t i = 0; i < n_asked && n < SW_HTTP_MAX_FDS; i++)
        fds[n++] = asked[i];
    sw_http_wait_too(loop->http, fds, n, wake_ms - now());
}

int sw_loop_run(struct sw_loop *loop)
{
    int signal_number = 0;

    while (!signal_number) {
        wait_for(loop, go_round(loop));
        signal_number = sw_sig_take(loop->options.sig_fd);
    }
    return signal_number;
}

void sw_loop_finish(struct sw_loop *loop)
{
    int64_t until_ms = now() + SW_LOOP_STOP_MS;

    sw_health_set(loop->options.health, false, "ending: a signal asked to");
    sw_writer_allow(loop->writer, false);
    while (sw_writer_under_way(loop->writer) && now() < until_ms) {
        sw_http_wait(loop->http, until_ms - now());
        sw_http_run(loop->http);
        if (loop->elector) /* nobody else may lead while something is under way */
            sw_elector_step(loop->elector, now());
    }
    if (loop->elector)
        sw_elector_leave(loop->elector);
}
