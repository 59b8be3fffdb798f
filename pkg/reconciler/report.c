#include "reconciler/report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "json/write.h"

#include "base/banned.h"

#define N_VERDICTS (SW_MESH_WAITS + 1)

/* What stands behind the subjects: `],"omitted":N}`. */
#define TAIL_BYTES 64

/* Members of a cluster that count, by verdict. */
static const char *const count_keys[N_VERDICTS] = {
    [SW_MESH_EMITTED] = "emitted",
    [SW_MESH_WITHHELD] = "withheld",
    [SW_MESH_WARNED] = "warned",
    [SW_MESH_WAITS] = "waits",
};

static const char *const kinds[] = {
    [SW_LEDGER_SERVICE] = "Service",
    [SW_LEDGER_INGRESS] = "IngressGateway",
    [SW_LEDGER_GATEWAYS] = "Gateways",
};

/* A cluster, and what is about it. */
struct row {
    const struct sw_report_cluster *cluster;
    size_t counts[N_VERDICTS];
};

struct list {
    const void **items; /* arena */
    size_t n;
};

static int by_cluster(const void *a, const void *b)
{
    return sw_str_cmp(((const struct row *)a)->cluster->name,
                      ((const struct row *)b)->cluster->name);
}

static bool is_troubled(const struct sw_ledger_entry *entry)
{
    if (entry->n_waits)
        return true;
    for (size_t i = 0; i < entry->n_findings; i++) {
        if (entry->findings[i].verdict != SW_MESH_EMITTED)
            return true;
    }
    return false;
}

static int by_trouble_and_name(const void *a, const void *b)
{
    const struct sw_ledger_entry *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = (int)is_troubled(y) - (int)is_troubled(x);

    if (order == 0)
        order = sw_str_cmp(x->namespace_, y->namespace_);
    if (order == 0)
        order = sw_str_cmp(x->name, y->name);
    return order ? order : (int)x->subject - (int)y->subject;
}

static int by_content(const void *a, const void *b)
{
    const struct sw_ledger_finding *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = sw_str_cmp(x->remote, y->remote);

    if (order == 0)
        order = (int)x->verdict - (int)y->verdict;
    if (order == 0)
        order = (int)x->reason - (int)y->reason;
    if (order == 0)
        order = sw_str_cmp(x->namespace_, y->namespace_);
    if (order == 0)
        order = sw_str_cmp(x->name, y->name);
    return order ? order : sw_str_cmp(x->message, y->message);
}

static int add(struct list *list, const void *item, struct sw_arena *arena, struct sw_err *reterr)
{
    const void **items = sw_arena_push(arena, (void *)list->items, list->n, sizeof(*list->items));

    if (!items)
        return sw_err_nomem(reterr);
    items[list->n++] = item;
    list->items = items;
    return 0;
}

static void sort(struct list *list, int (*compare)(const void *a, const void *b))
{
    if (list->n)
        qsort((void *)list->items, list->n, sizeof(*list->items), compare);
}

/* `,"key":"value"`, for a value that is set. */
static void write_member(const char *key, struct sw_str value, struct sw_buf *buf)
{
    if (!value.len)
        return;
    sw_buf_printf(buf, ",\"%s\":", key);
    sw_json_write_string(value, buf);
}

static void write_cluster(const struct sw_report *report, const struct row *row, struct sw_buf *buf)
{
    const struct sw_report_cluster *cluster = row->cluster;

    sw_buf_append_text(buf, "{\"name\":");
    sw_json_write_string(cluster->name, buf);
    sw_buf_printf(buf, ",\"synced\":%s,\"readable\":%s", cluster->synced ? "true" : "false",
                  cluster->readable ? "true" : "false");
    if (!cluster->readable && cluster->current_ms >= 0)
        sw_buf_printf(buf, ",\"seenAt\":%" PRId64,
                      (cluster->current_ms + report->wall_minus_mono_ms) / 1000);
    write_member("error", sw_str_from(cluster->error), buf);
    for (size_t i = 0; i < N_VERDICTS; i++)
        sw_buf_printf(buf, ",\"%s\":%zu", count_keys[i], row->counts[i]);
    sw_buf_append_text(buf, "}");
}

