/* pkg/failover/accept.c: what the condition Accepted says. */
#include "setting.h"

#include "failover/accept.h"

static struct sw_acceptance accept_setting(struct sw_world *world, const char *object)
{
    struct sw_acceptance ret;

    if (!world->index.views)
        sw_world_build(world);
    assert_int_equal(
        sw_accept_setting(&world->index, sw_world_json(world, object), &world->arena, &ret, NULL),
        0);
    return ret;
}

static struct sw_acceptance accept_workspace(struct sw_world *world, const char *object)
{
    struct sw_acceptance ret;

    if (!world->index.views)
        sw_world_build(world);
    assert_int_equal(
        sw_accept_workspace(&world->index, sw_world_json(world, object), &world->arena, &ret, NULL),
        0);
    return ret;
}

static void check_acceptance(struct sw_acceptance found, bool accepted, const char *reason,
                             const char *words)
{
    assert_int_equal(found.accepted, accepted);
    assert_string_equal(sw_reason_word(found.reason), reason);
    if (!strstr(found.message, words))
        fail_msg("'%s' does not say '%s'", found.message, words);
}

#define WORKSPACE(name, created, patterns)                                                         \
    "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{'name':'" name               \
    "','namespace':'tsb','creationTimestamp':'" created                                            \
    "','annotations':{'tsb.tetrate.io/organization':'acme','tsb.tetrate.io/tenant':'prod'}},"      \
    "'spec':{'namespaceSelector':{'names':" patterns "}}}"

#define OLD   WORKSPACE("old", "2026-01-01T00:00:00Z", "['*/shop*']")
#define YOUNG WORKSPACE("young", "2026-01-02T00:00:00Z", "['*/shop','*/shop-eu','*/bank']")
#define LOST  WORKSPACE("lost", "2026-01-02T00:00:00Z", "['ast/bank']")

static void a_setting_that_matches_is_accepted(void **state)
{
    begin(*state);
    check_acceptance(
        accept_setting(*state, setting(*state, NAMED("shop"), SPEC("{'app':'gw'}", "[]"))), true,
        "Accepted", "what it names exists");
}

static void a_selector_that_matches_nothing_is_not(void **state)
{
    begin(*state);
    check_acceptance(
        accept_setting(*state, setting(*state, NAMED("shop"), SPEC("{'app':'wg'}", "[]"))), false,
        "GatewayUnknown", "the nearest is Service gw/gw");
}

static void of_several_findings_the_first_is_told_and_the_others_counted(void **state)
{
    const char *spec = SPEC("{'app':'wg'}", "[{'serviceLabels':{'app':'crat'}}]");

    begin(*state);
    check_acceptance(accept_setting(*state, setting(*state, NAMED("shop"), spec)), false,
                     "GatewayUnknown", "(and 1 more)");
}

static void a_setting_without_its_workspace_is_not(void **state)
{
    begin(*state);
    check_acceptance(
        accept_setting(*state, setting(*state, NAMED("shpo"), SPEC("{'app':'gw'}", "[]"))), false,
        "WorkspaceUnknown", "shop");
}

static void a_setting_that_cannot_be_read_is_not(void **state)
{
    begin(*state);
    check_acceptance(accept_setting(*state, "{'metadata':{'name':'x'},'spec':7}"), false,
                     "Unreadable", "spec");
}

static void warnings_are_told_without_ages(void **state)
{
    static const uint64_t since[] = {0, 1000};
    struct sw_world *world = *state;
    struct sw_acceptance found;

    begin(world);
    sw_world_cluster(world, "west");
    sw_world_build(world);
    world->index.stale_since_ms = since;
    world->index.now_ms = 600000;
    found = accept_setting(world, setting(world, NAMED("shop"), SPEC("{'app':'gw'}", "[]")));
    check_acceptance(found, true, "Accepted", "west");
    assert_null(strstr(found.message, "ago"));
}

static void a_workspace_that_owns_what_it_claims_is_accepted(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "shop", "{}");
    sw_world_add(*state, OLD);
    sw_world_add(*state, YOUNG);
    check_acceptance(accept_workspace(*state, OLD), true, "Accepted", "it can be read");
}

static void one_whose_namespace_an_older_one_owns_names_it(void **state)
{
    struct sw_acceptance found;

    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "bank", "{}");
    sw_world_namespace(*state, "shop", "{}");
    sw_world_namespace(*state, "shop-eu", "{}");
    sw_world_add(*state, OLD);
    sw_world_add(*state, YOUNG);
    found = accept_workspace(*state, YOUNG);
    check_acceptance(found, false, "Overlap",
                     "namespace shop of cluster east belongs to Workspace tsb/old of tenant "
                     "\"prod\", which is older, and 1 more like it");
}

static void claims_on_namespaces_that_are_nowhere_do_not_overlap(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "bank", "{}");
    sw_world_add(*state, OLD);
    sw_world_add(*state, YOUNG);
    check_acceptance(accept_workspace(*state, YOUNG), true, "Accepted", "");
}

static void one_that_matches_no_namespace_is_not_accepted(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "bank", "{}");
    sw_world_add(*state, LOST);
    check_acceptance(accept_workspace(*state, LOST), false, "NamespaceUnknown",
                     "expected CLUSTER/NAMESPACE with the name of a connected cluster");
}

static void one_may_match_in_a_cluster_that_was_not_seen(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_add(*state, LOST);
    sw_world_cluster_from(*state, (struct sw_view_source){.cluster = SW_STR("ast")});
    check_acceptance(accept_workspace(*state, LOST), true, "Accepted", "");
}

static void one_that_cannot_be_read_is_not_accepted(void **state)
{
    sw_world_cluster(*state, "east");
    check_acceptance(accept_workspace(*state, WORKSPACE("x", "2026-01-01T00:00:00Z", "['shop']")),
                     false, "Unreadable", "namespaceSelector");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(a_setting_that_matches_is_accepted),
        SW_WORLD_TEST(a_selector_that_matches_nothing_is_not),
        SW_WORLD_TEST(of_several_findings_the_first_is_told_and_the_others_counted),
        SW_WORLD_TEST(a_setting_without_its_workspace_is_not),
        SW_WORLD_TEST(a_setting_that_cannot_be_read_is_not),
        SW_WORLD_TEST(warnings_are_told_without_ages),
        SW_WORLD_TEST(a_workspace_that_owns_what_it_claims_is_accepted),
        SW_WORLD_TEST(one_whose_namespace_an_older_one_owns_names_it),
        SW_WORLD_TEST(claims_on_namespaces_that_are_nowhere_do_not_overlap),
        SW_WORLD_TEST(one_that_matches_no_namespace_is_not_accepted),
        SW_WORLD_TEST(one_may_match_in_a_cluster_that_was_not_seen),
        SW_WORLD_TEST(one_that_cannot_be_read_is_not_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
