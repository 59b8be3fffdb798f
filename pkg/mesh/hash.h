/*
 * A hash table of records that carry their own links: what is kept by the hundred thousand is kept
 * this way, without a node of its own for each.
 *
 * The table owns nothing but its buckets. Iteration is in no order.
 */
#ifndef SW_MESH_HASH_H
#define SW_MESH_HASH_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* First member of whatever is kept; private but for `picture`. */
struct sw_record {
    struct sw_record *next; /* in its bucket */
    uint32_t hash;
    uint32_t picture; /* the user's: the last full picture that it was in */
};

/* A zeroed one is empty. */
struct sw_hash {
    struct sw_record **buckets; /* owned; a power of two of them; NULL until the first insert */
    size_t n_buckets;
    size_t n;
};

/* True if `record` has this key. */
typedef bool sw_hash_is_fn(const struct sw_record *record, const void *key);

/* A hash of two strings; the second may be unset. */
uint32_t sw_hash_of(struct sw_str a, struct sw_str b);

/* The record of that hash and key, borrowed; NULL if there is none. */
struct sw_record *sw_hash_find(const struct sw_hash *table, uint32_t hash, sw_hash_is_fn *is,
                               const void *key);

/* Takes a record in, whose key must not be there yet. Fails with SW_ENOMEM, only where the table is
 * empty: one that cannot grow only gets slower. */
int sw_hash_insert(struct sw_hash *table, struct sw_record *record, uint32_t hash,
                   struct sw_err *reterr);

/* Takes a record out that is in it. */
void sw_hash_remove(struct sw_hash *table, struct sw_record *record);

/* The record behind `record` in some order, the first one for NULL; NULL at the end. Removing the
 * record that was returned last is allowed if the next was asked for before; inserting is not. */
struct sw_record *sw_hash_next(const struct sw_hash *table, const struct sw_record *record);

/* Gives the buckets back; the records are left alone. */
void sw_hash_release(struct sw_hash *table);

#endif
