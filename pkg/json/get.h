/*
 * Typed members of a JSON object, with errors that name the path, what was expected and what was
 * found. This is the border: what passes here is a typed value, and inner code walks no raw JSON.
 *
 * A member that is null counts as absent, as it does for the API server. Each getter returns 1 when
 * it set *ret, 0 when the member is absent (*ret untouched), or fails as sw_get_fail() does. `at`
 * is where `object` stands (NULL for the document). `object` may be NULL: everything is absent in
 * it.
 */
#ifndef SW_JSON_GET_H
#define SW_JSON_GET_H

#include "base/err.h"
#include "base/str.h"
#include "json/at.h"

#include <jansson.h>
#include <stdint.h>

/* Both ends included. */
struct sw_int_range {
    int64_t min;
    int64_t max;
};

/* Strings are borrowed from the value. */
int sw_get_str(const json_t *object, const char *key, const struct sw_at *at, struct sw_str *ret,
               struct sw_err *reterr);
int sw_get_bool(const json_t *object, const char *key, const struct sw_at *at, bool *ret,
                struct sw_err *reterr);
/* An integer of that range. */
int sw_get_int(const json_t *object, const char *key, const struct sw_at *at,
               struct sw_int_range range, int64_t *ret, struct sw_err *reterr);
/* The member itself, borrowed, which must be an object (or an array of objects). */
int sw_get_object(const json_t *object, const char *key, const struct sw_at *at, json_t **ret,
                  struct sw_err *reterr);
int sw_get_objects(const json_t *object, const char *key, const struct sw_at *at, json_t **ret,
                   struct sw_err *reterr);
/* An array of strings, borrowed: each element is checked to be one. */
int sw_get_strings(const json_t *object, const char *key, const struct sw_at *at, json_t **ret,
                   struct sw_err *reterr);

/* "an object", "an array", "a string", "an integer", "a number", "true", "false", "null"; "nothing"
 * for NULL. Static. */
const char *sw_json_type_name(const json_t *value);

/* Fills *reterr (which may be NULL) with "<path of key in at>: expected <expected>, found <what
 * value is>", where a string (its first 40 bytes) and a number stand for themselves. A NULL key
 * means the value at `at` itself, and a NULL value nothing. Returns SW_ETYPE, or SW_ENOMEM where
 * there is no memory to say so. */
int sw_get_fail(const json_t *value, const char *key, const struct sw_at *at, const char *expected,
                struct sw_err *reterr);

#endif
