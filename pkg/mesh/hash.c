#include "mesh/hash.h"

#include <stdlib.h>

#include "base/banned.h"

#define FIRST_BUCKETS 16

/* FNV-1a, 64 bits folded to 32; the keys are names that an API server has checked and bounded. */
uint32_t sw_hash_of(struct sw_str a, struct sw_str b)
{
    const uint64_t prime = UINT64_C(1099511628211);
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < a.len; i++)
        h = (h ^ (unsigned char)a.data[i]) * prime;
    h = (h ^ '/') * prime;
    for (size_t i = 0; i < b.len; i++)
        h = (h ^ (unsigned char)b.data[i]) * prime;
    return (uint32_t)(h ^ (h >> 32));
}

static struct sw_record **bucket_of(const struct sw_hash *table, uint32_t hash)
{
    return &table->buckets[hash & (table->n_buckets - 1)];
}

struct sw_record *sw_hash_find(const struct sw_hash *table, uint32_t hash, sw_hash_is_fn *is,
                               const void *key)
{
    struct sw_record *record = table->n ? *bucket_of(table, hash) : NULL;

    while (record && !(record->hash == hash && is(record, key)))
        record = record->next;
    return record;
}

/* Twice the buckets, or the first ones. */
static void grow(struct sw_hash *table)
{
    struct sw_hash larger = {.n_buckets = table->n_buckets ? table->n_buckets * 2 : FIRST_BUCKETS,
                             .n = table->n};

    larger.buckets = calloc(larger.n_buckets, sizeof(struct sw_record *));
    if (!larger.buckets)
        return;
    for (size_t i = 0; i < table->n_buckets; i++) {
        struct sw_record *record = table->buckets[i];

        while (record) {
            struct sw_record *next = record->next, **bucket = bucket_of(&larger, record->hash);

            record->next = *bucket;
            *bucket = record;
            record = next;
        }
    }
    free(table->buckets);
    *table = larger;
}

int sw_hash_insert(struct sw_hash *table, struct sw_record *record, uint32_t hash,
                   struct sw_err *reterr)
{
    struct sw_record **bucket;

    if (table->n >= table->n_buckets)
        grow(table);
    if (!table->buckets)
        return sw_err_nomem(reterr);
    bucket = bucket_of(table, hash);
    record->hash = hash;
    record->next = *bucket;
    *bucket = record;
    table->n++;
    return 0;
}

void sw_hash_remove(struct sw_hash *table, struct sw_record *record)
{
    struct sw_record **link = bucket_of(table, record->hash);

    while (*link != record)
        link = &(*link)->next;
    *link = record->next;
    table->n--;
}

struct sw_record *sw_hash_next(const struct sw_hash *table, const struct sw_record *record)
{
    size_t i = 0;

    if (record && record->next)
        return record->next;
    if (record)
        i = (record->hash & (table->n_buckets - 1)) + 1;
    while (i < table->n_buckets && !table->buckets[i])
        i++;
    return i < table->n_buckets ? table->buckets[i] : NULL;
}

void sw_hash_release(struct sw_hash *table)
{
    free(table->buckets);
    *table = (struct sw_hash){0};
}
