#include "reconciler/agenda.h"

#include <stdlib.h>

#include "base/banned.h"

struct item {
    struct sw_record record;
    int64_t at_ms;
    bool together;
    struct sw_str namespace_;
    struct sw_str name;
    char texts[];
};

static bool item_is(const struct sw_record *record, const void *key)
{
    const struct item *item = (const struct item *)record;
    const struct sw_plan_key *wanted = key;

    return sw_str_eq(item->name, wanted->name) && sw_str_eq(item->namespace_, wanted->namespace_);
}

void sw_agenda_clear(struct sw_agenda *agenda)
{
    for (struct sw_record *record = sw_hash_next(&agenda->items, NULL), *next; record;
         record = next) {
        next = sw_hash_next(&agenda->items, record);
        sw_hash_remove(&agenda->items, record);
        free(record);
    }
    agenda->n_together = 0;
}

void sw_agenda_release(struct sw_agenda *agenda)
{
    sw_agenda_clear(agenda);
    sw_hash_release(&agenda->items);
}

static struct item *new_item(struct sw_plan_key key)
{
    struct item *item = calloc(1, sizeof(*item) + key.namespace_.len + key.name.len);
    char *at;

    if (!item)
        return NULL;
    at = item->texts;
    item->at_ms = INT64_MAX;
    item->namespace_ = sw_str_place(&at, key.namespace_);
    item->name = sw_str_place(&at, key.name);
    return item;
}

int sw_agenda_add(struct sw_agenda *agenda, struct sw_plan_key key, int64_t at_ms, bool together,
                  struct sw_err *reterr)
{
    uint32_t hash = sw_hash_of(key.namespace_, key.name);
    struct item *item = (struct item *)sw_hash_find(&agenda->items, hash, item_is, &key);

    if (!agenda->items.n)
        agenda->next_ms = INT64_MAX;
    if (!item) {
        item = new_item(key);
        if (!item)
            return sw_err_nomem(reterr);
        if (sw_hash_insert(&agenda->items, &item->record, hash, reterr) < 0) {
            free(item);
            return SW_ENOMEM;
        }
    }
    if (at_ms < item->at_ms)
        item->at_ms = at_ms;
    if (at_ms < agenda->next_ms)
        agenda->next_ms = at_ms;
    agenda->n_together += together && !item->together;
    item->together = item->together || together;
    return 0;
}

int64_t sw_agenda_next(const struct sw_agenda *agenda)
{
    return agenda->items.n ? agenda->next_ms : INT64_MAX;
}

static struct item *next_item(const struct sw_agenda *agenda, const struct item *item)
{
    return (struct item *)sw_hash_next(&agenda->items, item ? &item->record : NULL);
}

/* True if something is due, so that what belongs together is. */
static bool is_any_due(const struct sw_agenda *agenda, int64_t now_ms)
{
    for (const struct item *item = next_item(agenda, NULL); item; item = next_item(agenda, item)) {
        if (item->at_ms <= now_ms)
            return true;
    }
    return false;
}

static bool is_taken(const struct item *item, int64_t now_ms, bool any)
{
    return item->at_ms <= now_ms || (item->together && any);
}

static int copy_keys(const struct sw_agenda *agenda, int64_t now_ms, bool any,
                     struct sw_arena *arena, struct sw_plan_key *keys)
{
    size_t n = 0;

    for (const struct item *item = next_item(agenda, NULL); item; item = next_item(agenda, item)) {
        if (!is_taken(item, now_ms, any))
            continue;
        keys[n].namespace_ = sw_arena_copy(arena, item->namespace_);
        keys[n].name = sw_arena_copy(arena, item->name);
        if (!keys[n].namespace_.data || !keys[n].name.data)
            return SW_ENOMEM;
        n++;
    }
    return (int)n;
}

static void drop_taken(struct sw_agenda *agenda, int64_t now_ms, bool any)
{
    agenda->next_ms = INT64_MAX;
    for (struct item *item = next_item(agenda, NULL), *next; item; item = next) {
        next = next_item(agenda, item);
        if (!is_taken(item, now_ms, any)) {
            if (item->at_ms < agenda->next_ms)
                agenda->next_ms = item->at_ms;
            continue;
        }
        agenda->n_together -= item->together;
        sw_hash_remove(&agenda->items, &item->record);
        free(item);
    }
}

int sw_agenda_take(struct sw_agenda *agenda, int64_t now_ms, bool any, struct sw_arena *arena,
                   struct sw_agenda_due *ret, struct sw_err *reterr)
{
    struct sw_plan_key *keys = NULL;
    int n = 0;

    if (agenda->items.n && (agenda->next_ms <= now_ms || (any && agenda->n_together))) {
        any = any || is_any_due(agenda, now_ms);
        keys = sw_arena_alloc(arena, agenda->items.n * sizeof(*keys));
        n = keys ? copy_keys(agenda, now_ms, any, arena, keys) : SW_ENOMEM;
        if (n < 0)
            return sw_err_nomem(reterr);
        drop_taken(agenda, now_ms, any);
    }
    *ret = (struct sw_agenda_due){keys, (size_t)n};
    return 0;
}
