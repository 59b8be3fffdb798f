/*
 * One object before the rules, as the webhook would see it.
 */
#ifndef SW_CLI_JUDGE_H
#define SW_CLI_JUDGE_H

#include "admission/admit.h"
#include "cli/admit_input.h"

/* What came of it. Everything is arena memory or borrowed from what was judged. */
struct sw_judgement {
    enum sw_verdict verdict; /* SW_VERDICT_ALLOWED, _PATCHED or _REFUSED */
    bool judged;             /* false where no rule reads such objects: let through unread */
    struct sw_str kind;
    struct sw_str namespace_;    /* unset for none */
    struct sw_str name;          /* unset for one that generateName will give */
    struct sw_findings refusals; /* of both steps, as the next two are */
    struct sw_findings warnings;
    const char *advice;     /* how to get past the refusals; static; NULL for none */
    struct sw_patch patch;  /* empty unless the verdict is SW_VERDICT_PATCHED or a refusal came
                               after a patch */
    const json_t *before;   /* the object as it was judged; NULL where a review has none */
    const json_t *after;    /* with the patch; NULL where there is none */
};

/* Judges `object` (or the review that it is) as the webhook does: first what it would change, then
 * the result. Call inside a sw_json_scope of `arena`.
 * Fails with SW_ETYPE, SW_ESYNTAX and SW_ELIMIT for what is wrong with the input (no review, or one
 * larger than an API server sends), SW_EINTERNAL where a rule failed, SW_ENOMEM. */
int sw_judge(const struct sw_admit_set *set, enum sw_operation operation,
             const struct sw_manifest_object *object, struct sw_arena *arena,
             struct sw_judgement *ret, struct sw_err *reterr);

#endif
