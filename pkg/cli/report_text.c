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

    sw_style_append(buf, sw_str_from(object->path));
    sw_buf_printf(buf, ":%zu: ", object->line);
    sw_style_append(buf, judgement->kind);
    sw_buf_append_text(buf, " ");
    sw_style_append(buf, judgement->namespace_);
    sw_buf_append_text(buf, judgement->namespace_.len ? "/" : "");
    if (judgement->name.len)
        sw_style_append(buf, judgement->name);
    else
        sw_buf_append_text(buf, "(not named yet)");
    if (judgement->judged) {
        sw_buf_append_text(buf, ": ");
        write_styled(report, style_of(judgement->verdict), sw_verdict_word(judgement->verdict));
    }
    sw_buf_append_text(buf, "\n");
}

/* One finding; `path` is "" where the message has it. */
static void write_finding(const struct sw_report *report, bool warns, const char *path,
                          const char *message, const char *code)
{
    struct sw_buf *buf = report->buf;

    sw_buf_printf(buf, "%*s", INDENT, "");
    write_styled(report, warns ? SW_STYLE_WARNING : SW_STYLE_BAD, warns ? "warning" : "error");
    sw_buf_append_text(buf, ": ");
    sw_style_append(buf, sw_str_from(path));
    sw_buf_append_text(buf, *path ? ": " : "");
    sw_style_append(buf, sw_str_from(message));
    sw_buf_printf(buf, " [%s]\n", code);
}

static void write_findings(const struct sw_report *report, bool warns,
                           const struct sw_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct sw_finding *finding = &findings->items[i];

        write_finding(report, warns, finding->path, finding->message,
                      sw_reason_word(finding->reason));
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
    write_findings(report, false, &judgement->refusals);
    if (judgement->advice)
        sw_buf_printf(report->buf, "%*s%s\n", INDENT, "", judgement->advice);
    write_findings(report, true, &judgement->warnings);
    for (size_t i = 0; i < object->n_slips; i++)
        write_finding(report, true, "", object->slips[i], SW_REPORT_SLIP);
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
