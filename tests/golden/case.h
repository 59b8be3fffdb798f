/*
 * One golden case: a folder that says what is asked, of which clusters, and what must come back.
 *
 *   case.yaml      what is particular about it (golden/options.h); optional
 *   object.yaml    the object, as a user wrote it; or
 *   review.json    a whole review, as bytes, be they JSON or not
 *   old.yaml       what the object replaces: makes it an UPDATE
 *   clusters/NAME  what that cluster holds beside the shared folders
 *   expected.yaml  the answer; rewritten under SW_REFRESH_GOLDEN=1
 *
 * Anything else in the folder fails the case.
 */
#ifndef GOLDEN_CASE_H
#define GOLDEN_CASE_H

#include "admission/admit.h"
#include "golden/scene.h"

/* Everything is arena memory. */
struct golden_case {
    struct golden_place place;
    struct golden_options options;
    struct sw_index index;
    struct sw_str body;      /* the review */
    enum sw_admit_path path; /* where it is sent */
    struct sw_str expected;  /* the text of expected.yaml; unset when there is none */
    json_t *notes;           /* how the manifests were read where they were not as they should be:
                                array of strings; NULL for none */
};

/* Reads the case in `place`, which is borrowed. Call inside a sw_json_scope of `arena`. Fails with
 * SW_EUSAGE (a file that has no business there, one that is missing), with what reading its files
 * fails with, and SW_ENOMEM. */
int golden_case_load(const struct golden_place *place, struct sw_arena *arena,
                     struct golden_case *ret, struct sw_err *reterr);

/* What is asked: borrows from the case. */
struct sw_admit_input golden_case_input(const struct golden_case *golden);

#endif
