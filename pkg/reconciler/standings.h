/*
 * The status of each WorkspaceSetting and Workspace of the config cluster (mesh/standing.h), put
 * together from plans, members and what other clusters' reconcilers say.
 */
#ifndef SW_RECONCILER_STANDINGS_H
#define SW_RECONCILER_STANDINGS_H

#include "mesh/standing.h"
#include "reconciler/hearsay.h"

/* What is known; borrowed for as long as the standings are asked. */
struct sw_standings_options {
    const struct sw_mesh *mesh; /* its local cluster is the config cluster */
    const struct sw_ledger *ledger;
    const struct sw_members *members;
    const struct sw_hearsay *hearsay;
    int64_t now_ms;             /* monotonic */
    int64_t wall_minus_mono_ms; /* makes Unix times of monotonic ones */
    struct sw_arena *arena;     /* holds what is known of the clusters, for all objects */
    struct sw_arena *scratch;   /* holds what is made of one; may be cleared before the next */
};

struct sw_standings_row;

/* Private. */
struct sw_standings {
    struct sw_standings_options options;
    struct sw_standings_row *rows; /* arena; by name of the cluster */
    size_t n;
};

/* How the clusters are. Fails with SW_ENOMEM. */
int sw_standings_init(struct sw_standings *standings, const struct sw_standings_options *options,
                      struct sw_err *reterr);

/* The status of `object`, a WorkspaceSetting or Workspace as an API server holds it, in the open
 * sw_json_scope of the scratch arena. Returns 1 where it is another one than the object has, 0
 * where that says the same. Fails with SW_ENOMEM. */
int sw_standings_of_setting(struct sw_standings *standings, const json_t *object, json_t **ret,
                            struct sw_err *reterr);
int sw_standings_of_workspace(struct sw_standings *standings, const json_t *object, json_t **ret,
                              struct sw_err *reterr);

#endif
