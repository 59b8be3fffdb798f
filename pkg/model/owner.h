/*
 * Which object it is, and which version of it: what the removal of one has to say, so that it meets
 * no other of the same name.
 */
#ifndef SW_MODEL_OWNER_H
#define SW_MODEL_OWNER_H

#include "model/meta.h"

struct sw_owner {
    struct sw_str uid;     /* of this very object; unset where it is in a file */
    struct sw_str version; /* metadata.resourceVersion; the same */
};

/* Reads them of a whole object; strings are copied into `arena`. Fails with SW_ETYPE
 * (message names the path) and SW_ENOMEM. */
int sw_owner_read(const json_t *object, struct sw_arena *arena, struct sw_owner *ret,
                  struct sw_err *reterr);

#endif
