/*
 * What the reconciler counts. Clusters are counted as the webhook counts them, under the same
 * names.
 *
 *   spillway_cluster_synced{cluster}                  1 once everything was read
 *   spillway_cluster_failing{cluster}                 1 while its objects cannot be read
 *   spillway_cluster_readable{cluster}                1 while it is being watched; else its view is
 *                                                     frozen
 *   spillway_cluster_seen_timestamp_seconds{cluster}  when the view was last up to date
 *   spillway_cluster_heard_timestamp_seconds{cluster} when its API server last gave a sign of life
 *   spillway_cluster_objects{cluster,kind}            in the view
 *   spillway_cluster_denied{cluster,kind}             1: not read for want of rights, done without
 *   spillway_index_unreadable_objects{cluster,kind}   that are there and cannot be read
 *   spillway_cluster_secrets_{synced,failing,findings}
 *   spillway_reconciler_objects{kind}                 of ours in the local cluster
 *   spillway_reconciler_writes_total{verb,kind,result}
 *   spillway_reconciler_write_seconds{verb}           histogram
 *   spillway_reconciler_rounds_total, _plans_total, _failed_rounds_total
 *   spillway_reconciler_plan_seconds                  histogram, of rounds
 *   spillway_reconciler_queue_length, _writes_in_flight, _failing_objects
 *   spillway_reconciler_waits{reason}                 what is not written for now
 *   spillway_reconciler_findings{verdict,reason}      what the plans say
 *   spillway_reconciler_events_total{result}          Events, sent or dropped
 *   spillway_reconciler_dns_lookups_total{result}     names of gateways that were asked for: found,
 *                                                     none (no such name or address) or failed
 *   spillway_reconciler_dns_names                     that are wanted
 *   spillway_reconciler_dns_failing_names             of them, whose last lookup found no address
 *   spillway_reconciler_dns_empty_names               of them, that have no address
 *   spillway_reconciler_dns_oldest_answer_timestamp_seconds
 *                                                     when the oldest addresses that are in use
 *                                                     though they cannot be found any more were
 *                                                     last found; 0 for no such
 *   spillway_reconciler_leader                        1 while it writes
 *   spillway_reconciler_native_multicluster           1: istiod reads remote clusters itself
 *   spillway_reconciler_native_known                  1 while istiod says whether it does
 *   spillway_reconciler_state_bytes                   what is kept of all clusters
 */
#ifndef SW_RECONCILER_STATS_H
#define SW_RECONCILER_STATS_H

#include "kube/resolver.h"
#include "metrics/metrics.h"
#include "reconciler/events.h"
#include "reconciler/ledger.h"
#include "reconciler/members.h"
#include "reconciler/planner.h"
#include "reconciler/writer.h"

enum sw_stats_gauge {
    SW_STATS_QUEUED,
    SW_STATS_IN_FLIGHT,
    SW_STATS_FAILING,
    SW_STATS_LEADER,
    SW_STATS_NATIVE,
    SW_STATS_NATIVE_KNOWN,
    SW_STATS_BYTES,
    SW_STATS_DNS_NAMES,
    SW_STATS_DNS_FAILING,
    SW_STATS_DNS_EMPTY,
    SW_STATS_DNS_OLDEST,
    SW_STATS_SECRETS_SYNCED,
    SW_STATS_SECRETS_FAILING,
    SW_STATS_SECRETS_FINDINGS,
    SW_STATS_N_GAUGES
};

enum sw_stats_family {
    SW_STATS_SYNCED,
    SW_STATS_CLUSTER_FAILING,
    SW_STATS_READABLE,
    SW_STATS_SEEN,
    SW_STATS_HEARD,
    SW_STATS_OBJECTS,
    SW_STATS_DENIED,
    SW_STATS_UNREADABLE,
    SW_STATS_OWNED,
    SW_STATS_WRITES,
    SW_STATS_WRITE_SECONDS,
    SW_STATS_WAITS,
    SW_STATS_FINDINGS,
    SW_STATS_EVENTS,
    SW_STATS_DNS_LOOKUPS,
    SW_STATS_N_FAMILIES
};

/* The caller's storage; private. Families and handles are borrowed from the registry. */
struct sw_stats {
    struct sw_metric_family *families[SW_STATS_N_FAMILIES];
    struct sw_gauge *gauges[SW_STATS_N_GAUGES];
    struct sw_counter *rounds, *plans, *failed_rounds;
    struct sw_counter *events_sent, *events_dropped;
    struct sw_counter *dns_found, *dns_none, *dns_failed;
    struct sw_histogram *plan_seconds;
    struct sw_planner_stats counted; /* as last noted, as the next two are */
    struct sw_events_stats counted_events;
    struct sw_resolver_stats counted_lookups;
    bool waits_shown[SW_LEDGER_N_REASONS];
    bool findings_shown[SW_MESH_WAITS + 1][SW_LEDGER_N_REASONS];
};

/* Adds everything to the registry. Fails as sw_metrics_add() does. */
int sw_stats_init(struct sw_stats *stats, struct sw_metrics *metrics, struct sw_err *reterr);

/* Writes down how clusters are, at now_ms of the monotonic clock. */
void sw_stats_note_members(struct sw_stats *stats, const struct sw_members *members,
                           int64_t now_ms);

/* A cluster is gone, and all that was written down of it. */
void sw_stats_forget(struct sw_stats *stats, struct sw_str cluster);

/* Writes down what was planned, and what was not, and why. */
void sw_stats_note_plans(struct sw_stats *stats, const struct sw_planner_stats *planner,
                         const struct sw_ledger *ledger);

/* One write has ended. */
void sw_stats_note_write(struct sw_stats *stats, const struct sw_writer_result *result);

/* Writes down how many Events were written. */
void sw_stats_note_events(struct sw_stats *stats, const struct sw_events_stats *events);

/* Writes down how the names of gateways fare, at now_ms of the monotonic clock. */
void sw_stats_note_names(struct sw_stats *stats, const struct sw_resolver_stats *lookups,
                         const struct sw_names *names, int64_t now_ms);

/* Any of the gauges that are one number. */
static inline void sw_stats_set(struct sw_stats *stats, enum sw_stats_gauge gauge, int64_t value)
{
    sw_gauge_set(stats->gauges[gauge], value);
}

#endif
