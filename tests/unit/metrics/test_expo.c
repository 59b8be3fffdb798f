/* pkg/metrics/expo.c: the page, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cleanup.h"
#include "metrics/expo.h"

SW_DEFINE_CLEANUP(cleanup_metrics, struct sw_metrics, sw_metrics_free);

static struct sw_metric_family *add(struct sw_metrics *metrics, struct sw_metric_spec spec)
{
    struct sw_metric_family *family = NULL;

    assert_int_equal(sw_metrics_add(metrics, &spec, &family, NULL), 0);
    return family;
}

static void assert_page(struct sw_metrics *metrics, const char *expected)
{
    struct sw_buf page;

    sw_buf_init(&page, 1 << 20);
    sw_expo_write(metrics, &page);
    sw_buf_append(&page, "", 1);
    assert_int_equal(sw_buf_status(&page, NULL), 0);
    assert_string_equal(page.data, expected);
    sw_buf_release(&page);
}

static void write_of_nothing_is_empty(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();

    (void)state;
    assert_page(metrics, "");
    add(metrics, (struct sw_metric_spec){
                     .kind = SW_METRIC_COUNTER, .name = "a", .labels = {"b"}, .max_series = 3});
    assert_page(metrics, "");
}

static void write_sorts_families_and_series(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *z, *a;

    (void)state;
    z = add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_COUNTER,
                                             .name = "z_total",
                                             .help = "Last.",
                                             .labels = {"path", "code"},
                                             .max_series = 8});
    a = add(metrics,
            (struct sw_metric_spec){.kind = SW_METRIC_GAUGE, .name = "a", .help = "First."});
    sw_gauge_set(sw_gauge_at(a, NULL), -7);
    sw_counter_add(sw_counter_at(z, SW_METRIC_VALUES("/b", "200")), 3);
    sw_counter_add(sw_counter_at(z, SW_METRIC_VALUES("/a", "500")), 2);
    sw_counter_add(sw_counter_at(z, SW_METRIC_VALUES("/a", "200")), UINT64_MAX);
    assert_page(metrics, "# HELP a First.\n"
                         "# TYPE a gauge\n"
                         "a -7\n"
                         "# HELP z_total Last.\n"
                         "# TYPE z_total counter\n"
                         "z_total{path=\"/a\",code=\"200\"} 18446744073709551615\n"
                         "z_total{path=\"/a\",code=\"500\"} 2\n"
                         "z_total{path=\"/b\",code=\"200\"} 3\n");
}

static void write_escapes(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family =
        add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_COUNTER,
                                             .name = "a_total",
                                             .help = "One \\ \"two\"\nthree.",
                                             .labels = {"b"},
                                             .max_series = 4});

    (void)state;
    sw_counter_add(sw_counter_at(family, SW_METRIC_VALUES("q\"b\\n\nu\xc3\xbc!\xff")), 1);
    assert_page(metrics, "# HELP a_total One \\\\ \"two\"\\nthree.\n"
                         "# TYPE a_total counter\n"
                         "a_total{b=\"q\\\"b\\\\n\\nu\xc3\xbc!\xef\xbf\xbd\"} 1\n");
}

static void write_scales_exactly(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_GAUGE,
                                                                           .name = "a_seconds",
                                                                           .labels = {"b"},
                                                                           .max_series = 9,
                                                                           .per_unit = 1000000000});

    (void)state;
    sw_gauge_set(sw_gauge_at(family, SW_METRIC_VALUES("1")), 1);
    sw_gauge_set(sw_gauge_at(family, SW_METRIC_VALUES("2")), 1500000000);
    sw_gauge_set(sw_gauge_at(family, SW_METRIC_VALUES("3")), -250000000);
    sw_gauge_set(sw_gauge_at(family, SW_METRIC_VALUES("4")), 3000000000);
    sw_gauge_set(sw_gauge_at(family, SW_METRIC_VALUES("5")), INT64_MIN);
    assert_page(metrics, "# HELP a_seconds \n"
                         "# TYPE a_seconds gauge\n"
                         "a_seconds{b=\"1\"} 0.000000001\n"
                         "a_seconds{b=\"2\"} 1.5\n"
                         "a_seconds{b=\"3\"} -0.25\n"
                         "a_seconds{b=\"4\"} 3\n"
                         "a_seconds{b=\"5\"} -9223372036.854775808\n");
}

static void write_of_a_histogram_is_cumulative(void **state)
{
    static const uint64_t bounds[] = {1000000, 2500000, 1000000000};
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *plain, *labelled;

    (void)state;
    plain = add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_HISTOGRAM,
                                                 .name = "a_seconds",
                                                 .per_unit = 1000000000,
                                                 .bounds = bounds,
                                                 .n_bounds = 3});
    labelled = add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_HISTOGRAM,
                                                    .name = "b",
                                                    .labels = {"c"},
                                                    .bounds = bounds,
                                                    .n_bounds = 1});
    sw_histogram_observe(sw_histogram_at(plain, NULL), 1000000);
    sw_histogram_observe(sw_histogram_at(plain, NULL), 1000001);
    sw_histogram_observe(sw_histogram_at(plain, NULL), 2000000000);
    sw_histogram_observe(sw_histogram_at(labelled, SW_METRIC_VALUES("x")), 5);
    assert_page(metrics, "# HELP a_seconds \n"
                         "# TYPE a_seconds histogram\n"
                         "a_seconds_bucket{le=\"0.001\"} 1\n"
                         "a_seconds_bucket{le=\"0.0025\"} 2\n"
                         "a_seconds_bucket{le=\"1\"} 2\n"
                         "a_seconds_bucket{le=\"+Inf\"} 3\n"
                         "a_seconds_sum 2.002000001\n"
                         "a_seconds_count 3\n"
                         "# HELP b \n"
                         "# TYPE b histogram\n"
                         "b_bucket{c=\"x\",le=\"1000000\"} 1\n"
                         "b_bucket{c=\"x\",le=\"+Inf\"} 1\n"
                         "b_sum{c=\"x\"} 5\n"
                         "b_count{c=\"x\"} 1\n");
}

static void write_past_the_cap_fails(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    SW_CLEANUP(sw_buf_release) struct sw_buf page;

    (void)state;
    sw_buf_init(&page, 10);
    add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_GAUGE, .name = "a"});
    sw_expo_write(metrics, &page);
    assert_int_equal(sw_buf_status(&page, NULL), SW_ELIMIT);
}

static void write_leaves_out_what_was_removed(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family =
        add(metrics, (struct sw_metric_spec){
                         .kind = SW_METRIC_GAUGE, .name = "a", .labels = {"b"}, .max_series = 3});

    (void)state;
    sw_gauge_at(family, SW_METRIC_VALUES("x"));
    sw_gauge_at(family, SW_METRIC_VALUES("y"));
    sw_gauge_at(family, SW_METRIC_VALUES("z"));
    sw_metrics_remove(family, SW_METRIC_VALUES("y"));
    assert_page(metrics, "# HELP a \n# TYPE a gauge\na{b=\"x\"} 0\na{b=\"z\"} 0\n");
    sw_gauge_set(sw_gauge_at(family, SW_METRIC_VALUES("w")), 4); /* in the place of y */
    assert_page(metrics, "# HELP a \n# TYPE a gauge\na{b=\"w\"} 4\na{b=\"x\"} 0\n"
                         "a{b=\"z\"} 0\n");
    sw_metrics_remove(family, SW_METRIC_VALUES("w"));
    sw_metrics_remove(family, SW_METRIC_VALUES("x"));
    sw_metrics_remove(family, SW_METRIC_VALUES("z"));
    assert_page(metrics, "");
}

