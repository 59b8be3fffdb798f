#include "cli/report_text.h"

#include "base/cleanup.h"
#include "cli/diff.h"
#include "cli/style.h"
#include "json/yaml.h"

#include "base/banned.h"

#define INDENT 4

/* YAML takes more than the JSON that a review is limited to, for blanks and line ends. */
#define MAX_YAML_BYTES (8 * SW_ADMIT_MAX_BODY_BYTES)

static enum sw_style style_of(enum sw_verdict verdict)
{
    switch (verdict) {
    case SW_VERDICT_REFUSED:
        return SW_STYLE_BAD;
    case SW_VERDICT_ALLOWED:
    case SW_VERDICT_PATCHED:
        return SW_STYLE_GOOD;
    case SW_VERDICT_AGAIN:
    case SW_VERDICT_UNSYNCED:
    case SW_VERDICT_MALFORMED:
    case SW_VERDICT_FAILED:
    case SW_N_VERDICTS:
    default:
        return SW_STYLE_PLAIN;
    }
}

static void write_styled(const struct sw_report *report, enum sw_style style, const char *text)
{
    sw_buf_printf(report->buf, "%s%s%s", sw_style_begin(style, report->colours), text,
                  sw_style_end(style, report->colours));
}

static void write_heading(const struct sw_report *report, const struct sw_manifest_object *object,
                          const struct sw_judgement *judgement)
{
    struct sw_buf *buf = report->buf;

    sw_buf_printf(buf, "%s:%zu: %.*s ", object->path, object->line, SW_STR_ARG(judgement->kind));
    if (judgement->namespace_.len)
        sw_buf_printf(buf, "%.*s/", SW_STR_ARG(judgement->namespace_));
    if (judgement->name.len)
        sw_buf_append_str(buf, judgement->name);
    else
        sw_buf_append_text(buf, "(not named yet)");
    if (judgement->judged) {
        sw_buf_append_text(buf, ": ");
        write_styled(report, style_of(judgement->verdict), sw_verdict_word(judgement->verdict));
    }
    sw_buf_append_text(buf, "\n");
}

static void write_findings(const struct sw_report *report, enum sw_style style, const char *word,
                           const struct sw_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct sw_finding *finding = &findings->items[i];

        sw_buf_printf(report->buf, "%*s", INDENT, "");
        write_styled(report, style, word);
        sw_buf_printf(report->buf, ": %s: %s [%s]\n", finding->path, finding->message,
                      sw_reason_word(finding->reason));
    }
}

static void write_slips(const struct sw_report *report, const struct sw_manifest_object *object)
{
    for (size_t i = 0; i < object->n_slips; i++) {
        sw_buf_printf(report->buf, "%*s", INDENT, "");
        write_styled(report, SW_STYLE_WARNING, "warning");
        sw_buf_printf(report->buf, ": %s [" SW_REPORT_SLIP "]\n", object->slips[i]);
    }
}

static int write_diff(const struct sw_report *report, const struct sw_judgement *judgement,
                      struct sw_arena *arena, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf before, after;
    int r;

    sw_buf_init(&before, MAX_YAML_BYTES);
    sw_buf_init(&after, MAX_YAML_BYTES);
    if (!judgement->after)
        return 0;
    sw_yaml_write(judgement->before, &before);
    sw_yaml_write(judgement->after, &after);
    r = sw_buf_status(&before, reterr);
    if (r == 0)
        r = sw_buf_status(&after, reterr);
    if (r < 0)
        return r;
    return sw_diff_write(sw_buf_str(&before), sw_buf_str(&after),
                         (struct sw_diff_format){INDENT, report->colours}, arena, report->buf,
                         reterr);
}

int sw_report_text_object(struct sw_report *report, const struct sw_manifest_object *object,
                          const struct sw_judgement *judgement, struct sw_arena *arena,
                          struct sw_err *reterr)
{
    if (!judgement->judged && object->n_slips == 0)
        return 0;
    write_heading(report, object, judgement);
    write_findings(report, SW_STYLE_BAD, "error", &judgement->refusals);
    if (judgement->advice)
        sw_buf_printf(report->buf, "%*s%s\n", INDENT, "", judgement->advice);
    write_findings(report, SW_STYLE_WARNING, "warning", &judgement->warnings);
    write_slips(report, object);
    return write_diff(report, judgement, arena, reterr);
}

/* "1 warning", "2 warnings". */
static void write_count(struct sw_buf *buf, const char *before, size_t n, const char *noun)
{
    sw_buf_printf(buf, "%s%zu %s%s", before, n, noun, n == 1 ? "" : "s");
}

void sw_report_text_end(struct sw_report *report)
{
    const struct sw_report_totals *totals = &report->totals;
    struct sw_buf *buf = report->buf;

    sw_buf_printf(buf, "%s%.*s: ", buf->len ? "\n" : "", SW_STR_ARG(report->local));
    write_count(buf, "", totals->n_objects, "object");
    sw_buf_printf(buf, ": %zu refused, %zu patched, %zu allowed as is, %zu not judged",
                  totals->n_refused, totals->n_patched, totals->n_allowed, totals->n_unjudged);
    write_count(buf, "; ", totals->n_errors, "error");
    write_count(buf, ", ", totals->n_warnings, "warning");
    sw_buf_append_text(buf, "\n");
}
