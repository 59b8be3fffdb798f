#include "cli/status.h"

#include "cli/status_advice.h"
#include "failover/reason.h"
#include "json/get.h"
#include "json/read.h"

#include <stdlib.h>

#include "base/banned.h"

#define LABEL_REMOTE       "spillway.dev/remote"
#define ANNOTATION_SERVICE "spillway.dev/service"
#define KEY                "status.json"

static const char *const words[SW_N_STATUS_STATES] = {
    [SW_STATUS_EMITTED] = "Emitted",       [SW_STATUS_WITHHELD] = "Withheld",
    [SW_STATUS_WARNED] = "Warned",         [SW_STATUS_WAITS] = "Waits",
    [SW_STATUS_UNREPORTED] = "Unreported",
};

static const struct sw_int_range counts = {0, INT32_MAX};
static const struct sw_int_range times = {0, INT64_MAX / 1000};

/* In the making. */
struct work {
    struct sw_status *status;
    struct sw_arena *arena;
    struct sw_err *reterr;
};

const char *sw_status_state_word(enum sw_status_state state)
{
    return words[state];
}

static int read_state(const json_t *finding, const struct sw_at *at, enum sw_status_state *ret,
                      struct sw_err *reterr)
{
    struct sw_str word = {0};
    int r = sw_get_str(finding, "state", at, &word, reterr);

    if (r < 0)
        return r;
    for (size_t i = 0; i < SW_STATUS_UNREPORTED; i++) {
        if (sw_str_is(word, words[i])) {
            *ret = (enum sw_status_state)i;
            return 0;
        }
    }
    return sw_get_fail(json_object_get(finding, "state"), "state", at,
                       "Emitted, Withheld, Warned or Waits", reterr);
}

static struct sw_status_row *add_row(const struct work *work)
{
    struct sw_status *status = work->status;
    struct sw_status_row *rows =
        sw_arena_push(work->arena, status->rows, status->n_rows, sizeof(*rows));

    if (!rows) {
        sw_err_nomem(work->reterr);
        return NULL;
    }
    status->rows = rows;
    return &rows[status->n_rows++];
}

/* What it is about, where that is not what it is said of. */
static int read_about(const json_t *finding, const struct sw_at *at, const struct work *work,
                      struct sw_status_row *row)
{
    struct sw_str namespace_ = {0}, name = {0};
    const char *text;

    if (sw_get_str(finding, "namespace", at, &namespace_, work->reterr) < 0 ||
        sw_get_str(finding, "name", at, &name, work->reterr) < 0)
        return SW_ETYPE;
    if (!name.len)
        return 0;
    text = sw_arena_printf(work->arena, "%.*s%s%.*s", SW_STR_ARG(namespace_),
                           namespace_.len ? "/" : "", SW_STR_ARG(name));
    if (!text)
        return sw_err_nomem(work->reterr);
    row->about = sw_str_from(text);
    return 0;
}

static int read_finding(const json_t *finding, const struct sw_at *at, const struct work *work,
                        const struct sw_status_row *subject)
{
    struct sw_status_row *row = add_row(work);
    int r;

    if (!row)
        return SW_ENOMEM;
    *row = *subject;
    r = read_state(finding, at, &row->state, work->reterr);
    if (r == 0)
        r = sw_get_str(finding, "reason", at, &row->reason, work->reterr);
    if (r >= 0)
        r = sw_get_str(finding, "remote", at, &row->remote, work->reterr);
    if (r >= 0)
        r = sw_get_str(finding, "message", at, &row->message, work->reterr);
    if (r >= 0)
        r = read_about(finding, at, work, row);
    return r < 0 ? r : sw_status_advise(row, work->arena, work->reterr);
}

static int read_subject(const json_t *value, const struct sw_at *at, const struct work *work)
{
    struct sw_status_row subject = {0};
    json_t *findings = NULL;
    int r = sw_get_str(value, "kind", at, &subject.kind, work->reterr);

    if (r >= 0)
        r = sw_get_str(value, "namespace", at, &subject.namespace_, work->reterr);
    if (r >= 0)
        r = sw_get_str(value, "name", at, &subject.name, work->reterr);
    if (r >= 0)
        r = sw_get_objects(value, "findings", at, &findings, work->reterr);
    for (size_t i = 0; r >= 0 && i < json_array_size(findings); i++)
        r = read_finding(json_array_get(findings, i), SW_AT_INDEX(SW_AT_KEY(at, "findings"), i),
                         work, &subject);
    return r;
}

