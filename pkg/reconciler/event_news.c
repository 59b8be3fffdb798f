#include "reconciler/event_news.h"

#include "base/banned.h"

/* Is this fact, which was told, emitted no more, and nothing says why? */
static bool has_ended(const struct sw_event_fact *told, const struct sw_event_facts *now)
{
    return told->verdict == SW_MESH_EMITTED && !sw_event_facts_have(now, told) &&
           !sw_event_facts_withhold(now, told->remote);
}

static int add_remote(struct sw_event_news *news, struct sw_str remote, struct sw_arena *arena,
                      struct sw_err *reterr)
{
    struct sw_str *remotes;

    if (!remote.len)
        return 0;
    remotes = sw_arena_push(arena, news->remotes, news->n_remotes, sizeof(*remotes));
    if (!remotes)
        return sw_err_nomem(reterr);
    remotes[news->n_remotes++] = remote;
    news->remotes = remotes;
    return 0;
}

/* Facts of this verdict and the first reason of which there is one. */
static int find_come(const struct sw_event_facts *told, const struct sw_event_facts *now,
                     struct sw_arena *arena, struct sw_event_news *news, struct sw_err *reterr)
{
    bool found = false;
    int r = 0;

    for (size_t i = 0; r == 0 && i < now->n; i++) {
        const struct sw_event_fact *fact = &now->items[i];

        if (fact->verdict != news->verdict || (found && fact->reason != news->reason) ||
            sw_event_facts_have(told, fact))
            continue;
        found = true;
        news->reason = fact->reason;
        r = add_remote(news, fact->remote, arena, reterr);
    }
    return r < 0 ? r : found;
}

static int find_ended(const struct sw_event_facts *told, const struct sw_event_facts *now,
                      struct sw_arena *arena, struct sw_event_news *news, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < told->n; i++) {
        if (!has_ended(&told->items[i], now))
            continue;
        news->ended = true;
        news->reason = told->items[i].reason;
        r = add_remote(news, told->items[i].remote, arena, reterr);
    }
    return r < 0 ? r : news->ended;
}

int sw_event_news_find(const struct sw_event_facts *told, const struct sw_event_facts *now,
                       struct sw_arena *arena, struct sw_event_news *ret, struct sw_err *reterr)
{
    static const enum sw_mesh_verdict amiss[] = {SW_MESH_WITHHELD, SW_MESH_WARNED, SW_MESH_WAITS};
    struct sw_event_news news = {.ended = false};
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(amiss) / sizeof(amiss[0]); i++) {
        news.verdict = amiss[i];
        r = find_come(told, now, arena, &news, reterr);
    }
    if (r == 0) {
        news.verdict = SW_MESH_EMITTED;
        r = find_ended(told, now, arena, &news, reterr);
    }
    if (r == 0)
        r = find_come(told, now, arena, &news, reterr);
    if (r == 1)
        *ret = news;
    return r;
}

int sw_event_news_tell(const struct sw_event_facts *told, const struct sw_event_facts *now,
                       const struct sw_event_news *news, struct sw_arena *arena,
                       struct sw_event_facts *ret, struct sw_err *reterr)
{
    struct sw_event_facts facts = {NULL, 0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < told->n; i++) {
        if (!news->ended && has_ended(&told->items[i], now))
            r = sw_event_facts_add(&facts, &told->items[i], arena, reterr);
    }
    for (size_t i = 0; r == 0 && i < now->n; i++) {
        const struct sw_event_fact *fact = &now->items[i];
        const bool is_news =
            !news->ended && fact->verdict == news->verdict && fact->reason == news->reason;

        if (is_news || sw_event_facts_have(told, fact))
            r = sw_event_facts_add(&facts, fact, arena, reterr);
    }
    if (r < 0)
        return r;
    sw_event_facts_sort(&facts);
    *ret = facts;
    return 0;
}
