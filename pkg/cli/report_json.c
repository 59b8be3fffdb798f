#include "cli/report_json.h"

#include "json/write.h"

#include "base/banned.h"

/* null for what is empty: no name, path or sentence is. */
static void write_text(const char *key, struct sw_str value, struct sw_buf *buf)
{
    sw_buf_printf(buf, ",\"%s\":", key);
    if (value.len)
        sw_json_write_string(value, buf);
    else
        sw_buf_append_text(buf, "null");
}

static void write_finding(const char *severity, const char *code, struct sw_str path,
                          const char *message, bool first, struct sw_buf *buf)
{
    sw_buf_printf(buf, "%s{\"severity\":\"%s\"", first ? "" : ",", severity);
    write_text("code", sw_str_from(code), buf);
    write_text("path", path, buf);
    write_text("message", sw_str_from(message), buf);
    sw_buf_append_text(buf, "}");
}

static void write_findings(const struct sw_manifest_object *object,
                           const struct sw_judgement *judgement, struct sw_buf *buf)
{
    const struct sw_findings *refusals = &judgement->refusals, *warnings = &judgement->warnings;
    size_t n = 0;

    for (size_t i = 0; i < refusals->n; i++)
        write_finding("error", sw_reason_word(refusals->items[i].reason),
                      sw_str_from(refusals->items[i].path), refusals->items[i].message, n++ == 0,
                      buf);
    for (size_t i = 0; i < warnings->n; i++)
        write_finding("warning", sw_reason_word(warnings->items[i].reason),
                      sw_str_from(warnings->items[i].path), warnings->items[i].message, n++ == 0,
                      buf);
    for (size_t i = 0; i < object->n_slips; i++)
        write_finding("warning", SW_REPORT_SLIP, (struct sw_str){NULL, 0}, object->slips[i],
                      n++ == 0, buf);
}

void sw_report_json_begin(struct sw_report *report)
{
    struct sw_buf *buf = report->buf;

    sw_buf_printf(buf, "{\"schemaVersion\":%d,\"local\":", SW_REPORT_SCHEMA_VERSION);
    sw_json_write_string(report->local, buf);
    sw_buf_append_text(buf, ",\"objects\":[");
}

void sw_report_json_object(struct sw_report *report, const struct sw_manifest_object *object,
                           const struct sw_judgement *judgement)
{
    struct sw_buf *buf = report->buf;

    sw_buf_append_text(buf, report->totals.n_objects ? ",\n{\"file\":" : "\n{\"file\":");
    sw_json_write_string(sw_str_from(object->path), buf);
    sw_buf_printf(buf, ",\"line\":%zu", object->line);
    write_text("kind", judgement->kind, buf);
    write_text("namespace", judgement->namespace_, buf);
    write_text("name", judgement->name, buf);
    sw_buf_printf(buf, ",\"judged\":%s,\"verdict\":\"%s\",\"findings\":[",
                  judgement->judged ? "true" : "false", sw_verdict_word(judgement->verdict));
    write_findings(object, judgement, buf);
    sw_buf_append_text(buf, "]");
    write_text("advice", sw_str_from(judgement->advice), buf);
    sw_buf_append_text(buf, ",\"patch\":");
    sw_patch_write(&judgement->patch, buf);
    sw_buf_append_text(buf, ",\"patchedObject\":");
    if (judgement->after)
        sw_json_write(judgement->after, buf);
    else
        sw_buf_append_text(buf, "null");
    sw_buf_append_text(buf, "}");
}

void sw_report_json_end(struct sw_report *report)
{
    const struct sw_report_totals *totals = &report->totals;

    sw_buf_printf(report->buf,
                  "\n],\"summary\":{\"objects\":%zu,\"allowed\":%zu,\"patched\":%zu,"
                  "\"refused\":%zu,\"unjudged\":%zu,\"errors\":%zu,\"warnings\":%zu}}\n",
                  totals->n_objects, totals->n_allowed, totals->n_patched, totals->n_refused,
                  totals->n_unjudged, totals->n_errors, totals->n_warnings);
}
