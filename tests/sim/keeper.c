#include "keeper.h"

#include <stdio.h>
#include <stdlib.h>

#include "mesh/eastwest.h"
#include "json/read.h"

#define ARENA_BYTES ((size_t)64 << 20)

/* As in the program: out of reach for a moment counts as reached. */
#define PATIENCE_MS 10000
#define RETRY_MS    1000

bool sim_keeper_reads(enum sw_resource resource, bool local)
{
    return local || (resource != SW_RESOURCE_SERVICEACCOUNT && resource != SW_RESOURCE_DEPLOYMENT &&
                     resource != SW_RESOURCE_INGRESSGATEWAY);
}

static void configure(struct sw_state *state, const char *local, const char *config)
{
    const struct sw_state_config c = {
        .local = sw_str_from(local), .config = sw_str_from(config), .fleet_known = true};

    sw_state_configure(state, &c);
}

static void start_links(struct sim_keeper *keeper, struct sim_cluster *clusters,
                        struct sim_random *random, size_t at)
{
    for (unsigned int r = 0; r < SW_N_RESOURCES; r++) {
        struct sim_link *link = &keeper->links[at][r];

        *link = (struct sim_link){.server = &clusters[at],
                                  .path = &keeper->paths[at],
                                  .random = random,
                                  .resource = (enum sw_resource)r};
        if (sim_keeper_reads((enum sw_resource)r, at == keeper->cluster))
            sim_link_init(link, sw_state_sink(keeper->views[at], (enum sw_resource)r),
                          sim_next(random));
    }
}

void sim_keeper_start(struct sim_keeper *keeper, struct sim_cluster *clusters, size_t n,
                      struct sim_random *random)
{
    keeper->alive = true;
    keeper->n_clusters = n;
    keeper->n_due = 0;
    keeper->gateways_ms = 0;
    keeper->withdrawals = (struct sw_withdrawals){0};
    sw_arena_init(&keeper->arena, 65536, ARENA_BYTES);
    if (sw_state_new(NULL, &keeper->state, NULL) < 0)
        abort();
    for (size_t i = 0; i < n; i++) {
        keeper->ok[i] = false;
        keeper->current_ms[i] = -1;
        if (sw_state_add_cluster(keeper->state, sw_str_from(clusters[i].name),
                                 (struct sw_str){NULL, 0}, &keeper->views[i], NULL) < 0)
            abort();
    }
    configure(keeper->state, clusters[keeper->cluster].name, clusters[0].name);
    for (size_t i = 0; i < n; i++)
        start_links(keeper, clusters, random, i);
}

void sim_keeper_crash(struct sim_keeper *keeper)
{
    if (!keeper->alive)
        return;
    keeper->alive = false;
    for (size_t i = 0; i < keeper->n_clusters; i++) {
        for (unsigned int r = 0; r < SW_N_RESOURCES; r++) {
            if (sim_keeper_reads((enum sw_resource)r, i == keeper->cluster))
                sim_link_release(&keeper->links[i][r]);
        }
    }
    sw_state_free(keeper->state);
    sw_withdrawals_release(&keeper->withdrawals);
    sw_arena_release(&keeper->arena);
}

static void step_links(struct sim_keeper *keeper, int64_t now_ms, size_t at)
{
    bool ok = true;

    for (unsigned int r = 0; r < SW_N_RESOURCES; r++) {
        struct sim_link *link = &keeper->links[at][r];

        if (!sim_keeper_reads((enum sw_resource)r, at == keeper->cluster))
            continue;
        sim_link_step(link, now_ms);
        ok &= link->reflector.stats.synced && link->reflector.stats.failing_ms < 0;
    }
    keeper->ok[at] = ok;
    if (ok)
        keeper->current_ms[at] = now_ms;
    sw_state_set_reach(keeper->views[at],
                       keeper->current_ms[at] >= 0 && now_ms - keeper->current_ms[at] < PATIENCE_MS,
                       (uint64_t)(keeper->current_ms[at] < 0 ? now_ms : keeper->current_ms[at]));
}

