/*
 * What a case says about itself: its case.yaml, every member of which is known here.
 *
 * Where it names no clusters there are two, cluster-1 and cluster-2, as the seed's guide leaves
 * them.
 */
#ifndef GOLDEN_OPTIONS_H
#define GOLDEN_OPTIONS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Strings and values are arena memory. */
struct golden_options {
    struct sw_str about;        /* the sentence that the case guards; never empty */
    struct sw_str path;         /* "mutate" or "validate"; unset: by the object's kind */
    struct sw_str operation;    /* unset: UPDATE where there is an old.yaml, else CREATE */
    struct sw_str sub_resource; /* unset: the object itself */
    struct sw_str local;        /* unset: the first cluster */
    struct sw_str config;       /* unset: the local one */
    bool retried;               /* this uid was answered "again" before */
    json_t *clusters;           /* name to array of shared folders; the usual two where absent */
    json_t *unsynced;           /* names; NULL: none */
    json_t *live;               /* names; NULL: none */
};

/* Reads the value of a case.yaml. Call inside a sw_json_scope. Fails with SW_ETYPE (a member that
 * is not of the list above or is of another type, or no `about`) and SW_ENOMEM. */
int golden_options_read(const json_t *document, struct golden_options *ret, struct sw_err *reterr);

/* True if `names` (may be NULL) holds `name`. */
bool golden_options_lists(const json_t *names, struct sw_str name);

#endif
