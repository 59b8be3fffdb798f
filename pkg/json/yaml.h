/*
 * YAML to JSON values and back, as kubectl does it.
 *
 * Scalars resolve as in YAML 1.1 as sigs.k8s.io/yaml (go-yaml v2) reads it, because that is what
 * decides on a cluster: plain yes/no/on/off/y/n/true/false (in lower, Title and UPPER case) are
 * booleans, ~/null/empty are null, 0x/0o/0b/leading-0 octal and _ in numbers count, a number
 * without a fraction is an integer however it is written (80.0, 8e1), everything quoted is a
 * string, and so is what has the tag !!str, a date or a time. A merge key << takes effect where it
 * stands: keys behind it win over it, keys before it lose. Keys that are no strings become strings
 * (yes: "true"). A stream that begins with { and is a series of JSON objects is read as JSON; JSON
 * is YAML in any case: the same function reads both.
 *
 * Stricter than kubectl, so that no two readers can see different values: refused are a duplicate
 * key (kubectl's last one wins), an integer that does not fit in 64 bits with sign (kubectl rounds
 * it), and tags other than those of JSON's types (kubectl takes the value without them). Documents
 * end where YAML says; kubectl splits the text at lines of --- and ignores what follows a "...".
 *
 * Limits: nesting SW_JSON_MAX_DEPTH; aliases may expand to at most SW_YAML_MAX_NODES values and
 * SW_YAML_MAX_ALIAS_BYTES of text in one stream (an alias bomb is SW_ELIMIT, not memory).
 */
#ifndef SW_JSON_YAML_H
#define SW_JSON_YAML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Most values that aliases stand for, all together: about what go-yaml allows a large document. */
#define SW_YAML_MAX_NODES 400000

/* Most text that aliases stand for, strings and keys all together: more than a large document has,
 * and far less than one long string makes that is named 400,000 times. */
#define SW_YAML_MAX_ALIAS_BYTES ((size_t)32 << 20)

struct sw_yaml_document {
    json_t *value; /* new reference, owned by the open json scope's arena or by the caller */
    size_t line;   /* of the document's first node, from 1 */
};

struct sw_yaml_documents {
    struct sw_yaml_document *items; /* arena */
    size_t n;
};

/* Reads a stream of documents; empty and null ones are left out. Call inside a sw_json_scope of
 * `arena`, or outside any; then the values are the caller's. Fails with SW_ESYNTAX ("line 3, column
 * 7: ..."; a duplicate key, a NUL byte in the text or in a key, a NaN or an infinity, a key that is
 * null or not a scalar, an undefined alias or unknown tag), SW_ELIMIT, SW_ENOMEM. */
int sw_yaml_read(struct sw_str text, struct sw_arena *arena, struct sw_yaml_documents *ret,
                 struct sw_err *reterr);

/* Appends `value`, nested at most SW_JSON_MAX_DEPTH, as one block-style YAML document (no ---),
 * members in their own order, strings quoted only where they would read as something else (to
 * kubectl or, as dates do, to others), multi-line strings as literal blocks. What it writes,
 * sw_yaml_read reads back equal, but for a real without a fraction, which is an integer in YAML. A
 * failure stays in buf. */
void sw_yaml_write(const json_t *value, struct sw_buf *buf);

#endif
