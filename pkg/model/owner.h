/*
 * Whose an object is: what a write to it, or its removal, has to say and to respect.
 */
#ifndef SW_MODEL_OWNER_H
#define SW_MODEL_OWNER_H

#include "model/meta.h"

/* The field manager of everything that the reconciler writes. */
#define SW_FIELD_MANAGER "spillway"

struct sw_owner {
    struct sw_str uid;     /* of this very object; unset where it is in a file */
    struct sw_str version; /* metadata.resourceVersion; the same */
    bool managed;          /* our field manager owns some of it */
    bool shared_spec;      /* a manager other than ours owns some of spec */
};

/* Reads them of a whole object; strings are copied into `arena`. Of managedFields only the two bits
 * are kept. Fails with SW_ETYPE (message names the path) and SW_ENOMEM. */
int sw_owner_read(const json_t *object, struct sw_arena *arena, struct sw_owner *ret,
                  struct sw_err *reterr);

#endif
