/* pkg/model/workspace.c: which namespaces of which clusters belong together, and to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/claims.h"
#include "model/workspace.h"

static struct sw_workspace workspace_of(struct sw_world *world, const char *text)
{
    struct sw_workspace workspace = {0};
    struct sw_err err = {0};

    if (sw_workspace_read(sw_world_json(world, text), &world->arena, &workspace, &err) < 0)
        fail_msg("%s", err.message);
    return workspace;
}

/* A workspace with these patterns, a JSON array. */
static struct sw_workspace with_patterns(struct sw_world *world, const char *patterns)
{
    return workspace_of(
        world,
        sw_arena_printf(&world->arena, "{'spec':{'namespaceSelector':{'names':%s}}}", patterns));
}

/* Through the claims: what a pattern covers is theirs to say. */
static bool is_covered(struct sw_world *world, const struct sw_workspace *workspace,
                       const char *cluster, const char *namespace_)
{
    struct sw_claims claims;
    struct sw_err err = {0};

    if (sw_claims_build(&workspace, 1, &world->arena, &claims, &err) < 0)
        fail_msg("%s", err.message);
    return sw_claims_find(&claims, sw_str_from(cluster), sw_str_from(namespace_)) == 0;
}

static bool covers(struct sw_world *world, const char *pattern, const char *cluster,
                   const char *namespace_)
{
    struct sw_workspace workspace =
        with_patterns(world, sw_arena_printf(&world->arena, "['%s']", pattern));

    return is_covered(world, &workspace, cluster, namespace_);
}

static void read_takes_what_is_there(void **state)
{
    struct sw_workspace workspace = workspace_of(
        *state, "{'metadata':{'name':'shop','annotations':{'tsb.tetrate.io/organization':'acme',"
                "'tsb.tetrate.io/tenant':'prod','tsb.tetrate.io/workspace':'other'}},"
                "'spec':{'namespaceSelector':{'names':['east/shop-*','*/cart']},'privileged':1}}");

    sw_check_str(workspace.meta.name, "shop");
    sw_check_str(workspace.hierarchy.organization, "acme");
    sw_check_str(workspace.hierarchy.tenant, "prod");
    sw_check_str(workspace.hierarchy.workspace, "other");
    assert_int_equal(workspace.n_patterns, 2);
    sw_check_str(workspace.patterns[0].text, "east/shop-*");
    sw_check_str(workspace.patterns[0].cluster, "east");
    sw_check_str(workspace.patterns[0].namespace_, "shop-");
    assert_true(workspace.patterns[0].prefix);
    sw_check_str(workspace.patterns[1].cluster, "*");
    assert_false(workspace.patterns[1].prefix);
}

static void read_of_nothing_has_no_patterns(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{'metadata':null,'spec':null}",
        "{'spec':{'namespaceSelector':null}}",
        "{'spec':{'namespaceSelector':{'names':null}}}",
        "{'spec':{'namespaceSelector':{'names':[]}}}",
        "{'namespaceSelector':{'names':['*/*']}}",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct sw_workspace workspace = workspace_of(*state, texts[i]);

        assert_int_equal(workspace.n_patterns, 0);
        assert_null(workspace.hierarchy.organization.data);
        assert_false(is_covered(*state, &workspace, "east", "shop"));
    }
}

static void read_refuses_each_wrong_type_by_its_path(void **state)
{
    static const char *const cases[][2] = {
        {"{'metadata':{'name':{}}}", "metadata.name: expected a string, found an object"},
        {"{'metadata':{'annotations':{'tsb.tetrate.io/organization':1}}}",
         "metadata.annotations['tsb.tetrate.io/organization']: expected a string, found 1"},
        {"{'metadata':{'annotations':{'tsb.tetrate.io/tenant':2}}}",
         "metadata.annotations['tsb.tetrate.io/tenant']: expected a string, found 2"},
        {"{'metadata':{'annotations':{'tsb.tetrate.io/workspace':3}}}",
         "metadata.annotations['tsb.tetrate.io/workspace']: expected a string, found 3"},
        {"{'spec':[]}", "spec: expected an object, found an array"},
        {"{'spec':{'namespaceSelector':'*/*'}}",
         "spec.namespaceSelector: expected an object, found '*/*'"},
        {"{'spec':{'namespaceSelector':{'names':'*/*'}}}",
         "spec.namespaceSelector.names: expected an array, found '*/*'"},
        {"{'spec':{'namespaceSelector':{'names':['*/*',1]}}}",
         "spec.namespaceSelector.names[1]: expected a string, found 1"},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_workspace workspace = {.n_patterns = 7};
        struct sw_err err = {0};
        int r =
            sw_workspace_read(sw_world_json(world, cases[i][0]), &world->arena, &workspace, &err);

        sw_check_err(r, &err, SW_ETYPE, cases[i][1]);
        assert_int_equal(workspace.n_patterns, 7);
    }
}

