/*
 * What an object says, as against how often it was written.
 */
#ifndef SW_MESH_CONTENT_H
#define SW_MESH_CONTENT_H

#include "base/err.h"
#include "mesh/digest.h"

#include <jansson.h>

/* The digest of a whole object but for its status, and for what counts its writes or says who wrote
 * it: metadata's resourceVersion, generation and managedFields. Equal ones say the same; of one
 * that is listed in another order, it may be another. Fails with SW_ENOMEM, and SW_ELIMIT over 16
 * MiB. */
int sw_content_digest(const json_t *object, struct sw_digest *ret, struct sw_err *reterr);

#endif
