#include "reconciler/tidings.h"

#include "base/cleanup.h"
#include "reconciler/bulletin.h"
#include "json/get.h"
#include "json/read.h"

#include "base/banned.h"

/* The answer as JSON values, and the report in it, once more. */
#define READ_CHUNK_BYTES ((size_t)256 << 10)
#define MAX_READ_BYTES   ((size_t)96 << 20)

/* Settings are at most half of a report; in memory they take about twice as much. */
#define KEEP_CHUNK_BYTES ((size_t)2 << 10)
#define MAX_KEPT_BYTES   ((size_t)4 << 20)

void sw_tidings_init(struct sw_tidings *tidings)
{
    *tidings = (struct sw_tidings){.written_s = -1, .changed_ms = -1};
    sw_arena_init(&tidings->kept, KEEP_CHUNK_BYTES, MAX_KEPT_BYTES);
}

void sw_tidings_release(struct sw_tidings *tidings)
{
    sw_arena_release(&tidings->kept);
    tidings->tally = (struct sw_tally){NULL, 0};
    tidings->known = false;
}

bool sw_tidings_is_stale(const struct sw_tidings *tidings, int64_t now_ms)
{
    return tidings->changed_ms < 0 || now_ms - tidings->changed_ms >= SW_TIDINGS_STALE_MS;
}

/* Keeps what was read, which is in an arena that goes. */
static int keep(struct sw_tidings *tidings, const struct sw_report_read *read,
                struct sw_err *reterr)
{
    struct sw_tally tally = {NULL, read->tally.n};
    int r = 0;

    sw_arena_release(&tidings->kept);
    tidings->tally = (struct sw_tally){NULL, 0};
    tally.shares = sw_arena_zalloc(&tidings->kept, tally.n * sizeof(*tally.shares));
    if (!tally.shares)
        return sw_err_nomem(reterr);
    for (size_t i = 0; r == 0 && i < tally.n; i++) {
        const struct sw_share *from = &read->tally.shares[i];
        struct sw_share *to = &tally.shares[i];

        to->namespace_ = sw_arena_copy(&tidings->kept, from->namespace_);
        to->name = sw_arena_copy(&tidings->kept, from->name);
        if (!to->namespace_.data || !to->name.data)
            return sw_err_nomem(reterr);
        r = sw_share_add(to, from, &tidings->kept, reterr);
    }
    if (r < 0)
        return r;
    tidings->tally = tally;
    tidings->omitted = read->omitted;
    return 0;
}

static int take_report(struct sw_tidings *tidings, struct sw_str text, struct sw_arena *arena,
                       struct sw_err *reterr)
{
    struct sw_report_read read;
    struct sw_sha256 hash;
    struct sw_digest digest;
    int r;

    sw_sha256_init(&hash);
    sw_sha256_add_str(&hash, text);
    digest = sw_sha256_digest(&hash);
    if (tidings->known && sw_digest_eq(&digest, &tidings->digest))
        return 0;
    tidings->known = false;
    r = sw_report_read(text, arena, &read, reterr);
    if (r == 0)
        r = keep(tidings, &read, reterr);
    if (r < 0)
        return r;
    tidings->digest = digest;
    tidings->known = true;
    return 1;
}

static void note_written(struct sw_tidings *tidings, int64_t written_s, int64_t wall_ms,
                         int64_t now_ms)
{
    if (written_s == tidings->written_s)
        return;
    tidings->changed_ms =
        tidings->written_s < 0 && wall_ms - written_s * 1000 > SW_TIDINGS_OLD_MS ? -1 : now_ms;
    tidings->written_s = written_s;
}

/* Returns the report and when it was written, borrowed from the open sw_json_scope of `arena`. */
static int read_config_map(const struct sw_answer *answer, struct sw_arena *arena,
                           struct sw_str *ret_text, int64_t *ret_written_s, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "data");
    struct sw_str written = {NULL, 0}, text = {NULL, 0};
    json_t *object, *data = NULL;
    uint64_t written_s = 0;
    int r;

    r = sw_answer_object(answer, arena, &object, reterr);
    if (r == 0)
        r = sw_get_object(object, "data", NULL, &data, reterr);
    if (r >= 0)
        r = sw_get_str(data, SW_BULLETIN_WRITTEN, at, &written, reterr);
    if (r >= 0)
        r = sw_get_str(data, SW_BULLETIN_KEY, at, &text, reterr);
    if (r < 0)
        return r;
    if (!text.len)
        return sw_get_fail(NULL, SW_BULLETIN_KEY, at, "a report", reterr);
    if (!sw_str_to_u64(written, INT32_MAX * (uint64_t)1000, &written_s))
        return sw_err_set(reterr, SW_ETYPE,
                          "data." SW_BULLETIN_WRITTEN ": expected a Unix time, found \"%.*s\"",
                          (int)(written.len < 40 ? written.len : 40), written.data);
    *ret_text = text;
    *ret_written_s = (int64_t)written_s;
    return 0;
}

int sw_tidings_take(struct sw_tidings *tidings, const struct sw_answer *answer, int64_t wall_ms,
                    int64_t now_ms, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_str text = {NULL, 0};
    int64_t written_s = 0;
    int r;

    sw_arena_init(&arena, READ_CHUNK_BYTES, MAX_READ_BYTES);
    SW_JSON_SCOPE(&arena);
    r = read_config_map(answer, &arena, &text, &written_s, reterr);
    if (r == 0) {
        r = take_report(tidings, text, &arena, reterr);
        if (r < 0)
            sw_err_wrap(reterr, "data[\"" SW_BULLETIN_KEY "\"]");
    }
    if (r < 0) {
        tidings->known = tidings->known && r == SW_ENOMEM;
        return r;
    }
    note_written(tidings, written_s, wall_ms, now_ms);
    return r;
}
