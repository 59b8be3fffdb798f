/* pkg/serve/stats.c: every series is there from the start, and answers land in the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "metrics/expo.h"
#include "serve/stats.h"

SW_DEFINE_CLEANUP(cleanup_metrics, struct sw_metrics, sw_metrics_free);

static const struct sw_route routes[] = {{.path = "/mutate"}, {.path = "/validate"}};

static void assert_line(struct sw_metrics *metrics, const char *line)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf page;

    sw_buf_init(&page, 1 << 20);
    sw_buf_append_text(&page, "\n");
    sw_expo_write(metrics, &page);
    sw_buf_append(&page, "", 1);
    assert_int_equal(sw_buf_status(&page, NULL), 0);
    if (!strstr(page.data, line))
        fail_msg("no '%s' in:%s", line, page.data);
}

static void init_shows_every_series(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_server_stats stats;

    (void)state;
    assert_int_equal(sw_server_stats_init(&stats, metrics, routes, 2, NULL), 0);
    assert_line(metrics, "\nspillway_http_connections 0\n");
    assert_line(metrics, "\nspillway_http_connections_total{result=\"accepted\"} 0\n");
    assert_line(metrics, "\nspillway_http_connections_total{result=\"refused\"} 0\n");
    assert_line(metrics, "\nspillway_http_connections_total{result=\"handshake_failed\"} 0\n");
    assert_line(metrics, "\nspillway_http_connections_cut_total{phase=\"reading\"} 0\n");
    assert_line(metrics, "\nspillway_http_connections_cut_total{phase=\"waiting\"} 0\n");
    assert_line(metrics, "\nspillway_http_connections_evicted_total 0\n");
    assert_line(metrics, "\nspillway_http_accept_waits_total 0\n");
    assert_line(metrics, "\nspillway_http_request_wait_seconds_count 0\n");
    assert_line(metrics, "\nspillway_http_held_bytes 0\n");
    assert_line(metrics, "\nspillway_http_shed_total 0\n");
    assert_line(metrics, "\nspillway_http_requests_in_flight 0\n");
    assert_line(metrics, "\nspillway_http_requests_total{path=\"/mutate\",code=\"200\"} 0\n");
    assert_line(metrics, "\nspillway_http_requests_total{path=\"/validate\",code=\"429\"} 0\n");
    assert_line(metrics, "\nspillway_http_requests_total{path=\"other\",code=\"404\"} 0\n");
    assert_line(metrics, "\nspillway_http_request_duration_seconds_count{path=\"/mutate\"} 0\n");
}

static void answer_counts_path_and_status(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_server_stats stats;

    (void)state;
    assert_int_equal(sw_server_stats_init(&stats, metrics, routes, 2, NULL), 0);
    sw_server_stats_answer(&stats, 0, 200, 5000);
    sw_server_stats_answer(&stats, 0, 200, 15000);
    sw_server_stats_answer(&stats, 1, 418, 2000000000);
    sw_server_stats_answer(&stats, 2, 404, 0);
    sw_server_stats_answer(&stats, SIZE_MAX, 404, 0);
    assert_line(metrics, "\nspillway_http_requests_total{path=\"/mutate\",code=\"200\"} 2\n");
    assert_line(metrics, "\nspillway_http_requests_total{path=\"/validate\",code=\"other\"} 1\n");
    assert_line(metrics, "\nspillway_http_requests_total{path=\"other\",code=\"404\"} 2\n");
    assert_line(metrics, "{path=\"/mutate\",le=\"0.00001\"} 1\n");
    assert_line(metrics, "{path=\"/mutate\",le=\"0.000025\"} 2\n");
    assert_line(metrics, "{path=\"/validate\",le=\"1\"} 0\n");
    assert_line(metrics, "duration_seconds_sum{path=\"/validate\"} 2\n");
}

static void answer_without_metrics_does_nothing(void **state)
{
    struct sw_server_stats stats = {.in_flight = NULL};

    (void)state;
    sw_server_stats_answer(&stats, 0, 200, 5000);
}

static void init_twice_is_refused(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_server_stats stats, untouched = {.in_flight = NULL};

    (void)state;
    assert_int_equal(sw_server_stats_init(&stats, metrics, routes, 2, NULL), 0);
    assert_int_equal(sw_server_stats_init(&untouched, metrics, routes, 2, NULL), SW_EUSAGE);
    assert_null(untouched.connections);
    assert_int_equal(sw_server_stats_init(&untouched, metrics, routes, SW_ROUTES_MAX + 1, NULL),
                     SW_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_shows_every_series),
        cmocka_unit_test(answer_counts_path_and_status),
        cmocka_unit_test(answer_without_metrics_does_nothing),
        cmocka_unit_test(init_twice_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
