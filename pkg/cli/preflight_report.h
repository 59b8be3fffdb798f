/*
 * What `spillway preflight` prints: for people, or one JSON document for machines.
 *
 * The JSON is a contract: members are added and never renamed or removed within a schemaVersion.
 * `spillway help preflight` documents it.
 */
#ifndef SW_CLI_PREFLIGHT_REPORT_H
#define SW_CLI_PREFLIGHT_REPORT_H

#include "base/buf.h"
#include "cli/preflight.h"

#include <stdbool.h>

#define SW_PREFLIGHT_SCHEMA_VERSION 1

/* A report in the making; the caller's storage. */
struct sw_preflight_report {
    struct sw_buf *buf; /* borrowed; what is to be printed */
    bool json;
    bool colours;      /* for people only */
    size_t n_clusters; /* the rest counts, and is 0 to begin with */
    size_t n_of[SW_N_PREFLIGHT_SEVERITIES];
};

/* The three parts, in order: before, for each cluster, after. Failures stay in the buffer. */
void sw_preflight_report_begin(struct sw_preflight_report *report);
void sw_preflight_report_cluster(struct sw_preflight_report *report, struct sw_str name,
                                 const struct sw_preflight *found);
void sw_preflight_report_end(struct sw_preflight_report *report);

#endif