static void count(const struct sw_ledger_entry *entry, struct row *rows, size_t n_rows)
{
    for (size_t i = 0; i < entry->n_findings; i++) {
        for (size_t j = 0; j < n_rows; j++) {
            if (sw_str_eq(rows[j].cluster->name, entry->findings[i].remote))
                rows[j].counts[entry->findings[i].verdict]++;
        }
    }
}

static int write_clusters(const struct sw_report *report, struct sw_arena *arena,
                          struct sw_buf *buf, struct sw_err *reterr)
{
    const struct sw_ledger_entry *entry = NULL;
    struct row *rows = sw_arena_zalloc(arena, (report->n_clusters + 1) * sizeof(*rows));

    if (!rows)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < report->n_clusters; i++)
        rows[i].cluster = &report->clusters[i];
    qsort(rows, report->n_clusters, sizeof(*rows), by_cluster);
    while ((entry = sw_ledger_next(report->ledger, entry)))
        count(entry, rows, report->n_clusters);
    for (size_t i = 0; i < report->n_clusters; i++) {
        sw_buf_append_text(buf, i ? "," : "");
        write_cluster(report, &rows[i], buf);
    }
    return 0;
}

static void write_finding(const struct sw_ledger_entry *entry,
                          const struct sw_ledger_finding *finding, struct sw_buf *buf)
{
    sw_buf_printf(buf, "{\"state\":\"%s\",\"reason\":\"%s\"",
                  sw_mesh_verdict_word(finding->verdict), sw_reason_word(finding->reason));
    write_member("remote", finding->remote, buf);
    if (!sw_str_eq(finding->namespace_, entry->namespace_) ||
        !sw_str_eq(finding->name, entry->name)) {
        write_member("namespace", finding->namespace_, buf);
        write_member("name", finding->name, buf);
    }
    if (finding->verdict != SW_MESH_EMITTED)
        write_member("message", finding->message, buf);
    sw_buf_append_text(buf, "}");
}

/* What waits, once a reason. */
static void write_waits(const struct sw_ledger_entry *entry, const char *before, struct sw_buf *buf)
{
    size_t counts[SW_LEDGER_N_REASONS] = {0};

    for (size_t i = 0; i < entry->n_waits; i++)
        counts[entry->waits[i].reason]++;
    for (size_t i = 0; i < SW_LEDGER_N_REASONS; i++) {
        const enum sw_reason reason = (enum sw_reason)i;

        if (!counts[i])
            continue;
        sw_buf_printf(buf, "%s{\"state\":\"%s\",\"reason\":\"%s\"", before,
                      sw_mesh_verdict_word(SW_MESH_WAITS), sw_reason_word(reason));
        write_member("message", sw_str_from(sw_reason_sentence(reason)), buf);
        if (counts[i] > 1)
            sw_buf_printf(buf, ",\"count\":%zu", counts[i]);
        sw_buf_append_text(buf, "}");
        before = ",";
    }
}

static int write_subject(const struct sw_ledger_entry *entry, struct sw_arena *arena,
                         struct sw_buf *buf, struct sw_err *reterr)
{
    struct list findings = {0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < entry->n_findings; i++)
        r = add(&findings, &entry->findings[i], arena, reterr);
    if (r < 0)
        return r;
    sort(&findings, by_content);
    sw_buf_printf(buf, "{\"kind\":\"%s\"", kinds[entry->subject]);
    write_member("namespace", entry->namespace_, buf);
    write_member("name", entry->name, buf);
    sw_buf_printf(buf, ",\"wanted\":%zu,\"findings\":[", entry->n_wanted);
    for (size_t i = 0; i < findings.n; i++) {
        sw_buf_append_text(buf, i ? "," : "");
        write_finding(entry, findings.items[i], buf);
    }
    write_waits(entry, findings.n ? "," : "", buf);
    sw_buf_append_text(buf, "]}");
    return 0;
}

/* Each that there is room for; *ret_omitted says how many there was none for. */
static int write_subjects(const struct list *entries, struct sw_arena *arena, struct sw_buf *buf,
                          size_t *ret_omitted, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf one;
    const char *before = "";
    int r = 0;

    sw_buf_init(&one, SW_REPORT_MAX_BYTES);
    *ret_omitted = 0;
    for (size_t i = 0; r == 0 && i < entries->n; i++) {
        sw_buf_clear(&one);
        r = write_subject(entries->items[i], arena, &one, reterr);
        if (r == 0 && one.failure == SW_ENOMEM)
            r = sw_err_nomem(reterr);
        if (one.failure || buf->len + 1 + one.len + TAIL_BYTES > SW_REPORT_MAX_BYTES) {
            ++*ret_omitted;
            continue;
        }
        sw_buf_append_text(buf, before);
        sw_buf_append_str(buf, sw_buf_str(&one));
        before = ",";
    }
    return r;
}

