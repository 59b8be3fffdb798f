/*
 * How families and series lie in memory; for the files of this folder alone.
 *
 * Both lists are sorted and only ever grow at one place by one store, so a reader that follows them
 * needs no lock and sees an order that does not depend on who came first.
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
    size_t n_series;     /* in the list, "other" included; under `adding` */
    size_t stride_bytes; /* of one series in `storage` */
    char *storage;       /* max_series + 1 of them: the last place is kept for "other" */
};

struct sw_metrics {
    struct sw_metric_family *first; /* by name; NULL while empty */
};

#endif