static void read_refuses_what_the_pattern_of_the_api_refuses(void **state)
{
    static const char *const bad[] = {"",      "/",    "shop",  "*",    "/shop", "east/",
                                      "*/",    "**/x", "e*/x",  "*e/x", "*/a/b", "*/**",
                                      "*/a*b", "*/*a", "*/a**", "a/b/", "//x"};
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct sw_workspace workspace;
        struct sw_err err = {0};
        json_t *object =
            sw_world_jsonf(world, "{'spec':{'namespaceSelector':{'names':['*/ok','%s']}}}", bad[i]);

        sw_check_err(
            sw_workspace_read(object, &world->arena, &workspace, &err), &err, SW_ETYPE,
            sw_arena_printf(&world->arena,
                            "spec.namespaceSelector.names[1]: expected CLUSTER/NAMESPACE, such as "
                            "'*/bookinfo' or 'east/shop-*', found '%s'",
                            bad[i]));
    }
}

static void one_covers_what_its_patterns_do(void **state)
{
    const struct sw_ns_pattern patterns[] = {
        {.cluster = SW_STR("east"), .namespace_ = SW_STR("shop")},
        {.cluster = SW_STR("*"), .namespace_ = SW_STR("team-"), .prefix = true},
    };
    const struct sw_workspace workspace = {.patterns = patterns, .n_patterns = 2};

    (void)state;
    assert_true(sw_workspace_covers(&workspace, SW_STR("east"), SW_STR("shop")));
    assert_true(sw_workspace_covers(&workspace, SW_STR("west"), SW_STR("team-a")));
    assert_false(sw_workspace_covers(&workspace, SW_STR("west"), SW_STR("shop")));
    assert_false(sw_workspace_covers(&workspace, SW_STR("east"), SW_STR("shop2")));
    assert_false(sw_workspace_covers(&workspace, SW_STR("east"), SW_STR("team")));
}

static void covers_by_name(void **state)
{
    assert_true(covers(*state, "east/shop", "east", "shop"));
    assert_false(covers(*state, "east/shop", "west", "shop"));
    assert_false(covers(*state, "east/shop", "east", "shop2"));
    assert_false(covers(*state, "east/shop", "east", "sho"));
    assert_false(covers(*state, "east/shop", "", "shop"));
}

static void covers_any_cluster_for_a_star(void **state)
{
    assert_true(covers(*state, "*/shop", "east", "shop"));
    assert_true(covers(*state, "*/shop", "", "shop"));
    assert_false(covers(*state, "*/shop", "east", "cart"));
}

static void covers_by_prefix(void **state)
{
    assert_true(covers(*state, "east/shop-*", "east", "shop-eu"));
    assert_true(covers(*state, "east/shop-*", "east", "shop-"));
    assert_false(covers(*state, "east/shop-*", "east", "shop"));
    assert_false(covers(*state, "east/shop-*", "east", "the-shop-eu"));
    assert_false(covers(*state, "east/shop-*", "west", "shop-eu"));
}

static void covers_everything_for_two_stars(void **state)
{
    assert_true(covers(*state, "*/*", "east", "shop"));
    assert_true(covers(*state, "east/*", "east", "kube-system"));
    assert_false(covers(*state, "east/*", "eastern", "shop"));
}

