/*
 * A test program that runs something on every golden case, each case one cmocka test.
 */
#ifndef GOLDEN_SUITE_H
#define GOLDEN_SUITE_H

#include "golden/case.h"

/* What is run on one case, in a JSON scope of `arena`. Returns 0, or an error whose message the
 * test fails with. No assertion may fail inside: it would leave the scope open. */
typedef int golden_suite_fn(const struct golden_case *golden, struct sw_arena *arena,
                            struct sw_err *reterr);

/* main(), but for its name. argv[1] is tests/golden, argv[2] (optional) a pattern with * and ?:
 * only the cases it matches are run. Returns the exit status: the number of tests that failed, or
 * 255 where there is nothing to run. */
int golden_suite_main(int argc, char **argv, golden_suite_fn *run);

#endif
