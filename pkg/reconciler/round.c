#include "reconciler/round.h"

#include "base/cleanup.h"
#include "io/clock.h"
#include "json/read.h"
#include "json/write.h"

#include "base/banned.h"

#define KNOWN_BYTES       ((size_t)256 << 10)
#define MAX_KNOWN_BYTES   ((size_t)128 << 20)
#define SCRATCH_BYTES     ((size_t)64 << 10)
#define MAX_SCRATCH_BYTES ((size_t)32 << 20)
#define MAX_BODY_BYTES    ((size_t)1 << 20) /* a status has some KiB */
#define MAX_WRITES        64                /* of one step */

void sw_round_init(struct sw_round *round, const struct sw_census *census)
{
    *round = (struct sw_round){.census = census, .kind = SW_CENSUS_N_KINDS};
    sw_arena_init(&round->arena, KNOWN_BYTES, MAX_KNOWN_BYTES);
    sw_arena_init(&round->scratch, SCRATCH_BYTES, MAX_SCRATCH_BYTES);
}

/* What was made by the last step. */
static void drop(struct sw_round *round)
{
    round->writes = NULL;
    round->n_writes = 0;
    sw_arena_release(&round->arena);
}

void sw_round_release(struct sw_round *round)
{
    drop(round);
    sw_arena_release(&round->scratch);
    round->kind = SW_CENSUS_N_KINDS;
}

/* Passes over what has no objects left. */
static void find_next(struct sw_round *round)
{
    while (round->kind < SW_CENSUS_N_KINDS &&
           round->at == json_array_size(round->census->items[round->kind])) {
        round->kind++;
        round->at = 0;
    }
}

void sw_round_begin(struct sw_round *round)
{
    drop(round);
    round->kind = 0;
    round->at = 0;
    round->settled = true;
    find_next(round);
}

bool sw_round_is_over(const struct sw_round *round)
{
    return round->kind == SW_CENSUS_N_KINDS;
}

static int write_body(const json_t *object, enum sw_gvr_id id, const json_t *status,
                      struct sw_buf *body, struct sw_err *reterr)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const struct sw_gvr *gvr = sw_gvr(id);
    static const char *const keys[] = {"name", "namespace", "uid"};

    sw_buf_printf(body, "{\"apiVersion\":\"%s/%s\",\"kind\":\"%s\",\"metadata\":{", gvr->group,
                  gvr->version, gvr->kind);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        sw_buf_printf(body, "%s\"%s\":", i ? "," : "", keys[i]);
        sw_json_write(json_object_get(metadata, keys[i]), body);
    }
    sw_buf_append_text(body, "},\"status\":");
    sw_json_write(status, body);
    sw_buf_append_text(body, "}");
    return sw_buf_status(body, reterr);
}

static int add_write(struct sw_round *round, const json_t *object, enum sw_gvr_id gvr,
                     const json_t *status, struct sw_err *reterr)
{
    const json_t *metadata = json_object_get(object, "metadata");
    SW_CLEANUP(sw_buf_release) struct sw_buf body;
    struct sw_round_write *writes, *added;
    int r;

    sw_buf_init(&body, MAX_BODY_BYTES);
    r = write_body(object, gvr, status, &body, reterr);
    if (r < 0)
        return r;
    writes = sw_arena_push(&round->arena, round->writes, round->n_writes, sizeof(*writes));
    if (!writes)
        return sw_err_nomem(reterr);
    added = &writes[round->n_writes];
    added->gvr = gvr;
    added->namespace_ = sw_str_from(json_string_value(json_object_get(metadata, "namespace")));
    added->name = sw_str_from(json_string_value(json_object_get(metadata, "name")));
    added->body = sw_arena_copy(&round->arena, sw_buf_str(&body));
    if (!added->body.data)
        return sw_err_nomem(reterr);
    round->writes = writes;
    round->n_writes++;
    return 0;
}

static int judge(struct sw_round *round, struct sw_standings *standings, const json_t *object,
                 struct sw_err *reterr)
{
    SW_JSON_SCOPE(&round->scratch);
    json_t *status;
    int r;

    if (json_object_get(json_object_get(object, "metadata"), "deletionTimestamp"))
        return 0;
    r = round->kind == SW_CENSUS_SETTINGS
            ? sw_standings_of_setting(standings, object, &status, reterr)
            : sw_standings_of_workspace(standings, object, &status, reterr);
    if (r < 0)
        return r;
    round->settled = round->settled && sw_standing_is_programmed(status);
    return r ? add_write(round, object, sw_census_gvr(round->kind), status, reterr) : 0;
}

/* To get ready may take longer than to judge one: it is not done for less than as long again. */
static bool has_time(int64_t began_ms, int64_t ready_ms)
{
    const int64_t now_ms = (int64_t)sw_clock_mono_ms(), took_ms = ready_ms - began_ms;

    return now_ms - ready_ms < (took_ms > SW_ROUND_STEP_MS ? took_ms : SW_ROUND_STEP_MS);
}

int sw_round_step(struct sw_round *round, const struct sw_standings_options *known,
                  struct sw_err *reterr)
{
    const int64_t began_ms = (int64_t)sw_clock_mono_ms();
    struct sw_standings_options options = *known;
    struct sw_standings standings;
    int64_t ready_ms;
    int r;

    drop(round);
    options.arena = &round->arena;
    options.scratch = &round->scratch;
    r = sw_standings_init(&standings, &options, reterr);
    ready_ms = (int64_t)sw_clock_mono_ms();
    while (r == 0 && !sw_round_is_over(round)) {
        r = judge(round, &standings, json_array_get(round->census->items[round->kind], round->at++),
                  reterr);
        sw_arena_clear(&round->scratch);
        find_next(round);
        if (round->n_writes == MAX_WRITES || !has_time(began_ms, ready_ms))
            break;
    }
    return r;
}
