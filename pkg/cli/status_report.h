/*
 * What `spillway status` prints: tables for people, or one JSON document for machines.
 *
 * The JSON is a contract: members are added and never renamed or removed within a schemaVersion.
 * `spillway help status` documents it.
 */
#ifndef SW_CLI_STATUS_REPORT_H
#define SW_CLI_STATUS_REPORT_H

#include "base/buf.h"
#include "cli/status.h"

#define SW_STATUS_SCHEMA_VERSION 1

/* A report in the making; the caller's storage. */
struct sw_status_report {
    struct sw_buf *buf; /* borrowed; what is to be printed */
    bool json;
    bool colours;      /* for people only */
    int64_t now;       /* Unix time */
    size_t n_clusters; /* counted; 0 to begin with */
};

/* The three parts, in order: before, for each cluster (by the name it was given), after. Failures
 * stay in the buffer. */
void sw_status_report_begin(struct sw_status_report *report);
void sw_status_report_cluster(struct sw_status_report *report, struct sw_str name,
                              const struct sw_status *status);
void sw_status_report_end(struct sw_status_report *report);

#endif
