/*
 * The report for people: a line for each object that was judged, with its findings and what would
 * change below it, and one line that sums up. See cli/report.h.
 */
#ifndef SW_CLI_REPORT_TEXT_H
#define SW_CLI_REPORT_TEXT_H

#include "cli/report.h"

/* Append to report->buf, where failures of writing stay. sw_report_text_object() fails with
 * SW_ENOMEM. */
int sw_report_text_object(struct sw_report *report, const struct sw_manifest_object *object,
                          const struct sw_judgement *judgement, struct sw_arena *arena,
                          struct sw_err *reterr);
void sw_report_text_end(struct sw_report *report);

#endif
