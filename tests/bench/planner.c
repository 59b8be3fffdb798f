/*
 * hack/bench reconciler, the part without API servers: what many clusters cost the planner.
 *
 * Prints one JSON object: times as processor time, and memory. Three plans of everything: with
 * nothing of ours there yet, with all of it there, and the same as a round of the process, whose
 * ledger and writer take part. Then one endpoint after the other changes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fleet.h"
#include "kube/http.h"
#include "reconciler/planner.h"
#include "weigh.h"
#include "json/read.h"

/* Endpoints that change, each of another Service and cluster. */
#define N_CHANGES 500

/* Until rules have been seen for long enough, and nothing is new any more. */
#define A_WHILE_MS 60000

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A field of /proc/self/status, in KiB. */
static size_t status_kib(const char *field)
{
    FILE *file = fopen("/proc/self/status", "r");
    size_t kib = 0;
    char line[256];

    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, field, strlen(field)) == 0)
            kib = strtoul(line + strlen(field) + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return kib;
}

/* The peak begins anew. */
static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

/* A plan of everything: what it cost, and how many writes follow. */
struct full {
    uint64_t mesh_ns; /* until the planner may begin */
    uint64_t plan_ns;
    uint64_t diff_ns;
    size_t plan_bytes;
    size_t n_ops;
};

static void plan_all(struct fleet *fleet, struct sw_arena *arena, struct sw_plans *plans,
                     struct full *ret)
{
    struct sw_withdrawals withdrawals = {0};
    struct sw_dirty_list dirty;
    struct sw_diff diff;
    struct sw_err err = {0};
    uint64_t begin_ns = cpu_ns(), ready_ns, planned_ns;
    const struct sw_mesh *mesh = fleet_mesh(fleet);

    fleet_check(sw_state_take_dirty(fleet->state, arena, &dirty, &err), &err);
    ready_ns = cpu_ns();
    fleet_check(sw_plan(mesh, &withdrawals, fleet->now_ms, arena, plans, &err), &err);
    planned_ns = cpu_ns();
    fleet_check(sw_diff(mesh, plans, fleet->now_ms, arena, &diff, &err), &err);
    *ret = (struct full){
        .mesh_ns = ready_ns - begin_ns,
        .plan_ns = planned_ns - ready_ns,
        .diff_ns = cpu_ns() - planned_ns,
        .plan_bytes = arena->held_bytes,
        .n_ops = diff.n_ops,
    };
    sw_withdrawals_release(&withdrawals);
}

static size_t count_wanted(const struct sw_plans *plans)
{
    size_t n = 0;

    for (size_t i = 0; i < plans->n; i++)
        n += plans->items[i].wanteds.n;
    return n;
}

/* Where the change of that number is. */
static size_t changing(const struct fleet *fleet, size_t number, size_t *ret_cluster)
{
    *ret_cluster = 1 + number % (fleet->size.n_clusters - 1);
    return number * 7919 % fleet->size.n_services;
}

