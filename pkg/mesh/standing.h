/*
 * The status of a WorkspaceSetting or a Workspace: the conditions Accepted and Programmed
 * (metav1.Condition, KEP-1623), and how each cluster stands.
 *
 *   observedGeneration
 *   conditions[]         Accepted: True or False
 *                        Programmed: False where nothing is exposed, where a way is withheld, where
 *                        no other cluster is connected or one is not in place yet; Unknown where a
 *                        cluster cannot be read or its reconciler says nothing; else True
 *   clusters[]           in the order of their names
 *     name
 *     reachable          it is being watched
 *     lastSeenTime       where it is not: when its view was last up to date
 *     reported           its reconciler says what it does
 *     reportedTime       where it has stopped to: when it last did
 *     reason, message    why nothing is reported
 *     exposed            Services there that others may reach
 *     emitted            ways into other clusters (a Service and one of these) that are in place
 *     workloadEntries    that make them
 *     withheld, pending  ways that are not made, and that are not there yet
 *     notExposed         Services that are selected and cannot be exposed
 *     reasons[]          of the last three: state, reason, count, example, message
 *
 * There are no ages, and a time stands there only while something is wrong, so that the same
 * knowledge gives the same status. lastTransitionTime is that of the condition before, unless its
 * status is another one.
 */
#ifndef SW_MESH_STANDING_H
#define SW_MESH_STANDING_H

#include "failover/accept.h"
#include "mesh/share.h"

/* One connected cluster; borrowed. */
struct sw_standing_cluster {
    struct sw_str name;
    bool reachable;
    int64_t seen_s;        /* where it is not: when it last was (Unix time); -1: not known */
    enum sw_reason report; /* SW_PROGRAMMED: `share` is its reconciler's word; else why not */
    const char *detail;    /* one line that completes the reason's sentence; NULL for none */
    int64_t reported_s;    /* of SW_REPORT_STALE: when it last was; -1: not known */
    struct sw_share share; /* without a report: as far as it is seen from here; settled */
};

/* What a status is made of; borrowed. */
struct sw_standing {
    struct sw_acceptance acceptance;
    bool asks; /* there are gateway settings: something is to be exposed */
    const struct sw_standing_cluster *clusters; /* by name */
    size_t n_clusters;
    bool all_known;       /* there are no clusters that have not been told of yet */
    int64_t generation;   /* of the object that was judged; 0: not known */
    int64_t now_s;        /* Unix time */
    const json_t *before; /* the status that stands there; NULL for none */
};

/* Makes the status, a new reference of the open sw_json_scope of `arena`. Returns 1 where it is
 * another one than `before`, 0 where that says the same. Fails with SW_ENOMEM. */
int sw_standing_make(const struct sw_standing *standing, struct sw_arena *arena, json_t **ret,
                     struct sw_err *reterr);

/* True if a status that was made says Programmed: True. */
bool sw_standing_is_programmed(const json_t *status);

#endif
