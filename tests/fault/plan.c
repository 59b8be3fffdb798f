/*
 * Every plan of the golden cases again, with its n-th allocation failing, for n = 1, 2, ... until
 * none does: SW_ENOMEM with a message, or the same operations as with all memory. Never a crash,
 * never a block of memory left behind.
 *
 * usage: fault_plan FOLDER [PATTERN]
 */
#include "base/cleanup.h"
#include "fault/fault.h"
#include "golden/plan_suite.h"
#include "json/read.h"

/* A case with more allocations than this has only so many of them fail, evenly spread. */
#define MAX_FAULTS      1500

#define MAX_ARENA_BYTES ((size_t)64 << 20)

/* What a plan came to, in short. */
struct outcome {
    size_t n_ops, n_waits;
    size_t n_found;
    uint64_t again_ms;
};

static int plan_once(const struct sw_mesh *mesh, struct golden_plan *plan, struct sw_arena *arena,
                     struct outcome *ret, struct sw_err *reterr)
{
    struct sw_withdrawals withdrawals = {0};
    struct sw_plans plans;
    struct sw_diff diff;
    SW_JSON_SCOPE(arena);
    int r = sw_plan(mesh, &withdrawals, plan->now_ms, arena, &plans, reterr);

    if (r == 0)
        r = sw_diff(mesh, &plans, plan->now_ms, arena, &diff, reterr);
    sw_withdrawals_release(&withdrawals);
    if (r < 0)
        return r;
    *ret = (struct outcome){.n_ops = diff.n_ops, .n_waits = diff.n_waits, 0, diff.again_ms};
    for (size_t i = 0; i < plans.n; i++)
        ret->n_found += plans.items[i].findings.n;
    for (size_t i = 0; i < diff.n_ops; i++) {
        json_t *body = sw_op_body(&diff.ops[i]);

        if (!body)
            return sw_err_nomem(reterr);
        json_decref(body);
    }
    return 0;
}

/* Plans with the `nth` allocation failing, 0 for none. *ret_count is how many there were. */
static int attempt(struct golden_plan *plan, const struct sw_mesh *mesh, size_t nth,
                   struct outcome *outcome, size_t *ret_count, struct sw_err *reterr)
{
    struct outcome found = {0};
    struct sw_err err = {0};
    struct sw_arena arena;
    long left;
    int r;

    /* A first chunk that a plan outgrows, so that chunks fail too. */
    sw_arena_init(&arena, 512, MAX_ARENA_BYTES);
    fault_arm(nth);
    r = plan_once(mesh, plan, &arena, &found, &err);
    *ret_count = fault_spare();
    sw_arena_release(&arena);
    left = fault_disarm();
    if (left != 0)
        return sw_err_set(reterr, SW_EINTERNAL, "%ld blocks of memory left behind", left);
    if (r < 0 && (r != SW_ENOMEM || !err.message[0] || nth == 0))
        return sw_err_set(reterr, SW_EINTERNAL, "failed with %d: %s", r, err.message);
    if (nth == 0)
        *outcome = found;
    if (r == 0 && memcmp(&found, outcome, sizeof(found)) != 0)
        return sw_err_set(reterr, SW_EINTERNAL, "another plan than with all memory");
    return 0;
}

static int survives(struct golden_plan *plan, struct sw_err *reterr)
{
    size_t n_allocations, count, stride;
    const struct sw_mesh *mesh;
    struct outcome outcome;
    int r = golden_plan_settle(plan, reterr);

    if (r == 0)
        r = golden_plan_look(plan, &mesh, reterr);
    if (r == 0)
        r = attempt(plan, mesh, 0, &outcome, &n_allocations, reterr);
    if (r < 0)
        return r;
    stride = n_allocations / MAX_FAULTS + 1;
    for (size_t nth = 1; nth <= n_allocations; nth += stride) {
        r = attempt(plan, mesh, nth, &outcome, &count, reterr);
        if (r < 0)
            return sw_err_wrap(reterr, "allocation %zu of %zu", nth, n_allocations);
    }
    return 0;
}

int main(int argc, char **argv)
{
    return golden_plan_suite_main(argc, argv, survives);
}
