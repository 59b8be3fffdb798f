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
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sim/random.h"
#include "certs/memory.h"
#include "certs/plan.h"

#define N_REPLICAS  3
#define N_SERVERS   2
#define N_LEADERS   2
#define N_BUNDLES   3 /* the first two are of one configuration */
#define N_CONFIGS   2
#define MAX_IN_SET  16
#define MAX_CAS     4096

#define CERT_LIFE_S 1200
#define CA_LIFE_S   3600
#define RUN_S       (8 * 3600)
#define QUIET_S     1800 /* at the end nobody disturbs */
#define LAG_MAX_S   10   /* of an API server, and of a replica on a good day */
#define BAD_LAG_S   60   /* of a replica whose API server fails */
#define HEAL_S      75   /* after somebody took trust away: a look, the propagation, the lags */
/* Each new leader waits for SW_CERT_FORGET_MS anew. */
#define TIDY_S 900
/* Where the Secret was broken as well, what is still served is known nowhere any more: then it
 * takes until the last replica has heard of something new. */
#define HEAL_BOTH_S 150

struct set {
    int ids[MAX_IN_SET];
    size_t n;
};

struct leaf {
    int ca; /* -1 for none */
    int64_t issued_s;
};

struct secret {
    bool exists;
    struct set cas; /* newest first */
    int key;        /* the authority that it is of; -1 for garbage */
    struct leaf leaf;
};

struct replica {
    struct leaf leaf;
    int64_t look_s; /* when it looks next */
};

struct server {
    struct set bundles[N_BUNDLES];
    int64_t look_s;
};

/* A look and its step take time, during which others go on. */
struct leader {
    bool leads;
    int64_t next_s; /* when it does what is next */
    int stage;      /* 0 reads the configurations, 1 the Secret, 2 writes */
    struct set bundles[N_BUNDLES];
    int versions[N_CONFIGS];
    struct secret secret;
    int secret_version;
    struct sw_cert_memory memory;
};

struct world {
    struct sim_random random;
    int64_t now_s;
    int64_t ca_issued_s[MAX_CAS];
    int n_cas;
    struct secret secret, backup;
    int secret_version;
    struct set bundles[N_BUNDLES];
    int versions[N_CONFIGS];
    struct replica replicas[N_REPLICAS];
    struct server servers[N_SERVERS];
    struct leader leaders[N_LEADERS];
    int64_t tidy_s;   /* when no caBundle held too much, last */
    int64_t broken_s; /* when the Secret was broken last */
    int64_t excused_until_s;
    size_t n_steps[SW_CERT_WRITE_BUNDLES + 1];
};

static void die(const struct world *world, uint64_t seed, const char *what)
{
    fprintf(stderr, "seed %llu, second %lld: %s\n", (unsigned long long)seed,
            (long long)world->now_s, what);
    exit(1);
}

static bool has(const struct set *set, int id)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->ids[i] == id)
            return true;
    }
    return false;
}

static void push(struct set *set, int id)
{
    if (set->n == MAX_IN_SET)
        abort();
    set->ids[set->n++] = id;
}

static struct sw_cert cert_of(const struct world *world, int id)
{
    struct sw_cert cert = {
        .not_before_s = world->ca_issued_s[id] - SW_CERT_SKEW_S,
        .not_after_s = world->ca_issued_s[id] + CA_LIFE_S,
        .ours = true,
    };

    snprintf(cert.id, sizeof(cert.id), "%d", id);
    return cert;
}

static void list_of(const struct world *world, const struct set *set, struct sw_cert_list *ret)
{
    ret->n = ret->n_unread = 0;
    for (size_t i = 0; i < set->n; i++)
        ret->items[ret->n++] = cert_of(world, set->ids[i]);
}

static int new_ca(struct world *world)
{
    if (world->n_cas == MAX_CAS)
        abort();
    world->ca_issued_s[world->n_cas] = world->now_s;
    return world->n_cas++;
}

static int64_t leaf_end_s(const struct world *world, struct leaf leaf)
{
    int64_t end_s = leaf.issued_s + CERT_LIFE_S, ca_end_s = world->ca_issued_s[leaf.ca] + CA_LIFE_S;

    return end_s < ca_end_s ? end_s : ca_end_s;
}

static bool can_serve(const struct world *world, const struct secret *secret)
{
    return secret->exists && secret->leaf.ca >= 0 && has(&secret->cas, secret->leaf.ca) &&
           world->now_s < leaf_end_s(world, secret->leaf);
}

/* --- a leader -------------------------------------------------------------------------------- */

static struct sw_cert_list cas_list, bundle_lists[N_BUNDLES];

static struct sw_cert_state state_of(struct world *world, struct leader *leader)
{
    static const struct sw_cert_list *const bundles[N_BUNDLES] = {
        &bundle_lists[0], &bundle_lists[1], &bundle_lists[2]};
    const struct secret *secret = &leader->secret;
    struct sw_cert_state state = {
        .now_s = world->now_s,
        .cert_lifetime_s = CERT_LIFE_S,
        .cas = &cas_list,
        .bundles = bundles,
        .n_bundles = N_BUNDLES,
    };

    list_of(world, &secret->cas, &cas_list);
    for (size_t i = 0; i < N_BUNDLES; i++)
        list_of(world, &leader->bundles[i], &bundle_lists[i]);
    state.signer = cas_list.n;
    for (size_t i = 0; i < secret->cas.n; i++) {
        if (secret->cas.ids[i] == secret->key)
            state.signer = i;
        if (secret->cas.ids[i] == secret->leaf.ca)
            state.leaf = (struct sw_cert_served){true, secret->leaf.issued_s - SW_CERT_SKEW_S,
                                                 leaf_end_s(world, secret->leaf), i};
    }
    sw_cert_memory_note(&leader->memory, world->now_s * 1000, &state);
    return state;
}

