/* pkg/failover/scope.c: which workspace owns a namespace, and whose settings count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/scope.h"
#include "lib/check.h"
#include "lib/world.h"

#define ANNOTATIONS "'tsb.tetrate.io/organization':'acme','tsb.tetrate.io/tenant':'prod'"

static void add_workspace(struct sw_world *world, const char *name, const char *created,
                          const char *patterns)
{
    sw_world_addf(world,
                  "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{'name':'%s',"
                  "'creationTimestamp':%s,'annotations':{" ANNOTATIONS "}},'spec':{"
                  "'namespaceSelector':{'names':%s}}}",
                  name, created, patterns);
}

static void add_setting(struct sw_world *world, const char *name, const char *workspace,
                        const char *created)
{
    sw_world_addf(world,
                  "{'apiVersion':'tsb.tetrate.io/v2','kind':'WorkspaceSetting','metadata':{"
                  "'name':'%s','creationTimestamp':%s,'annotations':{" ANNOTATIONS
                  ",'tsb.tetrate.io/workspace':'%s'}}}",
                  name, created, workspace);
}

static void check_owner(const struct sw_index *index, const char *cluster, const char *namespace_,
                        const char *expected)
{
    const struct sw_workspace *owner =
        sw_scope_owner(index, sw_str_from(cluster), sw_str_from(namespace_));

    if (expected)
        assert_non_null(owner);
    if (owner)
        sw_check_str(owner->meta.name, expected);
    else
        assert_null(expected);
}

static void owner_is_the_workspace_that_covers_the_namespace(void **state)
{
    const struct sw_index *index;

    sw_world_cluster(*state, "east");
    add_workspace(*state, "shop", "null", "['east/shop-*','*/cart']");
    add_workspace(*state, "bank", "null", "['west/*']");
    index = sw_world_build(*state);
    check_owner(index, "east", "shop-eu", "shop");
    check_owner(index, "east", "cart", "shop");
    check_owner(index, "west", "shop-eu", "bank");
    check_owner(index, "east", "other", NULL);
    check_owner(index, "north", "shop-eu", NULL);
}

static void owner_of_a_contested_namespace_is_the_older(void **state)
{
    const struct sw_index *index;

    sw_world_cluster(*state, "east");
    add_workspace(*state, "a", "'2026-02-01T00:00:00Z'", "['*/*']");
    add_workspace(*state, "b", "'2026-01-01T00:00:00Z'", "['*/shop']");
    add_workspace(*state, "c", "null", "['*/shop']");
    index = sw_world_build(*state);
    check_owner(index, "east", "shop", "b");
    check_owner(index, "east", "cart", "a");
}

static void owner_among_equally_old_is_the_first_by_name(void **state)
{
    const struct sw_index *index;

    sw_world_cluster(*state, "east");
    add_workspace(*state, "b", "'2026-01-01T00:00:00Z'", "['*/shop']");
    add_workspace(*state, "a", "'2026-01-01T00:00:00Z'", "['*/shop']");
    index = sw_world_build(*state);
    check_owner(index, "east", "shop", "a");
}

static void owner_is_read_from_the_config_cluster_alone(void **state)
{
    struct sw_world *world = *state;

    sw_world_cluster(world, "east");
    add_workspace(world, "old", "'2025-01-01T00:00:00Z'", "['*/*']");
    sw_world_cluster(world, "mgmt");
    add_workspace(world, "new", "'2026-01-01T00:00:00Z'", "['east/*']");
    sw_world_build(world);
    check_owner(&world->index, "mgmt", "shop", "old");
    world->index.config = 1;
    check_owner(&world->index, "east", "shop", "new");
    check_owner(&world->index, "mgmt", "shop", NULL);
}

static void named_finds_by_the_whole_hierarchy(void **state)
{
    struct sw_hierarchy hierarchy = {SW_STR("acme"), SW_STR("prod"), SW_STR("shop")};
    const struct sw_index *index;

    sw_world_cluster(*state, "east");
    add_workspace(*state, "cart", "null", "[]");
    add_workspace(*state, "shop", "null", "[]");
    index = sw_world_build(*state);
    sw_check_str(sw_scope_named(index, &hierarchy)->meta.name, "shop");
    hierarchy.tenant = SW_STR("test");
    assert_null(sw_scope_named(index, &hierarchy));
    assert_null(sw_scope_named(index, &(struct sw_hierarchy){0}));
}

static void next_setting_gives_those_of_the_workspace_by_age(void **state)
{
    const struct sw_index *index;
    const struct sw_workspace *shop;
    size_t at = 0;

    sw_world_cluster(*state, "east");
    add_workspace(*state, "shop", "null", "['*/shop']");
    add_setting(*state, "young", "shop", "'2026-03-01T00:00:00Z'");
    add_setting(*state, "others", "bank", "'2026-02-01T00:00:00Z'");
    add_setting(*state, "unborn", "shop", "null");
    add_setting(*state, "old", "shop", "'2026-01-01T00:00:00Z'");
    sw_world_cluster(*state, "west");
    add_setting(*state, "elsewhere", "shop", "'2025-01-01T00:00:00Z'");
    index = sw_world_build(*state);
    shop = sw_scope_owner(index, SW_STR("east"), SW_STR("shop"));
    sw_check_str(sw_scope_next_setting(index, shop, &at)->meta.name, "old");
    sw_check_str(sw_scope_next_setting(index, shop, &at)->meta.name, "young");
    sw_check_str(sw_scope_next_setting(index, shop, &at)->meta.name, "unborn");
    assert_null(sw_scope_next_setting(index, shop, &at));
    assert_null(sw_scope_next_setting(index, shop, &at));
}

static void next_setting_of_a_workspace_without_is_null(void **state)
{
    const struct sw_index *index;
    size_t at = 0;

    sw_world_cluster(*state, "east");
    add_workspace(*state, "shop", "null", "['*/shop']");
    add_setting(*state, "others", "bank", "null");
    index = sw_world_build(*state);
    assert_null(
        sw_scope_next_setting(index, sw_scope_owner(index, SW_STR("east"), SW_STR("shop")), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(owner_is_the_workspace_that_covers_the_namespace),
        SW_WORLD_TEST(owner_of_a_contested_namespace_is_the_older),
        SW_WORLD_TEST(owner_among_equally_old_is_the_first_by_name),
        SW_WORLD_TEST(owner_is_read_from_the_config_cluster_alone),
        SW_WORLD_TEST(named_finds_by_the_whole_hierarchy),
        SW_WORLD_TEST(next_setting_gives_those_of_the_workspace_by_age),
        SW_WORLD_TEST(next_setting_of_a_workspace_without_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
