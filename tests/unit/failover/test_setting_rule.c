/* pkg/failover/setting_rule.c: every selector of a setting matches something, or the user reads
 * what was searched and what comes nearest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/setting_rule.h"
#include "lib/check.h"
#include "lib/world.h"

/* A world of one cluster, east, with workspace shop over namespace shop, which has one Service, and
 * a gateway. */
static void begin(struct sw_world *world)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_service(world, "shop", "cart", "{'app':'cart'}");
    sw_world_add(world, "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'gw','name':"
                        "'gw'},'spec':{'selector':{'app':'gw'},'ports':[{'port':15443}]}}");
}

/* Judges a setting of workspace shop with this spec. */
static struct sw_outcome judge(struct sw_world *world, const char *spec)
{
    struct sw_outcome outcome;
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(
        world, "{'metadata':{'annotations':{'tsb.tetrate.io/organization':'acme',"
               "'tsb.tetrate.io/tenant':'prod','tsb.tetrate.io/workspace':'shop'}},'spec':%s}",
        spec);

    sw_outcome_init(&outcome, &world->arena);
    if (sw_setting_rule(sw_world_build(world), object, NULL, &outcome, &err) < 0)
        fail_msg("%s", err.message);
    return outcome;
}

static void rule_of_a_setting_that_matches_is_silent(void **state)
{
    struct sw_outcome outcome;

    begin(*state);
    outcome = judge(*state, SW_WORLD_EXPOSE_ALL);
    sw_check_findings(&outcome.refusals, "");
    sw_check_findings(&outcome.warnings, "");
    sw_check_patch(&outcome.patch, "[]");
    assert_null(outcome.advice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(rule_of_a_setting_that_matches_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
