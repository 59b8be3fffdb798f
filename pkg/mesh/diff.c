#include "mesh/diff.h"

#include "mesh/hold.h"

#include "base/banned.h"

/* One plan against the owned objects of its key. */
struct work {
    struct sw_diff *diff;
    const struct sw_plan *plan;
    struct sw_hold hold;
};

void sw_diff_init(struct sw_diff *diff, const struct sw_mesh *mesh, uint64_t now_ms,
                  struct sw_arena *arena)
{
    *diff = (struct sw_diff){.mesh = mesh, .arena = arena, .now_ms = now_ms};
}

static void again_at(struct sw_diff *diff, uint64_t at_ms)
{
    if (at_ms && (!diff->again_ms || at_ms < diff->again_ms))
        diff->again_ms = at_ms;
}

static int push_op(struct sw_diff *diff, struct sw_op op, struct sw_err *reterr)
{
    struct sw_op *ops = sw_arena_push(diff->arena, diff->ops, diff->n_ops, sizeof(*ops));

    if (!ops)
        return sw_err_nomem(reterr);
    ops[diff->n_ops++] = op;
    diff->ops = ops;
    return 0;
}

/* Has the operation wait instead. */
static int push_wait(struct sw_diff *diff, const struct sw_op *op, enum sw_reason reason,
                     uint64_t until_ms, struct sw_err *reterr)
{
    struct sw_wait *waits = sw_arena_push(diff->arena, diff->waits, diff->n_waits, sizeof(*waits));

    if (!waits)
        return sw_err_nomem(reterr);
    waits[diff->n_waits++] = (struct sw_wait){
        .verb = op->verb,
        .kind = op->kind,
        .reason = reason,
        .namespace_ = op->namespace_,
        .name = op->name,
        .remote = op->remote,
        .for_namespace = op->for_namespace,
        .for_service = op->for_service,
        .until_ms = until_ms,
    };
    diff->waits = waits;
    again_at(diff, until_ms);
    return 0;
}

static int create(const struct work *work, const struct sw_wanted *wanted, struct sw_err *reterr)
{
    struct sw_op op = {
        .verb = SW_OP_CREATE,
        .kind = wanted->kind,
        .reason = SW_PLANNED,
        .namespace_ = wanted->namespace_,
        .name = wanted->name,
        .for_namespace = work->plan->namespace_,
        .for_service = work->plan->service,
        .wanted = wanted,
    };

    if (wanted->kind == SW_MESH_WORKLOADENTRY) {
        op.remote = sw_wanted_remote(wanted);
        if (!sw_hold_is_visible(&work->hold))
            return push_wait(work->diff, &op, SW_WAITS_RULE, sw_hold_visible_ms(&work->hold),
                             reterr);
        if (wanted->gate != SW_PLANNED)
            return push_wait(work->diff, &op, wanted->gate, 0, reterr);
    }
    return push_op(work->diff, op, reterr);
}

static struct sw_op op_on(const struct work *work, enum sw_op_verb verb, enum sw_reason reason,
                          const struct sw_mesh_owned *owned)
{
    return (struct sw_op){
        .verb = verb,
        .kind = owned->kind,
        .reason = reason,
        .namespace_ = owned->namespace_,
        .name = owned->name,
        .uid = owned->uid,
        .resource_version = owned->resource_version,
        .remote = owned->remote,
        .for_namespace = work->plan->namespace_,
        .for_service = work->plan->service,
    };
}

/* An object that is wanted, and there. */
static int mend(const struct work *work, const struct sw_wanted *wanted,
                const struct sw_mesh_owned *owned, struct sw_err *reterr)
{
    struct sw_op op = op_on(work, SW_OP_APPLY, SW_PLANNED, owned);

    if (sw_digest_eq(&wanted->digest, &owned->digest))
        return 0;
    if (!owned->managed)
        return push_wait(work->diff, &op, SW_FOREIGN, 0, reterr);
    op.wanted = wanted;
    return push_op(work->diff, op, reterr);
}

/* An entry that is wanted, and there: it is withdrawn once it has lacked something for too long. */
static int mend_entry(const struct work *work, const struct sw_wanted *wanted,
                      const struct sw_mesh_owned *owned, struct sw_err *reterr)
{
    enum sw_reason reason;
    uint64_t at_ms = sw_hold_given_up_ms(&work->hold, wanted, &reason);
    struct sw_op op = op_on(work, SW_OP_DELETE, reason, owned);
    int r;

    if (owned->managed && at_ms && work->diff->now_ms >= at_ms)
        return push_op(work->diff, op, reterr);
    r = mend(work, wanted, owned, reterr);
    if (r < 0 || !owned->managed || !at_ms)
        return r;
    return push_wait(work->diff, &op, reason, at_ms, reterr);
}

/* An object that nothing wants any more. */
static int discard(const struct work *work, const struct sw_mesh_owned *owned,
                   struct sw_err *reterr)
{
    struct sw_op op = op_on(work, SW_OP_DELETE, SW_NO_LONGER_WANTED, owned);
    enum sw_reason reason;

