#include "serve/stats.h"

#include <stdio.h>

#include "base/banned.h"

#define NS_PER_S 1000000000u

/* Between a review decided in a few microseconds and one that the API server has given up on. */
static const uint64_t duration_bounds_ns[] = {10000,    25000,    50000,     100000,
                                              250000,   500000,   1000000,   2500000,
                                              10000000, 25000000, 100000000, 1000000000};

static const int codes[SW_STATS_N_CODES - 1] = {200, 400, 404, 405, 413, 415, 429, 500, 503};

static size_t place_of(int status)
{
    size_t i = 0;

    while (i < SW_STATS_N_CODES - 1 && codes[i] != status)
        i++;
    return i;
}

static int add_connections(struct sw_server_stats *stats, struct sw_metrics *metrics,
                           struct sw_err *reterr)
{
    static const struct sw_metric_spec
        open = {.kind = SW_METRIC_GAUGE,
                .name = "spillway_http_connections",
                .help = "Connections that are open now."},
        total = {.kind = SW_METRIC_COUNTER,
                 .name = "spillway_http_connections_total",
                 .help = "Connections, by what became of them at the start.",
                 .labels = {"result"},
                 .max_series = 3},
        cut = {.kind = SW_METRIC_COUNTER,
               .name = "spillway_http_connections_cut_total",
               .help = "Connections that were ended for being slow, by what they were doing.",
               .labels = {"phase"},
               .max_series = SW_N_PHASES};
    struct sw_metric_family *family = NULL;
    int code;

    if ((code = sw_metrics_add(metrics, &open, &family, reterr)) < 0)
        return code;
    stats->connections = sw_gauge_at(family, NULL);
    if ((code = sw_metrics_add(metrics, &total, &family, reterr)) < 0)
        return code;
    stats->accepted = sw_counter_at(family, SW_METRIC_VALUES("accepted"));
    stats->refused = sw_counter_at(family, SW_METRIC_VALUES("refused"));
    stats->handshake_failed = sw_counter_at(family, SW_METRIC_VALUES("handshake_failed"));
    if ((code = sw_metrics_add(metrics, &cut, &family, reterr)) < 0)
        return code;
    for (int phase = 0; phase < SW_N_PHASES; phase++)
        stats->cut[phase] =
            sw_counter_at(family, SW_METRIC_VALUES(sw_phase_name((enum sw_phase)phase)));
    return 0;
}

/* A family with one series. */
static int add_one(struct sw_metrics *metrics, enum sw_metric_kind kind, const char *name,
                   const char *help, struct sw_metric_family **ret, struct sw_err *reterr)
{
    struct sw_metric_spec spec = {.kind = kind, .name = name, .help = help};

    if (kind == SW_METRIC_HISTOGRAM) {
        spec.per_unit = NS_PER_S;
        spec.bounds = duration_bounds_ns;
        spec.n_bounds = sizeof(duration_bounds_ns) / sizeof(duration_bounds_ns[0]);
    }
    return sw_metrics_add(metrics, &spec, ret, reterr);
}

/* What tells of load. */
static int add_load(struct sw_server_stats *stats, struct sw_metrics *metrics,
                    struct sw_err *reterr)
{
    struct sw_metric_family *evicted, *waits, *wait, *held, *shed;
    int code;

    if ((code = add_one(metrics, SW_METRIC_COUNTER, "spillway_http_connections_evicted_total",
                        "Connections ended while idle, to make room for another.", &evicted,
                        reterr)) < 0 ||
        (code = add_one(metrics, SW_METRIC_COUNTER, "spillway_http_accept_waits_total",
                        "Times at which nobody could be accepted: all places taken, none idle.",
                        &waits, reterr)) < 0 ||
        (code = add_one(metrics, SW_METRIC_HISTOGRAM, "spillway_http_request_wait_seconds",
                        "Time that a request waited for its handler, at most.", &wait, reterr)) <
            0 ||
        (code = add_one(metrics, SW_METRIC_GAUGE, "spillway_http_held_bytes",
                        "Bytes held by large requests and their answers.", &held, reterr)) < 0 ||
        (code = add_one(metrics, SW_METRIC_COUNTER, "spillway_http_shed_total",
                        "Large requests given up because all of them held too much.", &shed,
                        reterr)) < 0)
        return code;
    stats->evicted = sw_counter_at(evicted, NULL);
    stats->waits = sw_counter_at(waits, NULL);
    stats->wait = sw_histogram_at(wait, NULL);
    stats->held_bytes = sw_gauge_at(held, NULL);
    stats->shed = sw_counter_at(shed, NULL);
    return 0;
}

