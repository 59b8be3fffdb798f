#include "mesh/unheld.h"

#include <stdlib.h>

#include "mesh/diff.h"

#include "base/banned.h"

struct host {
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
    const struct host *host = (const struct host *)record;
    const struct key *wanted = key;

    return sw_str_eq(host->service, wanted->service) &&
           sw_str_eq(host->namespace_, wanted->namespace_);
}

static struct host *find(const struct sw_unheld *unheld, const struct key *key)
{
    return (struct host *)sw_hash_find(&unheld->hosts, sw_hash_of(key->namespace_, key->service),
                                       is, key);
}

/* Forgets those that were noted until `until_ms`. */
static void forget(struct sw_unheld *unheld, uint64_t until_ms)
{
    struct sw_record *next, *record = sw_hash_next(&unheld->hosts, NULL);

    for (; record; record = next) {
        next = sw_hash_next(&unheld->hosts, record);
        if (((struct host *)record)->since_ms > until_ms)
            continue;
        sw_hash_remove(&unheld->hosts, record);
        free(record);
    }
}

/* Those whose time is over would be given up with or without what is noted. */
static void prune(struct sw_unheld *unheld, uint64_t now_ms)
{
    if (now_ms < unheld->pruned_ms + SW_UNHELD_MAX_MS)
        return;
    forget(unheld, now_ms - SW_UNHELD_MAX_MS);
    unheld->pruned_ms = now_ms;
}

static struct host *add(struct sw_unheld *unheld, const struct key *key)
{
    struct host *host = malloc(sizeof(*host) + key->namespace_.len + key->service.len);
    char *at = host ? host->text : NULL;

    if (!host)
        return NULL;
    *host = (struct host){.since_ms = 0};
    host->namespace_ = sw_str_place(&at, key->namespace_);
    host->service = sw_str_place(&at, key->service);
    if (sw_hash_insert(&unheld->hosts, &host->record, sw_hash_of(key->namespace_, key->service),
                       NULL) == 0)
        return host;
    free(host);
    return NULL;
}

void sw_unheld_note(struct sw_unheld *unheld, struct sw_str namespace_, struct sw_str service,
                    uint64_t now_ms, uint64_t *all_ms)
{
    const struct key key = {namespace_, service};
    struct host *host;

    prune(unheld, now_ms);
    host = find(unheld, &key);
    if (!host)
        host = add(unheld, &key);
    if (host)
        host->since_ms = now_ms;
    else
        *all_ms = now_ms;
}

uint64_t sw_unheld_since_ms(const struct sw_unheld *unheld, struct sw_str namespace_,
                            struct sw_str service)
{
    const struct key key = {namespace_, service};
    const struct host *host = unheld ? find(unheld, &key) : NULL;

    return host ? host->since_ms : 0;
}

void sw_unheld_release(struct sw_unheld *unheld)
{
    forget(unheld, UINT64_MAX);
    sw_hash_release(&unheld->hosts);
}
