/*
 * jansson values to text.
 *
 * A value given here is a tree of UTF-8 strings (as everything is that json/read and jansson's
 * checking constructors make), no deeper than the readers allow by much: the canonical form is left
 * to jansson's dump, which recurses without end. The plain form is what every answer is written in
 * and has a writer of its own, whose bytes are those of jansson's dump;
 * tests/fuzz/fuzz_read.c holds it to that.
 */
#ifndef SW_JSON_WRITE_H
#define SW_JSON_WRITE_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

/* Appends `value` as compact JSON, members in their own order. A failure stays in buf
 * (sw_buf_status): SW_ENOMEM, or SW_ELIMIT at its cap or nested over four times SW_JSON_MAX_DEPTH.
 * NULL is taken for the allocation that failed. */
void sw_json_write(const json_t *value, struct sw_buf *buf);

/* The canonical form: compact, members sorted by key, so that equal values give equal bytes. For
 * hashes and comparisons. */
void sw_json_write_canonical(const json_t *value, struct sw_buf *buf);

/* Appends s as a JSON string with its quotes, byte for byte as sw_json_write would. Each byte that
 * is not part of a UTF-8 character becomes U+FFFD, as in Go's encoding/json. A failure stays in
 * buf.
 */
void sw_json_write_string(struct sw_str s, struct sw_buf *buf);

#endif
