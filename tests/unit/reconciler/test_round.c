/* reconciler/round.c: how objects are judged some at a time. What a status says is proved in
 * test_standing.c, when a round is made in test_conditions.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pair.h"
#include "reconciler/round.h"
#include "json/read.h"

#define N_WORKSPACES 150
#define PER_STEP     64

static struct sw_arena arena;
static struct sw_hearsay *hearsay;
static struct sw_ledger *ledger;
static struct sw_census census;
static struct sw_round rounds;

static int setup(void **state)
{
    const struct sw_hearsay_options hears = {
        .http = servers_http(), .namespace_ = SW_STR("sys"), .log = NULL};

    if (pair_setup(state, NULL, NULL) < 0 || sw_ledger_new(&ledger, NULL) < 0 ||
        sw_hearsay_new(&hears, &hearsay, NULL) < 0)
        return -1;
    sw_arena_init(&arena, 65536, (size_t)16 << 20);
    memset(&census, 0, sizeof(census));
    sw_round_init(&rounds, &census);
    return 0;
}

static int teardown(void **state)
{
    sw_round_release(&rounds);
    sw_arena_release(&arena);
    sw_hearsay_free(hearsay);
    sw_ledger_free(ledger);
    hearsay = NULL;
    return pair_teardown(state);
}

/* Objects of a kind, each with a name of its own, and one setting that is on its way out. */
static void fill(enum sw_census_kind kind, size_t n, const char *more)
{
    SW_JSON_SCOPE(&arena);

    census.items[kind] = json_array();
    for (size_t i = 0; i < n; i++) {
        const char *text = sw_arena_printf(
            &arena, "{\"metadata\":{\"namespace\":\"tsb\",\"name\":\"o%zu\",\"uid\":\"u%zu\"%s}}",
            i, i, more);

        json_array_append_new(census.items[kind], json_loads(text, 0, NULL));
    }
}

static int step(void)
{
    struct sw_standings_options known = {
        .ledger = ledger,
        .members = pair.members,
        .hearsay = hearsay,
        .now_ms = servers_now_ms,
    };

    pair_run();
    known.mesh = pair_mesh();
    return sw_round_step(&rounds, &known, NULL);
}

static void many_objects_are_judged_in_steps(void **state)
{
    size_t n = 0, n_steps = 0;

    (void)state;
    fill(SW_CENSUS_WORKSPACES, N_WORKSPACES, "");
    fill(SW_CENSUS_SETTINGS, 0, "");
    sw_round_begin(&rounds);
    while (!sw_round_is_over(&rounds)) {
        assert_int_equal(step(), 0);
        assert_in_range(rounds.n_writes, 1, PER_STEP);
        for (size_t i = 0; i < rounds.n_writes; i++) {
            char name[32];

            snprintf(name, sizeof(name), "o%zu", n++);
            assert_true(sw_str_is(rounds.writes[i].name, name));
            assert_int_equal(rounds.writes[i].gvr, sw_census_gvr(SW_CENSUS_WORKSPACES));
        }
        assert_in_range(++n_steps, 1, N_WORKSPACES);
    }
    assert_int_equal(n, N_WORKSPACES);
    assert_in_range(n_steps, 3, N_WORKSPACES);
}

static void both_kinds_are_judged(void **state)
{
    (void)state;
    fill(SW_CENSUS_WORKSPACES, 1, "");
    fill(SW_CENSUS_SETTINGS, 1, "");
    sw_round_begin(&rounds);
    assert_int_equal(step(), 0);
    while (!sw_round_is_over(&rounds)) /* on a slow machine */
        assert_int_equal(step(), 0);
    assert_int_equal(rounds.writes[rounds.n_writes - 1].gvr, sw_census_gvr(SW_CENSUS_SETTINGS));
    assert_false(rounds.settled);
}

static void without_objects_it_is_over_at_once(void **state)
{
    (void)state;
    fill(SW_CENSUS_WORKSPACES, 0, "");
    fill(SW_CENSUS_SETTINGS, 0, "");
    sw_round_begin(&rounds);
    assert_true(sw_round_is_over(&rounds));
    assert_true(rounds.settled);
}

static void what_is_on_its_way_out_is_passed_over(void **state)
{
    (void)state;
    fill(SW_CENSUS_WORKSPACES, 1, ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"");
    fill(SW_CENSUS_SETTINGS, 0, "");
    sw_round_begin(&rounds);
    assert_int_equal(step(), 0);
    assert_true(sw_round_is_over(&rounds));
    assert_int_equal(rounds.n_writes, 0);
}

static void one_that_was_given_up_is_over(void **state)
{
    (void)state;
    fill(SW_CENSUS_WORKSPACES, N_WORKSPACES, "");
    fill(SW_CENSUS_SETTINGS, 0, "");
    sw_round_begin(&rounds);
    assert_int_equal(step(), 0);
    assert_false(sw_round_is_over(&rounds));
    sw_round_release(&rounds);
    assert_true(sw_round_is_over(&rounds));
    assert_int_equal(rounds.n_writes, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_objects_are_judged_in_steps),   TEST(both_kinds_are_judged),
        TEST(without_objects_it_is_over_at_once), TEST(what_is_on_its_way_out_is_passed_over),
        TEST(one_that_was_given_up_is_over),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