/* Plans this key again at that time, or at the earlier one that is noted. */
static void note(struct sim_keeper *keeper, struct sw_str namespace_, struct sw_str name,
                 int64_t at_ms)
{
    struct sim_due *due = NULL;

    if (!name.len) {
        keeper->gateways_ms = at_ms < keeper->gateways_ms ? at_ms : keeper->gateways_ms;
        return;
    }
    for (size_t i = 0; i < keeper->n_due && !due; i++) {
        if (sw_str_is(namespace_, keeper->due[i].namespace_) &&
            sw_str_is(name, keeper->due[i].name))
            due = &keeper->due[i];
    }
    if (!due) {
        if (keeper->n_due == SIM_DUE_MAX)
            abort();
        due = &keeper->due[keeper->n_due++];
        due->at_ms = INT64_MAX;
        snprintf(due->namespace_, sizeof(due->namespace_), "%.*s", SW_STR_ARG(namespace_));
        snprintf(due->name, sizeof(due->name), "%.*s", SW_STR_ARG(name));
    }
    if (at_ms < due->at_ms)
        due->at_ms = at_ms;
}

/* Everything is due. */
static void note_all(struct sim_keeper *keeper, const struct sw_mesh *mesh, int64_t now_ms)
{
    struct sw_plan_key *keys;
    size_t n;

    keeper->gateways_ms = now_ms;
    if (sw_plan_keys(mesh, &keeper->arena, &keys, &n, NULL) < 0)
        abort();
    for (size_t i = 0; i < n; i++)
        note(keeper, keys[i].namespace_, keys[i].name, now_ms);
    if (sw_plan_eastwest_keys(mesh, &keeper->arena, &keys, &n, NULL) < 0)
        abort();
    for (size_t i = 0; i < n; i++)
        note(keeper, keys[i].namespace_, keys[i].name, now_ms);
}

static const struct sw_mesh *look(struct sim_keeper *keeper, int64_t now_ms)
{
    const struct sw_mesh *mesh;
    struct sw_dirty_list dirty;

    if (sw_state_mesh(keeper->state, &mesh, NULL) < 0 ||
        sw_state_take_dirty(keeper->state, &keeper->arena, &dirty, NULL) < 0)
        abort();
    if (dirty.all)
        note_all(keeper, mesh, now_ms);
    for (size_t i = 0; i < dirty.n; i++)
        note(keeper, dirty.keys[i].namespace_, dirty.keys[i].name, now_ms);
    if (dirty.gateways)
        keeper->gateways_ms = now_ms;
    return mesh;
}

static void add(struct sw_diff *diff, const struct sw_plan *plan)
{
    if (sw_diff_add(diff, plan, NULL) < 0)
        abort();
}

static void plan_key(struct sim_keeper *keeper, const struct sw_mesh *mesh,
                     const struct sim_due *due, struct sw_diff *diff)
{
    const struct sw_plan_key key = {
        sw_arena_copy(&keeper->arena, sw_str_from(due->namespace_)),
        sw_arena_copy(&keeper->arena, sw_str_from(due->name)),
    };
    struct sw_plan *plans = sw_arena_alloc(&keeper->arena, 2 * sizeof(*plans));

    if (!plans || !key.name.data ||
        sw_plan_eastwest(mesh, key, &keeper->arena, &plans[0], NULL) < 0 ||
        sw_plan_service(mesh, key, &keeper->arena, &plans[1], NULL) < 0)
        abort();
    add(diff, &plans[0]);
    add(diff, &plans[1]);
}

/* Plans what is due. */
static void plan_due(struct sim_keeper *keeper, const struct sw_mesh *mesh, int64_t now_ms,
                     struct sw_diff *diff)
{
    size_t n_left = 0;

