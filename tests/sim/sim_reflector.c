/*
 * A reflector and its store against a simulated API server, for hours of simulated time in which
 * everything goes wrong that can.
 *
 *   sim_reflector [--seed N] [--seeds N] [--steps N]
 *
 * Runs --seeds of them (default 300) from --seed (default 1) on. A seed decides all that happens,
 * so one that fails fails again: it is printed with what was found.
 *
 * What must hold:
 *   - whenever a watch is followed, the store is what the server held at the watch's version, so
 *     that a deletion that nobody told of is found too;
 *   - a picture is not older than what was asked for;
 *   - there is never more than one request under way;
 *   - a minute sees a bounded number of requests, whatever the server says;
 *   - once nothing goes wrong any more, the store becomes what the server holds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api_server.h"
#include "options.h"
#include "sync/store.h"
#include "json/read.h"

/* In any minute. A watch that its server ends every second would be the most. */
#define MAX_REQUESTS_A_MINUTE 65

/* Silence of a watch, a Retry-After and a wait at its longest, all one after the other. */
#define CALM_MS (SW_REFLECTOR_IDLE_MS + SW_REFLECTOR_MAX_RETRY_MS + 4 * SW_BACKOFF_MAX_MS)

struct run {
    uint64_t seed;
    unsigned int step;
    int64_t now_ms;
    struct sim_server server;
    struct sim_random random;
    struct sw_store *store;
    struct sw_reflector_sink sink; /* the store's */
    struct sw_reflector reflector;
    bool sink_fails;
    uint64_t seen_changes, seen_pictures; /* when the store was last compared */
    uint64_t least_version;               /* that a picture under way may show */
    int64_t sent_ms[MAX_REQUESTS_A_MINUTE];
    uint64_t n_sent;
    bool failed;
};

static void found(struct run *run, const char *what)
{
    if (!run->failed)
        fprintf(stderr,
                "sim_reflector: %s, at step %u, %jd ms; again with: sim_reflector --seed %ju "
                "--seeds 1\n",
                what, run->step, (intmax_t)run->now_ms, (uintmax_t)run->seed);
    run->failed = true;
}

static void on_begin(void *context)
{
    struct run *run = context;

    run->sink.begin(run->sink.context);
}

static void on_end(void *context)
{
    struct run *run = context;

    run->sink.end(run->sink.context);
}

static bool fails_now(struct run *run)
{
    return run->sink_fails && sim_chance(&run->random, 2);
}

static int on_put(void *context, struct sw_str object, struct sw_err *reterr)
{
    struct run *run = context;

    return fails_now(run) ? sw_err_nomem(reterr)
                          : run->sink.put(run->sink.context, object, reterr);
}

static int on_remove(void *context, struct sw_str object, struct sw_err *reterr)
{
    struct run *run = context;

    return fails_now(run) ? sw_err_nomem(reterr)
                          : run->sink.remove(run->sink.context, object, reterr);
}

static bool equals(const struct run *run, const struct sw_view *view, uint64_t version)
{
    size_t n = 0;

    for (unsigned int i = 0; i < SIM_OBJECTS; i++) {
        unsigned int content = sim_server_content_at(&run->server, i, version);
        const struct sw_service *service;
        const struct sw_str *label;
        char name[16], value[16];

        if (!content)
            continue;
        n++;
        snprintf(name, sizeof(name), "s%u", i);
        snprintf(value, sizeof(value), "%u", content);
        service = sw_view_service(view, SW_STR("ns"), sw_str_from(name));
        label = service ? sw_labels_get(&service->meta.labels, SW_STR("v")) : NULL;
        if (!label || !sw_str_is(*label, value))
            return false;
    }
    return view->n_services == n;
}

/* Whether the store holds what the server held at `version`. */
static bool holds(struct run *run, uint64_t version)
{
    struct sw_view_source source = {.cluster = SW_STR("sim")};
    struct sw_view_builder builder;
    struct sw_store_lease *lease;
    struct sw_arena arena;
    struct sw_view view;
    bool same;

    sw_arena_init(&arena, 16384, (size_t)4 << 20);
    sw_view_builder_init(&builder, source, &arena);
    if (sw_store_lease(run->store, &builder, &lease, NULL) < 0 ||
        sw_view_builder_finish(&builder, &view, NULL) < 0)
        abort();
    same = equals(run, &view, version);
    sw_store_lease_free(lease);
    sw_arena_release(&arena);
    return same;
}

static void check_pace(struct run *run)
{
    int64_t *slot = &run->sent_ms[run->n_sent % MAX_REQUESTS_A_MINUTE];

    if (run->n_sent >= MAX_REQUESTS_A_MINUTE && run->now_ms - *slot < 60000)
        found(run, "too many requests in a minute");
    *slot = run->now_ms;
    run->n_sent++;
}

static void send_request(struct run *run, const struct sw_request *request)
{
    if (run->server.connection.phase != SIM_CLOSED)
        found(run, "a second request while one is under way");
    if (!request->continue_token.len) {
        uint64_t version = run->server.version;

        sw_str_to_u64(request->resource_version, UINT64_MAX, &version);
        run->least_version = version;
        check_pace(run);
    }
    sim_server_ask(&run->server, run->now_ms, request);
}

static void hang_up(struct run *run)
{
    /* The server may have ended it at the same moment. */
    sim_server_hang_up(&run->server);
}

