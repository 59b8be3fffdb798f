/* reconciler/stats.c: what of the reconciler's numbers is on the page, and when it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "io/clock.h"
#include "metrics/expo.h"
#include "reconciler/stats.h"

static struct sw_metrics *metrics;
static struct sw_ledger *ledger;
static struct sw_stats stats;
static struct sw_buf page;

static int setup(void **state)
{
    (void)state;
    sw_buf_init(&page, (size_t)1 << 20);
    metrics = sw_metrics_new();
    return !metrics || sw_ledger_new(&ledger, NULL) < 0 ? -1 : sw_stats_init(&stats, metrics, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_ledger_free(ledger);
    sw_metrics_free(metrics);
    sw_buf_release(&page);
    return 0;
}

static bool shows(const char *line)
{
    sw_buf_clear(&page);
    sw_expo_write(metrics, &page);
    sw_buf_append(&page, "", 1);
    assert_int_equal(sw_buf_status(&page, NULL), 0);
    return strstr(page.data, line) != NULL;
}

static void assert_shown(const char *line)
{
    if (!shows(line))
        fail_msg("not on the page: %s", line);
}

static void note_finding(enum sw_reason reason, size_t n)
{
    struct sw_mesh_finding finding = {
        .verdict = SW_MESH_WITHHELD,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), SW_STR("west")},
    };
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .findings = {&finding, n},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
}

/* An alert on what does not come until it fails would never see it begin. */
static void what_is_counted_is_there_from_the_start(void **state)
{
    (void)state;
    assert_shown("\nspillway_reconciler_rounds_total 0\n");
    assert_shown("\nspillway_reconciler_events_total{result=\"dropped\"} 0\n");
    assert_shown("\nspillway_reconciler_events_total{result=\"sent\"} 0\n");
    assert_shown("\nspillway_reconciler_dns_lookups_total{result=\"failed\"} 0\n");
    assert_shown("\nspillway_reconciler_dns_failing_names 0\n");
    assert_shown("\nspillway_reconciler_leader 0\n");
}

static void names_that_are_taken_fail(void **state)
{
    struct sw_stats again;

    (void)state;
    assert_int_equal(sw_stats_init(&again, metrics, NULL), SW_EUSAGE);
}

static void rounds_and_plans_are_added_up(void **state)
{
    struct sw_planner_stats planner = {.n_rounds = 2, .n_plans = 10, .last_ns = 2000000};

    (void)state;
    planner.n_owned[SW_MESH_WORKLOADENTRY] = 7;
    sw_stats_note_plans(&stats, &planner, ledger);
    planner.n_rounds = 3;
    planner.n_plans = 11;
    planner.n_failures = 1;
    sw_stats_note_plans(&stats, &planner, ledger);
    assert_shown("\nspillway_reconciler_rounds_total 3\n");
    assert_shown("\nspillway_reconciler_plans_total 11\n");
    assert_shown("\nspillway_reconciler_failed_rounds_total 1\n");
    assert_shown("\nspillway_reconciler_objects{kind=\"WorkloadEntry\"} 7\n");
    assert_shown("\nspillway_reconciler_plan_seconds_count 2\n");
}

static void without_a_round_nothing_is_noted(void **state)
{
    const struct sw_planner_stats planner = {.n_rounds = 1};

    (void)state;
    sw_stats_note_plans(&stats, &planner, ledger);
    sw_stats_note_plans(&stats, &planner, ledger);
    assert_shown("\nspillway_reconciler_plan_seconds_count 1\n");
}

static void a_reason_that_came_stays_at_0(void **state)
{
    static const char series[] =
        "\nspillway_reconciler_findings{verdict=\"Withheld\",reason=\"NoSidecar\"} ";
    struct sw_planner_stats planner = {.n_rounds = 1};

    (void)state;
    sw_stats_note_plans(&stats, &planner, ledger);
    assert_false(shows(series));
    note_finding(SW_NO_SIDECAR, 1);
    planner.n_rounds++;
    sw_stats_note_plans(&stats, &planner, ledger);
    assert_shown(series);
    assert_true(strstr(page.data, series)[sizeof(series) - 1] == '1');
    note_finding(SW_NO_SIDECAR, 0);
    planner.n_rounds++;
    sw_stats_note_plans(&stats, &planner, ledger);
    assert_shown(series);
    assert_true(strstr(page.data, series)[sizeof(series) - 1] == '0');
}

