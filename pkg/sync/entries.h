/*
 * The entries of a store, found by their names. Private to the store.
 *
 * An entry is an object in an arena of its own. The table holds it, and so may leases: it is freed
 * when the last of them lets go. For one thread.
 */
#ifndef SW_SYNC_ENTRIES_H
#define SW_SYNC_ENTRIES_H

#include "base/arena.h"
#include "model/object.h"

#include <stdint.h>

struct sw_entry {
    struct sw_entry *next;   /* in its bucket */
    struct sw_object object; /* in `arena`; without item: one that could never be read */
    struct sw_arena arena;
    uint64_t picture;     /* the last one that it was in */
    unsigned int holders; /* the table, while it is in it, and every lease */
    bool unreadable;      /* its newest version */
};

/* The caller's storage; may be read. */
struct sw_entries {
    struct sw_entry **buckets; /* owned; a power of two of them */
    size_t n_buckets, n;
    size_t n_bytes; /* of memory, of all entries */
};

/* One with one holder and no object yet; NULL without memory. */
struct sw_entry *sw_entry_new(size_t chunk_bytes, size_t max_bytes);
/* One holder lets go. */
void sw_entry_drop(struct sw_entry *entry);
/* The memory that it takes. */
size_t sw_entry_bytes(const struct sw_entry *entry);

/* Without any. Fails with SW_ENOMEM. */
int sw_entries_init(struct sw_entries *entries, struct sw_err *reterr);
/* Lets go of all. */
void sw_entries_release(struct sw_entries *entries);

/* The link that leads to the entry of the object's name; to NULL, where it is to go, if there is
 * none. Valid until another entry is added. */
struct sw_entry **sw_entries_find(struct sw_entries *entries, const struct sw_object *object);

/* Puts an entry, which is then the table's to hold, where sw_entries_find() found none. */
void sw_entries_add(struct sw_entries *entries, struct sw_entry **link, struct sw_entry *entry);

/* Takes out the entry that the link leads to, and lets go of it; it leads to the next one then. */
void sw_entries_remove(struct sw_entries *entries, struct sw_entry **link);

#endif
