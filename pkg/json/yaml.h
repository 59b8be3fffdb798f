/*
 * YAML to JSON values and back, as kubectl does it.
 *
 * Scalars resolve as in YAML 1.1 as sigs.k8s.io/yaml (go-yaml v2) reads it, because that is what
 * decides on a cluster: plain yes/no/on/off/y/n/true/false (in lower, Title and UPPER case) are
 * booleans, ~/null/empty are null, 0x/0o/0b/leading-0 octal and _ in numbers count, everything
 * quoted is a string, and so is what has the tag !!str. A duplicate key is refused, as kubectl
 * refuses it. JSON is YAML: the same function reads both.
 *
 * Limits: nesting SW_JSON_MAX_DEPTH; aliases may expand to at most SW_YAML_MAX_NODES nodes in one
 * stream (an alias bomb is SW_ELIMIT, not memory).
 */
#ifndef SW_JSON_YAML_H
#define SW_JSON_YAML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* A stream of 7 MiB of Kubernetes objects has under 1,000,000 nodes. */
#define SW_YAML_MAX_NODES 2000000

struct sw_yaml_document {
    json_t *value; /* new reference, owned by the open json scope's arena or by the caller */
    size_t line;   /* of the document's first node, from 1 */
};

struct sw_yaml_documents {
    struct sw_yaml_document *items; /* arena */
    size_t n;
};

/* Reads a stream of documents; empty documents are left out. Call inside a sw_json_scope of
 * `arena`. Fails with SW_ESYNTAX ("line 3, column 7: ..."; a duplicate key, a null byte, a NaN or an
 * infinity, a key that is not a scalar, an undefined alias or unknown tag), SW_ELIMIT, SW_ENOMEM. */
int sw_yaml_read(struct sw_str text, struct sw_arena *arena, struct sw_yaml_documents *ret,
                 struct sw_err *reterr);

/* Appends `value` as one block-style YAML document (no ---), members in their own order, strings
 * quoted only where they would read as something else, multi-line strings as literal blocks. What
 * it writes, sw_yaml_read reads back equal. A failure stays in buf. */
void sw_yaml_write(const json_t *value, struct sw_buf *buf);

#endif
