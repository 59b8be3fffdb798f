#include "cli/status_report.h"

#include "cli/style.h"
#include "json/write.h"

#include <inttypes.h>

#include "base/banned.h"

#define INDENT "    "

/* Wider names do not move the columns of all others. */
#define MAX_WIDTH 48

static const enum sw_style styles[SW_N_STATUS_STATES] = {
    [SW_STATUS_EMITTED] = SW_STYLE_GOOD,   [SW_STATUS_WITHHELD] = SW_STYLE_BAD,
    [SW_STATUS_WARNED] = SW_STYLE_WARNING, [SW_STATUS_WAITS] = SW_STYLE_WARNING,
    [SW_STATUS_UNREPORTED] = SW_STYLE_BAD,
};

/* "12 s", "5 min", "3 h", "2 d": of a time that is past. */
static void write_age(int64_t seconds, struct sw_buf *buf)
{
    if (seconds < 0) /* clocks differ */
        seconds = 0;
    if (seconds < 120)
        sw_buf_printf(buf, "%" PRId64 " s", seconds);
    else if (seconds < 7200)
        sw_buf_printf(buf, "%" PRId64 " min", seconds / 60);
    else if (seconds < 172800)
        sw_buf_printf(buf, "%" PRId64 " h", seconds / 3600);
    else
        sw_buf_printf(buf, "%" PRId64 " d", seconds / 86400);
}

static void pad(struct sw_buf *buf, size_t written, size_t width)
{
    sw_buf_printf(buf, "%*s", (int)(written < width ? width - written : 0) + 2, "");
}

static void write_cell(struct sw_str text, size_t width, struct sw_buf *buf)
{
    sw_style_append(buf, text);
    pad(buf, text.len, width);
}

static void widen(size_t *width, size_t len)
{
    if (len > *width)
        *width = len < MAX_WIDTH ? len : MAX_WIDTH;
}

static const char *cluster_word(const struct sw_status_cluster *cluster)
{
    if (!cluster->synced)
        return "not seen yet";
    return cluster->readable ? "watched" : "out of reach";
}

static void write_clusters(const struct sw_status_report *report, const struct sw_status *status)
{
    size_t width = sizeof("CLUSTER") - 1;
    struct sw_buf *buf = report->buf;

    for (size_t i = 0; i < status->n_clusters; i++)
        widen(&width, status->clusters[i].name.len);
    sw_buf_append_text(buf, INDENT);
    write_cell(SW_STR("CLUSTER"), width, buf);
    sw_buf_append_text(buf, "STATE         EMITTED  WITHHELD\n");
    for (size_t i = 0; i < status->n_clusters; i++) {
        const struct sw_status_cluster *cluster = &status->clusters[i];

        sw_buf_append_text(buf, INDENT);
        write_cell(cluster->name, width, buf);
        sw_buf_printf(buf, "%-12s  %7" PRId64 "  %8" PRId64, cluster_word(cluster),
                      cluster->emitted, cluster->withheld);
        if (cluster->seen_at) {
            sw_buf_append_text(buf, "  seen ");
            write_age(report->now - cluster->seen_at, buf);
            sw_buf_append_text(buf, " ago");
        }
        if (cluster->error.len) {
            sw_buf_append_text(buf, "  ");
            sw_style_append(buf, cluster->error);
        }
        sw_buf_append_text(buf, "\n");
    }
}

/* "shop/cart"; "all Gateways" for those. */
static size_t name_len(const struct sw_status_row *row)
{
    return row->name.len ? row->namespace_.len + 1 + row->name.len : row->kind.len;
}

static void write_name(const struct sw_status_row *row, size_t width, struct sw_buf *buf)
{
    if (row->name.len) {
        sw_style_append(buf, row->namespace_);
        sw_buf_append_text(buf, "/");
        sw_style_append(buf, row->name);
    } else {
        sw_style_append(buf, row->kind);
    }
    pad(buf, name_len(row), width);
}

/* What explains it, on lines of their own. */
static void write_words(const struct sw_status_row *row, struct sw_buf *buf)
{
    if (row->state == SW_STATUS_EMITTED)
        return;
    if (row->message.len) {
        sw_buf_append_text(buf, INDENT INDENT);
        sw_style_append(buf, row->about);
        sw_buf_append_text(buf, row->about.len ? ": " : "");
        sw_style_append(buf, row->message);
        sw_buf_append_text(buf, "\n");
    }
    if (row->advice) {
        sw_buf_append_text(buf, INDENT INDENT "> ");
        sw_style_append(buf, sw_str_from(row->advice));
        sw_buf_append_text(buf, "\n");
    }
}

static void write_rows(const struct sw_status_report *report, const struct sw_status *status)
{
    size_t name_width = sizeof("SERVICE") - 1, remote_width = sizeof("REMOTE") - 1;
    struct sw_buf *buf = report->buf;

    for (size_t i = 0; i < status->n_rows; i++) {
        widen(&name_width, name_len(&status->rows[i]));
        widen(&remote_width, status->rows[i].remote.len);
    }
    sw_buf_append_text(buf, INDENT);
    write_cell(SW_STR("SERVICE"), name_width, buf);
    write_cell(SW_STR("REMOTE"), remote_width, buf);
    sw_buf_append_text(buf, "ENTRIES  STATE       REASON\n");
    for (size_t i = 0; i < status->n_rows; i++) {
        const struct sw_status_row *row = &status->rows[i];
        const enum sw_style style = styles[row->state];

        sw_buf_append_text(buf, INDENT);
        write_name(row, name_width, buf);
        write_cell(row->remote.len ? row->remote : SW_STR("-"), remote_width, buf);
        sw_buf_printf(buf, "%7zu  %s%-10s%s  ", row->n_entries,
                      sw_style_begin(style, report->colours), sw_status_state_word(row->state),
                      sw_style_end(style, report->colours));
        sw_style_append(buf, row->reason.len ? row->reason : SW_STR("-"));
        sw_buf_append_text(buf, "\n");
        write_words(row, buf);
    }
}

