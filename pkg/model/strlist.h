/*
 * Lists of strings.
 */
#ifndef SW_MODEL_STRLIST_H
#define SW_MODEL_STRLIST_H

#include "base/arena.h"
#include "base/err.h"
#include "json/at.h"

#include <jansson.h>

struct sw_strings {
    const struct sw_str *items; /* arena; NULL for none */
    size_t n;
};

/* Reads member `key` of `object`, which stands at `at`, as an array of strings, in its order;
 * absent or null gives none. Copied into `arena`. Fails with SW_ETYPE and SW_ENOMEM. */
int sw_strings_read(const json_t *object, const char *key, const struct sw_at *at,
                    struct sw_arena *arena, struct sw_strings *ret, struct sw_err *reterr);

/* Cuts `text` at commas and drops the blanks around each part, and parts that are empty. The parts
 * borrow from the text; the list is in `arena`. Fails with SW_ENOMEM. */
int sw_strings_split(struct sw_str text, struct sw_arena *arena, struct sw_strings *ret,
                     struct sw_err *reterr);

/* True if one of them is `text`. */
bool sw_strings_have(const struct sw_strings *strings, struct sw_str text);

#endif
