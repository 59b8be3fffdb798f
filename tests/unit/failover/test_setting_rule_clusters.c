/* pkg/failover/setting_rule.c: what matches in some clusters only, and what has not been seen. */
#include "setting.h"

#include "base/cleanup.h"

static void rule_allows_what_matches_in_some_clusters_with_a_warning(void **state)
{
    begin(*state);
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "shop", "cart", "{'app':'other'}");
    sw_world_cluster(*state, "north");
    add_gateway(*state);
    check(judge(*state, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'cart'}}]")), "",
          "PartlyMatched " AT ".workloadSelector: matches no gateway in west\n"
          "PartlyMatched " AT_LABEL ": matches no Service in west, north");
    check(judge(*state, SW_WORLD_EXPOSE_ALL), "",
          "PartlyMatched " AT ".workloadSelector: matches no gateway in west\n"
          "PartlyMatched " AT ": the workspace has no Service in north");
}

static void rule_finds_in_any_cluster_what_the_local_one_lacks(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['west/shop']");
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "shop", "cart", "{'app':'cart'}");
    add_gateway(*state);
    /* No pattern of the workspace names east: nothing is expected of it. */
    check(judge(*state, SW_WORLD_EXPOSE_ALL), "", "");
}

static void rule_refuses_where_only_an_unnamed_cluster_was_searched(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['west/shop']");
    sw_world_service(*state, "shop", "cart", "{'app':'cart'}");
    add_gateway(*state);
    check(judge(*state, SW_WORLD_EXPOSE_ALL),
          "WorkspaceEmpty " AT ": the workspace has no Service: looked in workspace shop "
          "(namespaces west/shop); deploy its Services first, or correct the Workspace's "
          "namespaces",
          "");
}

static void begin_with_unseen_remotes(struct sw_world *world)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_service(world, "shop", "cart", "{'app':'cart'}");
    sw_world_cluster_from(world, (struct sw_view_source){.cluster = SW_STR("west"), .live = true});
    sw_world_cluster_from(world, (struct sw_view_source){.cluster = SW_STR("north")});
}

static void rule_warns_where_a_cluster_has_not_been_seen(void **state)
{
    struct sw_outcome outcome;

    begin_with_unseen_remotes(*state);
    outcome = judge(*state, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'x'}}]"));
    check(outcome, "",
          "ClusterUnseen " AT ".workloadSelector: matches no gateway: looked for "
          "a Service in namespace gw with TCP port 15443 and labels app=gw in east; not judged, "
          "for not seen yet: west, north\n"
          "ClusterUnseen " AT_LABEL ": matches no Service: looked for labels app=x "
          "in workspace shop (namespaces */shop) in east; not judged, for not seen yet: west, "
          "north");
    assert_null(outcome.advice);
}

/* Clusters that nobody has told of yet may have what the known ones lack, under any name. */
static void rule_warns_while_there_may_be_more_clusters(void **state)
{
    struct sw_world *world = *state;
    struct sw_outcome outcome;

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['west/shop']");
    add_gateway(world);
    sw_world_build(world);
    world->index.unlisted = SW_STR("those of Secrets");
    outcome = judge(world, SPEC("{'app':'wg'}", "[{'serviceLabels':{'app':'x'}}]"));
    check(outcome, "",
          "ClusterUnseen " AT ".workloadSelector: matches no gateway: looked for "
          "a Service in namespace gw with TCP port 15443 and labels app=wg; not judged, "
          "for not seen yet: those of Secrets\n"
          "ClusterUnseen " AT_LABEL ": matches no Service: looked for labels app=x "
          "in workspace shop (namespaces west/shop); not judged, for not seen yet: those of "
          "Secrets");
    /* What the config cluster alone knows is judged all the same. */
    outcome = judge_update(world, setting(world, NAMED("shed"), "{}"), NULL);
    assert_int_equal(outcome.refusals.n, 1);
}

static void rule_says_how_old_its_knowledge_is(void **state)
{
    const uint64_t since_ms[] = {0, 5000};
    struct sw_world *world = *state;

    begin(world);
    sw_world_cluster(world, "west");
    sw_world_build(world);
    world->index.stale_since_ms = since_ms;
    world->index.now_ms = 5000 + 12 * 60 * 1000;
    check(judge(world, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'crat'}}]")),
          "ServiceUnknown " AT_LABEL ": matches no Service: looked for labels app=crat in "
          "workspace shop (namespaces */shop) in east, west (as it was 12 min ago); the nearest "
          "is Service shop/cart in cluster east, which has app=cart",
          "PartlyMatched " AT ".workloadSelector: matches no gateway in west (as it was 12 min "
          "ago)");
    world->index.config = 1;
    check(judge(world, "{}"),
          "WorkspaceUnknown metadata.annotations['tsb.tetrate.io/workspace']: no such workspace: "
          "looked for shop of organization 'acme', tenant 'prod' in cluster west (as it was 12 "
          "min ago); there is no Workspace at all: apply it first",
          "");
}

