/*
 * From an object as a user wrote it to the AdmissionReview that an API server makes of it.
 */
#ifndef GOLDEN_REVIEW_H
#define GOLDEN_REVIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

#define GOLDEN_UID "705ab4f5-6393-11e8-b7cc-42010a800002"

struct golden_request {
    json_t *object;             /* borrowed; with apiVersion and kind */
    json_t *old;                /* borrowed; NULL for none */
    struct sw_str operation;    /* a DELETE takes `object` for what is deleted */
    struct sw_str sub_resource; /* unset for none */
};

/* The review as compact JSON, arena memory. Call inside a sw_json_scope of `arena`. Fails with
 * SW_ETYPE (no apiVersion or kind) and SW_ENOMEM. */
int golden_review_make(const struct golden_request *request, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr);

/* The review `body` with another object in it. Fails with SW_ENOMEM. */
int golden_review_replace(struct sw_str body, json_t *object, struct sw_arena *arena,
                          struct sw_str *ret, struct sw_err *reterr);

#endif