    if (!owned->managed)
        return push_wait(work->diff, &op, SW_FOREIGN, 0, reterr);
    if (owned->kind == SW_MESH_STUB && owned->shared) {
        op = op_on(work, SW_OP_RELEASE, SW_RELEASED, owned);
        op.others = owned->others;
        return push_op(work->diff, op, reterr);
    }
    if (owned->kind == SW_MESH_WORKLOADENTRY && sw_hold_is_unruled(&work->hold)) {
        op.reason = SW_WAITS_RULE;
        return push_op(work->diff, op, reterr);
    }
    reason = sw_hold_reason(&work->hold, owned);
    if (reason != SW_NO_LONGER_WANTED)
        return push_wait(work->diff, &op, reason, sw_hold_until_ms(&work->hold, owned), reterr);
    return push_op(work->diff, op, reterr);
}

static bool is_seen(const struct sw_mesh *mesh)
{
    return mesh->clusters[mesh->index->local]->seen && mesh->clusters[mesh->index->config]->seen;
}

int sw_diff_add(struct sw_diff *diff, const struct sw_plan *plan, struct sw_err *reterr)
{
    struct work work = {.diff = diff, .plan = plan};
    int r;

    if (!is_seen(diff->mesh))
        return 0;
    r = sw_hold_init(&work.hold, diff->mesh, plan, diff->now_ms, diff->arena, reterr);
    for (size_t i = 0; r == 0 && i < plan->wanteds.n; i++) {
        const struct sw_wanted *wanted = &plan->wanteds.items[i];
        const struct sw_mesh_owned *owned = sw_hold_find(&work.hold, wanted);

        if (!owned)
            r = create(&work, wanted, reterr);
        else if (wanted->kind == SW_MESH_WORKLOADENTRY)
            r = mend_entry(&work, wanted, owned, reterr);
        else
            r = mend(&work, wanted, owned, reterr);
    }
    for (size_t i = 0; r == 0 && i < work.hold.n_owned; i++) {
        if (plan->kinds & 1u << work.hold.owned[i]->kind && !work.hold.is_wanted[i])
            r = discard(&work, work.hold.owned[i], reterr);
    }
    again_at(diff, plan->again_ms);
    return r;
}

/* The cluster whose last relist may have made this deletion up; NULL for none. */
static const struct sw_mesh_cluster *suspect(const struct sw_diff *diff, const struct sw_op *op)
{
    const struct sw_mesh_cluster *local = sw_mesh_local(diff->mesh), *cluster;

    if (op->verb != SW_OP_DELETE)
        return NULL;
    cluster = op->remote.len ? sw_mesh_cluster(diff->mesh, op->remote) : NULL;
    if (cluster && cluster->unconfirmed_ms)
        return cluster;
    if (local->unconfirmed_ms)
        return local;
    for (size_t i = 0; !op->remote.len && i < diff->mesh->index->n_views; i++) {
        if (diff->mesh->clusters[i]->unconfirmed_ms)
            return diff->mesh->clusters[i];
    }
    return NULL;
}

/* True if that many deletions follow from what this cluster's relist lost, and it is too early to
 * believe them. */
static bool is_doubtful(const struct sw_diff *diff, const struct sw_mesh_cluster *cluster)
{
    size_t n = 0;

    if (diff->now_ms >= cluster->unconfirmed_ms + SW_RELIST_MAX_MS)
        return false;
    for (size_t i = 0; i < diff->n_ops; i++)
        n += suspect(diff, &diff->ops[i]) == cluster;
    return n > SW_RELIST_MAX_DELETES;
}

static int hold_back(struct sw_diff *diff, const struct sw_mesh_cluster *cluster,
                     struct sw_err *reterr)
{
    size_t kept = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < diff->n_ops; i++) {
        if (suspect(diff, &diff->ops[i]) == cluster)
            r = push_wait(diff, &diff->ops[i], SW_WAITS_RELIST,
                          cluster->unconfirmed_ms + SW_RELIST_MAX_MS, reterr);
        else
            diff->ops[kept++] = diff->ops[i];
    }
    if (r == 0)
        diff->n_ops = kept;
    return r;
}

static int by_phase(const void *a, const void *b)
{
    const struct sw_op *x = a, *y = b;
    int order = sw_op_phase(x) - sw_op_phase(y);

    if (order == 0)
        order = sw_str_cmp(x->namespace_, y->namespace_);
    return order ? order : sw_str_cmp(x->name, y->name);
}

int sw_diff_finish(struct sw_diff *diff, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < diff->mesh->index->n_views; i++) {
        const struct sw_mesh_cluster *cluster = diff->mesh->clusters[i];

        if (cluster->unconfirmed_ms && is_doubtful(diff, cluster))
            r = hold_back(diff, cluster, reterr);
    }
    if (r == 0 && diff->n_ops)
        qsort(diff->ops, diff->n_ops, sizeof(*diff->ops), by_phase);
    return r;
}
