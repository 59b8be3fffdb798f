#include "reconciler/stats.h"

#include <stdio.h>

#include "io/clock.h"

#include "base/banned.h"

/* What a request of a cluster can come to, and what there is to write. */
#define N_RESULTS  (SW_ANSWER_FAILED + 1)
#define N_VERBS    (SW_OP_DELETE + 1)
#define N_WRITES   ((size_t)N_VERBS * SW_MESH_N_KINDS * N_RESULTS)

#define N_CLUSTERS SW_CLUSTERS_MAX

/* A plan takes from less than a ms to some seconds; a write from some ms to its timeout. */
static const uint64_t plan_bounds_ns[] = {
    250000,    1000000,   2500000,   5000000,    10000000,   25000000,    50000000,
    100000000, 250000000, 500000000, 1000000000, 2500000000, 10000000000,
};
static const uint64_t write_bounds_ns[] = {
    2500000,   5000000,   10000000,   25000000,   50000000,    100000000,
    250000000, 500000000, 1000000000, 5000000000, 30000000000,
};

#define NS_PER_S 1000000000u

#define GAUGES(metric, text, n_series, ...)                                                        \
    {                                                                                              \
        .kind = SW_METRIC_GAUGE, .name = (metric), .help = (text), .labels = {__VA_ARGS__},        \
        .max_series = (n_series)                                                                   \
    }

static const struct sw_metric_spec families[SW_STATS_N_FAMILIES] = {
    [SW_STATS_SYNCED] =
        GAUGES("spillway_cluster_synced", "1 once all objects of the cluster were read.",
               N_CLUSTERS, "cluster"),
    [SW_STATS_CLUSTER_FAILING] =
        GAUGES("spillway_cluster_failing",
               "1 while the cluster's objects cannot be read; the last that could stay in use.",
               N_CLUSTERS, "cluster"),
    [SW_STATS_READABLE] = GAUGES("spillway_cluster_readable",
                                 "1 while the cluster is being watched; else its view is frozen.",
                                 N_CLUSTERS, "cluster"),
    [SW_STATS_SEEN] = GAUGES("spillway_cluster_seen_timestamp_seconds",
                             "When the cluster's view was last found to be up to date; 0 before "
                             "the first time.",
                             N_CLUSTERS, "cluster"),
    [SW_STATS_HEARD] = GAUGES("spillway_cluster_heard_timestamp_seconds",
                              "When the cluster's API server last gave a sign of life; 0 before "
                              "the first time.",
                              N_CLUSTERS, "cluster"),
    [SW_STATS_OBJECTS] = GAUGES("spillway_cluster_objects", "Objects in the cluster's view.",
                                SW_METRIC_SERIES_MAX, "cluster", "kind"),
    [SW_STATS_DENIED] = GAUGES("spillway_cluster_denied",
                               "1 where a kind is not read for want of rights, and done without.",
                               SW_METRIC_SERIES_MAX, "cluster", "kind"),
    [SW_STATS_UNREADABLE] =
        GAUGES("spillway_index_unreadable_objects",
               "Objects in the cluster that cannot be read, and so are not in the view, or as they "
               "were.",
               SW_METRIC_SERIES_MAX, "cluster", "kind"),
    [SW_STATS_OWNED] = GAUGES("spillway_reconciler_objects",
                              "Objects of ours in the local cluster.", SW_MESH_N_KINDS, "kind"),
    [SW_STATS_WRITES] = {.kind = SW_METRIC_COUNTER,
                         .name = "spillway_reconciler_writes_total",
                         .help = "Writes to the local cluster, by what they came to.",
                         .labels = {"verb", "kind", "result"},
                         .max_series = N_WRITES},
    [SW_STATS_WRITE_SECONDS] = {.kind = SW_METRIC_HISTOGRAM,
                                .name = "spillway_reconciler_write_seconds",
                                .help = "How long a write takes, from sending to the answer.",
                                .labels = {"verb"},
                                .max_series = N_VERBS,
                                .per_unit = NS_PER_S,
                                .bounds = write_bounds_ns,
                                .n_bounds = sizeof(write_bounds_ns) / sizeof(uint64_t)},
    [SW_STATS_WAITS] = GAUGES("spillway_reconciler_waits",
                              "Writes that are put off for now, by what they wait for.",
                              SW_LEDGER_N_REASONS, "reason"),
    [SW_STATS_FINDINGS] =
        GAUGES("spillway_reconciler_findings", "What the plans say of Services and gateways.",
               (size_t)SW_LEDGER_N_REASONS * 4, "verdict", "reason"),
    [SW_STATS_EVENTS] = {.kind = SW_METRIC_COUNTER,
                         .name = "spillway_reconciler_events_total",
                         .help = "Events on Services and gateways, by whether they were written.",
                         .labels = {"result"},
                         .max_series = 2},
    [SW_STATS_DNS_LOOKUPS] = {.kind = SW_METRIC_COUNTER,
                              .name = "spillway_reconciler_dns_lookups_total",
                              .help = "Names of gateways that the DNS was asked for, by what it "
                                      "said.",
                              .labels = {"result"},
                              .max_series = 3},
};

