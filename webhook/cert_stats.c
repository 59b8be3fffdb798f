#include "webhook/cert_stats.h"

#include "base/banned.h"

#define PREFIX "spillway_certificates_"

enum { NOT_AFTER, LEADER, WRITES, FAILURES, LAST_FAILURE, LAST_LOOK, N_FAMILIES };

static const struct sw_metric_spec specs[N_FAMILIES] = {
    [NOT_AFTER] = {.kind = SW_METRIC_GAUGE,
                   .name = PREFIX "not_after_timestamp_seconds",
                   .help = "When the certificates in the Secret end.",
                   .labels = {"certificate"},
                   .max_series = 2},
    [LEADER] = {.kind = SW_METRIC_GAUGE,
                .name = PREFIX "leader",
                .help = "1 while this replica is the one that writes certificates."},
    [WRITES] = {.kind = SW_METRIC_COUNTER,
                .name = PREFIX "writes_total",
                .help = "What was written to look after the certificates.",
                .labels = {"what"},
                .max_series = SW_CERT_N_WRITES},
    [FAILURES] = {.kind = SW_METRIC_COUNTER,
                  .name = PREFIX "failures_total",
                  .help = "Looks at the certificates, and writes, that failed."},
    [LAST_FAILURE] = {.kind = SW_METRIC_GAUGE,
                      .name = PREFIX "last_failure_timestamp_seconds",
                      .help = "When one failed last; 0 for never."},
    [LAST_LOOK] = {.kind = SW_METRIC_GAUGE,
                   .name = PREFIX "last_look_timestamp_seconds",
                   .help = "When the Secret was last read; 0 for never."},
};

static const char *const write_words[SW_CERT_N_WRITES] = {
    [SW_CERT_WROTE_AUTHORITY] = "authority",         [SW_CERT_WROTE_SERVING] = "serving",
    [SW_CERT_WROTE_DROPPED] = "authorities_dropped", [SW_CERT_WROTE_BUNDLES] = "ca_bundles",
    [SW_CERT_WROTE_POLICY] = "failure_policy",
};

int sw_cert_stats_init(struct sw_cert_stats *stats, struct sw_metrics *metrics,
                       struct sw_err *reterr)
{
    struct sw_metric_family *families[N_FAMILIES];
    int r = 0;

    for (size_t i = 0; r == 0 && i < N_FAMILIES; i++)
        r = sw_metrics_add(metrics, &specs[i], &families[i], reterr);
    if (r < 0)
        return r;
    *stats = (struct sw_cert_stats){
        .serving_end = sw_gauge_at(families[NOT_AFTER], SW_METRIC_VALUES("serving")),
        .authority_end = sw_gauge_at(families[NOT_AFTER], SW_METRIC_VALUES("authority")),
        .leader = sw_gauge_at(families[LEADER], NULL),
        .failures = sw_counter_at(families[FAILURES], NULL),
        .last_failure = sw_gauge_at(families[LAST_FAILURE], NULL),
        .last_look = sw_gauge_at(families[LAST_LOOK], NULL),
    };
    for (size_t i = 0; i < SW_CERT_N_WRITES; i++)
        stats->writes[i] = sw_counter_at(families[WRITES], SW_METRIC_VALUES(write_words[i]));
    return 0;
}
