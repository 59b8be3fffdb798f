/*
 * An object of ours as the API server has it: is it ours, and are its fields as we would write
 * them?
 *
 * metadata.managedFields says which fields our field manager has. Only those are compared, so that
 * defaults, and what others have added, are no difference; and a field that another manager has
 * taken from us is one. Ingest reads this once and drops managedFields.
 */
#ifndef SW_MESH_OBSERVED_H
#define SW_MESH_OBSERVED_H

#include "base/arena.h"
#include "base/err.h"
#include "mesh/digest.h"

#include <jansson.h>

struct sw_observed {
    bool managed;            /* our field manager has fields of it */
    bool shared;             /* another manager has fields of its spec, or has applied it */
    struct sw_digest digest; /* of our fields; unset without any */
};

/* Reads a whole object with its managedFields. What is not of its type there counts as absent.
 * Fails with SW_ENOMEM, and with SW_ELIMIT for more than SW_OBSERVED_MAX_BYTES of fields. */
int sw_observed_read(const json_t *object, struct sw_observed *ret, struct sw_err *reterr);

/* The entries of managedFields that are not our manager's, as a JSON array, in `arena`: what is to
 * stand there once the object is theirs alone. Fails with SW_ENOMEM and SW_ELIMIT. */
int sw_observed_others(const json_t *object, struct sw_arena *arena, struct sw_str *ret,
                       struct sw_err *reterr);

/* The digest of a whole object that we would write: SHA-256 of three lines, each a value as
 * canonical JSON (compact, sorted by key) or empty where it is absent: spec, metadata.annotations,
 * metadata.labels. Fails like the above. */
int sw_digest_object(const json_t *object, struct sw_digest *ret, struct sw_err *reterr);

/* More than etcd keeps of one object. */
#define SW_OBSERVED_MAX_BYTES ((size_t)4 << 20)

#endif
