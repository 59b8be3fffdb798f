/*
 * The frame of a program that runs something on every case of plan/.
 */
#ifndef GOLDEN_PLAN_SUITE_H
#define GOLDEN_PLAN_SUITE_H

#include "golden/plan_case.h"

/* Does something with an open case. Outside of any sw_json_scope. A failure fails the case. */
typedef int golden_plan_suite_fn(struct golden_plan *plan, struct sw_err *reterr);

/* The whole of main: runs it on every case below argv[1]/plan whose name matches argv[2]. */
int golden_plan_suite_main(int argc, char **argv, golden_plan_suite_fn *run);

#endif