static void writes_are_counted_by_what_they_came_to(void **state)
{
    const struct sw_writer_result result = {
        .verb = SW_OP_CREATE,
        .kind = SW_MESH_WORKLOADENTRY,
        .verdict = SW_ANSWER_DENIED,
        .took_ms = 20,
    };

    (void)state;
    sw_stats_note_write(&stats, &result);
    sw_stats_note_write(&stats, &result);
    assert_shown("\nspillway_reconciler_writes_total{verb=\"create\",kind=\"WorkloadEntry\","
                 "result=\"denied\"} 2\n");
    assert_shown("\nspillway_reconciler_write_seconds_sum{verb=\"create\"} 0.04");
}

static void what_is_of_a_cluster_goes_with_it(void **state)
{
    (void)state;
    sw_gauge_set(sw_gauge_at(stats.families[SW_STATS_READABLE], SW_METRIC_VALUES("west")), 1);
    sw_gauge_set(sw_gauge_at(stats.families[SW_STATS_OBJECTS], SW_METRIC_VALUES("west", "Pod")), 1);
    sw_gauge_set(sw_gauge_at(stats.families[SW_STATS_READABLE], SW_METRIC_VALUES("east")), 1);
    sw_stats_forget(&stats, SW_STR("west"));
    assert_false(shows("\"west\""));
    assert_shown("\nspillway_cluster_readable{cluster=\"east\"} 1\n");
}

static void events_are_counted_once(void **state)
{
    struct sw_events_stats events = {.n_sent = 3, .n_dropped = 1};

    (void)state;
    sw_stats_note_events(&stats, &events);
    sw_stats_note_events(&stats, &events);
    events.n_sent = 5;
    sw_stats_note_events(&stats, &events);
    assert_shown("\nspillway_reconciler_events_total{result=\"sent\"} 5\n");
    assert_shown("\nspillway_reconciler_events_total{result=\"dropped\"} 1\n");
}

static void names_are_told_with_the_age_of_what_is_in_use(void **state)
{
    const struct sw_resolver_stats lookups = {.n_found = 4, .n_none = 2, .n_failed = 1};
    const struct sw_names_answer failed = {.outcome = SW_NAMES_FAILED};
    struct sw_ip ip = {.family = 4, .bytes = {192, 0, 2, 1}};
    const struct sw_names_answer found = {SW_NAMES_FOUND, &ip, 1, 60000, 0};
    struct sw_names *names;
    int64_t seconds, expected;

    (void)state;
    assert_int_equal(sw_names_new(&names, NULL), 0);
    assert_int_equal(sw_names_want(names, SW_STR("gw.test"), NULL), 0);
    sw_stats_note_names(&stats, &lookups, names, 1000);
    assert_shown("\nspillway_reconciler_dns_names 1\n");
    assert_shown("\nspillway_reconciler_dns_empty_names 1\n");
    assert_shown("\nspillway_reconciler_dns_oldest_answer_timestamp_seconds 0\n");
    sw_names_answer(names, "gw.test", 1000, &found);
    sw_names_answer(names, "gw.test", 2000, &failed);
    sw_stats_note_names(&stats, &lookups, names, 91000);
    expected = (int64_t)(sw_clock_wall_ms() / 1000) - 90;
    seconds = sw_gauge_value(stats.gauges[SW_STATS_DNS_OLDEST]);
    assert_true(seconds <= expected && seconds >= expected - 60);
    assert_shown("\nspillway_reconciler_dns_failing_names 1\n");
    assert_shown("\nspillway_reconciler_dns_lookups_total{result=\"found\"} 4\n");
    assert_shown("\nspillway_reconciler_dns_lookups_total{result=\"none\"} 2\n");
    sw_names_free(names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_counted_is_there_from_the_start),
        TEST(names_that_are_taken_fail),
        TEST(rounds_and_plans_are_added_up),
        TEST(without_a_round_nothing_is_noted),
        TEST(a_reason_that_came_stays_at_0),
        TEST(writes_are_counted_by_what_they_came_to),
        TEST(what_is_of_a_cluster_goes_with_it),
        TEST(events_are_counted_once),
        TEST(names_are_told_with_the_age_of_what_is_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
