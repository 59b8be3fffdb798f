/* sim_world.h: who leads. A look and its step take time, and each may be cut short. */
#include "sim_world.h"

#include <stdio.h>
#include <stdlib.h>

bool sim_has(const struct set *set, int id)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->ids[i] == id)
            return true;
    }
    return false;
}

void sim_push(struct set *set, int id)
{
    if (set->n == MAX_IN_SET)
        abort();
    set->ids[set->n++] = id;
}

struct sw_cert sim_cert(const struct world *world, int id)
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
        ret->items[ret->n++] = sim_cert(world, set->ids[i]);
}

static int new_ca(struct world *world)
{
    if (world->n_cas == MAX_CAS)
        abort();
    world->ca_issued_s[world->n_cas] = world->now_s;
    return world->n_cas++;
}

int64_t sim_leaf_end_s(const struct world *world, struct leaf leaf)
{
    int64_t end_s = leaf.issued_s + CERT_LIFE_S, ca_end_s = world->ca_issued_s[leaf.ca] + CA_LIFE_S;

    return end_s < ca_end_s ? end_s : ca_end_s;
}

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
                                                 sim_leaf_end_s(world, secret->leaf), i};
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
        sim_push(ret, first);
    for (size_t i = 0; i < before->n; i++) {
        if (sw_cert_plan_keeps_ca(state, i))
            sim_push(ret, before->ids[i]);
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
            sim_push(ret, before->ids[k]);
    }
    for (size_t k = 0; k < leader->secret.cas.n; k++) {
        int id = leader->secret.cas.ids[k];

        if (sw_cert_plan_trusts(state, k) && !sim_has(before, id))
            sim_push(ret, id);
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

void sim_lead(struct world *world)
{
    elect(world);
    for (size_t i = 0; i < N_LEADERS; i++)
        lead(world, &world->leaders[i]);
}
