/* webhook/admit_stats.c: one answer, as Prometheus reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "metrics/expo.h"
#include "webhook/admit_stats.h"

static struct sw_metrics *metrics;
static struct sw_admit_stats stats;

static int setup(void **state)
{
    (void)state;
    metrics = sw_metrics_new();
    return metrics ? sw_admit_stats_init(&stats, metrics, NULL) : -1;
}

static int teardown(void **state)
{
    (void)state;
    sw_metrics_free(metrics);
    return 0;
}

static bool page_holds(const char *part)
{
    struct sw_buf page;
    bool held;

    sw_buf_init(&page, 1 << 18);
    sw_expo_write(metrics, &page);
    assert_int_equal(sw_buf_status(&page, NULL), 0);
    held = memmem(page.data, page.len, part, strlen(part)) != NULL;
    sw_buf_release(&page);
    return held;
}

static struct sw_admit_answer answer_of(enum sw_verdict verdict, int http_status, enum sw_kind kind)
{
    return (struct sw_admit_answer){
        .verdict = verdict, .http_status = http_status, .review.kind = kind};
}

static void init_shows_each_series_of_what_can_come(void **state)
{
    (void)state;
    assert_true(page_holds("{path=\"/mutate\",kind=\"DestinationRule\",verdict=\"failed\"} 0\n"));
    assert_true(page_holds("{path=\"/validate\",kind=\"WorkspaceSetting\",verdict=\"again\"} 0\n"));
    assert_true(page_holds("{path=\"/validate\",kind=\"other\",verdict=\"malformed\"} 0\n"));
    assert_false(page_holds("{path=\"/validate\",kind=\"Service\""));
    assert_true(page_holds("spillway_admission_shed_total{reason=\"large\"} 0\n"));
    assert_true(page_holds("spillway_admission_shed_total{reason=\"late\"} 0\n"));
}

static void note_counts_by_path_kind_and_verdict(void **state)
{
    struct sw_admit_answer answer = answer_of(SW_VERDICT_ALLOWED, 200, SW_KIND_DESTINATIONRULE);

    (void)state;
    sw_admit_stats_note(&stats, SW_ADMIT_MUTATE, &answer, 20000);
    assert_true(page_holds("spillway_admission_reviews_total{path=\"/mutate\","
                           "kind=\"DestinationRule\",verdict=\"allowed\"} 1\n"));
    assert_true(page_holds("spillway_admission_duration_seconds_bucket{path=\"/mutate\","
                           "kind=\"DestinationRule\",le=\"0.000025\"} 1\n"));
    assert_true(page_holds("spillway_admission_duration_seconds_bucket{path=\"/mutate\","
                           "kind=\"DestinationRule\",le=\"0.00001\"} 0\n"));
}

static void note_calls_other_what_the_path_does_not_judge(void **state)
{
    struct sw_admit_answer answer = answer_of(SW_VERDICT_ALLOWED, 200, SW_KIND_SERVICE);

    (void)state;
    sw_admit_stats_note(&stats, SW_ADMIT_VALIDATE, &answer, 1);
    assert_true(page_holds("{path=\"/validate\",kind=\"other\",verdict=\"allowed\"} 1\n"));
}

static void note_counts_findings_that_were_told(void **state)
{
    struct sw_finding warnings[] = {{SW_UNNAMED_PORT, "a", "b"}, {SW_UNNAMED_PORT, "c", "d"}};
    struct sw_finding refusal = {SW_GATEWAY_UNKNOWN, "a", "b"};
    struct sw_admit_answer answer = answer_of(SW_VERDICT_REFUSED, 200, SW_KIND_SETTING);

    (void)state;
    answer.outcome.warnings = (struct sw_findings){warnings, 2};
    answer.outcome.refusals = (struct sw_findings){&refusal, 1};
    sw_admit_stats_note(&stats, SW_ADMIT_VALIDATE, &answer, 1);
    assert_true(page_holds("{severity=\"warning\",reason=\"UnnamedPort\"} 2\n"));
    assert_true(page_holds("{severity=\"refusal\",reason=\"GatewayUnknown\"} 1\n"));
    answer.verdict = SW_VERDICT_AGAIN;
    answer.http_status = 429;
    sw_admit_stats_note(&stats, SW_ADMIT_VALIDATE, &answer, 1);
    assert_true(page_holds("{severity=\"refusal\",reason=\"GatewayUnknown\"} 1\n"));
}

/* Each of them has a counter of its own: none is "other". */
static void every_reason_shows_from_the_start(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_ADMIT_STATS_N_REASONS; i++) {
        char line[128];

        snprintf(line, sizeof(line), "{severity=\"refusal\",reason=\"%s\"} 0\n",
                 sw_reason_word((enum sw_reason)i));
        assert_true(page_holds(line));
        assert_non_null(stats.warnings[i]);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(stats.warnings[i], stats.warnings[j]);
    }
    assert_false(page_holds("reason=\"other\""));
}

static void init_twice_is_refused(void **state)
{
    struct sw_admit_stats again;

    (void)state;
    assert_int_equal(sw_admit_stats_init(&again, metrics, NULL), SW_EUSAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_shows_each_series_of_what_can_come),
        TEST(note_counts_by_path_kind_and_verdict),
        TEST(note_calls_other_what_the_path_does_not_judge),
        TEST(note_counts_findings_that_were_told),
        TEST(every_reason_shows_from_the_start),
        TEST(init_twice_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
