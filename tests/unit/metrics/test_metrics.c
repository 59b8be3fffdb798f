/* pkg/metrics/metrics.c: one series per set of values, bounded, and no update lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/cleanup.h"
#include "metrics/metrics.h"

SW_DEFINE_CLEANUP(cleanup_metrics, struct sw_metrics, sw_metrics_free);

static struct sw_metric_family *add(struct sw_metrics *metrics, struct sw_metric_spec spec)
{
    struct sw_metric_family *family = NULL;
    struct sw_err err = {0};

    assert_int_equal(sw_metrics_add(metrics, &spec, &family, &err), 0);
    assert_non_null(family);
    assert_int_equal(err.code, 0);
    return family;
}

static struct sw_metric_family *add_counter(struct sw_metrics *metrics, size_t max_series)
{
    return add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_COUNTER,
                                                .name = "requests_total",
                                                .labels = {"path", "code"},
                                                .max_series = max_series});
}

static void assert_refused(struct sw_metric_spec spec, const char *words)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = NULL;
    struct sw_err err = {0};

    assert_int_equal(sw_metrics_add(metrics, &spec, &family, &err), SW_EUSAGE);
    assert_null(family);
    assert_int_equal(err.code, SW_EUSAGE);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
}

static void counter_adds_up(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family =
        add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_COUNTER, .name = "a_total"});
    struct sw_counter *counter = sw_counter_at(family, NULL);

    (void)state;
    sw_counter_add(counter, 1);
    sw_counter_add(counter, 41);
    assert_int_equal(sw_counter_value(counter), 42);
}

static void gauge_goes_up_and_down(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family =
        add(metrics, (struct sw_metric_spec){.kind = SW_METRIC_GAUGE, .name = "a"});
    struct sw_gauge *gauge = sw_gauge_at(family, NULL);

    (void)state;
    sw_gauge_set(gauge, 5);
    sw_gauge_add(gauge, -8);
    assert_int_equal(sw_gauge_value(gauge), -3);
}

static void histogram_sums(void **state)
{
    static const uint64_t bounds[] = {10, 20};
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add(
        metrics, (struct sw_metric_spec){
                     .kind = SW_METRIC_HISTOGRAM, .name = "a", .bounds = bounds, .n_bounds = 2});
    struct sw_histogram *histogram = sw_histogram_at(family, NULL);

    (void)state;
    sw_histogram_observe(histogram, 10);
    sw_histogram_observe(histogram, 11);
    sw_histogram_observe(histogram, 1000);
    assert_int_equal(sw_histogram_sum(histogram), 1021);
}

static void null_handles_are_allowed(void **state)
{
    (void)state;
    sw_counter_add(NULL, 1);
    sw_gauge_set(NULL, 1);
    sw_gauge_add(NULL, 1);
    sw_histogram_observe(NULL, 1);
    assert_int_equal(sw_counter_value(NULL), 0);
    assert_int_equal(sw_gauge_value(NULL), 0);
    assert_int_equal(sw_histogram_sum(NULL), 0);
    assert_null(sw_counter_at(NULL, NULL));
    assert_null(sw_gauge_at(NULL, NULL));
    assert_null(sw_histogram_at(NULL, NULL));
    sw_metrics_free(NULL);
}

static void at_gives_one_series_per_set_of_values(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add_counter(metrics, 10);
    struct sw_counter *one = sw_counter_at(family, SW_METRIC_VALUES("/mutate", "200"));

    (void)state;
    assert_ptr_equal(one, sw_counter_at(family, SW_METRIC_VALUES("/mutate", "200")));
    assert_ptr_not_equal(one, sw_counter_at(family, SW_METRIC_VALUES("/mutate", "400")));
    assert_ptr_not_equal(one, sw_counter_at(family, SW_METRIC_VALUES("/validate", "200")));
    assert_ptr_equal(one, sw_counter_at(family, SW_METRIC_VALUES("/mutate", "200")));
}

static void at_past_max_series_gives_other(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add_counter(metrics, 2);
    struct sw_counter *a = sw_counter_at(family, SW_METRIC_VALUES("a", "1"));
    struct sw_counter *b = sw_counter_at(family, SW_METRIC_VALUES("b", "1"));
    struct sw_counter *c = sw_counter_at(family, SW_METRIC_VALUES("c", "1"));

    (void)state;
    assert_ptr_not_equal(c, a);
    assert_ptr_not_equal(c, b);
    assert_ptr_equal(c, sw_counter_at(family, SW_METRIC_VALUES("d", "2")));
    assert_ptr_equal(c, sw_counter_at(family, SW_METRIC_VALUES("other", "other")));
    assert_ptr_equal(a, sw_counter_at(family, SW_METRIC_VALUES("a", "1")));
    assert_ptr_equal(b, sw_counter_at(family, SW_METRIC_VALUES("b", "1")));
}

static void at_cuts_a_long_value(void **state)
{
    char longest[SW_METRIC_VALUE_SIZE], longer[SW_METRIC_VALUE_SIZE + 1];
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add_counter(metrics, 10);

    (void)state;
    memset(longest, 'x', sizeof(longest));
    memset(longer, 'x', sizeof(longer));
    longest[sizeof(longest) - 1] = longer[sizeof(longer) - 1] = 0;
    assert_ptr_equal(sw_counter_at(family, SW_METRIC_VALUES(longest, "")),
                     sw_counter_at(family, SW_METRIC_VALUES(longer, "")));
}

static void add_refuses_bad_names(void **state)
{
    (void)state;
    assert_refused((struct sw_metric_spec){.name = NULL}, "bad metric name");
    assert_refused((struct sw_metric_spec){.name = ""}, "bad metric name");
    assert_refused((struct sw_metric_spec){.name = "1a"}, "'1a'");
    assert_refused((struct sw_metric_spec){.name = "a-b"}, "'a-b'");
    assert_refused((struct sw_metric_spec){.name = "a", .labels = {"b:c"}}, "'b:c'");
    assert_refused((struct sw_metric_spec){.name = "a", .labels = {"__b"}}, "'__b'");
    assert_refused((struct sw_metric_spec){.name = "a", .labels = {NULL, "b"}}, "'b'");
    assert_refused(
        (struct sw_metric_spec){
            .kind = SW_METRIC_HISTOGRAM, .name = "a", .labels = {"le"}, .n_bounds = 1},
        "'le'");
}

static void add_refuses_bad_numbers(void **state)
{
    static const uint64_t twice[] = {5, 5}, many[SW_METRIC_BOUNDS_MAX + 1];
    struct sw_metric_spec histogram = {.kind = SW_METRIC_HISTOGRAM, .name = "a"};

    (void)state;
    assert_refused((struct sw_metric_spec){.name = "a", .max_series = 2}, "no label");
    assert_refused((struct sw_metric_spec){.name = "a",
                                           .labels = {"b"},
                                           .max_series = SW_METRIC_SERIES_MAX + 1},
                   "at most");
    assert_refused((struct sw_metric_spec){.name = "a", .per_unit = 1024}, "power of ten");
    assert_refused((struct sw_metric_spec){.name = "a", .per_unit = 10000000000u}, "power of ten");
    assert_refused((struct sw_metric_spec){.name = "a", .bounds = twice, .n_bounds = 1}, "bounds");
    assert_refused(histogram, "bounds");
    histogram.bounds = twice;
    histogram.n_bounds = 2;
    assert_refused(histogram, "ascend");
    histogram.bounds = many;
    histogram.n_bounds = SW_METRIC_BOUNDS_MAX + 1;
    assert_refused(histogram, "bounds");
}

static void add_refuses_a_name_twice(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *first = add_counter(metrics, 1), *again = NULL;
    struct sw_metric_spec spec = {.kind = SW_METRIC_GAUGE, .name = "requests_total"};
    struct sw_err err = {0};

    (void)state;
    assert_non_null(first);
    assert_int_equal(sw_metrics_add(metrics, &spec, &again, &err), SW_EUSAGE);
    assert_null(again);
    assert_non_null(strstr(err.message, "requests_total"));
}

static void remove_makes_room_for_another(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add_counter(metrics, 2);
    const char *const *other = SW_METRIC_VALUES("other", "other");

    (void)state;
    for (char name = 'a'; name < 'z'; name++) {
        const char text[] = {name, '\0'};
        const char *const *values = SW_METRIC_VALUES(text, "x");
        struct sw_counter *counter = sw_counter_at(family, values);

        assert_int_equal(sw_counter_value(counter), 0);
        sw_counter_add(counter, 1);
        assert_ptr_equal(sw_counter_at(family, values), counter);
        sw_metrics_remove(family, values);
        sw_metrics_remove(family, values); /* once more is nothing */
    }
    sw_counter_at(family, SW_METRIC_VALUES("a", "x"));
    sw_counter_at(family, SW_METRIC_VALUES("b", "x"));
    sw_counter_add(sw_counter_at(family, SW_METRIC_VALUES("c", "x")), 1);
    sw_metrics_remove(family, other); /* it is what others have too */
    assert_int_equal(sw_counter_value(sw_counter_at(family, other)), 1);
    sw_metrics_remove(NULL, other);
}

