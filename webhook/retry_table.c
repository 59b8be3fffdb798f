#include "webhook/retry_table.h"

#include "base/banned.h"

#define SECOND_BITS 24
#define SECOND_MASK (((uint64_t)1 << SECOND_BITS) - 1)

/* FNV-1a over the uid, begun at the seed, with the finish of SplitMix64 so that every bit of the
 * result depends on every byte. */
static uint64_t hash_of(const struct sw_retry_table *table, struct sw_str uid)
{
    uint64_t hash = table->seed ^ 0xcbf29ce484222325U;

    for (size_t i = 0; i < uid.len; i++)
        hash = (hash ^ (unsigned char)uid.data[i]) * 0x100000001b3U;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebU;
    return hash ^ hash >> 31;
}

/* Never 0, so that it tells an entry from an empty one. The 24 bits come round after 194 days. */
static uint64_t second_of(uint64_t now_ms)
{
    uint64_t second = now_ms / 1000 & SECOND_MASK;

    return second ? second : 1;
}

/* How many seconds ago an entry was noted, over the wrap of its 24 bits; UINT64_MAX for none. */
static uint64_t age_of(uint64_t entry, uint64_t now_s)
{
    return entry ? (now_s - (entry & SECOND_MASK)) & SECOND_MASK : UINT64_MAX;
}

static bool is_of(uint64_t entry, uint64_t hash)
{
    return entry && ((entry ^ hash) & ~SECOND_MASK) == 0;
}

void sw_retry_table_init(struct sw_retry_table *table, uint64_t seed)
{
    table->seed = seed;
    for (size_t i = 0; i < SW_RETRY_TABLE_BUCKETS; i++)
        for (size_t j = 0; j < SW_RETRY_TABLE_WAYS; j++)
            atomic_init(&table->entries[i][j], 0);
}

void sw_retry_table_note(struct sw_retry_table *table, struct sw_str uid, uint64_t now_ms)
{
    uint64_t hash = hash_of(table, uid), now_s = second_of(now_ms);
    _Atomic uint64_t *bucket = table->entries[hash % SW_RETRY_TABLE_BUCKETS];
    size_t chosen = 0;
    uint64_t chosen_age = 0;

    for (size_t i = 0; i < SW_RETRY_TABLE_WAYS; i++) {
        uint64_t entry = atomic_load_explicit(&bucket[i], memory_order_relaxed);

        if (is_of(entry, hash)) {
            chosen = i;
            break;
        }
        if (age_of(entry, now_s) > chosen_age) {
            chosen = i;
            chosen_age = age_of(entry, now_s);
        }
    }
    /* Two threads may choose the same entry; the one that loses is as good as forgotten early. */
    atomic_store_explicit(&bucket[chosen], (hash & ~SECOND_MASK) | now_s, memory_order_relaxed);
}

bool sw_retry_table_has(const struct sw_retry_table *table, struct sw_str uid, uint64_t now_ms)
{
    uint64_t hash = hash_of(table, uid), now_s = second_of(now_ms);
    const _Atomic uint64_t *bucket = table->entries[hash % SW_RETRY_TABLE_BUCKETS];

    for (size_t i = 0; i < SW_RETRY_TABLE_WAYS; i++) {
        uint64_t entry = atomic_load_explicit(&bucket[i], memory_order_relaxed);

        if (is_of(entry, hash) && age_of(entry, now_s) <= SW_RETRY_TABLE_TTL_S)
            return true;
    }
    return false;
}
