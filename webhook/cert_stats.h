/*
 * What the keeper of the certificates counts.
 *
 *   spillway_certificates_not_after_timestamp_seconds{certificate}  when what the Secret holds
 * ends: serving, authority (the one that signs) spillway_certificates_leader 1 while this replica
 * is the one that writes spillway_certificates_writes_total{what}           authority, serving,
 * authorities_dropped, ca_bundles, failure_policy spillway_certificates_failures_total looks and
 * writes that failed spillway_certificates_last_failure_timestamp_seconds  0 for never, as the next
 *   spillway_certificates_last_look_timestamp_seconds  when the Secret was last read
 */
#ifndef SW_WEBHOOK_CERT_STATS_H
#define SW_WEBHOOK_CERT_STATS_H

#include "metrics/metrics.h"

enum sw_cert_write {
    SW_CERT_WROTE_AUTHORITY,
    SW_CERT_WROTE_SERVING,
    SW_CERT_WROTE_DROPPED,
    SW_CERT_WROTE_BUNDLES,
    SW_CERT_WROTE_POLICY,
    SW_CERT_N_WRITES,
};

/* Borrowed from the registry; all NULL counts nothing. */
struct sw_cert_stats {
    struct sw_gauge *serving_end;
    struct sw_gauge *authority_end;
    struct sw_gauge *leader;
    struct sw_counter *writes[SW_CERT_N_WRITES];
    struct sw_counter *failures;
    struct sw_gauge *last_failure;
    struct sw_gauge *last_look;
};

/* Fails as sw_metrics_add() does. */
int sw_cert_stats_init(struct sw_cert_stats *stats, struct sw_metrics *metrics,
                       struct sw_err *reterr);

#endif
