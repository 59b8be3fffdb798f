/*
 * Counters, gauges and histograms that many threads update without a lock.
 *
 * A registry holds families (one name, one help, one kind, fixed label names), a family holds
 * series (one per set of label values). All memory is taken when a family is added: afterwards
 * nothing allocates, and a family never holds more series than it was born with, whatever its label
 * values. A series may be removed, where what it is about is gone; its place is then another's. A
 * series is looked up once, at start, and its handle kept: an update is then one atomic
 * add.
 *
 * Values are integers in a raw unit (nanoseconds, bytes); `per_unit` of the family says how many
 * make one of the unit that is shown (Prometheus wants seconds: 1000000000). Names are shown as
 * given: the `spillway_` prefix and the suffixes (_total, _seconds, _bytes) are the caller's to
 * write.
 */
#ifndef SW_METRICS_METRICS_H
#define SW_METRICS_METRICS_H

#include "base/err.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Most label names of a family. */
#define SW_METRIC_LABELS_MAX 4
/* Longest label value, with its NUL; a longer one is cut. Fits a cluster or namespace name (63) and
 * a path of ours. */
#define SW_METRIC_VALUE_SIZE 128
/* Most series of a family: what a Prometheus server should be asked to keep for one name. */
#define SW_METRIC_SERIES_MAX 4096
/* Most histogram buckets besides +Inf. */
#define SW_METRIC_BOUNDS_MAX 32
/* Every label of the series that stands for all that did not fit into max_series. */
#define SW_METRIC_OTHER "other"

enum sw_metric_kind { SW_METRIC_COUNTER, SW_METRIC_GAUGE, SW_METRIC_HISTOGRAM };

/* What a family is; all texts are borrowed for the registry's life (literals, in practice). */
struct sw_metric_spec {
    enum sw_metric_kind kind;
    const char *name;                         /* [a-zA-Z_:][a-zA-Z0-9_:]* */
    const char *help;                         /* one sentence; NULL counts as "" */
    const char *labels[SW_METRIC_LABELS_MAX]; /* label names; unset entries at the end */
    size_t max_series;                        /* 0 means 1; without labels it must be 0 or 1 */
    uint64_t per_unit;      /* raw units per shown unit, a power of ten up to 1e9; 0 means 1 */
    const uint64_t *bounds; /* histogram: upper bounds in raw units, ascending, inclusive; copied */
    size_t n_bounds;        /* 0 for other kinds */
};

struct sw_metrics; /* a registry */
struct sw_metric_family;

struct sw_counter {
    _Atomic uint64_t value; /* private */
};
struct sw_gauge {
    _Atomic int64_t value; /* private */
};
struct sw_histogram;

/* A new, empty registry, owned by the caller (sw_metrics_free); NULL when out of memory. */
struct sw_metrics *sw_metrics_new(void);

/* Frees the registry with all its families and series. NULL is allowed. */
void sw_metrics_free(struct sw_metrics *metrics);

/* Adds a family and sets *ret to it, borrowed from the registry. A family without labels has its
 * one series from the start, and so shows a 0. Not to be called while another thread adds a family
 * or writes the page. Fails with SW_EUSAGE (a malformed or taken name, "le" as a histogram's label,
 * bounds that do not ascend, a number over its limit), SW_ENOMEM. */
int sw_metrics_add(struct sw_metrics *metrics, const struct sw_metric_spec *spec,
                   struct sw_metric_family **ret, struct sw_err *reterr);

/* Label values, as many as the family has labels: SW_METRIC_VALUES("/mutate", "200"). */
#define SW_METRIC_VALUES(...) ((const char *const[]){__VA_ARGS__})

/* The series of these label values (NULL for a family without labels), made when new, borrowed from
 * the registry. Once max_series exist, unknown values all get the one series that is labelled
 * "other". Any thread may call; two that ask for the same values get the same series. NULL for a
 * NULL family. The family must be of that kind. */
struct sw_counter *sw_counter_at(struct sw_metric_family *family, const char *const *values);
struct sw_gauge *sw_gauge_at(struct sw_metric_family *family, const char *const *values);
struct sw_histogram *sw_histogram_at(struct sw_metric_family *family, const char *const *values);

/* Takes the series of these label values out of the family, if there is one: it is on no page from
 * now on, and no handle of it may be used any more. One of the same values that comes later begins
 * at 0. The one that is labelled "other" stays. Any thread may call. */
void sw_metrics_remove(struct sw_metric_family *family, const char *const *values);

/* Updates, from any thread; a NULL handle is allowed and does nothing, so that code which reports
 * also runs where nobody listens. */
static inline void sw_counter_add(struct sw_counter *counter, uint64_t n)
{
    if (counter)
        atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}

static inline void sw_gauge_set(struct sw_gauge *gauge, int64_t value)
{
    if (gauge)
        atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

static inline void sw_gauge_add(struct sw_gauge *gauge, int64_t delta)
{
    if (gauge)
        atomic_fetch_add_explicit(&gauge->value, delta, memory_order_relaxed);
}

/* Counts one observation of `value` raw units. */
void sw_histogram_observe(struct sw_histogram *histogram, uint64_t value);

/* Readings; 0 for NULL. */
uint64_t sw_counter_value(const struct sw_counter *counter);
int64_t sw_gauge_value(const struct sw_gauge *gauge);
/* The sum of all observations so far, in raw units. */
uint64_t sw_histogram_sum(const struct sw_histogram *histogram);

#endif
