#include "metrics/metrics.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "metrics/family.h"

#include "base/banned.h"

#define PER_UNIT_MAX 1000000000u

struct sw_metrics *sw_metrics_new(void)
{
    return calloc(1, sizeof(struct sw_metrics));
}

static void family_free(struct sw_metric_family *family)
{
    if (!family)
        return;
    free(family->storage);
    free((void *)family->spec.bounds);
    free(family);
}
SW_DEFINE_CLEANUP(cleanup_family, struct sw_metric_family, family_free);

void sw_metrics_free(struct sw_metrics *metrics)
{
    if (!metrics)
        return;
    for (struct sw_metric_family *family = metrics->first; family;) {
        struct sw_metric_family *next = family->next;

        family_free(family);
        family = next;
    }
    free(metrics);
}

static bool is_name(const char *name, bool colons)
{
    if (!name || !*name || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++) {
        bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');

        if (!letter && !(*name >= '0' && *name <= '9') && *name != '_' && !(*name == ':' && colons))
            return false;
    }
    return true;
}

static int check_labels(const struct sw_metric_spec *spec, struct sw_err *reterr)
{
    bool ended = false;

    for (size_t i = 0; i < SW_METRIC_LABELS_MAX; i++) {
        const char *label = spec->labels[i];

        ended = ended || !label;
        if (!label)
            continue;
        if (ended || !is_name(label, false) || strncmp(label, "__", 2) == 0 ||
            (spec->kind == SW_METRIC_HISTOGRAM && strcmp(label, "le") == 0))
            return sw_err_set(reterr, SW_EUSAGE, "metric %s: bad label name '%s'", spec->name,
                              label);
    }
    if (!spec->labels[0] && spec->max_series > 1)
        return sw_err_set(reterr, SW_EUSAGE, "metric %s: %zu series but no label", spec->name,
                          spec->max_series);
    if (spec->max_series > SW_METRIC_SERIES_MAX)
        return sw_err_set(reterr, SW_EUSAGE, "metric %s: %zu series, expected at most %d",
                          spec->name, spec->max_series, SW_METRIC_SERIES_MAX);
    return 0;
}

static int check_numbers(const struct sw_metric_spec *spec, struct sw_err *reterr)
{
    uint64_t power = 1;

    while (power < spec->per_unit && power < PER_UNIT_MAX)
        power *= 10;
    if (spec->per_unit > 0 && spec->per_unit != power)
        return sw_err_set(reterr, SW_EUSAGE,
                          "metric %s: per_unit is expected to be a power of ten up to %u",
                          spec->name, PER_UNIT_MAX);
    if (spec->n_bounds > SW_METRIC_BOUNDS_MAX ||
        (spec->kind == SW_METRIC_HISTOGRAM) != (spec->n_bounds > 0))
        return sw_err_set(reterr, SW_EUSAGE,
                          "metric %s: %zu bounds, expected 1 to %d for a histogram, none else",
                          spec->name, spec->n_bounds, SW_METRIC_BOUNDS_MAX);
    for (size_t i = 1; i < spec->n_bounds; i++) {
        if (spec->bounds[i] <= spec->bounds[i - 1])
            return sw_err_set(reterr, SW_EUSAGE, "metric %s: bounds are expected to ascend",
                              spec->name);
    }
    return 0;
}

/* Where a family of that name goes; fails with SW_EUSAGE if there is one. */
static int find_place(struct sw_metrics *metrics, const char *name, struct sw_metric_family ***ret,
                      struct sw_err *reterr)
{
    struct sw_metric_family **place = &metrics->first;

    while (*place && strcmp((*place)->spec.name, name) < 0)
        place = &(*place)->next;
    if (*place && strcmp((*place)->spec.name, name) == 0)
        return sw_err_set(reterr, SW_EUSAGE, "metric %s: added twice", name);
    *ret = place;
    return 0;
}

static struct sw_metric_family *family_new(const struct sw_metric_spec *spec)
{
    SW_CLEANUP(cleanup_family) struct sw_metric_family *family = calloc(1, sizeof(*family));
    size_t align = _Alignof(struct sw_metric_series);
    size_t bytes = sizeof(struct sw_metric_series) + (spec->n_bounds + 1) * sizeof(uint64_t);

