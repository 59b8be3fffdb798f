#include "cli/report.h"

#include "cli/report_json.h"
#include "cli/report_text.h"

#include "base/banned.h"

static void count(struct sw_report_totals *totals, const struct sw_manifest_object *object,
                  const struct sw_judgement *judgement)
{
    totals->n_objects++;
    if (judgement->verdict == SW_VERDICT_REFUSED)
        totals->n_refused++;
    else if (judgement->verdict == SW_VERDICT_PATCHED)
        totals->n_patched++;
    else if (judgement->judged)
        totals->n_allowed++;
    else
        totals->n_unjudged++;
    totals->n_errors += judgement->refusals.n;
    totals->n_warnings += judgement->warnings.n + object->n_slips;
}

void sw_report_begin(struct sw_report *report)
{
    if (report->json)
        sw_report_json_begin(report);
}

int sw_report_object(struct sw_report *report, const struct sw_manifest_object *object,
                     const struct sw_judgement *judgement, struct sw_arena *arena,
                     struct sw_err *reterr)
{
    int r = 0;

    if (report->json)
        sw_report_json_object(report, object, judgement);
    else
        r = sw_report_text_object(report, object, judgement, arena, reterr);
    count(&report->totals, object, judgement);
    return r;
}

void sw_report_end(struct sw_report *report)
{
    if (report->json)
        sw_report_json_end(report);
    else
        sw_report_text_end(report);
}