    if (keeper->gateways_ms <= now_ms) {
        struct sw_plan *plan = sw_arena_alloc(&keeper->arena, sizeof(*plan));

        keeper->gateways_ms = INT64_MAX;
        if (!plan || sw_plan_gateways(mesh, &keeper->withdrawals, (uint64_t)now_ms, &keeper->arena,
                                      plan, NULL) < 0)
            abort();
        add(diff, plan);
        if (plan->again_ms)
            keeper->gateways_ms = (int64_t)plan->again_ms;
    }
    for (size_t i = 0; i < keeper->n_due; i++) {
        if (keeper->due[i].at_ms <= now_ms)
            plan_key(keeper, mesh, &keeper->due[i], diff);
        else
            keeper->due[n_left++] = keeper->due[i];
    }
    keeper->n_due = n_left;
}

static void say_wait(const struct sim_keeper *keeper, const struct sw_wait *wait)
{
    char text[512];

    if (!keeper->say)
        return;
    snprintf(text, sizeof(text), "%s waits to %s %s %.*s: %s until %ju",
             keeper->links[keeper->cluster][0].server->name, sw_op_verb_name(wait->verb),
             sw_mesh_kind_name(wait->kind), SW_STR_ARG(wait->name), sw_reason_word(wait->reason),
             (uintmax_t)wait->until_ms);
    keeper->say(keeper->context, text);
}

/* Plans, and leaves what is to be written in keeper->writes. */
static void plan(struct sim_keeper *keeper, int64_t now_ms)
{
    SW_JSON_SCOPE(&keeper->arena);
    const struct sw_mesh *mesh = look(keeper, now_ms);
    struct sw_diff diff;

    sw_diff_init(&diff, mesh, (uint64_t)now_ms, &keeper->arena);
    plan_due(keeper, mesh, now_ms, &diff);
    if (sw_diff_finish(&diff, NULL) < 0)
        abort();
    for (size_t i = 0; i < diff.n_waits; i++) {
        say_wait(keeper, &diff.waits[i]);
        if (diff.waits[i].until_ms)
            note(keeper, diff.waits[i].for_namespace, diff.waits[i].for_service,
                 (int64_t)diff.waits[i].until_ms);
    }
    keeper->n_writes = diff.n_ops;
    keeper->writes = calloc(diff.n_ops + 1, sizeof(*keeper->writes));
    if (!keeper->writes)
        abort();
    for (size_t i = 0; i < diff.n_ops; i++)
        sim_write_of(&diff.ops[i], &keeper->writes[i]);
}

static void note_path(struct sim_keeper *keeper, const char *path, int64_t at_ms)
{
    struct sw_str name = sw_str_from(path), namespace_ = sw_str_cut(&name, '/');

    note(keeper, namespace_, name, at_ms);
}

/* Writes what was planned. Of one plan, what comes after a failure is planned again. */
static void write_all(struct sim_keeper *keeper, int64_t now_ms)
{
    bool *failed = calloc(keeper->n_writes + 1, sizeof(*failed));

    if (!failed)
        abort();
    for (size_t i = 0; i < keeper->n_writes; i++) {
        const struct sim_write *write = &keeper->writes[i];

        for (size_t j = 0; j < i && !failed[i]; j++)
            failed[i] = failed[j] && strcmp(keeper->writes[j].for_, write->for_) == 0;
        if (!failed[i])
            failed[i] = keeper->write(keeper->context, keeper, write) / 100 != 2;
        if (failed[i])
            note_path(keeper, write->for_, now_ms + RETRY_MS);
    }
    free(failed);
}

static void forget_writes(struct sim_keeper *keeper)
{
    for (size_t i = 0; i < keeper->n_writes; i++)
        sim_write_release(&keeper->writes[i]);
    free(keeper->writes);
    keeper->writes = NULL;
    keeper->n_writes = 0;
}