/* One endpoint is not ready any more: from the event to the one write that follows. */
static uint64_t change(struct fleet *fleet, size_t number, struct sw_arena *arena)
{
    size_t cluster, service = changing(fleet, number, &cluster);
    uint64_t begin_ns = cpu_ns(), took_ns;
    const struct sw_mesh *mesh;
    struct sw_dirty_list dirty;
    struct sw_plan plan;
    struct sw_diff diff;
    struct sw_err err = {0};

    fleet_scale(fleet, cluster, service, fleet->size.n_pods - 1);
    mesh = fleet_mesh(fleet);
    fleet_check(sw_state_take_dirty(fleet->state, arena, &dirty, &err), &err);
    sw_diff_init(&diff, mesh, fleet->now_ms, arena);
    for (size_t i = 0; i < dirty.n; i++) {
        fleet_check(sw_plan_service(mesh, dirty.keys[i], arena, &plan, &err), &err);
        fleet_check(sw_diff_add(&diff, &plan, &err), &err);
    }
    fleet_check(sw_diff_finish(&diff, &err), &err);
    took_ns = cpu_ns() - begin_ns;
    if (dirty.all || dirty.n != 1 || diff.n_ops != 1) {
        fprintf(stderr, "planner: one endpoint makes %zu plans and %zu writes\n", dirty.n,
                diff.n_ops);
        exit(1);
    }
    fleet_scale(fleet, cluster, service, fleet->size.n_pods);
    fleet_mesh(fleet);
    fleet_check(sw_state_take_dirty(fleet->state, arena, &dirty, &err), &err);
    sw_arena_clear(arena);
    return took_ns;
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void change_many(struct fleet *fleet, uint64_t took_ns[static N_CHANGES])
{
    struct sw_arena arena;

    sw_arena_init(&arena, (size_t)1 << 16, (size_t)1 << 30);
    for (size_t i = 0; i < N_CHANGES; i++)
        took_ns[i] = change(fleet, i, &arena);
    sw_arena_release(&arena);
    qsort(took_ns, N_CHANGES, sizeof(*took_ns), by_time);
}

static void ignore_again(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms)
{
    (void)context;
    (void)namespace_;
    (void)name;
    (void)at_ms;
}

/* What the process does beside: a round of everything, and one of one Service. */
struct rounds {
    struct sw_http *http;
    struct sw_writer *writer;
    struct sw_ledger *ledger;
    struct sw_planner *planner;
    uint64_t all_ns;
    uint64_t one_ns[N_CHANGES];
};

static uint64_t go_round(struct rounds *rounds, struct fleet *fleet, uint64_t changes)
{
    uint64_t begin_ns = cpu_ns();

    sw_planner_step(rounds->planner, changes, true, (int64_t)fleet->now_ms);
    fleet_pass(fleet, SW_PLANNER_QUIET_MS);
    sw_planner_step(rounds->planner, changes, true, (int64_t)fleet->now_ms);
    return cpu_ns() - begin_ns;
}

static void begin_rounds(struct rounds *rounds, struct fleet *fleet)
{
    struct sw_planner_options options = {.state = fleet->state};
    struct sw_writer_options writer = {.rate_per_s = 1, .sink.again = ignore_again};
    struct sw_err err = {0};

    fleet_check(sw_http_setup(&err), &err);
    fleet_check(sw_http_new(&rounds->http, &err), &err);
    writer.http = rounds->http;
    fleet_check(sw_writer_new(&writer, &rounds->writer, &err), &err);
    fleet_check(sw_ledger_new(&rounds->ledger, &err), &err);
    options.writer = rounds->writer;
    options.ledger = rounds->ledger;
    fleet_check(sw_planner_new(&options, &rounds->planner, &err), &err);
}

static void run_rounds(struct rounds *rounds, struct fleet *fleet)
{
    uint64_t n_plans;

    rounds->all_ns = go_round(rounds, fleet, 1);
    n_plans = sw_planner_stats(rounds->planner)->n_plans;
    for (size_t i = 0; i < N_CHANGES; i++) {
        size_t cluster, service = changing(fleet, i, &cluster);

        fleet_scale(fleet, cluster, service, fleet->size.n_pods - 1);
        rounds->one_ns[i] = go_round(rounds, fleet, 2 * i + 2);
        fleet_scale(fleet, cluster, service, fleet->size.n_pods);
        go_round(rounds, fleet, 2 * i + 3);
    }
    n_plans = sw_planner_stats(rounds->planner)->n_plans - n_plans;
    if (n_plans != (uint64_t)4 * N_CHANGES) { /* an IngressGateway of that name is asked for too */
        fprintf(stderr, "planner: %d rounds make %" PRIu64 " plans\n", 2 * N_CHANGES, n_plans);
        exit(1);
    }
    qsort(rounds->one_ns, N_CHANGES, sizeof(*rounds->one_ns), by_time);
}

static void end_rounds(struct rounds *rounds)
{
    sw_planner_free(rounds->planner);
    sw_writer_free(rounds->writer);
    sw_ledger_free(rounds->ledger);
    sw_http_free(rounds->http);
}

/* All that is printed. */
struct report {
    uint64_t ingest_ns;
    size_t n_objects, n_json_bytes;
    size_t n_wanted;
    struct full fresh, settled;
    uint64_t change_ns[N_CHANGES];
    struct rounds rounds;
    size_t views_bytes, state_bytes;
    size_t rss_kib;
};

static void print_full(const char *name, const struct full *full)
{
    printf("\"%s\":{\"mesh_ms\":%.3f,\"plan_ms\":%.3f,\"diff_ms\":%.3f,\"plan_bytes\":%zu,"
           "\"writes\":%zu},",
           name, (double)full->mesh_ns / 1e6, (double)full->plan_ns / 1e6,
           (double)full->diff_ns / 1e6, full->plan_bytes, full->n_ops);
}

static void print_times(const char *name, const uint64_t times_ns[static N_CHANGES])
{
    printf("\"%s\":{\"p50_us\":%.1f,\"p99_us\":%.1f},", name, (double)times_ns[N_CHANGES / 2] / 1e3,
           (double)times_ns[N_CHANGES * 99 / 100] / 1e3);
}

static void print(const struct fleet_size *size, const struct report *report)
{
    printf("{\"clusters\":%zu,\"services\":%zu,\"pods\":%zu,", size->n_clusters, size->n_services,
           size->n_pods);
    printf("\"ingest_s\":%.3f,\"ingest_objects\":%zu,\"ingest_json_bytes\":%zu,\"wanted\":%zu,",
           (double)report->ingest_ns / 1e9, report->n_objects, report->n_json_bytes,
           report->n_wanted);
    print_full("fresh", &report->fresh);
    print_full("settled", &report->settled);
    print_times("change", report->change_ns);
    printf("\"round_all_ms\":%.3f,", (double)report->rounds.all_ns / 1e6);
    print_times("round_one", report->rounds.one_ns);
    printf("\"views_bytes\":%zu,\"state_bytes\":%zu,\"rss_kib\":%zu,\"peak_rss_kib\":%zu}\n",
           report->views_bytes, report->state_bytes, report->rss_kib, status_kib("VmHWM"));
}

static void settle(struct fleet *fleet, struct report *report)
{
    struct sw_plans plans;
    struct sw_arena arena;

    sw_arena_init(&arena, (size_t)1 << 20, (size_t)8 << 30);
    plan_all(fleet, &arena, &plans, &report->fresh);
    report->n_wanted = count_wanted(&plans);
    fleet_own(fleet, &plans);
    sw_arena_release(&arena);
    fleet_pass(fleet, A_WHILE_MS);
    forget_peak();
    plan_all(fleet, &arena, &plans, &report->settled);
    sw_arena_release(&arena);
    if (report->settled.n_ops) {
        fprintf(stderr, "planner: %zu writes where nothing is to be written\n",
                report->settled.n_ops);
        exit(1);
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: planner CLUSTERS SERVICES PODS\n"
                    "At least 2 clusters, 1 Service in each and 2 pods behind it.\n");
    return 2;
}

int main(int argc, char **argv)
{
    static struct report report;
    struct fleet fleet;
    struct fleet_size size;

    if (argc != 4)
        return usage();
    size = (struct fleet_size){strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10),
                               strtoul(argv[3], NULL, 10)};
    if (size.n_clusters < 2 || size.n_services < 1 || size.n_pods < 2)
        return usage();
    sw_json_setup();
    report.ingest_ns = cpu_ns();
    fleet_begin(&fleet, size);
    report.ingest_ns = cpu_ns() - report.ingest_ns;
    report.n_objects = fleet.n_objects;
    report.n_json_bytes = fleet.n_json_bytes;
    settle(&fleet, &report);
    change_many(&fleet, report.change_ns);
    begin_rounds(&report.rounds, &fleet);
    run_rounds(&report.rounds, &fleet);
    report.views_bytes = weigh_mesh(fleet_mesh(&fleet));
    report.state_bytes = sw_state_bytes(fleet.state);
    report.rss_kib = status_kib("VmRSS");
    print(&size, &report);
    end_rounds(&report.rounds);
    fleet_end(&fleet);
    return 0;
}
