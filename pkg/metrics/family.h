/*
 * How families and series lie in memory; for the files of this folder alone.
 *
 * Both lists are sorted, and every change of one is one store, so a reader that follows them needs
 * no lock and sees an order that does not depend on who came first. A series that is taken out
 * stays as it is while somebody may follow the list: its place is used again only when nobody has
 * been following it at any moment since.
 */
#ifndef SW_METRICS_FAMILY_H
#define SW_METRICS_FAMILY_H

#include "metrics/metrics.h"

struct sw_histogram {
    const uint64_t *bounds; /* the family's; n_bounds of them */
    size_t n_bounds;
    _Atomic uint64_t sum;      /* raw units */
    _Atomic uint64_t counts[]; /* n_bounds + 1, each its own bucket alone; the last is +Inf */
};

struct sw_metric_series {
    _Atomic(struct sw_metric_series *)
        next;     /* next in the order of label values; NULL at the end */
    struct sw_metric_series *next_removed;
    char *values; /* n_labels texts of SW_METRIC_VALUE_SIZE bytes, in the same block */
    union {
        struct sw_counter counter;
        struct sw_gauge gauge;
        struct sw_histogram histogram;
    };
};

struct sw_metric_family {
    struct sw_metric_family *next; /* next by name; NULL at the end */
    struct sw_metric_spec spec;    /* per_unit and max_series filled in, bounds our copy */
    size_t n_labels;
    atomic_flag adding; /* held for the length of one look-up that may add a series */
    _Atomic(struct sw_metric_series *) first;
    struct sw_metric_series *removed; /* taken out, their places not used again; under `adding`, as
                                         is the next */
    size_t n_places;                  /* of `storage` that were ever used, but for "other" */
    _Atomic size_t n_followers;       /* that write the list down now */
    size_t stride_bytes; /* of one series in `storage` */
    char *storage;       /* max_series + 1 of them: the last place is kept for "other" */
};

struct sw_metrics {
    struct sw_metric_family *first; /* by name; NULL while empty */
};

#endif
