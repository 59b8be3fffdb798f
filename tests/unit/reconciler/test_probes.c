/* reconciler/probes.c: what the kubelet and Prometheus are answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../kube/fake_http.h"
#include "metrics/metrics.h"
#include "reconciler/probes.h"

static struct sw_health health;
static struct sw_probe probe;
static struct sw_route routes[SW_PROBE_N_ROUTES];
static struct sw_metrics *metrics;
static struct sw_response response;

static int setup(void **state)
{
    struct sw_metric_spec age = {.kind = SW_METRIC_GAUGE, .name = "age", .help = "Age."};
    struct sw_metric_family *family = NULL;

    metrics = sw_metrics_new();
    if (fake_setup(state) < 0 || !metrics || sw_metrics_add(metrics, &age, &family, NULL) < 0)
        return -1;
    sw_health_init(&health);
    sw_probes_routes(&probe, metrics, &health, routes);
    sw_response_init(&response);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_response_release(&response);
    sw_health_release(&health);
    sw_metrics_free(metrics);
    return 0;
}

/* A GET of that path is answered with that, of which the body has these words. */
static void assert_answers(const char *path, int status, const char *words)
{
    const struct sw_routes table = {routes, SW_PROBE_N_ROUTES, 0};
    const struct sw_request request = {.method = SW_STR("GET"), .path = sw_str_from(path)};

    sw_response_release(&response);
    sw_response_init(&response);
    sw_routes_answer(&table, &request, &response);
    assert_int_equal(response.status, status);
    if (!memmem(response.body.data, response.body.len, words, strlen(words)))
        fail_msg("'%.*s' does not say '%s'", SW_STR_ARG(sw_buf_str(&response.body)), words);
}

static void a_loop_that_comes_round_is_alive(void **state)
{
    (void)state;
    assert_answers("/healthz", 200, "ok\n");
    fake.now_ms += SW_PROBES_STALLED_MS - 1;
    assert_answers("/healthz", 200, "ok\n");
}

static void one_that_does_not_is_to_be_restarted(void **state)
{
    (void)state;
    fake.now_ms += SW_PROBES_STALLED_MS;
    assert_answers("/healthz", 503, "the loop has not come round for 30000 ms\n");
    sw_health_turn(&health);
    assert_answers("/healthz", 200, "ok\n");
}

/* One that waits for a cluster must not be restarted for it. */
static void one_that_is_not_ready_is_alive(void **state)
{
    (void)state;
    sw_health_set(&health, false, "cluster west: not seen yet");
    assert_answers("/readyz", 503, "cluster west: not seen yet\n");
    assert_answers("/healthz", 200, "ok\n");
    sw_health_set(&health, true, NULL);
    assert_answers("/readyz", 200, "ok\n");
}

static void its_metrics_are_a_page(void **state)
{
    (void)state;
    assert_answers("/metrics", 200, "# TYPE age gauge\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_loop_that_comes_round_is_alive),
        TEST(one_that_does_not_is_to_be_restarted),
        TEST(one_that_is_not_ready_is_alive),
        TEST(its_metrics_are_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
