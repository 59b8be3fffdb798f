#include "mesh/sorted.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define FIRST_CAP 8

/* So many new ones are put in their places one by one; more are sorted with all the others. */
#define MAX_INSERTED 16

int sw_sorted_add(struct sw_sorted *list, const void *item, struct sw_err *reterr)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : FIRST_CAP;
        const void **items = realloc(list->items, cap * sizeof(*items));

        if (!items)
            return sw_err_nomem(reterr);
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = item;
    return 0;
}

/* By the pointer, from the end, where the new ones are: no order is needed for it, and a hundred
 * thousand pointers take some tens of microseconds. */
void sw_sorted_remove(struct sw_sorted *list, const void *item)
{
    size_t i = list->n;

    while (i > 0 && list->items[i - 1] != item)
        i--;
    if (i == 0)
        return;
    memmove(&list->items[i - 1], &list->items[i], (list->n - i) * sizeof(*list->items));
    list->n--;
    if (i <= list->n_sorted)
        list->n_sorted--;
}

/* Puts the first of the unsorted ones in its place. */
static void insert(struct sw_sorted *list, sw_sorted_cmp_fn *cmp)
{
    const void *item = list->items[list->n_sorted];
    size_t low = 0, high = list->n_sorted;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cmp(list->items[middle], item) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&list->items[low + 1], &list->items[low],
            (list->n_sorted - low) * sizeof(*list->items));
    list->items[low] = item;
    list->n_sorted++;
}

/* Heap sort: qsort() may ask the heap for memory, and hands the comparison no pointer of ours. */
static void sift(const void **items, size_t i, size_t n, sw_sorted_cmp_fn *cmp)
{
    for (;;) {
        size_t child = 2 * i + 1;
        const void *item = items[i];

        if (child >= n)
            return;
        if (child + 1 < n && cmp(items[child], items[child + 1]) < 0)
            child++;
        if (cmp(item, items[child]) >= 0)
            return;
        items[i] = items[child];
        items[child] = item;
        i = child;
    }
}

static void sort(struct sw_sorted *list, sw_sorted_cmp_fn *cmp)
{
    for (size_t i = list->n / 2; i > 0; i--)
        sift(list->items, i - 1, list->n, cmp);
    for (size_t n = list->n; n > 1; n--) {
        const void *last = list->items[n - 1];

        list->items[n - 1] = list->items[0];
        list->items[0] = last;
        sift(list->items, 0, n - 1, cmp);
    }
    list->n_sorted = list->n;
}

void sw_sorted_settle(struct sw_sorted *list, sw_sorted_cmp_fn *cmp)
{
    if (list->n - list->n_sorted > MAX_INSERTED)
        sort(list, cmp);
    while (list->n_sorted < list->n)
        insert(list, cmp);
}

void sw_sorted_release(struct sw_sorted *list)
{
    free(list->items);
    *list = (struct sw_sorted){0};
}