static int add_requests(struct sw_server_stats *stats, struct sw_metrics *metrics,
                        struct sw_metric_family **ret_answers,
                        struct sw_metric_family **ret_duration, struct sw_err *reterr)
{
    static const struct sw_metric_spec
        in_flight = {.kind = SW_METRIC_GAUGE,
                     .name = "spillway_http_requests_in_flight",
                     .help = "Requests being handled, or their answer being sent."},
        answers = {.kind = SW_METRIC_COUNTER,
                   .name = "spillway_http_requests_total",
                   .help = "Answers, by path and status.",
                   .labels = {"path", "code"},
                   .max_series = (SW_ROUTES_MAX + 1) * SW_STATS_N_CODES},
        duration = {.kind = SW_METRIC_HISTOGRAM,
                    .name = "spillway_http_request_duration_seconds",
                    .help = "Time from a whole request to its whole answer.",
                    .labels = {"path"},
                    .max_series = SW_ROUTES_MAX + 1,
                    .per_unit = NS_PER_S,
                    .bounds = duration_bounds_ns,
                    .n_bounds = sizeof(duration_bounds_ns) / sizeof(duration_bounds_ns[0])};
    struct sw_metric_family *family = NULL;
    int code;

    if ((code = sw_metrics_add(metrics, &in_flight, &family, reterr)) < 0)
        return code;
    stats->in_flight = sw_gauge_at(family, NULL);
    if ((code = sw_metrics_add(metrics, &answers, ret_answers, reterr)) < 0)
        return code;
    return sw_metrics_add(metrics, &duration, ret_duration, reterr);
}

int sw_server_stats_init(struct sw_server_stats *stats, struct sw_metrics *metrics,
                         const struct sw_route *routes, size_t n_routes, struct sw_err *reterr)
{
    struct sw_metric_family *answers = NULL, *duration = NULL;
    struct sw_server_stats made = {0};
    int code;

    if (n_routes > SW_ROUTES_MAX)
        return sw_err_set(reterr, SW_EUSAGE, "%zu routes, expected at most %d", n_routes,
                          SW_ROUTES_MAX);
    if ((code = add_connections(&made, metrics, reterr)) < 0 ||
        (code = add_load(&made, metrics, reterr)) < 0 ||
        (code = add_requests(&made, metrics, &answers, &duration, reterr)) < 0)
        return code;
    for (size_t row = 0; row <= SW_ROUTES_MAX; row++) {
        const char *path = row < n_routes ? routes[row].path : SW_METRIC_OTHER;

        made.duration[row] = sw_histogram_at(duration, SW_METRIC_VALUES(path));
        for (size_t i = 0; i < SW_STATS_N_CODES; i++) {
            char text[12] = SW_METRIC_OTHER;

            if (i < SW_STATS_N_CODES - 1)
                snprintf(text, sizeof(text), "%d", codes[i]);
            made.answers[row][i] = sw_counter_at(answers, SW_METRIC_VALUES(path, text));
        }
    }
    *stats = made;
    return 0;
}

void sw_server_stats_answer(const struct sw_server_stats *stats, size_t route, int status,
                            uint64_t duration_ns)
{
    size_t row = route < SW_ROUTES_MAX ? route : SW_ROUTES_MAX;

    sw_counter_add(stats->answers[row][place_of(status)], 1);
    sw_histogram_observe(stats->duration[row], duration_ns);
}