static void write_text(const struct sw_status_report *report, struct sw_str name,
                       const struct sw_status *status)
{
    struct sw_buf *buf = report->buf;

    sw_buf_append_text(buf, report->n_clusters ? "\n" : "");
    sw_style_append(buf, name);
    sw_buf_append_text(buf, ": ");
    for (size_t i = 0; i < SW_N_STATUS_STATES; i++)
        sw_buf_printf(buf, "%s%zu %s", i ? ", " : "", status->n_of[i],
                      sw_status_state_word((enum sw_status_state)i));
    sw_buf_append_text(buf, "; as of ");
    write_age(report->now - status->written, buf);
    sw_buf_append_text(buf, " ago\n");
    if (report->now - status->written > SW_STATUS_STALE_S)
        sw_buf_append_text(buf, INDENT "the reconciler has stopped saying how things are\n" INDENT
                                       "> kubectl get pods -A -l app.kubernetes.io/component="
                                       "reconciler\n");
    if (status->native)
        sw_buf_append_text(buf, INDENT "istiod reads other clusters itself, and nothing is emitted "
                                       "for them\n");
    write_clusters(report, status);
    if (status->n_rows)
        write_rows(report, status);
    if (status->omitted)
        sw_buf_printf(buf,
                      INDENT "and %" PRId64 " more, of which there was no room to say "
                             "anything\n",
                      status->omitted);
}

/* `,"key":"value"`; null for what is not known. */
static void write_member(const char *before, const char *key, struct sw_str value,
                         struct sw_buf *buf)
{
    sw_buf_printf(buf, "%s\"%s\":", before, key);
    if (value.len)
        sw_json_write_string(value, buf);
    else
        sw_buf_append_text(buf, "null");
}

static void write_json_cluster(const struct sw_status_cluster *cluster, struct sw_buf *buf)
{
    write_member("{", "name", cluster->name, buf);
    sw_buf_printf(buf, ",\"synced\":%s,\"readable\":%s", cluster->synced ? "true" : "false",
                  cluster->readable ? "true" : "false");
    if (cluster->seen_at)
        sw_buf_printf(buf, ",\"seenAt\":%" PRId64, cluster->seen_at);
    else
        sw_buf_append_text(buf, ",\"seenAt\":null");
    write_member(",", "error", cluster->error, buf);
    sw_buf_printf(buf,
                  ",\"emitted\":%" PRId64 ",\"withheld\":%" PRId64 ",\"warned\":%" PRId64
                  ",\"waits\":%" PRId64 "}",
                  cluster->emitted, cluster->withheld, cluster->warned, cluster->waits);
}

static void write_json_row(const struct sw_status_row *row, struct sw_buf *buf)
{
    write_member("{", "kind", row->kind, buf);
    write_member(",", "namespace", row->namespace_, buf);
    write_member(",", "name", row->name, buf);
    write_member(",", "remote", row->remote, buf);
    sw_buf_printf(buf, ",\"entries\":%zu,\"state\":\"%s\"", row->n_entries,
                  sw_status_state_word(row->state));
    write_member(",", "reason", row->reason, buf);
    write_member(",", "about", row->about, buf);
    write_member(",", "message", row->message, buf);
    write_member(",", "advice", sw_str_from(row->advice), buf);
    sw_buf_append_text(buf, "}");
}

static void write_json(const struct sw_status_report *report, struct sw_str name,
                       const struct sw_status *status)
{
    struct sw_buf *buf = report->buf;

    write_member(report->n_clusters ? ",\n{" : "\n{", "name", name, buf);
    write_member(",", "local", status->local, buf);
    sw_buf_printf(buf, ",\"written\":%" PRId64 ",\"stale\":%s,\"native\":%s,\"omitted\":%" PRId64,
                  status->written,
                  report->now - status->written > SW_STATUS_STALE_S ? "true" : "false",
                  status->native ? "true" : "false", status->omitted);
    sw_buf_append_text(buf, ",\"clusters\":[");
    for (size_t i = 0; i < status->n_clusters; i++) {
        sw_buf_append_text(buf, i ? "," : "");
        write_json_cluster(&status->clusters[i], buf);
    }
    sw_buf_append_text(buf, "],\"rows\":[");
    for (size_t i = 0; i < status->n_rows; i++) {
        sw_buf_append_text(buf, i ? ",\n" : "\n");
        write_json_row(&status->rows[i], buf);
    }
    sw_buf_append_text(buf, "]}");
}

void sw_status_report_begin(struct sw_status_report *report)
{
    if (report->json)
        sw_buf_printf(report->buf, "{\"schemaVersion\":%d,\"clusters\":[",
                      SW_STATUS_SCHEMA_VERSION);
}

void sw_status_report_cluster(struct sw_status_report *report, struct sw_str name,
                              const struct sw_status *status)
{
    if (report->json)
        write_json(report, name, status);
    else
        write_text(report, name, status);
    report->n_clusters++;
}

void sw_status_report_end(struct sw_status_report *report)
{
    if (report->json)
        sw_buf_append_text(report->buf, "\n]}\n");
}