static void write_reason(const struct sw_share_reason *reason, struct sw_buf *buf)
{
    sw_buf_printf(buf, "{\"state\":\"%s\"", sw_share_state_word(reason->state));
    write_member("reason", reason->word, buf);
    sw_buf_printf(buf, ",\"count\":%zu", reason->n);
    write_member("example", reason->example, buf);
    write_member("message", reason->message, buf);
    sw_buf_append_text(buf, "}");
}

static void write_setting(const struct sw_share *share, struct sw_buf *buf)
{
    sw_buf_append_text(buf, "{\"namespace\":");
    sw_json_write_string(share->namespace_, buf);
    write_member("name", share->name, buf);
    sw_buf_printf(buf,
                  ",\"exposed\":%zu,\"emitted\":%zu,\"workloadEntries\":%zu,\"withheld\":%zu,"
                  "\"pending\":%zu,\"notExposed\":%zu,\"reasons\":[",
                  share->n_exposed, share->n_emitted, share->n_entries, share->n[SW_SHARE_WITHHELD],
                  share->n[SW_SHARE_PENDING], share->n[SW_SHARE_NOT_EXPOSED]);
    for (size_t i = 0; i < share->n_reasons; i++) {
        sw_buf_append_text(buf, i ? "," : "");
        write_reason(&share->reasons[i], buf);
    }
    sw_buf_append_text(buf, "]}");
}

/* Each that there is room for; *ret_omitted says how many there was none for. */
static int write_settings(const struct sw_tally *tally, struct sw_buf *buf, size_t *ret_omitted,
                          struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf one;
    const size_t begin = buf->len;

    sw_buf_init(&one, SW_REPORT_MAX_SETTINGS_BYTES);
    *ret_omitted = 0;
    for (size_t i = 0; i < tally->n; i++) {
        sw_buf_clear(&one);
        write_setting(&tally->shares[i], &one);
        if (one.failure == SW_ENOMEM)
            return sw_err_nomem(reterr);
        if (one.failure || buf->len - begin + one.len > SW_REPORT_MAX_SETTINGS_BYTES) {
            ++*ret_omitted;
            continue;
        }
        sw_buf_append_text(buf, buf->len > begin ? "," : "");
        sw_buf_append_str(buf, sw_buf_str(&one));
    }
    return 0;
}

int sw_report_write(const struct sw_report *report, struct sw_arena *arena, struct sw_buf *buf,
                    struct sw_err *reterr)
{
    const struct sw_ledger_entry *entry = NULL;
    struct list entries = {0};
    size_t omitted;
    int r = 0;

    while (r == 0 && (entry = sw_ledger_next(report->ledger, entry)))
        r = add(&entries, entry, arena, reterr);
    if (r < 0)
        return r;
    sort(&entries, by_trouble_and_name);
    sw_buf_printf(buf, "{\"schemaVersion\":%d", SW_REPORT_SCHEMA_VERSION);
    write_member("local", report->local, buf);
    sw_buf_printf(buf, ",\"native\":%s,\"clusters\":[", report->native ? "true" : "false");
    r = write_clusters(report, arena, buf, reterr);
    if (r < 0)
        return r;
    sw_buf_append_text(buf, "],\"settings\":[");
    r = write_settings(&report->tally, buf, &omitted, reterr);
    if (r < 0)
        return r;
    sw_buf_printf(buf, "],\"settingsOmitted\":%zu,\"subjects\":[", omitted);
    r = write_subjects(&entries, arena, buf, &omitted, reterr);
    if (r < 0)
        return r;
    sw_buf_printf(buf, "],\"omitted\":%zu}", omitted);
    if (buf->len > SW_REPORT_MAX_BYTES)
        return sw_err_set(reterr, SW_ELIMIT, "a report of %zu clusters: expected at most %zu bytes",
                          report->n_clusters, SW_REPORT_MAX_BYTES);
    return sw_buf_status(buf, reterr);
}
