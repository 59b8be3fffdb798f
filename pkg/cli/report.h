/*
 * What `spillway admit` prints: for people, or one JSON document for machines.
 *
 * The JSON is a contract: members are added and never renamed or removed within a schemaVersion.
 * `spillway help admit` documents it.
 */
#ifndef SW_CLI_REPORT_H
#define SW_CLI_REPORT_H

#include "cli/judge.h"

#define SW_REPORT_SCHEMA_VERSION 1

/* The code of findings about form, which no rule but the reader has made. */
#define SW_REPORT_SLIP "Slip"

/* How many; all 0 to begin with. */
struct sw_report_totals {
    size_t n_objects;
    size_t n_allowed; /* judged and left as they are */
    size_t n_patched;
    size_t n_refused;
    size_t n_unjudged; /* let through: no rule reads them */
    size_t n_errors;   /* findings that refuse */
    size_t n_warnings; /* findings that do not, slips among them */
};

/* A report in the making; the caller's storage. */
struct sw_report {
    struct sw_buf *buf; /* borrowed; what is to be printed */
    bool json;
    bool colours;         /* for people only */
    struct sw_str local;  /* the name of the local cluster; borrowed */
    struct sw_report_totals totals;
};

/* The three parts, in order: before, for each object, after. A failure of writing stays in the
 * buffer. `arena` is worked with, and what is left in it is of no use. sw_report_object() fails
 * with SW_ENOMEM. */
void sw_report_begin(struct sw_report *report);
int sw_report_object(struct sw_report *report, const struct sw_manifest_object *object,
                     const struct sw_judgement *judgement, struct sw_arena *arena,
                     struct sw_err *reterr);
void sw_report_end(struct sw_report *report);

#endif