/* What half a view holds is there all the same; what it lacks is not held against it. */
static void rule_counts_what_an_unseen_cluster_is_known_to_have(void **state)
{
    begin_with_unseen_remotes(*state);
    add_gateway(*state);
    check(judge(*state, SW_WORLD_EXPOSE_ALL), "",
          "PartlyMatched " AT ".workloadSelector: matches no gateway in east");
}

static void rule_judges_a_live_view_as_any_other(void **state)
{
    sw_world_cluster_from(
        *state, (struct sw_view_source){.cluster = SW_STR("east"), .live = true, .synced = true});
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_service(*state, "shop", "cart", "{'app':'cart'}");
    add_gateway(*state);
    check(judge(*state, SPEC("{'app':'wg'}", "[]")), UNKNOWN_GATEWAY, "");
}

static void rule_reads_workspaces_of_the_config_cluster(void **state)
{
    struct sw_world *world = *state;

    begin(world);
    sw_world_cluster(world, "mgmt");
    sw_world_build(world);
    world->index.config = 1;
    check(judge(world, "{}"),
          "WorkspaceUnknown metadata.annotations['tsb.tetrate.io/workspace']: no such workspace: "
          "looked for shop of organization 'acme', tenant 'prod' in cluster mgmt; there is no "
          "Workspace at all: apply it first",
          "");
}

/* Long lists are cut, not refused: a message is for people, and its end counts as much. */
static void rule_cuts_lists_that_are_too_long_for_a_message(void **state)
{
    struct sw_world *world = *state;
    SW_CLEANUP(sw_buf_release) struct sw_buf patterns;
    const char *message, *tail;

    sw_buf_init(&patterns, 1 << 20);
    for (int i = 0; i < 2000; i++)
        sw_buf_printf(&patterns, "%s'*/namespace-%04d'", i ? "," : "[", i);
    sw_buf_append(&patterns, "]", 2);
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", patterns.data);
    add_gateway(world);
    sw_world_cluster(world, sw_arena_printf(&world->arena, "%0700d", 1));
    sw_world_cluster(world, "west");
    message = judge(world, SPEC("{'app':'gw'}", "[{'serviceLabels':{'app':'x'}}]"))
                  .refusals.items[0]
                  .message;
    tail = strstr(message, ", */namespace-0032");
    assert_non_null(tail);
    assert_string_equal(tail, ", */namespace-0032 and 1967 more) in east, west and 1 more; the "
                              "workspace has no Service at all");
}

static void rule_counts_clusters_where_no_name_has_room(void **state)
{
    struct sw_world *world = *state;

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_service(world, "shop", "cart", "{}");
    add_gateway(world);
    sw_world_cluster(world, sw_arena_printf(&world->arena, "%0700d", 1));
    check(judge(world, SW_WORLD_EXPOSE_ALL), "",
          "PartlyMatched " AT ".workloadSelector: matches no gateway in 1 more\n"
          "PartlyMatched " AT ": the workspace has no Service in 1 more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(rule_allows_what_matches_in_some_clusters_with_a_warning),
        SW_WORLD_TEST(rule_finds_in_any_cluster_what_the_local_one_lacks),
        SW_WORLD_TEST(rule_refuses_where_only_an_unnamed_cluster_was_searched),
        SW_WORLD_TEST(rule_warns_where_a_cluster_has_not_been_seen),
        SW_WORLD_TEST(rule_counts_what_an_unseen_cluster_is_known_to_have),
        SW_WORLD_TEST(rule_warns_while_there_may_be_more_clusters),
        SW_WORLD_TEST(rule_says_how_old_its_knowledge_is),
        SW_WORLD_TEST(rule_judges_a_live_view_as_any_other),
        SW_WORLD_TEST(rule_reads_workspaces_of_the_config_cluster),
        SW_WORLD_TEST(rule_cuts_lists_that_are_too_long_for_a_message),
        SW_WORLD_TEST(rule_counts_clusters_where_no_name_has_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
