#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks.h"
#include "scene.h"

#define ARENA_BYTES ((size_t)1 << 30)

/* Rest comes within this long, or never. */
#define REST_MS ((int64_t)30 * 60 * 1000)
#define STEP_MS 250
#define HOUR_MS 3600000

static const char *const names[SIM_CLUSTERS] = {"c1", "c2", "c3", "c4"};

void sim_run_say(struct sim_run *run, const char *format, ...)
{
    va_list args;

    if (!run->trace)
        return;
    printf("%10.3f %s: ", (double)run->now_ms / 1000, run->doing);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void sim_run_found(struct sim_run *run, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    sim_run_say(run, "FOUND %s", text);
    if (!run->failed)
        fprintf(stderr,
                "sim_mesh: %s; during %s, at %jd ms; again with: sim_mesh --seed %ju --seeds 1 "
                "--trace 1\n",
                text, run->doing, (intmax_t)run->now_ms, (uintmax_t)run->seed);
    run->failed = true;
}

static void on_changed(void *context, struct sim_cluster *cluster, enum sw_resource resource,
                       const json_t *before, const json_t *after)
{
    struct sim_run *run = context;

    run->totals->changes++;
    if (resource == SW_RESOURCE_DESTINATIONRULE || resource == SW_RESOURCE_GATEWAY)
        sim_truth_update(&run->truth, cluster);
    sim_run_say(run, "%s %s %s %s/%s", cluster->name,
                !before  ? "+"
                : !after ? "-"
                         : "*",
                sw_resource_info(resource)->noun,
                sim_text_at(after ? after : before, "metadata.namespace"),
                sim_text_at(after ? after : before, "metadata.name"));
}

static int arrive(struct sim_run *run, struct sim_cluster *cluster, const struct sim_write *write)
{
    int status;

    sim_check_arrival(run, cluster, write);
    status = sim_cluster_write(cluster, write);
    sim_run_say(run, "%s %s %s %s: %d", cluster->name, sw_op_verb_name(write->verb),
                sw_mesh_kind_name(write->kind), write->name, status);
    run->totals->refused += status / 100 != 2;
    sim_check_after(run, cluster, write, status);
    return status;
}

static void delay(struct sim_run *run, size_t cluster, const struct sim_write *write)
{
    struct sim_late *late = &run->late[run->n_late++];

    late->cluster = cluster;
    late->at_ms = run->now_ms + sim_below(&run->random, 20000);
    late->write = *write;
    late->write.body = write->body ? strdup(write->body) : NULL;
    if (write->body && !late->write.body)
        abort();
}

static int on_write(void *context, struct sim_keeper *keeper, const struct sim_write *write)
{
    struct sim_run *run = context;
    struct sim_cluster *cluster = &run->clusters[keeper->cluster];
    int status;

    run->totals->writes++;
    run->writes_again = true;
    sim_check_decision(run, keeper, write);
    if (keeper->paths[keeper->cluster].down)
        return 0;
    if (run->wrong && sim_chance(&run->random, run->refusals))
        return 500;
    if (run->wrong && run->n_late < SIM_LATE_MAX && sim_chance(&run->random, 40)) {
        delay(run, keeper->cluster, write);
        return 0;
    }
    status = arrive(run, cluster, write);
    return run->wrong && sim_chance(&run->random, 30) ? 0 : status;
}

static void deliver_late(struct sim_run *run)
{
    for (size_t i = 0; i < run->n_late;) {
        struct sim_late late = run->late[i];

        if (run->wrong && late.at_ms > run->now_ms) {
            i++;
            continue;
        }
        run->late[i] = run->late[--run->n_late];
        arrive(run, &run->clusters[late.cluster], &late.write);
        sim_write_release(&late.write);
    }
}

void sim_run_step(struct sim_run *run, int64_t ms)
{
    run->now_ms += ms;
    deliver_late(run);
    for (size_t i = 0; i < SIM_KEEPERS; i++) {
        if (run->keepers[i].alive)
            sim_keeper_step(&run->keepers[i], run->now_ms);
    }
}

static void say(void *context, const char *text)
{
    sim_run_say(context, "%s", text);
}

static void start(struct sim_run *run, size_t keeper)
{
    run->keepers[keeper].say = run->trace ? say : NULL;
    run->keepers[keeper].cluster = keeper % SIM_CLUSTERS;
    run->keepers[keeper].write = on_write;
    run->keepers[keeper].context = run;
    sim_keeper_start(&run->keepers[keeper], run->clusters, run->n, &run->random);
}

void sim_run_crash(struct sim_run *run, size_t keeper)
{
    sim_run_say(run, "reconciler %zu of %s begins anew", keeper / SIM_CLUSTERS,
                run->clusters[keeper % SIM_CLUSTERS].name);
    run->totals->crashes++;
    sim_keeper_crash(&run->keepers[keeper]);
    start(run, keeper);
}

void sim_run_trouble(struct sim_run *run, unsigned int rate, bool lies)
{
    run->wrong = rate > 0;
    run->refusals = 40;
    for (size_t i = 0; i < SIM_KEEPERS; i++) {
        for (size_t j = 0; j < run->n; j++) {
            struct sim_path *path = &run->keepers[i].paths[j];

            path->down = false;
            path->fault_rate = rate;
            path->lag = rate ? 300 : 0;
            path->lies = path->no_crds = lies;
        }
    }
}

static bool is_at_rest(const struct sim_run *run)
{
    for (size_t i = 0; i < SIM_KEEPERS; i++) {
        if (run->keepers[i].alive && !sim_keeper_is_current(&run->keepers[i]))
            return false;
    }
    return run->n_late == 0;
}

/* One leader for each cluster. */
static void settle_leaders(struct sim_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        if (run->retired[i])
            sim_keeper_crash(&run->keepers[i]);
        else if (!run->keepers[i].alive)
            start(run, i);
        sim_keeper_crash(&run->keepers[SIM_CLUSTERS + i]);
    }
}

