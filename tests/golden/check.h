/*
 * What holds for every patch, whatever case it is from.
 */
#ifndef GOLDEN_CHECK_H
#define GOLDEN_CHECK_H

#include "golden/response.h"

/* Applies `patch` to a copy of `object` and returns that in *ret, a value of the open scope. Checks
 * that it only adds what is absent, but for the two record labels that are ours, and that nothing
 * changed beside its paths. Fails with SW_EINTERNAL (the message says what is wrong) and SW_ENOMEM.
 */
int golden_check_patch(const struct sw_patch *patch, json_t *object, json_t **ret,
                       struct sw_err *reterr);

/* Asks again about what a patch has made of the object: the answer must be "allowed", without a
 * patch. `input` is what was asked first. Fails with SW_EINTERNAL and SW_ENOMEM. */
int golden_check_settled(const struct sw_admit_input *input, json_t *patched,
                         struct sw_arena *arena, struct sw_err *reterr);

#endif
