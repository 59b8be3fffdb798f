#include "lib/judge.h"

#include "lib/check.h"
#include "json/apply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct sw_outcome sw_judge(struct sw_world *world, sw_judge_fn *rule, json_t *object)
{
    struct sw_outcome outcome, again;
    struct sw_err err = {0};

    sw_outcome_init(&outcome, &world->arena);
    sw_outcome_init(&again, &world->arena);
    if (!world->index.views)
        sw_world_build(world);
    if (rule(&world->index, object, &outcome, &err) < 0 ||
        sw_patch_apply(&outcome.patch, object, &err) < 0 ||
        rule(&world->index, object, &again, &err) < 0)
        fail_msg("%s", err.message);
    sw_check_patch(&again.patch, "[]");
    return outcome;
}