static int read_cluster(const json_t *value, const struct sw_at *at,
                        struct sw_status_cluster *cluster, struct sw_err *reterr)
{
    const struct {
        const char *key;
        int64_t *number;
    } numbers[] = {
        {"emitted", &cluster->emitted},
        {"withheld", &cluster->withheld},
        {"warned", &cluster->warned},
        {"waits", &cluster->waits},
    };
    int r = sw_get_str(value, "name", at, &cluster->name, reterr);

    if (r >= 0)
        r = sw_get_bool(value, "synced", at, &cluster->synced, reterr);
    if (r >= 0)
        r = sw_get_bool(value, "readable", at, &cluster->readable, reterr);
    if (r >= 0)
        r = sw_get_str(value, "error", at, &cluster->error, reterr);
    if (r >= 0)
        r = sw_get_int(value, "seenAt", at, times, &cluster->seen_at, reterr);
    for (size_t i = 0; r >= 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        r = sw_get_int(value, numbers[i].key, at, counts, numbers[i].number, reterr);
    return r;
}

static int read_clusters(const json_t *array, const struct work *work)
{
    const size_t n = json_array_size(array);
    struct sw_status_cluster *clusters = sw_arena_zalloc(work->arena, (n + 1) * sizeof(*clusters));
    int r = 0;

    if (!clusters)
        return sw_err_nomem(work->reterr);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = read_cluster(json_array_get(array, i), SW_AT_INDEX(SW_AT_KEY(NULL, "clusters"), i),
                         &clusters[i], work->reterr);
    work->status->clusters = clusters;
    work->status->n_clusters = n;
    return r;
}

static int read_report(const json_t *report, const struct work *work)
{
    struct sw_status *status = work->status;
    json_t *clusters = NULL, *subjects = NULL;
    int64_t version = 0;
    int r = sw_get_int(report, "schemaVersion", NULL, (struct sw_int_range){1, 1}, &version,
                       work->reterr);

    if (r == 0)
        return sw_get_fail(NULL, "schemaVersion", NULL, "1", work->reterr);
    if (r > 0)
        r = sw_get_str(report, "local", NULL, &status->local, work->reterr);
    if (r >= 0)
        r = sw_get_bool(report, "native", NULL, &status->native, work->reterr);
    if (r >= 0)
        r = sw_get_int(report, "omitted", NULL, counts, &status->omitted, work->reterr);
    if (r >= 0)
        r = sw_get_objects(report, "clusters", NULL, &clusters, work->reterr);
    if (r >= 0)
        r = read_clusters(clusters, work);
    if (r >= 0)
        r = sw_get_objects(report, "subjects", NULL, &subjects, work->reterr);
    for (size_t i = 0; r >= 0 && i < json_array_size(subjects); i++)
        r = read_subject(json_array_get(subjects, i), SW_AT_INDEX(SW_AT_KEY(NULL, "subjects"), i),
                         work);
    return r;
}

static int read_config_map(const json_t *config_map, const struct work *work)
{
    struct sw_str text = {0}, written = {0};
    json_t *data = NULL, *report;
    uint64_t seconds = 0;
    int r = sw_get_object(config_map, "data", NULL, &data, work->reterr);

    if (r >= 0)
        r = sw_get_str(data, KEY, SW_AT_KEY(NULL, "data"), &text, work->reterr);
    if (r >= 0)
        r = sw_get_str(data, "written", SW_AT_KEY(NULL, "data"), &written, work->reterr);
    if (r < 0)
        return r;
    if (!sw_str_to_u64(written, INT64_MAX / 1000, &seconds))
        return sw_get_fail(json_object_get(data, "written"), "written", SW_AT_KEY(NULL, "data"),
                           "a time in seconds", work->reterr);
    work->status->written = (int64_t)seconds;
    r = sw_json_read(text, &report, work->reterr);
    if (r == 0)
        r = read_report(report, work);
    return r < 0 && r != SW_ENOMEM ? sw_err_wrap(work->reterr, "data[\"" KEY "\"]") : r;
}

/* By what a WorkloadEntry says of itself. */
static int by_way(const void *a, const void *b)
{
    const struct sw_status_row *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    if (order == 0)
        order = sw_str_cmp(x->name, y->name);
    if (order == 0)
        order = sw_str_cmp(x->kind, y->kind);
    return order ? order : sw_str_cmp(x->remote, y->remote);
}

static int by_way_and_state(const void *a, const void *b)
{
    const struct sw_status_row *x = a, *y = b;
    int order = by_way(a, b);

    if (order == 0)
        order = (int)x->state - (int)y->state;
    if (order == 0)
        order = sw_str_cmp(x->reason, y->reason);
    if (order == 0)
        order = sw_str_cmp(x->about, y->about);
    return order ? order : sw_str_cmp(x->message, y->message);
}

/* As a row, without anything that is said of it; false for an entry that is none of ours. */
static bool way_of(const json_t *entry, struct sw_status_row *ret)
{
    const json_t *metadata = json_object_get(entry, "metadata");
    const json_t *remote = json_object_get(json_object_get(metadata, "labels"), LABEL_REMOTE);
    const json_t *service =
        json_object_get(json_object_get(metadata, "annotations"), ANNOTATION_SERVICE);
    struct sw_str rest = sw_str_from(json_string_value(service));

    *ret = (struct sw_status_row){
        .kind = SW_STR("Service"),
        .remote = sw_str_from(json_string_value(remote)),
        .state = SW_STATUS_UNREPORTED,
        .message = SW_STR("WorkloadEntries of Spillway that its reconciler does not name"),
    };
    ret->namespace_ = sw_str_cut(&rest, '/');
    ret->name = rest;
    return ret->remote.len && ret->name.len;
}

static void sort(struct sw_status *status)
{
    if (status->n_rows)
        qsort(status->rows, status->n_rows, sizeof(*status->rows), by_way_and_state);
}

/* Counts them into the first row of their way, and those of no row into new ones. */
static int count_entries(const json_t *entries, const struct work *work)
{
    struct sw_status *status = work->status;
    const size_t n = status->n_rows;

    for (size_t i = 0; i < json_array_size(entries); i++) {
        struct sw_status_row way, *row;

        if (!way_of(json_array_get(entries, i), &way))
            continue;
        row = n ? bsearch(&way, status->rows, n, sizeof(way), by_way) : NULL;
        while (row && row > status->rows && by_way(row - 1, &way) == 0)
            row--;
        if (!row && (row = add_row(work)))
            *row = way;
        if (!row)
            return SW_ENOMEM;
        row->n_entries++;
    }
    sort(status);
    return 0;
}

/* Rows of one way have one count; unreported ones of it are one row. */
static void settle(struct sw_status *status)
{
    size_t n = 0;

    for (size_t i = 0; i < status->n_rows; i++) {
        struct sw_status_row *row = &status->rows[i];
        const bool same = n && by_way(&status->rows[n - 1], row) == 0;

        if (same && row->state == SW_STATUS_UNREPORTED) {
            status->rows[n - 1].n_entries += row->n_entries;
            continue;
        }
        if (same)
            row->n_entries = status->rows[n - 1].n_entries;
        status->n_of[row->state]++;
        status->rows[n++] = *row;
    }
    status->n_rows = n;
}

int sw_status_read(const json_t *config_map, const json_t *entries, struct sw_arena *arena,
                   struct sw_status *ret, struct sw_err *reterr)
{
    struct sw_status status = {0};
    const struct work work = {&status, arena, reterr};
    int r = read_config_map(config_map, &work);

    if (r < 0)
        return r;
    sort(&status);
    r = count_entries(entries, &work);
    if (r < 0)
        return r;
    settle(&status);
    *ret = status;
    return 0;
}

/* Not what the owner of a Service has chosen. */
static bool is_amiss(const struct sw_status_row *row)
{
    return row->state == SW_STATUS_UNREPORTED ||
           (row->state == SW_STATUS_WITHHELD &&
            !sw_str_is(row->reason, sw_reason_word(SW_DISABLED)) &&
            !sw_str_is(row->reason, sw_reason_word(SW_STUB_DISABLED)));
}

bool sw_status_is_troubled(const struct sw_status *status, int64_t now, bool strict)
{
    if (status->native || now - status->written > SW_STATUS_STALE_S)
        return true;
    if (strict && (status->n_of[SW_STATUS_WARNED] || status->n_of[SW_STATUS_WAITS]))
        return true;
    for (size_t i = 0; i < status->n_rows; i++) {
        if (is_amiss(&status->rows[i]))
            return true;
    }
    for (size_t i = 0; i < status->n_clusters; i++) {
        if (!status->clusters[i].readable || !status->clusters[i].synced)
            return true;
    }
    return false;
}
