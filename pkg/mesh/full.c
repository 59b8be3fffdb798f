#include "mesh/full.h"

#include "mesh/eastwest.h"

#include "base/banned.h"

/* Plans one key. */
typedef int plan_one(const struct sw_mesh *mesh, struct sw_plan_key key, struct sw_arena *arena,
                     struct sw_plan *ret, struct sw_err *reterr);

/* Keys, and what plans them. */
struct batch {
    struct sw_plan_key *keys;
    size_t n;
    plan_one *plan;
};

static int plan_batch(const struct sw_mesh *mesh, const struct batch *batch, struct sw_arena *arena,
                      struct sw_plan *ret, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < batch->n; i++)
        r = batch->plan(mesh, batch->keys[i], arena, &ret[i], reterr);
    return r;
}

int sw_plan(const struct sw_mesh *mesh, struct sw_withdrawals *withdrawals, uint64_t now_ms,
            struct sw_arena *arena, struct sw_plans *ret, struct sw_err *reterr)
{
    struct batch ingresses = {.plan = sw_plan_eastwest}, services = {.plan = sw_plan_service};
    struct sw_plans plans;
    int r = sw_plan_eastwest_keys(mesh, arena, &ingresses.keys, &ingresses.n, reterr);

    if (r == 0)
        r = sw_plan_keys(mesh, arena, &services.keys, &services.n, reterr);
    if (r < 0)
        return r;
    plans.n = ingresses.n + 1 + services.n;
    plans.items = sw_arena_alloc(arena, plans.n * sizeof(*plans.items));
    if (!plans.items)
        return sw_err_nomem(reterr);
    r = plan_batch(mesh, &ingresses, arena, plans.items, reterr);
    if (r == 0)
        r = sw_plan_gateways(mesh, withdrawals, now_ms, arena, &plans.items[ingresses.n], reterr);
    if (r == 0)
        r = plan_batch(mesh, &services, arena, &plans.items[ingresses.n + 1], reterr);
    if (r == 0)
        *ret = plans;
    return r;
}

int sw_diff(const struct sw_mesh *mesh, const struct sw_plans *plans, uint64_t now_ms,
            struct sw_arena *arena, struct sw_diff *ret, struct sw_err *reterr)
{
    struct sw_diff diff;
    int r = 0;

    sw_diff_init(&diff, mesh, now_ms, arena);
    for (size_t i = 0; r == 0 && i < plans->n; i++)
        r = sw_diff_add(&diff, &plans->items[i], reterr);
    if (r == 0)
        r = sw_diff_finish(&diff, reterr);
    if (r == 0)
        *ret = diff;
    return r;
}
