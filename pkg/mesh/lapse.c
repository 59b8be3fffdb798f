#include "mesh/lapse.h"

#include <stdlib.h>

#include "base/banned.h"

struct lapse {
    struct sw_record record; /* has to be first */
    struct sw_str namespace_, service;
    uint64_t since_ms;
    char text[];
};

struct key {
    struct sw_str namespace_, service;
};

static bool is(const struct sw_record *record, const void *key)
{
    const struct lapse *lapse = (const struct lapse *)record;
    const struct key *wanted = key;

    return sw_str_eq(lapse->service, wanted->service) &&
           sw_str_eq(lapse->namespace_, wanted->namespace_);
}

static struct lapse *find(const struct sw_lapses *lapses, const struct key *key)
{
    return (struct lapse *)sw_hash_find(&lapses->services,
                                        sw_hash_of(key->namespace_, key->service), is, key);
}

/* Forgets those that were noted until `until_ms`. */
static void forget(struct sw_lapses *lapses, uint64_t until_ms)
{
    struct sw_record *next, *record = sw_hash_next(&lapses->services, NULL);

    for (; record; record = next) {
        next = sw_hash_next(&lapses->services, record);
        if (((struct lapse *)record)->since_ms > until_ms)
            continue;
        sw_hash_remove(&lapses->services, record);
        free(record);
    }
}

/* Those whose time is over would be given up with or without what is noted. */
static void prune(struct sw_lapses *lapses, uint64_t now_ms)
{
    if (now_ms < lapses->pruned_ms + SW_LAPSE_MAX_MS)
        return;
    forget(lapses, now_ms - SW_LAPSE_MAX_MS);
    lapses->pruned_ms = now_ms;
}

static struct lapse *add(struct sw_lapses *lapses, const struct key *key)
{
    struct lapse *lapse = malloc(sizeof(*lapse) + key->namespace_.len + key->service.len);
    char *at = lapse ? lapse->text : NULL;

    if (!lapse)
        return NULL;
    *lapse = (struct lapse){.since_ms = 0};
    lapse->namespace_ = sw_str_place(&at, key->namespace_);
    lapse->service = sw_str_place(&at, key->service);
    if (sw_hash_insert(&lapses->services, &lapse->record, sw_hash_of(key->namespace_, key->service),
                       NULL) == 0)
        return lapse;
    free(lapse);
    return NULL;
}

void sw_lapses_note(struct sw_lapses *lapses, struct sw_str namespace_, struct sw_str service,
                    uint64_t now_ms)
{
    const struct key key = {namespace_, service};
    struct lapse *lapse;

    prune(lapses, now_ms);
    lapse = find(lapses, &key);
    if (!lapse)
        lapse = add(lapses, &key);
    if (lapse)
        lapse->since_ms = now_ms;
    else
        lapses->all_ms = now_ms;
}

void sw_lapses_note_all(struct sw_lapses *lapses, uint64_t now_ms)
{
    forget(lapses, now_ms);
    lapses->all_ms = now_ms;
}

uint64_t sw_lapses_since_ms(const struct sw_lapses *lapses, struct sw_str namespace_,
                            struct sw_str service)
{
    const struct key key = {namespace_, service};
    const struct lapse *lapse = lapses ? find(lapses, &key) : NULL;

    if (!lapses)
        return 0;
    return lapse && lapse->since_ms > lapses->all_ms ? lapse->since_ms : lapses->all_ms;
}

void sw_lapses_release(struct sw_lapses *lapses)
{
    forget(lapses, UINT64_MAX);
    sw_hash_release(&lapses->services);
}
