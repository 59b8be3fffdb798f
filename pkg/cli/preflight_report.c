#include "cli/preflight_report.h"

#include "cli/style.h"
#include "json/write.h"

#include "base/banned.h"

#define INDENT "    "

static enum sw_style style_of(enum sw_preflight_severity severity)
{
    static const enum sw_style styles[SW_N_PREFLIGHT_SEVERITIES] = {
        [SW_PREFLIGHT_NOTE] = SW_STYLE_PLAIN,
        [SW_PREFLIGHT_WARNING] = SW_STYLE_WARNING,
        [SW_PREFLIGHT_ERROR] = SW_STYLE_BAD,
    };

    return styles[severity];
}

/* "east: Kubernetes v1.36.3, Istio 1.31.0 (istio-system/istiod), network n1" */
static void write_heading(struct sw_buf *buf, struct sw_str name, const struct sw_preflight *found)
{
    sw_style_append(buf, name);
    sw_buf_append_text(buf, ": Kubernetes ");
    sw_style_append(buf, found->kubernetes.len ? found->kubernetes : SW_STR("of unknown version"));
    for (size_t i = 0; i < found->n_istiods; i++) {
        const struct sw_preflight_istiod *istiod = &found->istiods[i];

        sw_buf_append_text(buf, ", Istio ");
        sw_style_append(buf, istiod->version.len ? istiod->version : SW_STR("of unknown version"));
        sw_buf_append_text(buf, " (");
        sw_style_append(buf, istiod->namespace_);
        sw_buf_append_text(buf, "/");
        sw_style_append(buf, istiod->name);
        sw_buf_append_text(buf, ")");
    }
    if (found->network.len) {
        sw_buf_append_text(buf, ", network ");
        sw_style_append(buf, found->network);
    }
    if (found->installed.len) {
        sw_buf_append_text(buf, ", Spillway ");
        sw_style_append(buf, found->installed);
    }
    sw_buf_append_text(buf, "\n");
}

static void write_finding(const struct sw_preflight_report *report,
                          const struct sw_preflight_finding *finding)
{
    const enum sw_style style = style_of(finding->severity);
    struct sw_buf *buf = report->buf;

    sw_buf_printf(buf, INDENT "%s%s%s: ", sw_style_begin(style, report->colours),
                  sw_preflight_severity_word(finding->severity),
                  sw_style_end(style, report->colours));
    sw_style_append(buf, sw_str_from(finding->message));
    sw_buf_printf(buf, " [%s]\n", finding->code);
    if (!finding->advice)
        return;
    sw_buf_append_text(buf, INDENT INDENT);
    sw_style_append(buf, sw_str_from(finding->advice));
    sw_buf_append_text(buf, "\n");
}

static void write_text(const struct sw_preflight_report *report, struct sw_str name,
                       const struct sw_preflight *found)
{
    write_heading(report->buf, name, found);
    for (size_t i = 0; i < found->n_findings; i++)
        write_finding(report, &found->findings[i]);
}

/* `"key":"value"`; null for what is not known. */
static void write_member(const char *before, const char *key, struct sw_str value,
                         struct sw_buf *buf)
{
    sw_buf_printf(buf, "%s\"%s\":", before, key);
    if (value.len)
        sw_json_write_string(value, buf);
    else
        sw_buf_append_text(buf, "null");
}

static void write_json(const struct sw_preflight_report *report, struct sw_str name,
                       const struct sw_preflight *found)
{
    struct sw_buf *buf = report->buf;

    write_member(report->n_clusters ? ",\n{" : "\n{", "name", name, buf);
    write_member(",", "kubernetes", found->kubernetes, buf);
    write_member(",", "network", found->network, buf);
    write_member(",", "installed", found->installed, buf);
    sw_buf_append_text(buf, ",\"istio\":[");
    for (size_t i = 0; i < found->n_istiods; i++) {
        const struct sw_preflight_istiod *istiod = &found->istiods[i];

        write_member(i ? ",{" : "{", "namespace", istiod->namespace_, buf);
        write_member(",", "name", istiod->name, buf);
        write_member(",", "version", istiod->version, buf);
        write_member(",", "revision", istiod->revision, buf);
        sw_buf_append_text(buf, "}");
    }
    sw_buf_append_text(buf, "],\"findings\":[");
    for (size_t i = 0; i < found->n_findings; i++) {
        const struct sw_preflight_finding *finding = &found->findings[i];

        write_member(i ? ",{" : "{", "severity",
                     sw_str_from(sw_preflight_severity_word(finding->severity)), buf);
        write_member(",", "code", sw_str_from(finding->code), buf);
        write_member(",", "message", sw_str_from(finding->message), buf);
        write_member(",", "advice", sw_str_from(finding->advice), buf);
        sw_buf_append_text(buf, "}");
    }
    sw_buf_append_text(buf, "]}");
}

void sw_preflight_report_begin(struct sw_preflight_report *report)
{
    if (report->json)
        sw_buf_printf(report->buf, "{\"schemaVersion\":%d,\"clusters\":[",
                      SW_PREFLIGHT_SCHEMA_VERSION);
}

void sw_preflight_report_cluster(struct sw_preflight_report *report, struct sw_str name,
                                 const struct sw_preflight *found)
{
    if (report->json)
        write_json(report, name, found);
    else
        write_text(report, name, found);
    report->n_clusters++;
    for (size_t i = 0; i < SW_N_PREFLIGHT_SEVERITIES; i++)
        report->n_of[i] += found->n_of[i];
}

void sw_preflight_report_end(struct sw_preflight_report *report)
{
    const size_t n_errors = report->n_of[SW_PREFLIGHT_ERROR];
    const size_t n_warnings = report->n_of[SW_PREFLIGHT_WARNING];
    const size_t n_notes = report->n_of[SW_PREFLIGHT_NOTE];

    if (report->json)
        sw_buf_printf(report->buf,
                      "\n],\"summary\":{\"clusters\":%zu,\"errors\":%zu,\"warnings\":%zu,"
                      "\"notes\":%zu}}\n",
                      report->n_clusters, n_errors, n_warnings, n_notes);
    else
        sw_buf_printf(report->buf, "\n%zu cluster%s: %zu error%s, %zu warning%s, %zu note%s\n",
                      report->n_clusters, report->n_clusters == 1 ? "" : "s", n_errors,
                      n_errors == 1 ? "" : "s", n_warnings, n_warnings == 1 ? "" : "s", n_notes,
                      n_notes == 1 ? "" : "s");
}
