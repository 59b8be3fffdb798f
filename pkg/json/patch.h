/*
 * JSON Patch (RFC 6902), the part that an admission webhook answers with: add, replace, remove.
 *
 * A patch is a list of operations in the order in which they apply. Everything in it is arena
 * memory, the values included, so it lives as long as the arena it was made with.
 */
#ifndef SW_JSON_PATCH_H
#define SW_JSON_PATCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "json/at.h"

#include <jansson.h>

enum sw_patch_verb { SW_PATCH_ADD, SW_PATCH_REPLACE, SW_PATCH_REMOVE };

struct sw_patch_op {
    enum sw_patch_verb verb;
    const char *pointer; /* RFC 6901; arena */
    json_t *value;       /* arena; NULL for remove */
};

struct sw_patch {
    struct sw_patch_op *ops; /* arena; NULL while empty */
    size_t n_ops;
};

/* Adds one operation at the end. `value` (NULL for remove) is kept as it is, neither copied nor
 * counted: it must live as long as `arena`, as what was made inside a sw_json_scope of it does.
 * Fails with SW_ENOMEM. */
int sw_patch_push(struct sw_patch *patch, struct sw_arena *arena, enum sw_patch_verb verb,
                  const struct sw_at *at, json_t *value, struct sw_err *reterr);

/* "add", "replace" or "remove". Static. */
const char *sw_patch_verb_name(enum sw_patch_verb verb);

/* Appends the patch as a JSON array of RFC 6902 operations. A failure stays in buf. */
void sw_patch_write(const struct sw_patch *patch, struct sw_buf *buf);

/* Reads RFC 6902 text into *ret, all of it arena memory. For tools and tests that are given a
 * patch. Members that an operation does not need are ignored, and so is whether its pointer points
 * anywhere. Fails with SW_ESYNTAX (as sw_json_read), SW_ETYPE (an operation other than the three
 * above, or one without what it needs; the message names its path), SW_ELIMIT (nesting), SW_ENOMEM.
 */
int sw_patch_read(struct sw_str text, struct sw_arena *arena, struct sw_patch *ret,
                  struct sw_err *reterr);

#endif