    if (!family)
        return NULL;
    family->spec = *spec;
    family->spec.bounds = NULL;
    family->spec.per_unit = spec->per_unit ? spec->per_unit : 1;
    family->spec.max_series = spec->max_series ? spec->max_series : 1;
    while (family->n_labels < SW_METRIC_LABELS_MAX && spec->labels[family->n_labels])
        family->n_labels++;
    bytes += family->n_labels * SW_METRIC_VALUE_SIZE;
    family->stride_bytes = (bytes + align - 1) / align * align;
    family->storage = calloc(family->spec.max_series + 1, family->stride_bytes);
    if (!family->storage)
        return NULL;
    if (spec->n_bounds) {
        uint64_t *bounds = calloc(spec->n_bounds, sizeof(*bounds));

        if (!bounds)
            return NULL;
        memcpy(bounds, spec->bounds, spec->n_bounds * sizeof(*bounds));
        family->spec.bounds = bounds;
    }
    atomic_flag_clear(&family->adding);
    return SW_TAKE(family);
}

static int compare_values(const struct sw_metric_family *family, const struct sw_metric_series *a,
                          const char *const *values)
{
    int order = 0;

    for (size_t i = 0; i < family->n_labels && order == 0; i++)
        order = strncmp(a->values + i * SW_METRIC_VALUE_SIZE, values[i], SW_METRIC_VALUE_SIZE - 1);
    return order;
}

static struct sw_metric_series *series_make(struct sw_metric_family *family, size_t place,
                                            const char *const *values)
{
    char *at = family->storage + place * family->stride_bytes;
    struct sw_metric_series *series = (void *)at;

    series->values = at + family->stride_bytes - family->n_labels * SW_METRIC_VALUE_SIZE;
    for (size_t i = 0; i < family->n_labels; i++)
        memcpy(series->values + i * SW_METRIC_VALUE_SIZE, values[i],
               strnlen(values[i], SW_METRIC_VALUE_SIZE - 1));
    if (family->spec.kind == SW_METRIC_HISTOGRAM) {
        series->histogram.bounds = family->spec.bounds;
        series->histogram.n_bounds = family->spec.n_bounds;
    }
    return series;
}

/* The link to the series of `values`, or to the one that it goes before (NULL behind the last). */
static _Atomic(struct sw_metric_series *) *find_link(struct sw_metric_family *family,
                                                     const char *const *values, bool *ret_found)
{
    _Atomic(struct sw_metric_series *) *link = &family->first;
    struct sw_metric_series *at = atomic_load_explicit(link, memory_order_relaxed);
    int order = -1;

    while (at && (order = compare_values(family, at, values)) < 0) {
        link = &at->next;
        at = atomic_load_explicit(link, memory_order_relaxed);
    }
    *ret_found = at && order == 0;
    return link;
}

/* Makes the series of `values` at `place`, before what `link` leads to. */
static struct sw_metric_series *insert(struct sw_metric_family *family,
                                       _Atomic(struct sw_metric_series *) *link, size_t place,
                                       const char *const *values)
{
    struct sw_metric_series *next = atomic_load_explicit(link, memory_order_relaxed);
    struct sw_metric_series *series = series_make(family, place, values);

    atomic_store_explicit(&series->next, next, memory_order_relaxed);
    /* What the page's writer finds through this link must be complete. */
    atomic_store(link, series);
    return series;
}

/* Takes a place for a new series; false when there is none. A place that was used before may be
 * taken when nobody follows the list: who begins to later does not find what was taken out, as that
 * was stored before the followers were counted, and all four operations have one order (seq_cst).
 */
static bool take_place(struct sw_metric_family *family, size_t *ret)
{
    struct sw_metric_series *removed = family->removed;

    if (removed && atomic_load(&family->n_followers) == 0) {
        family->removed = removed->next_removed;
        *ret = (size_t)((char *)removed - family->storage) / family->stride_bytes;
        memset(removed, 0, family->stride_bytes);
        return true;
    }
    if (family->n_places == family->spec.max_series)
        return false;
    *ret = family->n_places++;
    return true;
}

/* A look-up is rare and short, and this folder calls nothing that could put a thread to sleep. */
static void lock(struct sw_metric_family *family)
{
    while (atomic_flag_test_and_set_explicit(&family->adding, memory_order_acquire))
        ;
}

