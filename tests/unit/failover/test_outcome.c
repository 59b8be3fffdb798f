/* pkg/failover/outcome.c: findings and changes, in the order in which they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"

static struct sw_outcome begun(struct sw_world *world)
{
    struct sw_outcome outcome;

    sw_outcome_init(&outcome, &world->arena);
    return outcome;
}

static void init_is_empty(void **state)
{
    struct sw_world *world = *state;
    struct sw_outcome outcome = begun(world);

    assert_ptr_equal(outcome.arena, &world->arena);
    assert_int_equal(outcome.warnings.n + outcome.refusals.n + outcome.patch.n_ops, 0);
    assert_null(outcome.advice);
}

static void find_keeps_order_path_and_message(void **state)
{
    struct sw_outcome outcome = begun(*state);
    const struct sw_at *at = SW_AT_INDEX(SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "ports"), 3);

    assert_int_equal(
        sw_outcome_find(&outcome, &outcome.warnings, SW_HEADLESS, NULL, NULL, "no %s", "more"), 0);
    assert_int_equal(
        sw_outcome_find(&outcome, &outcome.warnings, SW_UNNAMED_PORT, at, NULL, "%d%%", 5), 0);
    sw_check_findings(&outcome.warnings,
                      "Headless no more\nUnnamedPort spec.ports[3]: 5%");
    sw_check_findings(&outcome.refusals, "");
}

static void find_keeps_refusals_apart(void **state)
{
    struct sw_outcome outcome = begun(*state);

    sw_outcome_find(&outcome, &outcome.refusals, SW_WORKSPACE_UNKNOWN, NULL, NULL, "a");
    sw_outcome_find(&outcome, &outcome.warnings, SW_PARTLY_MATCHED, NULL, NULL, "b");
    sw_check_findings(&outcome.refusals, "WorkspaceUnknown a");
    sw_check_findings(&outcome.warnings, "PartlyMatched b");
}

static void find_holds_many(void **state)
{
    struct sw_outcome outcome = begun(*state);

    for (int i = 0; i < 1000; i++)
        assert_int_equal(
            sw_outcome_find(&outcome, &outcome.warnings, SW_DISABLED, NULL, NULL, "%d", i), 0);
    assert_int_equal(outcome.warnings.n, 1000);
    assert_string_equal(outcome.warnings.items[999].message, "999");
    assert_string_equal(outcome.warnings.items[0].message, "0");
}

static void change_adds_operations(void **state)
{
    struct sw_outcome outcome = begun(*state);
    const struct sw_at *at = SW_AT_KEY(SW_AT_KEY(NULL, "labels"), "a/b~c");

    assert_int_equal(sw_outcome_change(&outcome, SW_PATCH_ADD, at, json_string("x"), NULL), 0);
    assert_int_equal(sw_outcome_change(&outcome, SW_PATCH_REPLACE, at, json_true(), NULL), 0);
    assert_int_equal(sw_outcome_change(&outcome, SW_PATCH_REMOVE, at, NULL, NULL), 0);
    sw_check_patch(&outcome.patch, "[{'op':'add','path':'/labels/a~1b~0c','value':'x'},"
                                   "{'op':'replace','path':'/labels/a~1b~0c','value':true},"
                                   "{'op':'remove','path':'/labels/a~1b~0c'}]");
}

static void change_takes_a_missing_value_for_a_failed_allocation(void **state)
{
    struct sw_outcome outcome = begun(*state);
    struct sw_err err = {0};

    sw_check_err(sw_outcome_change(&outcome, SW_PATCH_ADD, NULL, NULL, &err), &err, SW_ENOMEM,
                 "out of memory");
    err = (struct sw_err){0};
    sw_check_err(sw_outcome_change(&outcome, SW_PATCH_REPLACE, NULL, NULL, &err), &err, SW_ENOMEM,
                 "out of memory");
    assert_int_equal(outcome.patch.n_ops, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(init_is_empty),
        SW_WORLD_TEST(find_keeps_order_path_and_message),
        SW_WORLD_TEST(find_keeps_refusals_apart),
        SW_WORLD_TEST(find_holds_many),
        SW_WORLD_TEST(change_adds_operations),
        SW_WORLD_TEST(change_takes_a_missing_value_for_a_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
