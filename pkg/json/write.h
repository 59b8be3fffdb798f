/*
 * jansson values to text.
 */
#ifndef SW_JSON_WRITE_H
#define SW_JSON_WRITE_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

/* Appends `value` as compact JSON, members in their own order. A failure stays in buf
 * (sw_buf_status). */
void sw_json_write(const json_t *value, struct sw_buf *buf);

/* The canonical form: compact, members sorted by key, so that equal values give equal bytes. For
 * hashes and comparisons. */
void sw_json_write_canonical(const json_t *value, struct sw_buf *buf);

/* Appends s as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void sw_json_write_string(struct sw_str s, struct sw_buf *buf);

#endif
