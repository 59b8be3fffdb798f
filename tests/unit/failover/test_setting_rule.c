/* pkg/failover/setting_rule.c: every selector of a setting matches something, or the user reads
 * what was searched and what comes nearest. What several clusters make of it is in
 * test_setting_rule_clusters.c. */
#include "setting.h"

static void rule_of_a_setting_that_matches_is_silent(void **state)
{
    struct sw_outcome outcome;

    begin(*state);
    outcome = judge(*state, SW_WORLD_EXPOSE_ALL);
    check(outcome, "", "");
    assert_null(outcome.advice);
    check(judge(*state, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'cart'}}]")), "", "");
}

static void rule_of_a_setting_without_gateways_asks_for_its_workspace_only(void **state)
{
    begin(*state);
    check(judge(*state, "{'regionalFailover':[{'from':'a','to':'b'}]}"), "", "");
    check(judge(*state, "null"), "", "");
    check(judge_update(*state, setting(*state, NAMED("shp"), "{}"), NULL),
          "WorkspaceUnknown metadata.annotations['tsb.tetrate.io/workspace']: no such workspace: "
          "looked for shp of organization 'acme', tenant 'prod' in cluster east; the nearest is "
          "workspace shop of organization 'acme', tenant 'prod'",
          "");
}

#define NAMELESS(part)                                                                             \
    "WorkspaceUnknown metadata.annotations['tsb.tetrate.io/" part                                  \
    "']: expected the name that the workspace has, found nothing"

static void rule_refuses_a_setting_of_no_workspace(void **state)
{
    begin(*state);
    check(judge_update(*state, setting(*state, NAMED(""), SW_WORLD_EXPOSE_ALL), NULL),
          NAMELESS("workspace"), "");
    check(judge_update(*state, setting(*state, "", SW_WORLD_EXPOSE_ALL), NULL),
          NAMELESS("organization") "\n" NAMELESS("tenant") "\n" NAMELESS("workspace"), "");
}

/* Nothing that is applied later makes it work. */
static void rule_refuses_a_setting_of_no_workspace_whatever_the_annotation_says(void **state)
{
    begin(*state);
    check(judge_update(*state,
                       setting(*state, NAMED("") ",'spillway.dev/allow-unmatched':'true'",
                               SW_WORLD_EXPOSE_ALL),
                       NULL),
          NAMELESS("workspace"), "");
}

static void rule_refuses_a_workspace_of_another_tenant(void **state)
{
    begin(*state);
    check(judge_update(*state,
                       setting(*state,
                               "'tsb.tetrate.io/organization':'acme',"
                               "'tsb.tetrate.io/workspace':'shop'",
                               SW_WORLD_EXPOSE_ALL),
                       NULL),
          "WorkspaceUnknown metadata.annotations['tsb.tetrate.io/workspace']: no such workspace: "
          "looked for shop of organization 'acme', tenant '' in cluster east; the nearest is "
          "workspace shop of organization 'acme', tenant 'prod'",
          "");
}

static void rule_refuses_where_there_is_no_workspace_at_all(void **state)
{
    sw_world_cluster(*state, "east");
    add_gateway(*state);
    check(judge(*state, SW_WORLD_EXPOSE_ALL),
          "WorkspaceUnknown metadata.annotations['tsb.tetrate.io/workspace']: no such workspace: "
          "looked for shop of organization 'acme', tenant 'prod' in cluster east; there is no "
          "Workspace at all: apply it first",
          "");
}

static void rule_refuses_a_selector_that_matches_no_gateway(void **state)
{
    struct sw_outcome outcome;

    begin(*state);
    outcome = judge(*state, SPEC("{'app':'wg'}", "[]"));
    check(outcome, UNKNOWN_GATEWAY, "");
    assert_string_equal(outcome.advice, ADVICE);
}

static void rule_refuses_labels_that_match_no_service(void **state)
{
    begin(*state);
    check(judge(*state, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'crat'}}]")),
          UNKNOWN_SERVICE, "");
}

static void rule_finds_services_in_the_workspaces_namespaces_alone(void **state)
{
    begin(*state);
    sw_world_service(*state, "bank", "cart", "{'app':'crat'}");
    check(judge(*state, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'crat'}}]")),
          UNKNOWN_SERVICE, "");
}

/* Whatever a setting holds, it gets an answer that a person can read. */
static void rule_cuts_a_message_that_is_too_long(void **state)
{
    struct sw_world *world = *state;
    struct sw_outcome outcome;
    char labels[4096];

    snprintf(labels, sizeof(labels), "{'app':'%03000d'}", 7);
    begin(world);
    outcome = judge(world, sw_arena_printf(&world->arena, SPEC("%s", "[]"), labels));
    assert_int_equal(outcome.refusals.n, 1);
    assert_string_equal(outcome.refusals.items[0].message,
                        "matches no gateway: looked for a Service in namespace gw "
                        "with TCP port 15443 and labels app=");
}