static const struct {
    const char *name, *help;
} gauges[SW_STATS_N_GAUGES] = {
    [SW_STATS_QUEUED] = {"spillway_reconciler_queue_length", "Writes that wait to be sent."},
    [SW_STATS_IN_FLIGHT] = {"spillway_reconciler_writes_in_flight",
                            "Writes that were sent and not answered yet."},
    [SW_STATS_FAILING] = {"spillway_reconciler_failing_objects",
                          "Objects whose last write failed."},
    [SW_STATS_LEADER] = {"spillway_reconciler_leader",
                         "1 while this process is the one that writes."},
    [SW_STATS_NATIVE] = {"spillway_reconciler_native_multicluster",
                         "1 while istiod reads remote clusters itself, so that nothing is "
                         "written."},
    [SW_STATS_NATIVE_KNOWN] = {"spillway_reconciler_native_known",
                               "1 while istiod says whether it reads remote clusters itself; "
                               "unknown changes nothing."},
    [SW_STATS_BYTES] = {"spillway_reconciler_state_bytes",
                        "About what is kept of all clusters takes of memory."},
    [SW_STATS_DNS_NAMES] = {"spillway_reconciler_dns_names",
                            "Names of gateways that the DNS is asked for."},
    [SW_STATS_DNS_FAILING] = {"spillway_reconciler_dns_failing_names",
                              "Names of gateways whose last lookup found no address."},
    [SW_STATS_DNS_EMPTY] = {"spillway_reconciler_dns_empty_names",
                            "Names of gateways without an address, so that nothing leads there."},
    [SW_STATS_DNS_OLDEST] = {"spillway_reconciler_dns_oldest_answer_timestamp_seconds",
                             "When the oldest addresses that are in use though they cannot be "
                             "found any more were last found; 0 for no such."},
    [SW_STATS_SECRETS_SYNCED] = {"spillway_cluster_secrets_synced",
                                 "1 once the Secrets of remote clusters were seen."},
    [SW_STATS_SECRETS_FAILING] = {"spillway_cluster_secrets_failing",
                                  "1 while the Secrets of remote clusters cannot be seen; what "
                                  "was known stays in use."},
    [SW_STATS_SECRETS_FINDINGS] = {"spillway_cluster_secrets_findings",
                                   "What is wrong with the Secrets of remote clusters, as the log "
                                   "says it."},
};

static int add_gauges(struct sw_stats *stats, struct sw_metrics *metrics, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < SW_STATS_N_GAUGES; i++) {
        const struct sw_metric_spec spec = {
            .kind = SW_METRIC_GAUGE, .name = gauges[i].name, .help = gauges[i].help};
        struct sw_metric_family *family;

        r = sw_metrics_add(metrics, &spec, &family, reterr);
        if (r == 0)
            stats->gauges[i] = sw_gauge_at(family, NULL);
    }
    return r;
}

static int add_counters(struct sw_stats *stats, struct sw_metrics *metrics, struct sw_err *reterr)
{
    const struct {
        const char *name, *help;
        struct sw_counter **counter;
    } rows[] = {
        {"spillway_reconciler_rounds_total", "Rounds of planning.", &stats->rounds},
        {"spillway_reconciler_plans_total", "Plans made in them: of Services and gateways.",
         &stats->plans},
        {"spillway_reconciler_failed_rounds_total", "Rounds that there was no memory for.",
         &stats->failed_rounds},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sw_metric_spec spec = {
            .kind = SW_METRIC_COUNTER, .name = rows[i].name, .help = rows[i].help};
        struct sw_metric_family *family;

        r = sw_metrics_add(metrics, &spec, &family, reterr);
        if (r == 0)
            *rows[i].counter = sw_counter_at(family, NULL);
    }
    return r;
}

/* The series are there from the start: an alert on one that comes with the first failure would not
 * see it. */
