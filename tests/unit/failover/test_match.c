/* How many findings name what comes nearest; the rest is told by setting_rule's tests. */
#include "setting.h"

#include "failover/match.h"

#include <string.h>

static void match_names_the_nearest_for_the_first_findings_only(void **state)
{
    struct sw_world *world = *state;
    struct sw_labels unknown = {.pairs = &(struct sw_label){SW_STR("app"), SW_STR("crat")}, .n = 1};
    struct sw_outcome outcome;
    struct sw_match match = {.outcome = &outcome};
    struct sw_err err = {0};

    begin(world);
    sw_world_build(world);
    sw_outcome_init(&outcome, &world->arena);
    match.index = &world->index;
    match.workspace = world->index.views[0]->workspaces[0];
    for (size_t i = 0; i <= SW_MATCH_MAX_NEAREST; i++)
        assert_int_equal(sw_match_services(&match, &unknown, SW_AT_KEY(NULL, "x"), &err), 0);
    assert_int_equal(outcome.refusals.n, SW_MATCH_MAX_NEAREST + 1);
    assert_non_null(strstr(outcome.refusals.items[SW_MATCH_MAX_NEAREST - 1].message, "nearest"));
    assert_null(strstr(outcome.refusals.items[SW_MATCH_MAX_NEAREST].message, "nearest"));
}

static void match_of_the_failover_label_says_how_to_opt_in(void **state)
{
    struct sw_world *world = *state;

    begin(world);
    check(judge(world, SPEC("{'app':'gw'}", "[{'serviceLabels':{'failover':'enable'}}]")),
          "ServiceUnknown " AT ".exposedServices[0].serviceLabels: matches no Service: looked for "
          "labels failover=enable in workspace shop (namespaces */shop) in east; the nearest is "
          "Service shop/cart in cluster east, which has app=cart; label a Service, or its "
          "namespace, to opt it in",
          "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(match_names_the_nearest_for_the_first_findings_only),
        SW_WORLD_TEST(match_of_the_failover_label_says_how_to_opt_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