/* The Secret's list, as bundle.h writes it. */
static void keep_cas(const struct sw_cert_state *state, const struct set *before, int first,
                     struct set *ret)
{
    ret->n = 0;
    if (first >= 0)
        push(ret, first);
    for (size_t i = 0; i < before->n; i++) {
        if (sw_cert_plan_keeps_ca(state, i))
            push(ret, before->ids[i]);
    }
}

static void write_secret(struct world *world, struct leader *leader, const struct secret *secret)
{
    if (leader->secret_version != world->secret_version)
        return; /* a conflict */
    world->secret = *secret;
    world->secret_version++;
}

static void write_bundle(const struct sw_cert_state *state, const struct leader *leader, size_t i,
                         struct set *ret)
{
    const struct set *before = &leader->bundles[i];

    ret->n = 0;
    for (size_t k = 0; k < before->n; k++) {
        if (sw_cert_plan_keeps_entry(state, &bundle_lists[i].items[k]))
            push(ret, before->ids[k]);
    }
    for (size_t k = 0; k < leader->secret.cas.n; k++) {
        int id = leader->secret.cas.ids[k];

        if (sw_cert_plan_trusts(state, k) && !has(before, id))
            push(ret, id);
    }
}

static void write_bundles(struct world *world, const struct sw_cert_state *state,
                          const struct leader *leader)
{
    for (size_t config = 0; config < N_CONFIGS; config++) {
        size_t from = config ? 2 : 0, to = config ? 3 : 2;

        if (leader->versions[config] != world->versions[config])
            return;
        for (size_t i = from; i < to; i++)
            write_bundle(state, leader, i, &world->bundles[i]);
        world->versions[config]++;
        if (sim_chance(&world->random, 20))
            return; /* a crash between the two */
    }
}

static void act(struct world *world, struct leader *leader)
{
    const struct sw_cert_state state = state_of(world, leader);
    struct secret next = leader->secret;
    struct sw_cert_plan plan;
    int ca;

    sw_cert_plan(&state, &plan);
    world->n_steps[plan.step]++;
    next.exists = true;
    switch (plan.step) {
    case SW_CERT_BEGIN:
    case SW_CERT_NEW_CA:
        ca = new_ca(world);
        keep_cas(&state, &leader->secret.cas, ca, &next.cas);
        next.key = ca;
        if (plan.step == SW_CERT_BEGIN)
            next.leaf = (struct leaf){ca, world->now_s};
        write_secret(world, leader, &next);
        break;
    case SW_CERT_NEW_LEAF:
        next.leaf = (struct leaf){next.key, world->now_s};
        write_secret(world, leader, &next);
        break;
    case SW_CERT_DROP_CA:
        keep_cas(&state, &leader->secret.cas, -1, &next.cas);
        write_secret(world, leader, &next);
        break;
    case SW_CERT_WRITE_BUNDLES:
        write_bundles(world, &state, leader);
        break;
    case SW_CERT_REST:
    case SW_CERT_WAIT:
    default:
        break;
    }
}

static void lead(struct world *world, struct leader *leader)
{
    if (world->now_s < leader->next_s)
        return;
    if (!leader->leads || sim_chance(&world->random, 3)) { /* or its look fails */
        leader->memory = (struct sw_cert_memory){0};
        leader->stage = 0;
        leader->next_s = world->now_s + 1 + sim_below(&world->random, 5);
        return;
    }
    switch (leader->stage++) {
    case 0:
        memcpy(leader->bundles, world->bundles, sizeof(leader->bundles));
        memcpy(leader->versions, world->versions, sizeof(leader->versions));
        break;
    case 1:
        leader->secret = world->secret;
        leader->secret_version = world->secret_version;
        break;
    default:
        act(world, leader);
        leader->stage = 0;
        leader->next_s = world->now_s + sim_below(&world->random, 6);
        return;
    }
    leader->next_s =
        world->now_s + (sim_chance(&world->random, 100) ? sim_below(&world->random, 4) : 0);
}

/* One leads; now and then another, and for a while both believe it. */
static void elect(struct world *world)
{
    if (sim_chance(&world->random, 3)) {
        world->leaders[sim_below(&world->random, N_LEADERS)].leads = true;
    } else if (sim_chance(&world->random, 200) && world->leaders[0].leads &&
               world->leaders[1].leads) {
        world->leaders[sim_below(&world->random, N_LEADERS)].leads = false;
    }
    if (!world->leaders[0].leads && !world->leaders[1].leads)
        world->leaders[0].leads = true;
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
        if (world->now_s >= leaf_end_s(world, *leaf))
            die(world, seed, "a replica serves what has expired");
        for (size_t k = 0; k < N_SERVERS * N_BUNDLES; k++) {
            if (!has(&world->servers[k % N_SERVERS].bundles[k / N_SERVERS], leaf->ca))
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
        if (world->replicas[i].leaf.ca < 0 || !has(&secret->cas, world->replicas[i].leaf.ca))
            die(world, seed, "in the end a replica serves something else");
    }
}

static bool has_surplus(const struct world *world)
{
    for (size_t i = 0; i < N_BUNDLES; i++) {
        for (size_t k = 0; k < world->bundles[i].n; k++) {
            if (!has(&world->secret.cas, world->bundles[i].ids[k]))
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
        elect(&world);
        for (size_t k = 0; k < N_LEADERS; k++)
            lead(&world, &world.leaders[k]);
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
