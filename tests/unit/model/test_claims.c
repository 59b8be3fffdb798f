/* pkg/model/claims.c: the first by precedence among exact names and prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/claims.h"

#define MAX_WORKSPACES 8

/* Who of the workspaces with these patterns (each a JSON array, ended by NULL) claims the namespace
 * `east/NAMESPACE`: its number, or -1. */
static int claimant(struct sw_world *world, const char *const *patterns, const char *namespace_)
{
    struct sw_workspace workspaces[MAX_WORKSPACES];
    const struct sw_workspace *list[MAX_WORKSPACES];
    struct sw_claims claims;
    struct sw_err err = {0};
    size_t n = 0, rank;

    for (; patterns[n]; n++) {
        json_t *object =
            sw_world_jsonf(world, "{'spec':{'namespaceSelector':{'names':%s}}}", patterns[n]);

        if (sw_workspace_read(object, &world->arena, &workspaces[n], &err) < 0)
            fail_msg("%s", err.message);
        list[n] = &workspaces[n];
    }
    if (sw_claims_build(list, n, &world->arena, &claims, &err) < 0)
        fail_msg("%s", err.message);
    rank = sw_claims_find(&claims, SW_STR("east"), sw_str_from(namespace_));
    return rank == SW_CLAIMS_NOBODY ? -1 : (int)rank;
}

#define PATTERNS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void find_gives_nobody_where_nothing_is_claimed(void **state)
{
    assert_int_equal(claimant(*state, PATTERNS("[]"), "shop"), -1);
    assert_int_equal(claimant(*state, PATTERNS("['*/cart']", "['*/shops']"), "shop"), -1);
}

static void find_prefers_the_first_of_equals(void **state)
{
    assert_int_equal(claimant(*state, PATTERNS("['*/a']", "['*/shop']", "['*/shop']"), "shop"), 1);
}

static void find_prefers_an_earlier_prefix_to_a_later_name(void **state)
{
    assert_int_equal(claimant(*state, PATTERNS("['*/sh*']", "['*/shop']"), "shop"), 0);
    assert_int_equal(claimant(*state, PATTERNS("['*/*']", "['*/shop']"), "shop"), 0);
}

static void find_prefers_an_earlier_name_to_a_later_prefix(void **state)
{
    assert_int_equal(claimant(*state, PATTERNS("['*/shop']", "['*/sh*']"), "shop"), 0);
    assert_int_equal(claimant(*state, PATTERNS("['*/x']", "['*/shop*']", "['*/s*']"), "shop"), 1);
    assert_int_equal(claimant(*state, PATTERNS("['*/x']", "['*/s*']", "['*/shop*']"), "shop"), 1);
}

static void find_passes_over_claims_on_other_clusters(void **state)
{
    assert_int_equal(claimant(*state, PATTERNS("['west/shop']", "['east/shop']"), "shop"), 1);
    assert_int_equal(claimant(*state, PATTERNS("['west/s*']", "['*/s*']"), "shop"), 1);
    assert_int_equal(claimant(*state, PATTERNS("['west/shop']"), "shop"), -1);
}

static void find_takes_a_prefix_as_long_as_the_name(void **state)
{
    assert_int_equal(claimant(*state, PATTERNS("['*/shop*']"), "shop"), 0);
    assert_int_equal(claimant(*state, PATTERNS("['*/shopp*']"), "shop"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(find_gives_nobody_where_nothing_is_claimed),
        SW_WORLD_TEST(find_prefers_the_first_of_equals),
        SW_WORLD_TEST(find_prefers_an_earlier_prefix_to_a_later_name),
        SW_WORLD_TEST(find_prefers_an_earlier_name_to_a_later_prefix),
        SW_WORLD_TEST(find_passes_over_claims_on_other_clusters),
        SW_WORLD_TEST(find_takes_a_prefix_as_long_as_the_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
