/*
 * What came back, read from its bytes alone and by other code than the product's own: jansson's
 * parser and a base64 decoder of the test's.
 *
 * Reading it checks what holds for every answer: it is an AdmissionReview with the request's uid,
 * or a Status with the HTTP status in it; a patch is base64 of RFC 6902; a warning is one that an
 * API server passes on; a denial has a code and a message.
 */
#ifndef GOLDEN_RESPONSE_H
#define GOLDEN_RESPONSE_H

#include "admission/admit.h"

/* Everything is arena memory. */
struct golden_response {
    bool allowed;     /* false where the status is not 200 */
    json_t *status;   /* of a denial, or the whole answer where the status is not 200; or NULL */
    json_t *warnings; /* array of strings; NULL for none */
    struct sw_patch patch; /* empty for none */
};

/* Reads `bytes`, which sw_admit() wrote with `answer` to the review `body`. Call inside a
 * sw_json_scope of `arena`. Fails with SW_EINTERNAL: the message says what is wrong with it. */
int golden_response_read(const struct sw_admit_answer *answer, struct sw_str body,
                         struct sw_str bytes, struct sw_arena *arena, struct golden_response *ret,
                         struct sw_err *reterr);

/* The object in the review `body`, a value of the open scope; NULL where there is none. */
json_t *golden_response_object(struct sw_str body);

#endif
