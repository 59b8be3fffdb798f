/*
 * The anchors of one YAML document, and the limits that keep aliases harmless. Part of json/yaml.h;
 * not for others to include.
 *
 * An alias gives a copy, so that no value stands in a tree twice; the values copied are counted,
 * and the bytes of their text, so that a text of a few bytes cannot make billions. (What is not
 * copied is bounded by the text.)
 */
#ifndef SW_JSON_YAML_ANCHOR_H
#define SW_JSON_YAML_ANCHOR_H

#include "base/arena.h"
#include "base/err.h"
#include "json/yaml_scalar.h"

#include <jansson.h>
#include <stddef.h>

/* For a node without an anchor. */
#define SW_YAML_NO_ANCHOR SIZE_MAX

struct sw_yaml_anchor {
    json_t *value;                /* owned; NULL until its node has ended */
    struct sw_yaml_scalar scalar; /* what the node says as a key, if it is a scalar */
};

/* The caller's storage; set `arena`, zero the rest. */
struct sw_yaml_anchors {
    struct sw_arena *arena;       /* borrowed */
    struct sw_yaml_anchor *items; /* arena; in order of their nodes' beginnings */
    size_t n;
    json_t *ids;           /* owned; name to index of its latest item; NULL while there is none */
    size_t n_copied;       /* values so far, over all documents of the stream */
    size_t n_copied_bytes; /* of the strings and keys among them */
};

/* May a container stand inside `depth` others? Fails with SW_ELIMIT at SW_JSON_MAX_DEPTH. */
int sw_yaml_check_depth(int depth, struct sw_err *reterr);

/* A node that carries the anchor `name` begins: from here on the name means this node. *ret is its
 * id for sw_yaml_anchors_end(), or SW_YAML_NO_ANCHOR where name is NULL. Fails with SW_ENOMEM. */
int sw_yaml_anchors_begin(struct sw_yaml_anchors *anchors, const char *name, size_t *ret,
                          struct sw_err *reterr);

/* The node of `id` has ended and is `value`, to which a reference is kept. `scalar` is NULL for a
 * container; its text may die after the call. Nothing for SW_YAML_NO_ANCHOR. */
void sw_yaml_anchors_end(struct sw_yaml_anchors *anchors, size_t id, json_t *value,
                         const struct sw_yaml_scalar *scalar);

/* The anchor that the alias `name` means, valid until the next begin or clear. Fails with
 * SW_ESYNTAX where there is none, or where its node has not ended: the alias stands inside it. */
int sw_yaml_anchors_find(const struct sw_yaml_anchors *anchors, const char *name,
                         const struct sw_yaml_anchor **ret, struct sw_err *reterr);

/* A copy of a value that will stand inside `depth` containers; a new reference. Fails with
 * SW_ELIMIT (depth; more copied than SW_YAML_MAX_NODES values or SW_YAML_MAX_ALIAS_BYTES of text),
 * SW_ENOMEM. */
int sw_yaml_copy(struct sw_yaml_anchors *anchors, json_t *value, int depth, json_t **ret,
                 struct sw_err *reterr);

/* The document has ended: forgets its anchors, but not the count of what was copied. */
void sw_yaml_anchors_clear(struct sw_yaml_anchors *anchors);

#endif
