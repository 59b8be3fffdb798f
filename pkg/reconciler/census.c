#include "reconciler/census.h"

#include "json/read.h"

#include "base/banned.h"

/* Thousands of objects, of some KiB each. */
#define MAX_OBJECTS ((size_t)20000)
#define CHUNK_BYTES ((size_t)64 << 10)
#define MAX_BYTES   ((size_t)96 << 20)

enum sw_gvr_id sw_census_gvr(enum sw_census_kind kind)
{
    return kind == SW_CENSUS_SETTINGS ? SW_GVR_WORKSPACE_SETTING : SW_GVR_WORKSPACE;
}

void sw_census_init(struct sw_census *census, struct sw_http *http, struct sw_census_sink sink)
{
    *census = (struct sw_census){.client = {http, NULL}, .sink = sink};
    for (size_t i = 0; i < SW_CENSUS_N_KINDS; i++)
        sw_arena_init(&census->arenas[i], CHUNK_BYTES, MAX_BYTES);
}

void sw_census_forget(struct sw_census *census)
{
    sw_list_cancel(census->list);
    census->list = NULL;
    for (size_t i = 0; i < SW_CENSUS_N_KINDS; i++) {
        census->items[i] = NULL;
        sw_arena_release(&census->arenas[i]);
    }
}

static void fail(struct sw_census *census, const char *why, int64_t retry_after_s)
{
    sw_census_forget(census);
    census->sink.done(census->sink.context, why, retry_after_s);
}

static void list_next(struct sw_census *census);

static void on_list(void *context, const struct sw_answer *answer, json_t *items)
{
    struct sw_census *census = context;

    census->list = NULL;
    if (answer->verdict == SW_ANSWER_NOT_FOUND) { /* nobody has brought the CRD */
        SW_JSON_SCOPE(&census->arenas[census->at]);
        items = json_array();
    } else if (answer->verdict != SW_ANSWER_OK) {
        fail(census, answer->message, answer->retry_after_s);
        return;
    }
    if (!items) {
        fail(census, "out of memory", 0);
        return;
    }
    census->items[census->at++] = items;
    list_next(census);
}

static void list_next(struct sw_census *census)
{
    const struct sw_list_sink sink = {census, on_list};
    struct sw_list_options list = {.max_items = MAX_OBJECTS};
    struct sw_err err = {0};

    if (census->at == SW_CENSUS_N_KINDS) {
        census->sink.done(census->sink.context, NULL, 0);
        return;
    }
    list.gvr = sw_gvr(sw_census_gvr((enum sw_census_kind)census->at));
    list.arena = &census->arenas[census->at];
    if (sw_list_send(&census->client, &list, sink, &census->list, &err) < 0)
        fail(census, err.message, 0);
}

void sw_census_take(struct sw_census *census, struct sw_http_target *target)
{
    sw_census_forget(census);
    census->client.target = target;
    census->at = 0;
    list_next(census);
}
