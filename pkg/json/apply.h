/*
 * Applying a JSON Patch to a document, as the API server will.
 *
 * A patch that does not apply is a 500 to the user whatever the failurePolicy is, so ours are tried
 * here first. Where RFC 6902 and the API server's evanphx/json-patch differ (it takes negative
 * indexes, leading zeros, a replace of nothing) the stricter one counts: what applies here applies
 * there, with the same result.
 */
#ifndef SW_JSON_APPLY_H
#define SW_JSON_APPLY_H

#include "base/err.h"
#include "json/patch.h"

#include <jansson.h>

/* Applies every operation to `document`, in place and in order. Values are shared, not copied: the
 * document counts a reference to each, so it must not outlive the arena that the patch is in, and
 * nothing else may change them in place afterwards. Operations never do: what lies on the way of
 * one and has other holders than the document is first replaced in it by a copy, so that the patch,
 * and every other place of a value that stands in two, is left as it was. Call inside the
 * sw_json_scope, if any, in which the document was made. On failure the document is left
 * half-patched: throw it away.
 * The message names the operation, from 0, and its pointer. Fails with
 *   SW_ENOENT   a missing member or element on the way; a replace or remove of one; an index past
 *               the end; "-" where nothing is added; a name that is no index
 *   SW_ETYPE    a scalar or null stands in the way; the pointer is the whole document
 *   SW_ESYNTAX  not an RFC 6901 pointer
 *   SW_ELIMIT   a pointer of over SW_JSON_MAX_DEPTH steps, so that no patch can nest a document
 *               deeper than two readable ones
 *   SW_ENOMEM
 */
int sw_patch_apply(const struct sw_patch *patch, json_t *document, struct sw_err *reterr);

#endif
