/*
 * A list of pointers that is kept sorted with little work: what is added waits at the end until the
 * list is read.
 */
#ifndef SW_MESH_SORTED_H
#define SW_MESH_SORTED_H

#include "base/err.h"

#include <stddef.h>

/* A zeroed one is empty. `items` may be read after sw_sorted_settle(). */
struct sw_sorted {
    const void **items; /* owned; what they point to is not */
    size_t n;
    size_t n_sorted; /* private: so many at the front are in order */
    size_t cap;      /* private */
};

/* Order of two items: <0, 0 or >0. */
typedef int sw_sorted_cmp_fn(const void *a, const void *b);

/* Adds an item, borrowed until it is removed. Fails with SW_ENOMEM. */
int sw_sorted_add(struct sw_sorted *list, const void *item, struct sw_err *reterr);

/* Takes an item out that has not changed its place in the order since it was added; one that is not
 * in the list is none. */
void sw_sorted_remove(struct sw_sorted *list, const void *item);

/* Puts the items in order. */
void sw_sorted_settle(struct sw_sorted *list, sw_sorted_cmp_fn *cmp);

/* Gives the memory of the list back, not that of the items. */
void sw_sorted_release(struct sw_sorted *list);

#endif
