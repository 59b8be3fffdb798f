#include "mesh/dirty.h"

#include <stdlib.h>

#include "base/banned.h"

struct noted {
    struct sw_record record;
    size_t namespace_len;
    size_t len;
    char text[];
};

static struct sw_plan_key key_of(const struct noted *noted)
{
    struct sw_str text = {noted->text, noted->len};

    return (struct sw_plan_key){sw_str_slice(text, 0, noted->namespace_len),
                                sw_str_slice(text, noted->namespace_len, noted->len)};
}

static bool noted_is(const struct sw_record *record, const void *key)
{
    struct sw_plan_key noted = key_of((const struct noted *)record);
    const struct sw_plan_key *wanted = key;

    return sw_str_eq(noted.name, wanted->name) && sw_str_eq(noted.namespace_, wanted->namespace_);
}

static void release(struct sw_hash *keys)
{
    for (struct sw_record *record = sw_hash_next(keys, NULL), *next; record; record = next) {
        next = sw_hash_next(keys, record);
        free(record);
    }
    sw_hash_release(keys);
}

void sw_dirty_release(struct sw_dirty *dirty)
{
    release(&dirty->keys);
    release(&dirty->wide);
    dirty->all = false;
    dirty->gateways = false;
}

void sw_dirty_add_all(struct sw_dirty *dirty)
{
    sw_dirty_release(dirty);
    dirty->all = true;
    dirty->gateways = true;
}

void sw_dirty_add(struct sw_dirty *dirty, struct sw_str namespace_, struct sw_str name)
{
    dirty->gateways = true;
    sw_dirty_add_rules(dirty, namespace_, name);
}

/* Notes the key in one of the two. */
static void add(struct sw_dirty *dirty, struct sw_hash *keys, struct sw_str namespace_,
                struct sw_str name)
{
    uint32_t hash = sw_hash_of(namespace_, name);
    struct noted *noted;

    if (dirty->all || sw_hash_find(keys, hash, noted_is, &(struct sw_plan_key){namespace_, name}))
        return;
    noted =
        keys->n < SW_DIRTY_MAX_KEYS ? calloc(1, sizeof(*noted) + namespace_.len + name.len) : NULL;
    if (!noted) {
        sw_dirty_add_all(dirty);
        return;
    }
    noted->namespace_len = namespace_.len;
    noted->len = namespace_.len + name.len;
    if (namespace_.len)
        memcpy(noted->text, namespace_.data, namespace_.len);
    if (name.len)
        memcpy(noted->text + namespace_.len, name.data, name.len);
    if (sw_hash_insert(keys, &noted->record, hash, NULL) < 0) {
        free(noted);
        sw_dirty_add_all(dirty);
    }
}

void sw_dirty_add_pods(struct sw_dirty *dirty, struct sw_str namespace_, struct sw_str name)
{
    add(dirty, &dirty->keys, namespace_, name);
}

void sw_dirty_add_rules(struct sw_dirty *dirty, struct sw_str namespace_, struct sw_str name)
{
    add(dirty, &dirty->keys, namespace_, name);
    add(dirty, &dirty->wide, namespace_, name);
}

bool sw_dirty_next_wide(const struct sw_dirty *dirty, const struct sw_record **at,
                        struct sw_plan_key *ret)
{
    *at = sw_hash_next(&dirty->wide, *at);
    if (!*at)
        return false;
    *ret = key_of((const struct noted *)*at);
    return true;
}

int sw_dirty_take(struct sw_dirty *dirty, struct sw_arena *arena, struct sw_dirty_list *ret,
                  struct sw_err *reterr)
{
    struct sw_plan_key *keys = sw_arena_alloc(arena, dirty->keys.n * sizeof(*keys));
    size_t n = 0;

    if (!keys)
        return sw_err_nomem(reterr);
    for (struct sw_record *record = sw_hash_next(&dirty->keys, NULL); record;
         record = sw_hash_next(&dirty->keys, record)) {
        struct sw_plan_key key = key_of((const struct noted *)record);

        keys[n].namespace_ = sw_arena_copy(arena, key.namespace_);
        keys[n].name = sw_arena_copy(arena, key.name);
        if (!keys[n].namespace_.data || !keys[n].name.data)
            return sw_err_nomem(reterr);
        n++;
    }
    *ret = (struct sw_dirty_list){
        .all = dirty->all, .gateways = dirty->gateways, .keys = keys, .n = n};
    sw_dirty_release(dirty);
    return 0;
}
