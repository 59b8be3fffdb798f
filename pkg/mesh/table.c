#include "mesh/table.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/banned.h"

/* Far over the largest that an API server stores. */
#define OBJECT_MAX_BYTES ((size_t)16 << 20)

/* What an arena must have left over for its object to be read again. */
#define WORTH_FITTING_BYTES 48

struct entry {
    struct sw_record record;
    struct sw_arena arena;
    uint64_t version; /* resourceVersion; 0 for none, or one that is no number */
    alignas(max_align_t) unsigned char item[]; /* begins with its struct sw_meta */
};

/* What an entry is found by. */
struct key {
    struct sw_str namespace_;
    struct sw_str name;
};

static const struct sw_meta *meta_of(const struct entry *entry)
{
    return (const struct sw_meta *)(const void *)entry->item;
}

static bool entry_is(const struct sw_record *record, const void *key)
{
    const struct sw_meta *meta = meta_of((const struct entry *)record);
    const struct key *wanted = key;

    return sw_str_eq(meta->name, wanted->name) && sw_str_eq(meta->namespace_, wanted->namespace_);
}

static struct entry *find(const struct sw_table *table, struct sw_str namespace_,
                          struct sw_str name)
{
    return (struct entry *)sw_hash_find(&table->entries, sw_hash_of(namespace_, name), entry_is,
                                        &(struct key){namespace_, name});
}

static void free_entry(struct entry *entry)
{
    if (!entry)
        return;
    sw_arena_release(&entry->arena);
    free(entry);
}

static size_t bytes_of(const struct sw_table *table, const struct entry *entry)
{
    return sizeof(*entry) + table->kind->item_size + entry->arena.held_bytes;
}

static void drop(struct sw_table *table, struct entry *entry)
{
    table->kind->leave(table->context, entry->item);
    table->n_bytes -= bytes_of(table, entry);
    sw_hash_remove(&table->entries, &entry->record);
    free_entry(entry);
}

/* A read entry takes the place of the one of its name. */
static int replace(struct sw_table *table, struct entry *entry, struct sw_err *reterr)
{
    const struct sw_meta *meta = meta_of(entry);
    struct entry *old = find(table, meta->namespace_, meta->name);
    int r = 0;

    if (old && table->kind->carry)
        table->kind->carry(old->item, entry->item);
    if (old)
        drop(table, old);
    else if (table->entries.n >= SW_TABLE_MAX_OBJECTS)
        r = sw_err_set(reterr, SW_ELIMIT, "more than %d objects", SW_TABLE_MAX_OBJECTS);
    if (r == 0)
        r = sw_hash_insert(&table->entries, &entry->record,
                           sw_hash_of(meta->namespace_, meta->name), reterr);
    if (r < 0) {
        free_entry(entry);
        return r;
    }
    table->n_bytes += bytes_of(table, entry);
    r = table->kind->arrive(table->context, entry->item, reterr);
    if (r < 0)
        drop(table, entry);
    return r;
}

static uint64_t version_of(const json_t *object)
{
    const json_t *version = json_object_get(json_object_get(object, "metadata"), "resourceVersion");
    struct sw_str text = {json_string_value(version), json_string_length(version)};
    uint64_t number = 0;

    sw_str_to_u64(text, UINT64_MAX, &number);
    return number;
}

static bool is_same(const struct sw_table *table, const struct entry *old,
                    const struct entry *entry)
{
    if (old->version != 0 && old->version == entry->version)
        return true;
    return table->kind->same && table->kind->same(old->item, entry->item);
}

/* True if that very version of the object is there already, or one that says the same; it is then
 * in this picture too. A list that is repeated says most things twice. */
static bool is_there(struct sw_table *table, const struct entry *entry)
{
    const struct sw_meta *meta = meta_of(entry);
    struct entry *old = find(table, meta->namespace_, meta->name);

    if (!old || !is_same(table, old, entry))
        return false;
    old->version = entry->version;
    old->record.picture = entry->record.picture;
    return true;
}

/* An entry read from the object, its arena's first chunk of so many bytes; *ret also where there is
 * nothing to be read. Fails with SW_ETYPE, SW_ENOMEM. */
static int read_entry(const struct sw_table *table, const json_t *object, size_t arena_bytes,
                      struct entry **ret, struct sw_err *reterr)
{
    struct entry *entry = calloc(1, sizeof(*entry) + table->kind->item_size);
    int r;

    if (!entry)
        return sw_err_nomem(reterr);
    sw_arena_init(&entry->arena, arena_bytes, OBJECT_MAX_BYTES);
    r = table->kind->read(object, &entry->arena, entry->item, reterr);
    if (r < 0) {
        free_entry(entry);
        return r;
    }
    entry->version = version_of(object);
    *ret = entry;
    return r;
}

/* Most objects take a part of what a usual one may: one that stays is read again, into as much as
 * it needs. Where that cannot be had, it stays where it is. */
static struct entry *fit(const struct sw_table *table, const json_t *object, struct entry *entry)
{
    size_t used = sw_arena_used(&entry->arena);
    struct entry *fitting;

    if (entry->arena.held_bytes < used + WORTH_FITTING_BYTES ||
        read_entry(table, object, used, &fitting, NULL) < 0)
        return entry;
    free_entry(entry);
    return fitting;
}

int sw_table_put(struct sw_table *table, const json_t *object, uint32_t picture,
                 struct sw_err *reterr)
{
    struct entry *entry;
    int r = read_entry(table, object, table->kind->arena_bytes, &entry, reterr);

    if (r < 0)
        return r;
    entry->record.picture = picture;
    if (r == 1 && !is_there(table, entry)) {
        entry = fit(table, object, entry);
        entry->record.picture = picture;
        return replace(table, entry, reterr);
    }
    if (r == 0)
        sw_table_remove(table, meta_of(entry)->namespace_, meta_of(entry)->name);
    free_entry(entry);
    return 0;
}

void sw_table_remove(struct sw_table *table, struct sw_str namespace_, struct sw_str name)
{
    struct entry *entry = find(table, namespace_, name);

    if (entry)
        drop(table, entry);
}

void sw_table_touch(struct sw_table *table, struct sw_str namespace_, struct sw_str name,
                    uint32_t picture)
{
    struct entry *entry = find(table, namespace_, name);

    if (entry)
        entry->record.picture = picture;
}

size_t sw_table_sweep(struct sw_table *table, uint32_t picture)
{
    struct sw_record *record = sw_hash_next(&table->entries, NULL);
    size_t n = 0;

    while (record) {
        struct entry *entry = (struct entry *)record;

        record = sw_hash_next(&table->entries, record);
        if (entry->record.picture != picture) {
            drop(table, entry);
            n++;
        }
    }
    return n;
}

size_t sw_table_bytes(const struct sw_table *table)
{
    return table->n_bytes;
}

void *sw_table_find(const struct sw_table *table, struct sw_str namespace_, struct sw_str name)
{
    struct entry *entry = find(table, namespace_, name);

    return entry ? entry->item : NULL;
}

void *sw_table_next(const struct sw_table *table, const void *item)
{
    const unsigned char *bytes = item;
    const struct sw_record *record =
        bytes ? (const struct sw_record *)(const void *)(bytes - offsetof(struct entry, item))
              : NULL;
    struct entry *entry = (struct entry *)sw_hash_next(&table->entries, record);

    return entry ? entry->item : NULL;
}

void sw_table_release(struct sw_table *table)
{
    sw_table_sweep(table, UINT32_MAX);
    sw_hash_release(&table->entries);
}
