/* The reader of reconciler/report.h: what another version of us wrote, or whoever else could. */
#include "reconciler/report.h"

#include "json/get.h"
#include "json/read.h"

#include "base/banned.h"

/* What we write is shorter, and a status of many clusters has to hold all of them. */
#define MAX_WORD_BYTES 64
#define MAX_TEXT_BYTES 2048

/* More than an API server holds of anything. */
static const struct sw_int_range counts = {0, 100000000};

static int get_count(const json_t *object, const char *key, const struct sw_at *at, size_t *ret,
                     struct sw_err *reterr)
{
    int64_t n = 0;
    int r = sw_get_int(object, key, at, counts, &n, reterr);

    if (r >= 0)
        *ret = (size_t)n;
    return r < 0 ? r : 0;
}

static int get_copy(const json_t *object, const char *key, const struct sw_at *at,
                    struct sw_arena *arena, struct sw_str *ret, struct sw_err *reterr)
{
    struct sw_str found = {NULL, 0};
    int r = sw_get_str(object, key, at, &found, reterr);

    if (r <= 0)
        return r;
    *ret = sw_arena_copy(arena, found);
    return ret->data ? 0 : sw_err_nomem(reterr);
}

/* A status takes no other reason, and its list of clusters would be refused for one. */
static bool is_word(struct sw_str word)
{
    bool is =
        word.len > 0 && word.len <= MAX_WORD_BYTES && !(word.data[0] >= '0' && word.data[0] <= '9');

    for (size_t i = 0; is && i < word.len; i++) {
        const char c = word.data[i];

        is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
    return is;
}

/* A reason of a state that is not known here is passed over. */
static int read_reason(const json_t *object, const struct sw_at *at, struct sw_share *share,
                       struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_str state = {NULL, 0};
    struct sw_share_reason reason = {0}, *reasons;
    int r = sw_get_str(object, "state", at, &state, reterr);

    if (r < 0)
        return r;
    reason.state = sw_share_state_of(state);
    if (reason.state == SW_SHARE_N_STATES)
        return 0;
    r = get_copy(object, "reason", at, arena, &reason.word, reterr);
    if (r == 0)
        r = get_count(object, "count", at, &reason.n, reterr);
    if (r == 0)
        r = get_copy(object, "example", at, arena, &reason.example, reterr);
    if (r == 0)
        r = get_copy(object, "message", at, arena, &reason.message, reterr);
    if (r < 0)
        return r;
    if (!is_word(reason.word))
        return sw_get_fail(NULL, "reason", at, "a word of at most 64 letters", reterr);
    if (reason.example.len > MAX_TEXT_BYTES || reason.message.len > MAX_TEXT_BYTES)
        return sw_get_fail(NULL, reason.example.len > MAX_TEXT_BYTES ? "example" : "message", at,
                           "a text of at most 2048 bytes", reterr);
    reasons = sw_arena_push(arena, share->reasons, share->n_reasons, sizeof(*reasons));
    if (!reasons)
        return sw_err_nomem(reterr);
    reasons[share->n_reasons++] = reason;
    share->reasons = reasons;
    return 0;
}

static int read_counts(const json_t *object, const struct sw_at *at, struct sw_share *share,
                       struct sw_err *reterr)
{
    const struct {
        const char *key;
        size_t *to;
    } members[] = {
        {"exposed", &share->n_exposed},           {"emitted", &share->n_emitted},
        {"workloadEntries", &share->n_entries},   {"withheld", &share->n[SW_SHARE_WITHHELD]},
        {"pending", &share->n[SW_SHARE_PENDING]}, {"notExposed", &share->n[SW_SHARE_NOT_EXPOSED]},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(members) / sizeof(*members); i++)
        r = get_count(object, members[i].key, at, members[i].to, reterr);
    return r;
}

static int read_setting(const json_t *object, const struct sw_at *at, struct sw_arena *arena,
                        struct sw_share *share, struct sw_err *reterr)
{
    json_t *reasons = NULL;
    int r = get_copy(object, "namespace", at, arena, &share->namespace_, reterr);

    if (r == 0)
        r = get_copy(object, "name", at, arena, &share->name, reterr);
    if (r == 0)
        r = read_counts(object, at, share, reterr);
    if (r == 0)
        r = sw_get_objects(object, "reasons", at, &reasons, reterr);
    for (size_t i = 0; r >= 0 && i < json_array_size(reasons); i++)
        r = read_reason(json_array_get(reasons, i), SW_AT_INDEX(SW_AT_KEY(at, "reasons"), i), share,
                        arena, reterr);
    if (r < 0)
        return r;
    sw_share_settle(share);
    return 0;
}

static int read_settings(const json_t *settings, struct sw_arena *arena, struct sw_tally *ret,
                         struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "settings");
    const size_t n = json_array_size(settings);
    struct sw_share *shares = sw_arena_zalloc(arena, n * sizeof(*shares));
    int r = shares ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < n; i++)
        r = read_setting(json_array_get(settings, i), SW_AT_INDEX(at, i), arena, &shares[i],
                         reterr);
    if (r < 0)
        return r;
    *ret = (struct sw_tally){shares, n};
    sw_tally_sort(ret);
    return 0;
}

static int read_document(struct sw_str text, struct sw_arena *arena, struct sw_report_read *ret,
                         struct sw_err *reterr)
{
    static const struct sw_int_range versions = {SW_REPORT_SCHEMA_VERSION,
                                                 SW_REPORT_SCHEMA_VERSION};
    struct sw_report_read read = {0};
    json_t *document, *settings = NULL;
    int64_t version;
    size_t omitted = 0;
    int r = sw_json_read(text, &document, reterr);

    if (r < 0)
        return r;
    if (!json_is_object(document))
        return sw_get_fail(document, NULL, NULL, "an object", reterr);
    r = sw_get_int(document, "schemaVersion", NULL, versions, &version, reterr);
    if (r == 0)
        return sw_get_fail(NULL, "schemaVersion", NULL, "1", reterr);
    if (r > 0)
        r = sw_get_objects(document, "settings", NULL, &settings, reterr);
    if (r >= 0)
        r = get_count(document, "settingsOmitted", NULL, &omitted, reterr);
    if (r == 0)
        r = read_settings(settings, arena, &read.tally, reterr);
    if (r < 0)
        return r;
    /* One that says nothing of settings is of a version that knew none: they are all left out. */
    read.omitted = omitted > 0 || !settings;
    *ret = read;
    return 0;
}

int sw_report_read(struct sw_str text, struct sw_arena *arena, struct sw_report_read *ret,
                   struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);

    if (text.len > SW_REPORT_MAX_BYTES)
        return sw_err_set(reterr, SW_ELIMIT, "expected at most %zu bytes, found %zu",
                          SW_REPORT_MAX_BYTES, text.len);
    return read_document(text, arena, ret, reterr);
}