size_t sim_keeper_step(struct sim_keeper *keeper, int64_t now_ms)
{
    size_t n;

    sw_arena_clear(&keeper->arena);
    sw_state_set_now(keeper->state, (uint64_t)now_ms);
    for (size_t i = 0; i < keeper->n_clusters; i++)
        step_links(keeper, now_ms, i);
    plan(keeper, now_ms);
    n = keeper->n_writes;
    write_all(keeper, now_ms);
    forget_writes(keeper);
    return n;
}

bool sim_keeper_is_current(const struct sim_keeper *keeper)
{
    for (size_t i = 0; i < keeper->n_clusters; i++) {
        for (unsigned int r = 0; r < SW_N_RESOURCES; r++) {
            if (sim_keeper_reads((enum sw_resource)r, i == keeper->cluster) &&
                !sim_link_is_current(&keeper->links[i][r]))
                return false;
        }
    }
    return keeper->n_due == 0 && keeper->gateways_ms == INT64_MAX;
}

static struct sw_state *read_all(struct sim_cluster *clusters, size_t n, size_t local,
                                 int64_t now_ms)
{
    struct sw_state *state;

    if (sw_state_new(NULL, &state, NULL) < 0)
        abort();
    sw_state_set_now(state, (uint64_t)now_ms);
    for (size_t i = 0; i < n; i++) {
        struct sw_state_cluster *cluster;

        if (sw_state_add_cluster(state, sw_str_from(clusters[i].name), (struct sw_str){NULL, 0},
                                 &cluster, NULL) < 0)
            abort();
        for (size_t j = 0; j < clusters[i].n_kept; j++) {
            if (sw_state_put(cluster, clusters[i].kept[j].value, NULL) < 0)
                abort();
        }
        sw_state_set_reach(cluster, true, (uint64_t)now_ms);
    }
    configure(state, clusters[local].name, clusters[0].name);
    return state;
}

size_t sim_keeper_audit(struct sim_cluster *clusters, size_t n, size_t local, int64_t now_ms,
                        void (*tell)(void *, const char *), void *context)
{
    struct sw_withdrawals withdrawals = {0};
    struct sw_state *state = read_all(clusters, n, local, now_ms);
    uint64_t later_ms = (uint64_t)now_ms + SW_RULE_VISIBLE_MS;
    const struct sw_mesh *mesh;
    struct sw_plans plans;
    struct sw_arena arena;
    struct sw_diff diff;
    char text[512];
    size_t n_found;

    sw_arena_init(&arena, 65536, ARENA_BYTES);
    {
        SW_JSON_SCOPE(&arena);
        sw_state_set_now(state, later_ms);
        if (sw_state_mesh(state, &mesh, NULL) < 0 ||
            sw_plan(mesh, &withdrawals, later_ms, &arena, &plans, NULL) < 0 ||
            sw_diff(mesh, &plans, later_ms, &arena, &diff, NULL) < 0)
            abort();
        for (size_t i = 0; i < diff.n_ops; i++) {
            snprintf(text, sizeof(text), "%s: still to %s %s %.*s/%.*s", clusters[local].name,
                     sw_op_verb_name(diff.ops[i].verb), sw_mesh_kind_name(diff.ops[i].kind),
                     SW_STR_ARG(diff.ops[i].namespace_), SW_STR_ARG(diff.ops[i].name));
            tell(context, text);
        }
        n_found = diff.n_ops;
        for (size_t i = 0; i < diff.n_waits; i++) {
            if (diff.waits[i].reason == SW_FOREIGN || diff.waits[i].reason == SW_WAITS_GATEWAY)
                continue; /* may be so for good: a user's Gateway without the host, say */
            snprintf(text, sizeof(text), "%s: still waits to %s %s %.*s: %s", clusters[local].name,
                     sw_op_verb_name(diff.waits[i].verb), sw_mesh_kind_name(diff.waits[i].kind),
                     SW_STR_ARG(diff.waits[i].name), sw_reason_word(diff.waits[i].reason));
            tell(context, text);
            n_found++;
        }
    }
    sw_withdrawals_release(&withdrawals);
    sw_state_free(state);
    sw_arena_release(&arena);
    return n_found;
}
