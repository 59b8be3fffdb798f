#include "scene.h"

#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "life_show.h"

#define CHAOS_STEPS    60
#define BLACKOUT_STEPS 30

static void say(void *context, const char *text)
{
    sim_run_say(context, "%s", text);
}

static unsigned int below(struct sim_run *run, unsigned int bound)
{
    return sim_below(&run->random, bound);
}

static bool chance(struct sim_run *run, unsigned int n)
{
    return sim_chance(&run->random, n);
}

static size_t any_cluster(struct sim_run *run)
{
    return below(run, (unsigned int)run->n);
}

/* Somebody is out of reach for somebody, or in reach again. */
static void change_paths(struct sim_run *run)
{
    struct sim_keeper *keeper = &run->keepers[below(run, SIM_KEEPERS)];
    size_t to = any_cluster(run);

    keeper->paths[to].down = !keeper->paths[to].down && chance(run, 600);
}

/* A second leader comes or goes; or one of the first does, and its memory with it. */
static void change_leaders(struct sim_run *run)
{
    size_t keeper = (chance(run, 500) ? SIM_CLUSTERS : 0) + any_cluster(run);

    if (run->keepers[keeper].alive && chance(run, 500))
        sim_keeper_crash(&run->keepers[keeper]);
    else
        sim_run_crash(run, keeper);
}

static int64_t time_that_goes_by(struct sim_run *run)
{
    if (chance(run, 20))
        return 60000 + below(run, 3600000);
    if (chance(run, 120))
        return 2000 + below(run, 40000);
    return 1 + below(run, 1500);
}

void sim_scene_chaos(struct sim_run *run)
{
    run->doing = "chaos";
    sim_run_trouble(run, 20 + below(run, 150), true);
    for (unsigned int i = 0; i < CHAOS_STEPS && !run->failed; i++) {
        for (unsigned int n = chance(run, 500) ? below(run, 4) : 0; n > 0; n--)
            sim_life_goes_on(&run->life, say, run);
        if (chance(run, 80))
            change_paths(run);
        if (chance(run, 30))
            change_leaders(run);
        sim_run_step(run, time_that_goes_by(run));
    }
}

/* What leads from every cluster to `remote` (all of them where it is run->n) must go on doing so.
 */
static void must_stay(struct sim_run *run, size_t remote, bool must)
{
    for (size_t c = 0; c < run->n; c++) {
        for (size_t s = 0; s < SIM_SERVICES; s++) {
            for (size_t r = 0; r < run->n; r++)
                run->stays[c][s][r] =
                    must && (remote == run->n || r == remote) &&
                    sim_count_entries(&run->clusters[c], s, run->clusters[r].name) > 0;
        }
    }
}

/* A reconciler forgets everything, and may find that it does not reach one of the others. */
static void crash_and_lose(struct sim_run *run)
{
    size_t keeper = any_cluster(run), lost = any_cluster(run);

    sim_run_crash(run, keeper);
    if (lost != keeper && lost != 0 && chance(run, 700))
        run->keepers[keeper].paths[lost].down = true;
}

/* Nothing changes but what is heard of it: nobody has anything to write, whatever is lost. */
static void blackout(struct sim_run *run)
{
    run->doing = "a blackout";
    sim_run_trouble(run, 20 + below(run, 400), false);
    memset(run->silent, 1, sizeof(run->silent));
    for (unsigned int i = 0; i < BLACKOUT_STEPS && !run->failed; i++) {
        if (chance(run, 100))
            change_paths(run);
        if (chance(run, 80))
            crash_and_lose(run);
        sim_run_step(run, time_that_goes_by(run));
    }
    sim_run_rest(run);
    memset(run->silent, 0, sizeof(run->silent));
}

/* A cluster that nobody else reaches goes on living: what leads there stays. */
static void cut_off(struct sim_run *run)
{
    size_t remote = any_cluster(run);

    run->doing = "a cut";
    for (size_t i = 0; i < SIM_KEEPERS; i++) {
        if (i % SIM_CLUSTERS != remote)
            run->keepers[i].paths[remote].down = true;
    }
    /* Where Workspaces are read, others must know what it was like. */
    if (remote == 0)
        remote = run->n;
    must_stay(run, remote, true);
    for (unsigned int i = 0; i < BLACKOUT_STEPS && !run->failed; i++) {
        if (remote < run->n && chance(run, 500)) {
            sim_life_relabel(&run->life, remote, below(run, SIM_SERVICES));
            sim_life_disable(&run->life, remote, below(run, SIM_SERVICES), chance(run, 500));
            if (chance(run, 200))
                sim_life_move_gateway(&run->life, remote);
        }
        if (chance(run, 50)) {
            size_t other = any_cluster(run);

            if (other != remote)
                sim_run_crash(run, other);
        }
        sim_run_step(run, time_that_goes_by(run));
    }
    must_stay(run, run->n, false);
}

