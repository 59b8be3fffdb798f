/*
 * Labels: string pairs sorted by key, as they stand on objects and in selectors.
 */
#ifndef SW_MODEL_LABELS_H
#define SW_MODEL_LABELS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "json/at.h"

#include <jansson.h>

struct sw_label {
    struct sw_str key;
    struct sw_str value;
};

struct sw_labels {
    const struct sw_label *pairs; /* arena; sorted by key, each key once; NULL when empty */
    size_t n;
};

/* Reads member `key` of `object` (which stands at `at`) as a map of strings; absent or null gives
 * no labels. The strings are copied into `arena`.
 * Fails with SW_ETYPE (message names the path) and SW_ENOMEM. */
int sw_labels_read(const json_t *object, const char *key, const struct sw_at *at,
                   struct sw_arena *arena, struct sw_labels *ret, struct sw_err *reterr);

/* The value of `key`, borrowed; NULL if there is none. */
const struct sw_str *sw_labels_get(const struct sw_labels *labels, struct sw_str key);

/* True if every pair of `selector` is in `labels`. An empty selector matches all. */
bool sw_labels_match(const struct sw_labels *selector, const struct sw_labels *labels);

/* True unless both have a key with different values: something may match both. */
bool sw_labels_agree(const struct sw_labels *a, const struct sw_labels *b);

/* Appends "a=b, c=d"; nothing for none. */
void sw_labels_write(const struct sw_labels *labels, struct sw_buf *buf);

#endif
