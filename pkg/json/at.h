/*
 * Where in a document a value stands: a chain of steps on the stack, innermost first.
 *
 * Written in two ways: as people read a path, `spec.ports[2].name`, and as an RFC 6901 pointer,
 * `/spec/ports/2/name`, for JSON Patch.
 */
#ifndef SW_JSON_AT_H
#define SW_JSON_AT_H

#include "base/arena.h"
#include "base/buf.h"

struct sw_at {
    const struct sw_at *up; /* borrowed; NULL at the top of the document */
    const char *key;        /* member name, NUL-terminated; NULL when `index` counts */
    size_t index;           /* array element, from 0 */
};

#define SW_AT_KEY(up, key)     (&(const struct sw_at){(up), (key), 0})
#define SW_AT_INDEX(up, index) (&(const struct sw_at){(up), NULL, (index)})

/* Appends the path for people, always one line: a key that holds one of `.[]"`, a space, a control
 * character or a byte beyond ASCII, or is empty, is written ["like.this"]. NULL (the document
 * itself) writes "the document". A failure stays in buf. */
void sw_at_write_path(const struct sw_at *at, struct sw_buf *buf);

/* The same as NUL-terminated arena memory; NULL when out of memory. */
char *sw_at_path(const struct sw_at *at, struct sw_arena *arena);

/* The RFC 6901 pointer (`~` as ~0, `/` as ~1; empty for NULL) as NUL-terminated arena memory; NULL
 * when out of memory. */
char *sw_at_pointer(const struct sw_at *at, struct sw_arena *arena);

#endif
