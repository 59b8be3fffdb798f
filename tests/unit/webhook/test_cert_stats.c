/* webhook/cert_stats.c: the series that are there from the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "metrics/expo.h"
#include "webhook/cert_stats.h"

static void each_has_its_series(void **state)
{
    static const char *const lines[] = {
        "spillway_certificates_not_after_timestamp_seconds{certificate=\"authority\"} 7\n",
        "spillway_certificates_not_after_timestamp_seconds{certificate=\"serving\"} 6\n",
        "spillway_certificates_leader 1\n",
        "spillway_certificates_writes_total{what=\"authority\"} 1\n",
        "spillway_certificates_writes_total{what=\"serving\"} 2\n",
        "spillway_certificates_writes_total{what=\"authorities_dropped\"} 3\n",
        "spillway_certificates_writes_total{what=\"ca_bundles\"} 4\n",
        "spillway_certificates_writes_total{what=\"failure_policy\"} 5\n",
        "spillway_certificates_failures_total 8\n",
        "spillway_certificates_last_failure_timestamp_seconds 9\n",
        "spillway_certificates_last_look_timestamp_seconds 10\n",
    };
    struct sw_metrics *metrics = sw_metrics_new();
    struct sw_cert_stats stats;
    struct sw_buf page;

    (void)state;
    assert_int_equal(sw_cert_stats_init(&stats, metrics, NULL), 0);
    for (uint64_t i = 0; i < SW_CERT_N_WRITES; i++)
        sw_counter_add(stats.writes[i], i + 1);
    sw_gauge_set(stats.serving_end, 6);
    sw_gauge_set(stats.authority_end, 7);
    sw_gauge_set(stats.leader, 1);
    sw_counter_add(stats.failures, 8);
    sw_gauge_set(stats.last_failure, 9);
    sw_gauge_set(stats.last_look, 10);
    sw_buf_init(&page, 10000);
    sw_expo_write(metrics, &page);
    sw_buf_append(&page, "", 1);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (!strstr(page.data, lines[i]))
            fail_msg("no %s in\n%s", lines[i], page.data);
    }
    sw_buf_release(&page);
    sw_metrics_free(metrics);
}

static void a_name_that_is_taken_is_refused(void **state)
{
    struct sw_metrics *metrics = sw_metrics_new();
    struct sw_cert_stats stats;

    (void)state;
    assert_int_equal(sw_cert_stats_init(&stats, metrics, NULL), 0);
    assert_int_equal(sw_cert_stats_init(&stats, metrics, NULL), SW_EUSAGE);
    sw_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_series),
        cmocka_unit_test(a_name_that_is_taken_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