static void unlock(struct sw_metric_family *family)
{
    atomic_flag_clear_explicit(&family->adding, memory_order_release);
}

static struct sw_metric_series *find_or_add(struct sw_metric_family *family,
                                            const char *const *values)
{
    static const char *const other[SW_METRIC_LABELS_MAX] = {SW_METRIC_OTHER, SW_METRIC_OTHER,
                                                            SW_METRIC_OTHER, SW_METRIC_OTHER};
    size_t place = family->spec.max_series; /* of "other" */
    bool found;
    _Atomic(struct sw_metric_series *) *link = find_link(family, values, &found);

    if (!found && !take_place(family, &place))
        link = find_link(family, other, &found);
    if (found)
        return atomic_load_explicit(link, memory_order_relaxed);
    return insert(family, link, place, place == family->spec.max_series ? other : values);
}

static struct sw_metric_series *series_at(struct sw_metric_family *family,
                                          const char *const *values)
{
    struct sw_metric_series *series;

    lock(family);
    series = find_or_add(family, values);
    unlock(family);
    return series;
}

/* The one that stands for all that had no room. */
static bool is_other(const struct sw_metric_family *family, const struct sw_metric_series *series)
{
    return (const char *)series == family->storage + family->spec.max_series * family->stride_bytes;
}

void sw_metrics_remove(struct sw_metric_family *family, const char *const *values)
{
    _Atomic(struct sw_metric_series *) *link;
    struct sw_metric_series *series = NULL;
    bool found;

    if (!family)
        return;
    lock(family);
    link = find_link(family, values, &found);
    if (found)
        series = atomic_load_explicit(link, memory_order_relaxed);
    if (series && !is_other(family, series)) {
        atomic_store(link, atomic_load_explicit(&series->next, memory_order_relaxed));
        series->next_removed = family->removed;
        family->removed = series;
    }
    unlock(family);
}

int sw_metrics_add(struct sw_metrics *metrics, const struct sw_metric_spec *spec,
                   struct sw_metric_family **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_family) struct sw_metric_family *family = NULL;
    struct sw_metric_family **place = NULL;
    int code;

    if (!is_name(spec->name, true))
        return sw_err_set(reterr, SW_EUSAGE, "bad metric name '%s'", spec->name ? spec->name : "");
    if ((code = check_labels(spec, reterr)) < 0 || (code = check_numbers(spec, reterr)) < 0 ||
        (code = find_place(metrics, spec->name, &place, reterr)) < 0)
        return code;
    family = family_new(spec);
    if (!family)
        return sw_err_nomem(reterr);
    if (!family->n_labels)
        series_at(family, NULL);
    family->next = *place;
    *place = family;
    *ret = SW_TAKE(family);
    return 0;
}

struct sw_counter *sw_counter_at(struct sw_metric_family *family, const char *const *values)
{
    assert(!family || family->spec.kind == SW_METRIC_COUNTER);
    return family ? &series_at(family, values)->counter : NULL;
}

struct sw_gauge *sw_gauge_at(struct sw_metric_family *family, const char *const *values)
{
    assert(!family || family->spec.kind == SW_METRIC_GAUGE);
    return family ? &series_at(family, values)->gauge : NULL;
}

struct sw_histogram *sw_histogram_at(struct sw_metric_family *family, const char *const *values)
{
    assert(!family || family->spec.kind == SW_METRIC_HISTOGRAM);
    return family ? &series_at(family, values)->histogram : NULL;
}

void sw_histogram_observe(struct sw_histogram *histogram, uint64_t value)
{
    size_t bucket = 0;

    if (!histogram)
        return;
    while (bucket < histogram->n_bounds && value > histogram->bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum, value, memory_order_relaxed);
}

uint64_t sw_counter_value(const struct sw_counter *counter)
{
    return counter ? atomic_load_explicit(&counter->value, memory_order_relaxed) : 0;
}

int64_t sw_gauge_value(const struct sw_gauge *gauge)
{
    return gauge ? atomic_load_explicit(&gauge->value, memory_order_relaxed) : 0;
}

uint64_t sw_histogram_sum(const struct sw_histogram *histogram)
{
    return histogram ? atomic_load_explicit(&histogram->sum, memory_order_relaxed) : 0;
}
