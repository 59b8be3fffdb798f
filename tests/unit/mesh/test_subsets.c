/* pkg/mesh/subsets.c: the subsets of all clusters, and which a cluster lacks. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/subsets.h"

static void give(struct mesh *mesh, struct sw_mesh_rule *rule, const char *name, const char *labels)
{
    struct sw_mesh_subset *subset = sw_arena_zalloc(&mesh->world->arena, sizeof(*subset));

    assert_non_null(subset);
    subset->name = sw_str_from(name);
    subset->labels = mesh_labels(mesh, labels);
    rule->subsets = subset;
    rule->n_subsets = 1;
}

/* Fails unless the subsets read as `expected`, "name labels" a line, and there are that many
 * findings. */
static void check(struct mesh *mesh, const char *expected, size_t n_findings)
{
    struct sw_about about = {SW_STR("shop"), SW_STR("cart"), {NULL, 0}};
    struct sw_mesh_findings findings = {NULL, 0};
    struct sw_subsets subsets = {NULL, 0};
    struct sw_err err = {0};
    struct sw_buf buf;

    assert_int_equal(
        sw_subsets_gather(mesh_build(mesh), about, &mesh->world->arena, &findings, &subsets, &err),
        0);
    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < subsets.n; i++) {
        sw_buf_printf(&buf, "%s%.*s ", i ? "\n" : "", SW_STR_ARG(subsets.items[i].name));
        sw_labels_write(&subsets.items[i].labels, &buf);
    }
    sw_check_buf(&buf, expected);
    assert_int_equal(findings.n, n_findings);
    for (size_t i = 0; i < n_findings; i++)
        assert_int_equal(findings.items[i].reason, SW_SUBSET_CONFLICT);
}

static void subsets_are_those_of_all_clusters(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    give(mesh, mesh_rule(mesh, WEST, "shop", "mine", "cart"), "v2", "{'version':'v2'}");
    give(mesh, mesh_rule(mesh, EAST, "istio-system", "root", "*.local"), "v1", "{'version':'v1'}");
    check(mesh, "v1 version=v1\nv2 version=v2", 0);
}

static void subsets_of_one_name_and_labels_are_one(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    give(mesh, mesh_rule(mesh, EAST, "shop", "mine", "cart"), "v1", "{'version':'v1'}");
    give(mesh, mesh_rule(mesh, WEST, "shop", "mine", "cart"), "v1", "{'version':'v1'}");
    check(mesh, "v1 version=v1", 0);
}

static void subsets_of_one_name_with_other_labels_conflict(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    give(mesh, mesh_rule(mesh, WEST, "shop", "mine", "cart"), "v1", "{'version':'1'}");
    give(mesh, mesh_rule(mesh, EAST, "shop", "mine", "cart"), "v1", "{'version':'v1'}");
    check(mesh, "v1 version=v1", 1);
}

static void subsets_of_ours_and_of_clients_do_not_count(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    give(mesh, mesh_own_rule(mesh, WEST, "cart"), "old", "{'version':'v0'}");
    give(mesh, mesh_rule(mesh, EAST, "web", "theirs", "*.local"), "web", "{'version':'v9'}");
    check(mesh, "", 0);
}

/* Those of a cluster that has not been seen since the start are in the rule that is there. */
static void subsets_of_ours_stay_while_a_cluster_has_not_been_seen(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    give(mesh, mesh_own_rule(mesh, EAST, "cart"), "v2", "{'version':'v2'}");
    give(mesh, mesh_rule(mesh, EAST, "shop", "mine", "cart"), "v1", "{'version':'v1'}");
    mesh->clusters[WEST].cluster.seen = false;
    check(mesh, "v2 version=v2\nv1 version=v1", 0);
    mesh->clusters[WEST].cluster.seen = true;
    check(mesh, "v1 version=v1", 0);
}

static void absent_is_what_no_rule_there_has(void **state)
{
    struct mesh *mesh = *state;
    const struct sw_mesh_cluster *west = &mesh->clusters[WEST].cluster;

    mesh_pair(mesh);
    give(mesh, mesh_rule(mesh, EAST, "shop", "mine", "cart"), "v1", "{'version':'v1'}");
    mesh_build(mesh);
    sw_check_str(sw_subsets_absent(&mesh->mesh, west, SW_STR("shop"), SW_STR("cart"))->name, "v1");
    give(mesh, mesh_own_rule(mesh, WEST, "cart"), "v1", "{'version':'v1'}");
    mesh_build(mesh);
    assert_null(sw_subsets_absent(&mesh->mesh, west, SW_STR("shop"), SW_STR("cart")));
}

/* What only the local cluster exposes gets a rule where its gateway needs a subset to be reached.
 */
static void subset_of_another_cluster_makes_a_rule_here(void **state)
{
    struct mesh *mesh = *state;
    json_t *rule;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_begin(mesh, "west");
    give(mesh, mesh_rule(mesh, WEST, "shop", "mine", "cart"), "v1", "{'version':'v1'}");
    rule = mesh_wanted_json(mesh_plan(mesh, "cart"), SW_MESH_DESTINATIONRULE);
    sw_check_json(json_object_get(json_object_get(rule, "spec"), "subsets"),
                  "[{'name':'v1','labels':{'version':'v1'}}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(subsets_are_those_of_all_clusters),
        MESH_TEST(subsets_of_one_name_and_labels_are_one),
        MESH_TEST(subsets_of_one_name_with_other_labels_conflict),
        MESH_TEST(subsets_of_ours_and_of_clients_do_not_count),
        MESH_TEST(subsets_of_ours_stay_while_a_cluster_has_not_been_seen),
        MESH_TEST(absent_is_what_no_rule_there_has),
        MESH_TEST(subset_of_another_cluster_makes_a_rule_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
