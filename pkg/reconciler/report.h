/*
 * What the reconciler of one cluster knows, as one JSON document: how the clusters are, and for
 * each Service and gateway what is emitted, withheld or waits, and why.
 *
 * The same knowledge always gives the same bytes: what is written down is when a cluster was last
 * seen, not how long ago that is, and that only where it is not being watched now. Reads no clock.
 *
 *   schemaVersion  1
 *   local          the cluster whose reconciler says all this
 *   native         true: istiod reads remote clusters itself
 *   clusters[]     in the order of their names
 *     name
 *     synced       all of it was seen once
 *     readable     it is being watched
 *     seenAt       where it is not: when the view was last up to date (Unix time, s); absent: never
 *     error        why; absent: nothing is wrong
 *     emitted, withheld, warned, waits    how many findings of `subjects` are about it
 *   settings[]     each WorkspaceSetting of the config cluster; by namespaces, then names
 *     namespace, name
 *     exposed      Services of this cluster that others may reach by it
 *     emitted      ways into other clusters (a Service and one of these) that are in place
 *     workloadEntries    that make them
 *     withheld     ways that are not made
 *     pending      ways that are planned, and not there yet
 *     notExposed   Services of this cluster that are selected and cannot be exposed
 *     reasons[]    of the last three: state, reason, count, example, message
 *   settingsOmitted      for which there was no room
 *   subjects[]     first those of which something is withheld, warned of or waits, then the others;
 *                  in the order of namespaces, names and kinds
 *     kind         Service, IngressGateway, or Gateways: all of the local cluster's
 *     namespace, name
 *     wanted       objects of ours that it wants in the local cluster
 *     findings[]
 *       state      Emitted, Withheld, Warned or Waits
 *       reason     a word of failover/reason.h
 *       remote     the cluster that it is about; absent: the local one, or all
 *       namespace, name    what it is about, where that is not the subject
 *       message    a sentence; absent where it is Emitted
 *       count      how many writes wait; absent for 1
 *   omitted        subjects for which there was no room
 */
#ifndef SW_RECONCILER_REPORT_H
#define SW_RECONCILER_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "reconciler/tally.h"

#define SW_REPORT_SCHEMA_VERSION 1

/* An API server takes 1 MiB of data in a ConfigMap. */
#define SW_REPORT_MAX_BYTES ((size_t)900 << 10)

/* Of that, settings have at most so much. */
#define SW_REPORT_MAX_SETTINGS_BYTES (SW_REPORT_MAX_BYTES / 2)

/* One connected cluster; borrowed. */
struct sw_report_cluster {
    struct sw_str name;
    bool synced;
    bool readable;
    int64_t current_ms; /* monotonic: when the view was last up to date; -1: never */
    const char *error;  /* why it is not; "" for nothing */
};

/* What is reported; borrowed. */
struct sw_report {
    struct sw_str local; /* name of the cluster */
    bool native;
    const struct sw_report_cluster *clusters;
    size_t n_clusters;
    struct sw_tally tally;
    const struct sw_ledger *ledger;
    int64_t wall_minus_mono_ms; /* makes Unix times of monotonic ones */
};

/* Appends the document to `buf`, of at most SW_REPORT_MAX_BYTES, with `arena` for what is sorted.
 * Fails with SW_ENOMEM, and with SW_ELIMIT where clusters alone are too many; `buf` then holds a
 * part. */
int sw_report_write(const struct sw_report *report, struct sw_arena *arena, struct sw_buf *buf,
                    struct sw_err *reterr);

/* What another cluster's report says of its settings. */
struct sw_report_read {
    struct sw_tally tally; /* arena */
    bool omitted;          /* there are settings that it has no room for */
};

/* Reads a report, of at most SW_REPORT_MAX_BYTES, in `arena`. Fails with SW_ESYNTAX, SW_ELIMIT,
 * SW_ETYPE (what is wrong with it: a schemaVersion that is not ours, too) and SW_ENOMEM. */
int sw_report_read(struct sw_str text, struct sw_arena *arena, struct sw_report_read *ret,
                   struct sw_err *reterr);

#endif