static void rule_counts_the_namespaces_failover_label(void **state)
{
    begin(*state);
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    check(judge(*state, SPEC("{'app':'gw'}", "[{'serviceLabels':{'failover':'enable',"
                                             "'app':'cart'}}]")),
          "", "");
}

static void rule_refuses_a_workspace_without_any_service(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['*/shop','east/shop-*']");
    add_gateway(*state);
    sw_world_cluster(*state, "west");
    add_gateway(*state);
    check(judge(*state, SW_WORLD_EXPOSE_ALL),
          "WorkspaceEmpty " AT ": the workspace has no Service: looked in workspace shop "
          "(namespaces */shop, east/shop-*) in east, west; deploy its Services first, or correct "
          "the Workspace's namespaces",
          "");
}

static void rule_tells_everything_at_once(void **state)
{
    begin(*state);
    check(judge(*state, "{'defaultEastWestGatewaySettings':["
                        "{'workloadSelector':{'namespace':'gw','labels':{'app':'wg'}},"
                        "'exposedServices':[{'serviceLabels':{'app':'crat'}},"
                        "{'serviceLabels':{'app':'cart'}}]},"
                        "{'workloadSelector':{'namespace':'gw2','labels':{'app':'gw'}}}]}"),
          UNKNOWN_GATEWAY
          "\n" UNKNOWN_SERVICE "\n"
          "GatewayUnknown spec.defaultEastWestGatewaySettings[1].workloadSelector: "
          "matches no gateway: looked for a Service in namespace gw2 with TCP "
          "port 15443 and labels app=gw in east; the nearest is Service gw/gw in cluster east, "
          "which has app=gw",
          "");
}

/* Without a workspace there is nowhere to look for Services, but the gateway is still looked for.
 */
static void rule_without_a_workspace_still_judges_gateways(void **state)
{
    struct sw_outcome outcome;

    begin(*state);
    outcome = judge_update(
        *state,
        setting(*state, NAMED("x"), SPEC("{'app':'wg'}", "[{'serviceLabels':{'app':'x'}}]")), NULL);
    assert_int_equal(outcome.refusals.n, 2);
    assert_int_equal(outcome.refusals.items[0].reason, SW_WORKSPACE_UNKNOWN);
    assert_int_equal(outcome.refusals.items[1].reason, SW_GATEWAY_UNKNOWN);
}

static void rule_turns_refusals_into_warnings_where_the_annotation_says_so(void **state)
{
    static const char spec[] = SPEC("{'app':'wg'}", "[{'serviceLabels':{'app':'crat'}}]");
    struct sw_outcome outcome;

    begin(*state);
    outcome = judge_update(
        *state, setting(*state, NAMED("shop") ",'spillway.dev/allow-unmatched':'true'", spec),
        NULL);
    check(outcome, "", UNKNOWN_GATEWAY "\n" UNKNOWN_SERVICE);
    assert_null(outcome.advice);
    outcome = judge_update(
        *state, setting(*state, NAMED("shop") ",'spillway.dev/allow-unmatched':'yes'", spec), NULL);
    check(outcome, UNKNOWN_GATEWAY "\n" UNKNOWN_SERVICE, "");
}

static void rule_refuses_gateways_beside_spec_whatever_the_annotation_says(void **state)
{
    struct sw_outcome outcome;

    begin(*state);
    outcome = judge_update(*state,
                           "{'metadata':{'annotations':{" NAMED(
                               "shop") ","
                                       "'spillway.dev/allow-unmatched':'true'}},'spec':null,"
                                       "'defaultEastWestGatewaySettings':[]}",
                           NULL);
    check(outcome,
          "GatewaysMisplaced defaultEastWestGatewaySettings: stands beside spec, where nothing "
          "reads it: indent it under spec",
          "");
    assert_null(outcome.advice);
}

static void rule_refuses_what_it_cannot_read(void **state)
{
    begin(*state);
    check(judge(*state, SPEC("{}", "[]")),
          "Unreadable spec.defaultEastWestGatewaySettings[0].workloadSelector."
          "labels: expected at least one label of the gateway's pods, found an object",
          "");
    check(judge_update(*state, "{'metadata':{'annotations':{'spillway.dev/allow-unmatched':true}}}",
                       NULL),
          "Unreadable metadata.annotations['spillway.dev/allow-unmatched']: expected "
          "a string, found true",
          "");
    check(judge_update(*state, "{'metadata':[]}", NULL),
          "Unreadable metadata: expected an object, found an array", "");
}

static void rule_warns_of_priorities_that_exclude_regions(void **state)
{
    begin(*state);
    check(judge(*state, "{'failoverSettings':{'failoverPriority':['topology.kubernetes.io/zone'],"
                        "'regionalFailover':[{'from':'a','to':'b'}]}}"),
          "",
          "PriorityWins spec: failoverPriority by region or zone excludes regionalFailover: "
          "regionalFailover is left out");
}

