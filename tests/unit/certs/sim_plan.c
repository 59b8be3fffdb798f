/*
 * The invariant of certs/plan.h, held for hours against everything that can happen to a Secret and
 * to webhook configurations: replicas and API servers that lag, leaders that overlap and crash
 * between a read and a write, and people (or other programs) who delete, reset, break and restore.
 *
 * After each second of a run: what a replica serves is believed by every API server for every
 * webhook, but where somebody else has just taken that away. And at its end, all is as it should
 * be: one signer, served by everybody, nothing left over.
 *
 *   sim_plan [SEED [RUNS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_world.h"

static void die(const struct world *world, uint64_t seed, const char *what)
{
    fprintf(stderr, "seed %llu, second %lld: %s\n", (unsigned long long)seed,
            (long long)world->now_s, what);
    exit(1);
}

static bool can_serve(const struct world *world, const struct secret *secret)
{
    return secret->exists && secret->leaf.ca >= 0 && sim_has(&secret->cas, secret->leaf.ca) &&
           world->now_s < sim_leaf_end_s(world, secret->leaf);
}

/* --- the others ------------------------------------------------------------------------------ */

static void follow(struct world *world)
{
    for (size_t i = 0; i < N_REPLICAS; i++) {
        struct replica *replica = &world->replicas[i];
        unsigned int lag_s = sim_chance(&world->random, 50) ? BAD_LAG_S : LAG_MAX_S;

        if (world->now_s < replica->look_s)
            continue;
        if (can_serve(world, &world->secret))
            replica->leaf = world->secret.leaf;
        replica->look_s = world->now_s + 1 + sim_below(&world->random, lag_s);
    }
    for (size_t i = 0; i < N_SERVERS; i++) {
        struct server *server = &world->servers[i];

        if (world->now_s < server->look_s)
            continue;
        memcpy(server->bundles, world->bundles, sizeof(server->bundles));
        server->look_s = world->now_s + 1 + sim_below(&world->random, LAG_MAX_S - 1);
    }
}

static void excuse(struct world *world)
{
    bool both = world->now_s - world->broken_s < HEAL_BOTH_S;

    world->excused_until_s = world->now_s + (both ? HEAL_BOTH_S : HEAL_S);
}

static void reset_config(struct world *world, size_t config)
{
    for (size_t i = config ? 2 : 0; i < (config ? 3u : 2u); i++)
        world->bundles[i].n = 0;
    world->versions[config]++;
    excuse(world);
}

/* Breaking the Secret excuses nothing, unless trust was taken away just before. */
static void break_secret(struct world *world)
{
    world->broken_s = world->now_s;
    if (world->now_s < world->excused_until_s)
        excuse(world);
}

static void disturb(struct world *world)
{
    struct secret *secret = &world->secret;
    unsigned int what = sim_below(&world->random, 9);

    if (!sim_chance(&world->random, 3))
        return;
    world->secret_version++;
    if (what >= 3 && what != 7)
        break_secret(world);
    switch (what) {
    case 0:
        reset_config(world, 0);
        break;
    case 1:
        reset_config(world, 1);
        break;
    case 2:
        reset_config(world, 0);
        reset_config(world, 1);
        break;
    case 3:
        *secret = (struct secret){.key = -1, .leaf = {.ca = -1}};
        break;
    case 4:
        secret->key = -1;
        break;
    case 5:
        secret->leaf.ca = -1;
        break;
    case 6:
        secret->cas.n = 0;
        break;
    case 7:
        world->backup = *secret;
        break;
    default: /* what it serves then may be long forgotten */
        if (world->backup.exists) {
            *secret = world->backup;
            excuse(world);
        }
        break;
    }
}

/* --- what must hold -------------------------------------------------------------------------- */

static void check(const struct world *world, uint64_t seed)
{
    for (size_t i = 0; i < N_REPLICAS && world->now_s >= world->excused_until_s; i++) {
        const struct leaf *leaf = &world->replicas[i].leaf;

        if (leaf->ca < 0)
            continue;
        if (world->now_s >= sim_leaf_end_s(world, *leaf))
            die(world, seed, "a replica serves what has expired");
        for (size_t k = 0; k < N_SERVERS * N_BUNDLES; k++) {
            if (!sim_has(&world->servers[k % N_SERVERS].bundles[k / N_SERVERS], leaf->ca))
                die(world, seed, "a replica serves what an API server does not believe");
        }
    }
}

static void check_end(const struct world *world, uint64_t seed)
{
    const struct secret *secret = &world->secret;

    /* Unless it ends in the middle of a rotation. */
    if (!can_serve(world, secret) ||
        (secret->leaf.ca != secret->key && world->now_s - world->ca_issued_s[secret->key] > HEAL_S))
        die(world, seed, "in the end the Secret is not good");
    for (size_t i = 0; i < N_REPLICAS; i++) {
        if (world->replicas[i].leaf.ca < 0 || !sim_has(&secret->cas, world->replicas[i].leaf.ca))
            die(world, seed, "in the end a replica serves something else");
    }
}

static bool has_surplus(const struct world *world)
{
    for (size_t i = 0; i < N_BUNDLES; i++) {
        for (size_t k = 0; k < world->bundles[i].n; k++) {
            if (!sim_has(&world->secret.cas, world->bundles[i].ids[k]))
                return true;
        }
    }
    return false;
}

/* Undisturbed, what is of no use goes. */
static void check_surplus(struct world *world, uint64_t seed, bool quiet)
{
    if (!quiet || !has_surplus(world))
        world->tidy_s = world->now_s;
    if (world->now_s - world->tidy_s > TIDY_S)
        die(world, seed, "a caBundle goes on holding what is of no use");
}

static void run(uint64_t seed, size_t n_steps[])
{
    static struct world world;

    world = (struct world){
        .random = {seed},
        .now_s = INT64_C(1800000000),
        .secret = {.key = -1, .leaf = {.ca = -1}},
        .backup = {.key = -1, .leaf = {.ca = -1}},
        .leaders = {{.leads = true}},
    };
    for (size_t i = 0; i < N_REPLICAS; i++)
        world.replicas[i].leaf.ca = -1;
    excuse(&world); /* from nothing, nothing can be served that is believed */
    for (int64_t i = 0; i < RUN_S; i++, world.now_s++) {
        if (i < RUN_S - QUIET_S)
            disturb(&world);
        sim_lead(&world);
        follow(&world);
        check(&world, seed);
        check_surplus(&world, seed, i >= RUN_S - QUIET_S);
    }
    check_end(&world, seed);
    for (size_t i = 0; i <= SW_CERT_WRITE_BUNDLES; i++)
        n_steps[i] += world.n_steps[i];
}

int main(int argc, char *argv[])
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t n_runs = argc > 2 ? strtoull(argv[2], NULL, 10) : argc > 1 ? 1 : 40;
    size_t n_steps[SW_CERT_WRITE_BUNDLES + 1] = {0};

    for (uint64_t i = 0; i < n_runs; i++)
        run(seed + i, n_steps);
    for (size_t i = 0; i <= SW_CERT_WRITE_BUNDLES; i++) {
        printf("%s: %zu\n", sw_cert_step_word((enum sw_cert_step)i), n_steps[i]);
        if (!n_steps[i] && n_runs > 1) {
            fprintf(stderr, "no run came to that\n");
            return 1;
        }
    }
    return 0;
}