/* A gateway moves, or pods are replaced by others: the new entries come before the old ones go. */
static void move(struct sim_run *run)
{
    size_t cluster = any_cluster(run);

    run->doing = "a move";
    must_stay(run, cluster, true);
    if (chance(run, 500)) {
        sim_life_move_gateway(&run->life, cluster);
    } else {
        for (size_t s = 0; s < SIM_SERVICES; s++)
            sim_life_relabel(&run->life, cluster, s);
    }
    sim_run_trouble(run, 1 + below(run, 200), false);
    run->refusals = 400;
    for (unsigned int i = 0; i < BLACKOUT_STEPS && !run->failed; i++) {
        if (chance(run, 40))
            sim_run_crash(run, any_cluster(run));
        sim_run_step(run, 1 + below(run, 3000));
    }
    sim_run_rest(run);
    must_stay(run, cluster, false);
}

/* Services are opted out, and in again: while all can be read, no entry outlives its host. */
static void withdraw(struct sim_run *run)
{
    size_t cluster = any_cluster(run);

    run->doing = "a withdrawal";
    run->strict = true;
    for (unsigned int i = 0; i < BLACKOUT_STEPS && !run->failed; i++) {
        if (i % 10 == 0)
            sim_life_disable(&run->life, cluster, below(run, SIM_SERVICES), chance(run, 600));
        sim_run_step(run, 1 + below(run, 1500));
    }
    sim_run_rest(run);
    run->strict = false;
}

/* A cluster's reconciler is uninstalled, and its Gateways with it: once that has been seen, nothing
 * leads there any more. */
static void retire(struct sim_run *run)
{
    size_t cluster = any_cluster(run);

    run->doing = "a retirement";
    sim_keeper_crash(&run->keepers[cluster]);
    run->retired[cluster] = true;
    for (size_t i = run->clusters[cluster].n_kept; i-- > 0;) {
        const struct sim_kept kept = run->clusters[cluster].kept[i];

        if (kept.resource == SW_RESOURCE_GATEWAY)
            sim_cluster_delete(&run->clusters[cluster], kept.resource, kept.namespace_, kept.name);
    }
    if (chance(run, 500))
        sim_life_move_gateway(&run->life, cluster);
    if (chance(run, 300))
        sim_run_crash(run, (cluster + 1) % run->n);
    sim_run_rest(run);
    run->retired[cluster] = false;
}

/* The name of our rule for a Service, in a fresh object of somebody's for another host. */
static json_t *taken_name(size_t service)
{
    return sim_json("{'apiVersion':'networking.istio.io/v1','kind':'DestinationRule','metadata':{"
                    "'namespace':'istio-system','name':'k-%s.%s'},'spec':{'host':"
                    "'elsewhere.shop.svc.cluster.local'}}",
                    sim_services[service].name, sim_services[service].namespace_);
}

/* While nobody reconciles a cluster, a user's object takes the name of our rule for a Service: its
 * entries go, and come back when that object does. */
static void take_name(struct sim_run *run)
{
    size_t c = any_cluster(run), service = below(run, SIM_SERVICES);
    struct sim_cluster *cluster = &run->clusters[c];
    json_t *theirs = taken_name(service);
    char name[SIM_NAME_SIZE];

    run->doing = "a taken name";
    snprintf(name, sizeof(name), "%s", sim_text_at(theirs, "metadata.name"));
    sim_keeper_crash(&run->keepers[c]);
    sim_cluster_delete(cluster, SW_RESOURCE_DESTINATIONRULE, "istio-system", name);
    sim_cluster_put(cluster, theirs, SIM_USER);
    if (chance(run, 500))
        sim_run_step(run, 1 + below(run, 60000));
    sim_run_crash(run, c);
    for (int64_t end_ms = run->now_ms + SW_LAPSE_MAX_MS + 10000; run->now_ms < end_ms;)
        sim_run_step(run, 1 + below(run, 1500));
    for (size_t r = 0; r < run->n; r++) {
        if (!sim_user_detects(cluster, service) &&
            sim_count_entries(cluster, service, run->clusters[r].name) > 0)
            sim_run_found(run, "%s: an entry for %s without outlierDetection", cluster->name,
                          sim_services[service].name);
    }
    sim_cluster_delete(cluster, SW_RESOURCE_DESTINATIONRULE, "istio-system", name);
}

void sim_scene_any(struct sim_run *run)
{
    static void (*const scenes[])(struct sim_run *) = {blackout, cut_off, move,
                                                       withdraw, retire,  take_name};

    scenes[below(run, sizeof(scenes) / sizeof(scenes[0]))](run);
    if (!run->failed)
        sim_run_rest(run);
}
