/*
 * The report for machines: one JSON document. See cli/report.h.
 */
#ifndef SW_CLI_REPORT_JSON_H
#define SW_CLI_REPORT_JSON_H

#include "cli/report.h"

/* Append to report->buf, where failures stay. */
void sw_report_json_begin(struct sw_report *report);
void sw_report_json_object(struct sw_report *report, const struct sw_manifest_object *object,
                           const struct sw_judgement *judgement);
void sw_report_json_end(struct sw_report *report);

#endif
