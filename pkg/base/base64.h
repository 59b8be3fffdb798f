/*
 * Base64 (RFC 4648 section 4), read. Writing it is sw_buf_append_base64().
 */
#ifndef SW_BASE_BASE64_H
#define SW_BASE_BASE64_H

#include "base/arena.h"
#include "base/err.h"

/* Decodes `text` into arena memory, with a NUL behind it that does not count. White space between
 * the digits is passed over, as kubectl and others fold long values; padding must be there.
 * Fails with SW_ESYNTAX (the message says at which byte) and SW_ENOMEM. */
int sw_base64_decode(struct sw_str text, struct sw_arena *arena, struct sw_str *ret,
                     struct sw_err *reterr);

#endif
