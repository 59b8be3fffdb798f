/* pkg/mesh/rules.c: the DestinationRules that clients go by. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/rules.h"

#define HOST "cart.shop.svc.cluster.local"

static struct sw_rules judge(struct mesh *mesh)
{
    if (!mesh->world->n)
        mesh_begin(mesh, "east");
    return sw_rules_judge(mesh_build(mesh), SW_STR("shop"), SW_STR("cart"));
}

static struct sw_mesh_rule *rule(struct mesh *mesh, const char *namespace_, const char *name,
                                 const char *host)
{
    if (!mesh->world->n)
        mesh_begin(mesh, "east");
    return mesh_rule(mesh, EAST, namespace_, name, host);
}

static void export_to(struct mesh *mesh, struct sw_mesh_rule *to, const char *text)
{
    to->export_to = mesh_strings(mesh, text, &to->n_export_to);
}

static void walk_gives_exact_hosts_then_wildcards(void **state)
{
    struct mesh *mesh = *state;
    struct sw_rules_walk walk;

    rule(mesh, "a", "wild", "*.shop.svc.cluster.local");
    rule(mesh, "a", "foreign", "example.com");
    rule(mesh, "a", "other", "web.shop.svc.cluster.local");
    rule(mesh, "a", "other-wild", "*.bank.svc.cluster.local");
    rule(mesh, "a", "unexpanded", "cart.shop");
    rule(mesh, "shop", "short", "cart");
    rule(mesh, "a", "exact", HOST);
    mesh_build(mesh);
    walk = sw_rules_begin(&mesh->clusters[EAST].cluster, SW_STR("shop"), SW_STR("cart"));
    sw_check_str(sw_rules_next(&walk)->name, "exact");
    sw_check_str(sw_rules_next(&walk)->name, "short");
    sw_check_str(sw_rules_next(&walk)->name, "wild");
    assert_null(sw_rules_next(&walk));
}

static void without_rules_ours_is_wanted_and_not_seen(void **state)
{
    struct sw_rules rules = judge(*state);

    assert_true(rules.wants_ours);
    assert_null(rules.lacking);
    assert_int_equal(rules.seen_ms, 0);
}

static void ours_counts_only_with_its_outlier_detection(void **state)
{
    struct sw_mesh_rule *ours = rule(*state, "istio-system", "k", HOST);

    ours->ours = true;
    assert_int_equal(judge(*state).seen_ms, SEEN_MS);
    ours->outlier = false;
    assert_int_equal(judge(*state).seen_ms, 0);
}

static void most_specific_host_decides(void **state)
{
    struct sw_mesh_rule *wild, *wilder, *exact;

    wilder = rule(*state, "shop", "wilder", "*.local");
    wild = rule(*state, "shop", "wild", "*.shop.svc.cluster.local");
    wilder->outlier = false;
    assert_null(judge(*state).lacking);
    wild->outlier = false;
    assert_ptr_equal(judge(*state).lacking, wild);
    exact = rule(*state, "shop", "exact", "cart");
    assert_null(judge(*state).lacking);
    exact->has_policy = false;
    assert_ptr_equal(judge(*state).lacking, exact);
}

/* Merged: the whole trafficPolicy of the oldest that has one. */
static void oldest_policy_of_one_host_stands(void **state)
{
    struct sw_mesh_rule *old = rule(*state, "shop", "z-old", "cart");
    struct sw_mesh_rule *young = rule(*state, "shop", "a-young", "cart");

    young->created = SW_STR("2026-02-02T00:00:00Z");
    young->outlier = false;
    assert_null(judge(*state).lacking);
    old->has_policy = false;
    assert_ptr_equal(judge(*state).lacking, young);
    young->created = (struct sw_str){NULL, 0};
    old->has_policy = true;
    assert_null(judge(*state).lacking);
}

/* Kept apart: a client that sees both uses either. */
static void rules_with_different_export_to_are_not_merged(void **state)
{
    struct sw_mesh_rule *young;

    rule(*state, "shop", "old", "cart");
    young = rule(*state, "shop", "young", "cart");
    young->outlier = false;
    export_to(*state, young, "*");
    assert_ptr_equal(judge(*state).lacking, young);
}

static void rule_for_single_workloads_must_detect_too(void **state)
{
    struct sw_mesh_rule *selecting = rule(*state, "shop", "some", "cart");

    selecting->selects_workloads = true;
    assert_true(judge(*state).wants_ours);
    selecting->outlier = false;
    assert_ptr_equal(judge(*state).lacking, selecting);
}

static void rule_for_named_namespaces_must_detect_too(void **state)
{
    struct sw_mesh_rule *named = rule(*state, "shop", "named", "cart");

    export_to(*state, named, "web");
    assert_null(judge(*state).lacking);
    named->outlier = false;
    assert_ptr_equal(judge(*state).lacking, named);
}

static void rule_of_the_root_namespace_is_for_who_has_none(void **state)
{
    struct sw_mesh_rule *root = rule(*state, "istio-system", "root", HOST);

    root->seen_ms = 4000;
    assert_false(judge(*state).wants_ours);
    assert_int_equal(judge(*state).seen_ms, 4000);
    root->outlier = false;
    assert_ptr_equal(judge(*state).lacking, root);
    rule(*state, "shop", "nearer", "cart");
    assert_null(judge(*state).lacking);
}

static void private_rule_of_the_root_namespace_leaves_others_without(void **state)
{
    struct sw_mesh_rule *root = rule(*state, "istio-system", "root", HOST);

    export_to(*state, root, ".");
    assert_ptr_equal(judge(*state).lacking, root);
    assert_false(judge(*state).wants_ours);
}

static void rule_of_a_client_namespace_is_noticed(void **state)
{
    struct sw_mesh_rule *client = rule(*state, "web", "theirs", HOST);

    assert_null(judge(*state).client);
    client->outlier = false;
    assert_ptr_equal(judge(*state).client, client);
    assert_true(judge(*state).wants_ours);
}

static void seen_is_when_the_last_of_them_was(void **state)
{
    struct sw_mesh_rule *inside = rule(*state, "shop", "inside", "cart");
    struct sw_mesh_rule *ours = rule(*state, "istio-system", "k", HOST);

    export_to(*state, inside, ".");
    inside->seen_ms = 3000;
    ours->ours = true;
    assert_int_equal(judge(*state).seen_ms, 3000);
    ours->seen_ms = 9000;
    assert_int_equal(judge(*state).seen_ms, 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(walk_gives_exact_hosts_then_wildcards),
        MESH_TEST(without_rules_ours_is_wanted_and_not_seen),
        MESH_TEST(ours_counts_only_with_its_outlier_detection),
        MESH_TEST(most_specific_host_decides),
        MESH_TEST(oldest_policy_of_one_host_stands),
        MESH_TEST(rules_with_different_export_to_are_not_merged),
        MESH_TEST(rule_for_single_workloads_must_detect_too),
        MESH_TEST(rule_for_named_namespaces_must_detect_too),
        MESH_TEST(rule_of_the_root_namespace_is_for_who_has_none),
        MESH_TEST(private_rule_of_the_root_namespace_leaves_others_without),
        MESH_TEST(rule_of_a_client_namespace_is_noticed),
        MESH_TEST(seen_is_when_the_last_of_them_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