void sim_run_rest(struct sim_run *run)
{
    int64_t end_ms = run->now_ms + REST_MS;
    unsigned int calm = 0;

    run->doing = "rest";
    sim_run_trouble(run, 0, false);
    settle_leaders(run);
    while (calm < 12 && run->now_ms < end_ms && !run->failed) {
        run->writes_again = false;
        sim_run_step(run, STEP_MS);
        calm = run->writes_again || !is_at_rest(run) ? 0 : calm + 1;
        if (calm == 0 && end_ms - run->now_ms < REST_MS - 20000)
            sim_run_step(run, 5000); /* what is waited for is far off */
    }
    if (calm < 12)
        sim_run_found(run, "no rest");
    if (!run->failed)
        sim_check_quiet(run);
}

static void begin(struct sim_run *run)
{
    run->n = sim_chance(&run->random, 550) ? 2 : sim_chance(&run->random, 700) ? 3 : 4;
    run->now_ms = 1 + sim_below(&run->random, 100000);
    run->doing = "begin";
    sw_arena_init(&run->arena, (size_t)1 << 18, ARENA_BYTES);
    for (size_t i = 0; i < run->n; i++) {
        sim_cluster_init(&run->clusters[i], names[i], &run->arena);
        run->clusters[i].index = i;
        run->clusters[i].changed = on_changed;
        run->clusters[i].context = run;
        run->life.clusters[i].cluster = &run->clusters[i];
    }
    run->life.n = run->n;
    run->life.random = &run->random;
    for (size_t i = 0; i < SIM_KEEPERS; i++) {
        for (size_t j = 0; j < run->n; j++)
            run->keepers[i].paths[j].has_watch_list = sim_chance(&run->random, 600);
    }
    sim_life_begin(&run->life);
    for (size_t i = 0; i < run->n; i++)
        start(run, i);
}

static void end(struct sim_run *run)
{
    for (size_t i = 0; i < SIM_KEEPERS; i++)
        sim_keeper_crash(&run->keepers[i]);
    for (size_t i = 0; i < run->n_late; i++)
        sim_write_release(&run->late[i].write);
    for (size_t i = 0; i < run->n; i++)
        sim_cluster_release(&run->clusters[i]);
    sim_truth_release(&run->truth);
    sw_arena_release(&run->arena);
}

bool sim_run_seed(uint64_t seed, unsigned int n_rounds, bool trace, struct sim_run_totals *totals)
{
    struct sim_run *run = calloc(1, sizeof(*run));
    bool right;

    if (!run)
        abort();
    run->seed = seed;
    run->random.state = seed;
    run->trace = trace;
    run->totals = totals;
    begin(run);
    for (unsigned int i = 0; i < n_rounds && !run->failed; i++) {
        sim_scene_chaos(run);
        sim_run_rest(run);
        if (!run->failed)
            sim_scene_any(run);
    }
    end(run);
    totals->hours += (uint64_t)(run->now_ms / HOUR_MS);
    right = !run->failed;
    free(run);
    return right;
}
