/* pkg/failover/stale.c: when knowledge counts as old, and how that is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "failover/stale.h"
#include "lib/check.h"
#include "lib/world.h"

static const uint64_t since_ms[] = {1000, 0, 1000, 1000};

/* east (local and config, stale), west (not), north (stale), south (never seen). */
static struct sw_index *make(struct sw_world *world, uint64_t age_ms)
{
    sw_world_cluster(world, "east");
    sw_world_cluster(world, "west");
    sw_world_cluster(world, "north");
    sw_world_cluster_from(world, (struct sw_view_source){.cluster = SW_STR("south")});
    sw_world_build(world);
    world->index.stale_since_ms = since_ms;
    world->index.now_ms = 1000 + age_ms;
    return &world->index;
}

static void assert_name(const struct sw_index *index, size_t view, const char *expected)
{
    char buf[SW_STALE_NAME_SIZE];
    struct sw_str name = sw_stale_name(index, view, buf);

    assert_int_equal(name.len, strlen(expected));
    assert_memory_equal(name.data, expected, name.len);
}

static void name_has_an_age_where_it_is_stale(void **state)
{
    struct sw_index *index = make(*state, 7300);

    assert_name(index, 0, "east (as it was 7 s ago)");
    assert_name(index, 1, "west");
    assert_name(index, 3, "south"); /* what was never seen has no age */
    index->now_ms = 0;
    assert_name(index, 0, "east (as it was 0 s ago)");
    index->stale_since_ms = NULL;
    assert_name(index, 0, "east");
}

static void name_has_the_unit_that_people_would_take(void **state)
{
    static const struct {
        uint64_t age_s;
        const char *name;
    } cases[] = {
        {119, "east (as it was 119 s ago)"},    {120, "east (as it was 2 min ago)"},
        {7199, "east (as it was 119 min ago)"}, {7200, "east (as it was 2 h ago)"},
        {172799, "east (as it was 47 h ago)"},  {172800, "east (as it was 2 d ago)"},
    };
    struct sw_index *index = make(*state, 0);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        index->now_ms = 1000 + cases[i].age_s * 1000;
        assert_name(index, 0, cases[i].name);
    }
}

static struct sw_outcome warn(struct sw_world *world, enum sw_stale_scope scope, bool warned)
{
    struct sw_outcome outcome;

    sw_outcome_init(&outcome, &world->arena);
    if (warned)
        sw_outcome_find(&outcome, &outcome.warnings, SW_HEADLESS, NULL, NULL, "x");
    assert_int_equal(sw_stale_warn(&world->index, scope, &outcome, NULL), 0);
    return outcome;
}

static void warn_names_what_the_rule_looked_at(void **state)
{
    struct sw_outcome outcome;

    make(*state, 60000);
    outcome = warn(*state, SW_STALE_HOME, true);
    sw_check_findings(&outcome.warnings, "Headless x\n"
                                         "ViewStale decided on what is known of clusters that "
                                         "cannot be read now: east (as it was 60 s ago)");
    outcome = warn(*state, SW_STALE_ALL, true);
    sw_check_findings(&outcome.warnings, "Headless x\n"
                                         "ViewStale decided on what is known of clusters that "
                                         "cannot be read now: east (as it was 60 s ago), north (as "
                                         "it was 60 s ago)");
    outcome = warn(*state, SW_STALE_ALL, false); /* where nothing is said, nothing is said of it */
    assert_int_equal(outcome.warnings.n, 0);
}

static void warn_of_what_is_up_to_date_says_nothing(void **state)
{
    struct sw_index *index = make(*state, 60000);
    struct sw_outcome outcome;

    index->stale_since_ms = NULL;
    outcome = warn(*state, SW_STALE_ALL, true);
    assert_int_equal(outcome.warnings.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(name_has_an_age_where_it_is_stale),
        SW_WORLD_TEST(name_has_the_unit_that_people_would_take),
        SW_WORLD_TEST(warn_names_what_the_rule_looked_at),
        SW_WORLD_TEST(warn_of_what_is_up_to_date_says_nothing),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
