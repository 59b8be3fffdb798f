/*
 * What `spillway admit` judges, and the clusters it judges by.
 *
 * Everything given with -f counts as being in the local cluster before any of it is judged, as one
 * `kubectl apply` of all of it would leave it: a Workspace, its Services and its WorkspaceSetting
 * in one file find each other. Reviews do not count: they say what is asked, not what there is.
 */
#ifndef SW_CLI_ADMIT_INPUT_H
#define SW_CLI_ADMIT_INPUT_H

#include "cli/admit_options.h"
#include "io/manifest.h"
#include "model/view.h"

/* The caller's storage, but for what is in the arena. */
struct sw_admit_set {
    struct sw_manifest given;    /* what to judge, in the order in which it was given */
    struct sw_manifest local;    /* for an update: what the local cluster's folder holds of kinds
                                    whose rule compares old and new; else empty */
    struct sw_problems problems; /* all that is wrong with the input; nothing may be judged unless
                                    this is empty */
    struct sw_index index;
    const struct sw_view *views[SW_CLUSTERS_MAX]; /* private: of the index */
};

/* Reads everything. Call inside a sw_json_scope of `arena`, which holds the set for as long as it
 * is used, as the options must. Fails with SW_EUSAGE (nothing to judge), with what listing a folder
 * fails with (SW_ENOENT, SW_EIO, SW_ELIMIT), and SW_ENOMEM. `reterr` must not be NULL. */
int sw_admit_input_read(const struct sw_admit_options *options, struct sw_arena *arena,
                        struct sw_admit_set *ret, struct sw_err *reterr);

/* True for an AdmissionReview, which is judged as it is. */
bool sw_admit_is_review(const json_t *value);

#endif