#define N_THREADS 4
#define N_ROUNDS  20000

static void *count_up(void *arg)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    struct sw_metric_family *family = arg;

    for (size_t i = 0; i < N_ROUNDS; i++)
        sw_counter_add(sw_counter_at(family, SW_METRIC_VALUES(names[i % 6], "x")), 1);
    return NULL;
}

static void counter_loses_nothing_between_threads(void **state)
{
    SW_CLEANUP(cleanup_metrics) struct sw_metrics *metrics = sw_metrics_new();
    struct sw_metric_family *family = add_counter(metrics, 4);
    pthread_t threads[N_THREADS];
    uint64_t total = 0;

    (void)state;
    for (size_t i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, family), 0);
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    /* Four of the six names have a series of their own; the last two share "other". */
    for (const char *name = "abcdef"; *name; name++) {
        struct sw_counter *counter =
            sw_counter_at(family, SW_METRIC_VALUES(((char[]){*name, 0}), "x"));

        if (counter != sw_counter_at(family, SW_METRIC_VALUES("other", "other")))
            total += sw_counter_value(counter);
    }
    total += sw_counter_value(sw_counter_at(family, SW_METRIC_VALUES("other", "other")));
    assert_int_equal(total, N_THREADS * N_ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_adds_up),
        cmocka_unit_test(gauge_goes_up_and_down),
        cmocka_unit_test(histogram_sums),
        cmocka_unit_test(null_handles_are_allowed),
        cmocka_unit_test(at_gives_one_series_per_set_of_values),
        cmocka_unit_test(at_past_max_series_gives_other),
        cmocka_unit_test(at_cuts_a_long_value),
        cmocka_unit_test(add_refuses_bad_names),
        cmocka_unit_test(add_refuses_bad_numbers),
        cmocka_unit_test(add_refuses_a_name_twice),
        cmocka_unit_test(remove_makes_room_for_another),
        cmocka_unit_test(counter_loses_nothing_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
