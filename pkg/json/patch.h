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
    json_t *value;       /* arena scope's; NULL for remove */
};

struct sw_patch {
    struct sw_patch_op *ops; /* arena; NULL while empty */
    size_t n_ops;
};

/* Adds one operation at the end. `value` (NULL for remove) is kept, not copied. Must be called
 * inside a sw_json_scope of `arena` for values made there. Fails with SW_ENOMEM. */
int sw_patch_push(struct sw_patch *patch, struct sw_arena *arena, enum sw_patch_verb verb,
                  const struct sw_at *at, json_t *value, struct sw_err *reterr);

/* Appends the patch as a JSON array of RFC 6902 operations. A failure stays in buf. */
void sw_patch_write(const struct sw_patch *patch, struct sw_buf *buf);

/* Applies every operation to `document`, in place, as the API server would (evanphx/json-patch): an
 * add into a missing parent, a replace or remove of a missing member, an index past the end or "-"
 * outside an add all fail with SW_ENOENT, naming the operation and its pointer; SW_ETYPE where a
 * scalar stands in the way; SW_ESYNTAX for a pointer that is not one; SW_ENOMEM. Values are shared
 * with the patch, not copied. On failure the document is left half-patched: throw it away. */
int sw_patch_apply(const struct sw_patch *patch, json_t *document, struct sw_err *reterr);

/* Reads RFC 6902 text into *ret; an operation other than the three above is SW_ETYPE. For tools and
 * tests that are given a patch. Fails with SW_ESYNTAX, SW_ETYPE, SW_ELIMIT, SW_ENOMEM. */
int sw_patch_read(struct sw_str text, struct sw_arena *arena, struct sw_patch *ret,
                  struct sw_err *reterr);

#endif
