#include "sync/entries.h"

#include <stdlib.h>

#include "base/banned.h"

#define FIRST_BUCKETS 64

struct sw_entry *sw_entry_new(size_t chunk_bytes, size_t max_bytes)
{
    struct sw_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->holders = 1;
    sw_arena_init(&entry->arena, chunk_bytes, max_bytes);
    return entry;
}

void sw_entry_drop(struct sw_entry *entry)
{
    if (--entry->holders > 0)
        return;
    sw_arena_release(&entry->arena);
    free(entry);
}

size_t sw_entry_bytes(const struct sw_entry *entry)
{
    return sizeof(*entry) + entry->arena.held_bytes;
}

int sw_entries_init(struct sw_entries *entries, struct sw_err *reterr)
{
    *entries = (struct sw_entries){.n_buckets = FIRST_BUCKETS};
    entries->buckets = calloc(entries->n_buckets, sizeof(struct sw_entry *));
    return entries->buckets ? 0 : sw_err_nomem(reterr);
}

void sw_entries_release(struct sw_entries *entries)
{
    for (size_t i = 0; entries->buckets && i < entries->n_buckets; i++) {
        while (entries->buckets[i])
            sw_entries_remove(entries, &entries->buckets[i]);
    }
    free(entries->buckets);
    entries->buckets = NULL;
}

/* FNV-1a over namespace and name; names are an API server's, checked and bounded by it. */
static uint64_t hash(const struct sw_meta *meta)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < meta->namespace_.len; i++)
        h = (h ^ (unsigned char)meta->namespace_.data[i]) * UINT64_C(1099511628211);
    h = (h ^ '/') * UINT64_C(1099511628211);
    for (size_t i = 0; i < meta->name.len; i++)
        h = (h ^ (unsigned char)meta->name.data[i]) * UINT64_C(1099511628211);
    return h;
}

struct sw_entry **sw_entries_find(struct sw_entries *entries, const struct sw_object *object)
{
    struct sw_entry **link = &entries->buckets[hash(object->meta) & (entries->n_buckets - 1)];

    while (*link && sw_object_cmp(&(*link)->object, object) != 0)
        link = &(*link)->next;
    return link;
}

/* Twice the buckets, once there are as many entries; on failure lookups only stay slower. */
static void grow(struct sw_entries *entries)
{
    size_t n_old = entries->n_buckets;
    struct sw_entry **old = entries->buckets, **larger;

    if (entries->n < n_old)
        return;
    larger = calloc(n_old * 2, sizeof(struct sw_entry *));
    if (!larger)
        return;
    entries->buckets = larger;
    entries->n_buckets = n_old * 2;
    for (size_t i = 0; i < n_old; i++) {
        while (old[i]) {
            struct sw_entry *entry = old[i], **link;

            old[i] = entry->next;
            link = &larger[hash(entry->object.meta) & (entries->n_buckets - 1)];
            entry->next = *link;
            *link = entry;
        }
    }
    free(old);
}

void sw_entries_add(struct sw_entries *entries, struct sw_entry **link, struct sw_entry *entry)
{
    entry->next = *link;
    *link = entry;
    entries->n++;
    entries->n_bytes += sw_entry_bytes(entry);
    grow(entries);
}

void sw_entries_remove(struct sw_entries *entries, struct sw_entry **link)
{
    struct sw_entry *entry = *link;

    *link = entry->next;
    entries->n--;
    entries->n_bytes -= sw_entry_bytes(entry);
    sw_entry_drop(entry);
}
