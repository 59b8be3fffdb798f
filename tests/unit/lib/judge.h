/*
 * Running a rule that patches, with what must hold for every object whatever the test is about.
 */
#ifndef SW_TESTS_JUDGE_H
#define SW_TESTS_JUDGE_H

#include "failover/outcome.h"
#include "lib/world.h"

/* A rule that patches: sw_service_rule or sw_destinationrule_rule. */
typedef int sw_judge_fn(const struct sw_index *index, const json_t *object,
                        struct sw_outcome *outcome, struct sw_err *reterr);

/* The outcome of `rule` for `object`. Fails unless the patch applies to the object, which is left
 * patched, and a second judgement changes nothing more (the API server may ask twice). Builds the
 * world if that has not been done. */
struct sw_outcome sw_judge(struct sw_world *world, sw_judge_fn *rule, json_t *object);

#endif
