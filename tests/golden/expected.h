/*
 * An answer as expected.yaml holds it: what a person reads to judge whether it is right.
 */
#ifndef GOLDEN_EXPECTED_H
#define GOLDEN_EXPECTED_H

#include "golden/case.h"

/* Writes the answer to `golden` down as YAML, arena memory: the verdict, the HTTP status, and what
 * there is of Retry-After, an error, a denial, warnings, the reasons behind them, the patch, and
 * the object that the patch makes. All but the verdict and the reasons come from `bytes`. What must
 * hold for every answer is checked on the way (golden/response.h, golden/check.h). Call inside a
 * sw_json_scope of `arena`. Fails with SW_EINTERNAL and SW_ENOMEM. */
int golden_expected_write(const struct golden_case *golden, const struct sw_admit_answer *answer,
                          struct sw_str bytes, struct sw_arena *arena, struct sw_str *ret,
                          struct sw_err *reterr);

#endif