static void begin_series(struct sw_stats *stats)
{
    struct sw_metric_family *events = stats->families[SW_STATS_EVENTS];
    struct sw_metric_family *lookups = stats->families[SW_STATS_DNS_LOOKUPS];

    stats->events_sent = sw_counter_at(events, SW_METRIC_VALUES("sent"));
    stats->events_dropped = sw_counter_at(events, SW_METRIC_VALUES("dropped"));
    stats->dns_found = sw_counter_at(lookups, SW_METRIC_VALUES("found"));
    stats->dns_none = sw_counter_at(lookups, SW_METRIC_VALUES("none"));
    stats->dns_failed = sw_counter_at(lookups, SW_METRIC_VALUES("failed"));
}

int sw_stats_init(struct sw_stats *stats, struct sw_metrics *metrics, struct sw_err *reterr)
{
    const struct sw_metric_spec plan_seconds = {
        .kind = SW_METRIC_HISTOGRAM,
        .name = "spillway_reconciler_plan_seconds",
        .help = "How long a round of planning takes.",
        .per_unit = NS_PER_S,
        .bounds = plan_bounds_ns,
        .n_bounds = sizeof(plan_bounds_ns) / sizeof(uint64_t),
    };
    struct sw_metric_family *family;
    int r = sw_metrics_add(metrics, &plan_seconds, &family, reterr);

    *stats = (struct sw_stats){.plan_seconds = r < 0 ? NULL : sw_histogram_at(family, NULL)};
    for (size_t i = 0; r == 0 && i < SW_STATS_N_FAMILIES; i++)
        r = sw_metrics_add(metrics, &families[i], &stats->families[i], reterr);
    if (r == 0)
        begin_series(stats);
    if (r == 0)
        r = add_gauges(stats, metrics, reterr);
    return r < 0 ? r : add_counters(stats, metrics, reterr);
}

/* A moment of the monotonic clock, as seconds since 1970; 0 for -1, which is never. */
static int64_t wall_s(int64_t at_ms, int64_t now_ms)
{
    return at_ms < 0 ? 0 : ((int64_t)sw_clock_wall_ms() - (now_ms - at_ms)) / 1000;
}

static void note_resources(struct sw_stats *stats, const char *name, const struct sw_member *member,
                           uint32_t denied)
{
    const struct sw_state_cluster *cluster = sw_member_state(member);
    uint32_t resources = sw_member_resources(member);

    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        const char *kind = sw_resource_info((enum sw_resource)i)->noun;
        const char *const *values = SW_METRIC_VALUES(name, kind);

        if (!(resources & 1u << i))
            continue;
        sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_OBJECTS], values),
                     (int64_t)sw_state_count(cluster, (enum sw_resource)i));
        sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_UNREADABLE], values),
                     (int64_t)sw_state_stats(cluster, (enum sw_resource)i)->n_unreadable);
        sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_DENIED], values), (denied >> i) & 1);
    }
}

static void note_member(struct sw_stats *stats, const struct sw_member *member, int64_t now_ms)
{
    struct sw_member_health health;
    char name[SW_METRIC_VALUE_SIZE];
    const char *const *values = SW_METRIC_VALUES(name);

    snprintf(name, sizeof(name), "%.*s", SW_STR_ARG(sw_member_name(member)));
    sw_member_health(member, now_ms, &health);
    sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_SYNCED], values), health.synced);
    sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_CLUSTER_FAILING], values),
                 health.error.code != 0);
    sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_READABLE], values), health.readable);
    sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_SEEN], values),
                 wall_s(health.current_ms, now_ms));
    sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_HEARD], values),
                 wall_s(health.heard_ms, now_ms));
    note_resources(stats, name, member, health.denied);
}

void sw_stats_note_members(struct sw_stats *stats, const struct sw_members *members, int64_t now_ms)
{
    struct sw_fleet_status fleet;

    for (size_t i = 0; i < sw_members_count(members); i++)
        note_member(stats, sw_members_at(members, i), now_ms);
    sw_members_fleet(members, now_ms, &fleet);
    sw_stats_set(stats, SW_STATS_SECRETS_SYNCED, fleet.synced);
    sw_stats_set(stats, SW_STATS_SECRETS_FAILING, fleet.error.code != 0);
    sw_stats_set(stats, SW_STATS_SECRETS_FINDINGS, (int64_t)fleet.n_findings);
}

void sw_stats_forget(struct sw_stats *stats, struct sw_str cluster)
{
    char name[SW_METRIC_VALUE_SIZE];

    snprintf(name, sizeof(name), "%.*s", SW_STR_ARG(cluster));
    for (unsigned int i = SW_STATS_SYNCED; i <= SW_STATS_HEARD; i++)
        sw_metrics_remove(stats->families[i], SW_METRIC_VALUES(name));
    for (unsigned int i = SW_STATS_OBJECTS; i <= SW_STATS_UNREADABLE; i++) {
        for (unsigned int k = 0; k < SW_N_RESOURCES; k++)
            sw_metrics_remove(stats->families[i],
                              SW_METRIC_VALUES(name, sw_resource_info((enum sw_resource)k)->noun));
    }
}