struct writing {
    struct sw_metrics *metrics;
    _Atomic bool ends;
    int n_bad; /* pages with a series that nobody made */
};

static void *write_pages(void *argument)
{
    struct writing *writing = argument;
    struct sw_buf page;

    sw_buf_init(&page, 1 << 20);
    while (!atomic_load(&writing->ends)) {
        sw_buf_clear(&page);
        sw_expo_write(writing->metrics, &page);
        sw_buf_append(&page, "", 1);
        /* Where this thread never rests, places may run out. */
        for (const char *at = page.data; (at = strstr(at, "{b=\"")); at++)
            writing->n_bad +=
                (at[4] < 'a' || at[4] > 'z' || at[5] != '"') && strncmp(at + 4, "other\"", 6) != 0;
    }
    sw_buf_release(&page);
    return NULL;
}

static void write_goes_on_while_series_come_and_go(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family =
        add(metrics, (struct sw_metric_spec){
                         .kind = SW_METRIC_GAUGE, .name = "a", .labels = {"b"}, .max_series = 40});
    struct writing writing = {.metrics = metrics};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, write_pages, &writing), 0);
    for (int i = 0; i < 200000; i++) {
        const char name[] = {(char)('a' + i * 7 % 26), '\0'};

        if (i / 26 % 2)
            sw_metrics_remove(family, SW_METRIC_VALUES(name));
        else
            sw_gauge_at(family, SW_METRIC_VALUES(name));
    }
    atomic_store(&writing.ends, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(writing.n_bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_of_nothing_is_empty),
        cmocka_unit_test(write_sorts_families_and_series),
        cmocka_unit_test(write_escapes),
        cmocka_unit_test(write_scales_exactly),
        cmocka_unit_test(write_of_a_histogram_is_cumulative),
        cmocka_unit_test(write_past_the_cap_fails),
        cmocka_unit_test(write_leaves_out_what_was_removed),
        cmocka_unit_test(write_goes_on_while_series_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
