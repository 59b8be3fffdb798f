/*
 * What a rule has to say about one object: a patch, warnings, refusals.
 *
 * A rule fills an outcome and decides nothing else; the admission path turns it into an answer, the
 * command line into a report. Everything in it is arena memory.
 */
#ifndef SW_FAILOVER_OUTCOME_H
#define SW_FAILOVER_OUTCOME_H

#include "base/arena.h"
#include "base/err.h"
#include "failover/reason.h"
#include "json/patch.h"

struct sw_finding {
    enum sw_reason reason;
    const char *path;    /* where in the object, for people: "spec.ports[0]"; "" where the message
                            says it, or means the whole object */
    const char *message; /* one line, without the path */
};

struct sw_findings {
    struct sw_finding *items; /* arena; NULL while empty */
    size_t n;
};

struct sw_outcome {
    struct sw_arena *arena;      /* borrowed */
    struct sw_patch patch;       /* empty when nothing is to change */
    struct sw_findings warnings; /* in the order in which they were found */
    struct sw_findings refusals; /* empty when the object may pass */
    const char *advice;          /* how to get past the refusals, one line, static; NULL for none */
};

/* An empty outcome whose contents will be in `arena`. */
void sw_outcome_init(struct sw_outcome *outcome, struct sw_arena *arena);

/* Adds one finding to `findings` (one of the outcome's two lists). Fails with SW_ENOMEM. */
int sw_outcome_find(struct sw_outcome *outcome, struct sw_findings *findings,
                    enum sw_reason reason, const struct sw_at *at, struct sw_err *reterr,
                    const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Adds one operation to the patch. `value` is NULL for a removal; it must come from an open
 * sw_json_scope of the outcome's arena, and NULL for another verb is taken for the allocation that
 * failed. Fails with SW_ENOMEM. */
int sw_outcome_change(struct sw_outcome *outcome, enum sw_patch_verb verb, const struct sw_at *at,
                      json_t *value, struct sw_err *reterr);

#endif