/* A reason that never came has no series; one that came stays, at 0. */
static void set_reason(struct sw_metric_family *family, const char *const *values, size_t n,
                       bool *shown)
{
    *shown = *shown || n;
    if (*shown)
        sw_gauge_set(sw_gauge_at(family, values), (int64_t)n);
}

static void note_ledger(struct sw_stats *stats, const struct sw_ledger *ledger)
{
    for (unsigned int reason = 0; reason < SW_LEDGER_N_REASONS; reason++) {
        const char *word = sw_reason_word((enum sw_reason)reason);

        set_reason(stats->families[SW_STATS_WAITS], SW_METRIC_VALUES(word),
                   sw_ledger_count_waits(ledger, (enum sw_reason)reason),
                   &stats->waits_shown[reason]);
        for (unsigned int verdict = 0; verdict <= SW_MESH_WAITS; verdict++)
            set_reason(
                stats->families[SW_STATS_FINDINGS],
                SW_METRIC_VALUES(sw_mesh_verdict_word((enum sw_mesh_verdict)verdict), word),
                sw_ledger_count(ledger, (enum sw_mesh_verdict)verdict, (enum sw_reason)reason),
                &stats->findings_shown[verdict][reason]);
    }
}

void sw_stats_note_plans(struct sw_stats *stats, const struct sw_planner_stats *planner,
                         const struct sw_ledger *ledger)
{
    const struct sw_planner_stats *counted = &stats->counted;

    if (planner->n_rounds == counted->n_rounds)
        return;
    sw_counter_add(stats->rounds, planner->n_rounds - counted->n_rounds);
    sw_counter_add(stats->plans, planner->n_plans - counted->n_plans);
    sw_counter_add(stats->failed_rounds, planner->n_failures - counted->n_failures);
    sw_histogram_observe(stats->plan_seconds, planner->last_ns);
    for (unsigned int i = 0; i < SW_MESH_N_KINDS; i++) {
        /* Two kinds of Service are ours. */
        const char *kind =
            i == SW_MESH_STUB ? "StubService" : sw_mesh_kind_name((enum sw_mesh_kind)i);

        sw_gauge_set(sw_gauge_at(stats->families[SW_STATS_OWNED], SW_METRIC_VALUES(kind)),
                     (int64_t)planner->n_owned[i]);
    }
    note_ledger(stats, ledger);
    stats->counted = *planner;
}

void sw_stats_note_write(struct sw_stats *stats, const struct sw_writer_result *result)
{
    const char *verb = sw_op_verb_name(result->verb);

    sw_counter_add(sw_counter_at(stats->families[SW_STATS_WRITES],
                                 SW_METRIC_VALUES(verb, sw_mesh_kind_name(result->kind),
                                                  sw_answer_word(result->verdict))),
                   1);
    sw_histogram_observe(
        sw_histogram_at(stats->families[SW_STATS_WRITE_SECONDS], SW_METRIC_VALUES(verb)),
        result->took_ms * 1000000);
}

void sw_stats_note_events(struct sw_stats *stats, const struct sw_events_stats *events)
{
    const struct sw_events_stats *counted = &stats->counted_events;

    sw_counter_add(stats->events_sent, events->n_sent - counted->n_sent);
    sw_counter_add(stats->events_dropped, events->n_dropped - counted->n_dropped);
    stats->counted_events = *events;
}

void sw_stats_note_names(struct sw_stats *stats, const struct sw_resolver_stats *lookups,
                         const struct sw_names *names, int64_t now_ms)
{
    const struct sw_resolver_stats *counted = &stats->counted_lookups;
    const struct sw_names_summary summary = sw_names_summary(names);

    sw_counter_add(stats->dns_found, lookups->n_found - counted->n_found);
    sw_counter_add(stats->dns_none, lookups->n_none - counted->n_none);
    sw_counter_add(stats->dns_failed, lookups->n_failed - counted->n_failed);
    stats->counted_lookups = *lookups;
    sw_stats_set(stats, SW_STATS_DNS_NAMES, (int64_t)summary.n);
    sw_stats_set(stats, SW_STATS_DNS_FAILING, (int64_t)summary.n_failing);
    sw_stats_set(stats, SW_STATS_DNS_EMPTY, (int64_t)summary.n_empty);
    sw_stats_set(stats, SW_STATS_DNS_OLDEST, wall_s(summary.oldest_ms, now_ms));
}