static void covers_by_any_of_its_patterns(void **state)
{
    struct sw_workspace workspace = with_patterns(*state, "['east/a','west/b']");

    assert_true(is_covered(*state, &workspace, "east", "a"));
    assert_true(is_covered(*state, &workspace, "west", "b"));
    assert_false(is_covered(*state, &workspace, "east", "b"));
}

static void is_named_by_all_three_names(void **state)
{
    struct sw_workspace workspace = {
        .meta.name = SW_STR("shop"),
        .hierarchy = {.organization = SW_STR("acme"), .tenant = SW_STR("prod")},
    };
    struct sw_hierarchy right = {SW_STR("acme"), SW_STR("prod"), SW_STR("shop")};
    struct sw_hierarchy wrong[] = {
        {SW_STR("acme2"), SW_STR("prod"), SW_STR("shop")},
        {SW_STR("acme"), SW_STR("test"), SW_STR("shop")},
        {SW_STR("acme"), SW_STR("prod"), SW_STR("Shop")},
        {.tenant = SW_STR("prod"), .workspace = SW_STR("shop")},
        {SW_STR("acme"), SW_STR("prod"), {NULL, 0}},
    };

    (void)state;
    assert_true(sw_workspace_is_named(&workspace, &right));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(sw_workspace_is_named(&workspace, &wrong[i]));
}

static void is_named_without_a_hierarchy_by_its_name_alone(void **state)
{
    struct sw_workspace workspace = {.meta.name = SW_STR("shop")};
    struct sw_hierarchy bare = {.workspace = SW_STR("shop")};

    (void)state;
    assert_true(sw_workspace_is_named(&workspace, &bare));
    bare.organization = SW_STR("acme");
    assert_false(sw_workspace_is_named(&workspace, &bare));
}

static struct sw_workspace ranked(const char *created, const char *organization, const char *tenant,
                                  const char *name, const char *namespace_)
{
    return (struct sw_workspace){
        .meta = {.created = sw_str_from(created),
                 .name = sw_str_from(name),
                 .namespace_ = sw_str_from(namespace_)},
        .hierarchy = {.organization = sw_str_from(organization), .tenant = sw_str_from(tenant)},
    };
}

static void cmp_ranks_by_age_then_hierarchy(void **state)
{
    struct sw_workspace order[] = {
        ranked("2026-01-01T00:00:00Z", "z", "z", "z", "z"),
        ranked("2026-01-02T00:00:00Z", "a", "z", "z", "z"),
        ranked("2026-01-02T00:00:00Z", "b", "a", "z", "z"),
        ranked("2026-01-02T00:00:00Z", "b", "b", "a", "z"),
        ranked("2026-01-02T00:00:00Z", "b", "b", "b", "a"),
        ranked("2026-01-02T00:00:00Z", "b", "b", "b", "b"),
        ranked(NULL, "a", "a", "a", "a"),
    };
    size_t n = sizeof(order) / sizeof(*order);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(sw_workspace_cmp(&order[i], &order[i]), 0);
        for (size_t j = i + 1; j < n; j++) {
            assert_true(sw_workspace_cmp(&order[i], &order[j]) < 0);
            assert_true(sw_workspace_cmp(&order[j], &order[i]) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_what_is_there),
        SW_WORLD_TEST(read_of_nothing_has_no_patterns),
        SW_WORLD_TEST(read_refuses_each_wrong_type_by_its_path),
        SW_WORLD_TEST(read_refuses_what_the_pattern_of_the_api_refuses),
        cmocka_unit_test(one_covers_what_its_patterns_do),
        SW_WORLD_TEST(covers_by_name),
        SW_WORLD_TEST(covers_any_cluster_for_a_star),
        SW_WORLD_TEST(covers_by_prefix),
        SW_WORLD_TEST(covers_everything_for_two_stars),
        SW_WORLD_TEST(covers_by_any_of_its_patterns),
        SW_WORLD_TEST(is_named_by_all_three_names),
        SW_WORLD_TEST(is_named_without_a_hierarchy_by_its_name_alone),
        SW_WORLD_TEST(cmp_ranks_by_age_then_hierarchy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