/* Everything that the reflector wants now; returns when it wants to be asked again. */
static int64_t turn(struct run *run)
{
    int64_t wake_ms = run->now_ms;
    struct sw_request request;

    for (int i = 0; i < 10; i++) {
        switch (sw_reflector_next(&run->reflector, run->now_ms, &wake_ms, &request)) {
        case SW_REFLECTOR_SEND:
            send_request(run, &request);
            break;
        case SW_REFLECTOR_ABORT:
        case SW_REFLECTOR_DESERT:
            hang_up(run);
            break;
        case SW_REFLECTOR_WAIT:
        default:
            if (wake_ms <= run->now_ms)
                found(run, "it wants to wait for what has passed");
            return wake_ms;
        }
    }
    found(run, "it does not come to rest");
    return run->now_ms + 1;
}

/* Compares where there is something to compare, and something new. */
static void check(struct run *run)
{
    const struct sw_reflector *reflector = &run->reflector;
    const struct sw_store_stats *stats = sw_store_stats(run->store);
    bool new_picture = reflector->stats.n_pictures != run->seen_pictures;
    uint64_t version;

    if (reflector->stats.absent && stats->n_objects)
        found(run, "objects of a resource that is absent");
    if (reflector->verb != SW_REQUEST_WATCH ||
        !sw_str_to_u64(sw_buf_str(&reflector->version), UINT64_MAX, &version))
        return;
    if (!new_picture && stats->n_changes == run->seen_changes)
        return;
    if (new_picture && version < run->least_version)
        found(run, "a picture older than what was asked for");
    run->seen_pictures = reflector->stats.n_pictures;
    run->seen_changes = stats->n_changes;
    if (!holds(run, version))
        found(run, "the store is not what the server held");
}

static int64_t time_that_goes_by(struct run *run)
{
    if (run->server.mood != SIM_MILD)
        return 1 + sim_below(&run->random, 100);
    if (sim_chance(&run->random, 3))
        return 60000 + sim_below(&run->random, 1200000);
    if (sim_chance(&run->random, 50))
        return sim_below(&run->random, 40000);
    return 1 + sim_below(&run->random, 1500);
}

static void step(struct run *run, bool living)
{
    if (living)
        sim_server_live(&run->server);
    if (living && sim_chance(&run->random, 5))
        sw_reflector_hurry(&run->reflector, run->now_ms);
    turn(run);
    check(run);
    sim_server_tell(&run->server, run->now_ms, &run->reflector);
    check(run);
}

/* Nothing goes wrong from now on: it must come to hold what there is. */
static void calm_down(struct run *run)
{
    int64_t end_ms = run->now_ms + CALM_MS;

    run->server.faults = false;
    run->server.mood_steps = 0;
    run->sink_fails = false;
    for (; run->now_ms < end_ms && !run->failed; run->now_ms += 500)
        step(run, false);
    if (!run->reflector.stats.synced)
        found(run, "it is not synced though all is calm");
    if (run->server.absent != run->reflector.stats.absent)
        found(run, "it does not know whether there is such a resource");
    if (!holds(run, run->server.version))
        found(run, "it does not come to hold what the server holds");
}

static void setup(struct run *run, uint64_t seed)
{
    struct sw_reflector_sink sink = {run, on_begin, on_end, on_put, on_remove};

    *run = (struct run){.seed = seed, .random = {seed * 77}, .now_ms = 1000};
    sim_server_init(&run->server, seed);
    if (sw_store_new(SW_KIND_SERVICE, &run->store, NULL) < 0)
        abort();
    run->sink = sw_store_sink(run->store);
    run->sink_fails = sim_chance(&run->random, 300);
    sw_reflector_init(&run->reflector, sink,
                      run->server.may_be_absent ? SW_REFLECTOR_OPTIONAL : SW_REFLECTOR_ALWAYS,
                      seed);
}

/* True if all held. */
static bool run_seed(uint64_t seed, unsigned int n_steps)
{
    static struct run run;

    setup(&run, seed);
    for (run.step = 0; run.step < n_steps && !run.failed; run.step++) {
        step(&run, true);
        run.now_ms += time_that_goes_by(&run);
    }
    calm_down(&run);
    /* Behind its back: the watch is cut, something goes, and it must find that. */
    if (run.server.connection.phase == SIM_STREAMS && !run.failed) {
        sim_server_hang_up(&run.server);
        sim_server_delete_one(&run.server);
        sw_reflector_closed(&run.reflector, run.now_ms, "connection reset");
        calm_down(&run);
    }
    sw_reflector_release(&run.reflector);
    sw_store_free(run.store);
    sim_server_release(&run.server);
    return !run.failed;
}

int main(int argc, char *argv[])
{
    uint64_t seed = 1, n_seeds = 300, n_steps = 3000, n_failed = 0;
    const struct sim_option options[] = {
        {"--seed", &seed}, {"--seeds", &n_seeds}, {"--steps", &n_steps}, {NULL, NULL}};

    (void)argc;
    if (!sim_read_options(argv, options))
        return 2;
    sw_json_setup();
    for (uint64_t i = 0; i < n_seeds; i++)
        n_failed += !run_seed(seed + i, (unsigned int)n_steps);
    printf("%ju seeds of %ju steps, %ju failed\n", (uintmax_t)n_seeds, (uintmax_t)n_steps,
           (uintmax_t)n_failed);
    return n_failed ? 1 : 0;
}