static void rule_leaves_what_is_being_deleted_unjudged(void **state)
{
    begin(*state);
    check(judge_update(*state, "{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':7}",
                       NULL),
          "", "");
}

static void rule_leaves_an_update_of_other_annotations_unjudged(void **state)
{
    static const char spec[] = SPEC("{'app':'wg'}", "[]");
    struct sw_world *world = *state;
    const char *old = setting(world, NAMED("shop"), spec);

    begin(world);
    check(judge_update(world, setting(world, NAMED("shop") ",'a':'b'", spec), old), "", "");
    check(judge_update(world, setting(world, NAMED("shop"), SPEC("{'app':'wg'}", "[ ]")), old), "",
          "");
    check(judge_update(world, "{'metadata':{'finalizers':['x']}}", "{'metadata':{}}"), "", "");
}

/* So that a finalizer can leave an object that slipped in while the webhook was down. */
static void rule_leaves_an_unchanged_slip_unjudged(void **state)
{
    static const char slipped[] = "{'metadata':{%s},'spec':%s,'defaultEastWestGatewaySettings':%s}";
    struct sw_world *world = *state;
    const char *old = sw_arena_printf(&world->arena, slipped, "", "null", "[{'a':1}]");

    begin(world);
    check(judge_update(
              world,
              sw_arena_printf(&world->arena, slipped, "'finalizers':[]", "null", "[{'a':1}]"), old),
          "", "");
    check(judge_update(world, "{'metadata':{},'defaultEastWestGatewaySettings':[{'a':1}]}", old),
          "", "");
    assert_int_equal(
        judge_update(world, sw_arena_printf(&world->arena, slipped, "", "null", "[]"), old)
            .refusals.n,
        4);
}

static void rule_judges_an_update_of_spec_or_hierarchy(void **state)
{
    static const char spec[] = SPEC("{'app':'wg'}", "[]");
    struct sw_world *world = *state;
    const char *now = setting(world, NAMED("shop"), spec);

    begin(world);
    check(judge_update(world, now, setting(world, NAMED("shop"), "{}")), UNKNOWN_GATEWAY, "");
    check(judge_update(world, now, setting(world, NAMED("shop"), "null")), UNKNOWN_GATEWAY, "");
    check(judge_update(world, now, setting(world, NAMED("shp"), spec)), UNKNOWN_GATEWAY, "");
    check(judge_update(world, now,
                       setting(world,
                               "'tsb.tetrate.io/tenant':'prod',"
                               "'tsb.tetrate.io/workspace':'shop'",
                               spec)),
          UNKNOWN_GATEWAY, "");
    check(judge_update(world, now,
                       setting(world,
                               "'tsb.tetrate.io/organization':'acme',"
                               "'tsb.tetrate.io/workspace':'shop'",
                               spec)),
          UNKNOWN_GATEWAY, "");
    check(judge_update(world, now, NULL), UNKNOWN_GATEWAY, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(rule_of_a_setting_that_matches_is_silent),
        SW_WORLD_TEST(rule_of_a_setting_without_gateways_asks_for_its_workspace_only),
        SW_WORLD_TEST(rule_refuses_a_setting_of_no_workspace),
        SW_WORLD_TEST(rule_refuses_a_setting_of_no_workspace_whatever_the_annotation_says),
        SW_WORLD_TEST(rule_refuses_a_workspace_of_another_tenant),
        SW_WORLD_TEST(rule_refuses_where_there_is_no_workspace_at_all),
        SW_WORLD_TEST(rule_refuses_a_selector_that_matches_no_gateway),
        SW_WORLD_TEST(rule_refuses_labels_that_match_no_service),
        SW_WORLD_TEST(rule_finds_services_in_the_workspaces_namespaces_alone),
        SW_WORLD_TEST(rule_cuts_a_message_that_is_too_long),
        SW_WORLD_TEST(rule_counts_the_namespaces_failover_label),
        SW_WORLD_TEST(rule_refuses_a_workspace_without_any_service),
        SW_WORLD_TEST(rule_tells_everything_at_once),
        SW_WORLD_TEST(rule_without_a_workspace_still_judges_gateways),
        SW_WORLD_TEST(rule_turns_refusals_into_warnings_where_the_annotation_says_so),
        SW_WORLD_TEST(rule_refuses_gateways_beside_spec_whatever_the_annotation_says),
        SW_WORLD_TEST(rule_refuses_what_it_cannot_read),
        SW_WORLD_TEST(rule_warns_of_priorities_that_exclude_regions),
        SW_WORLD_TEST(rule_leaves_what_is_being_deleted_unjudged),
        SW_WORLD_TEST(rule_leaves_an_update_of_other_annotations_unjudged),
        SW_WORLD_TEST(rule_leaves_an_unchanged_slip_unjudged),
        SW_WORLD_TEST(rule_judges_an_update_of_spec_or_hierarchy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
