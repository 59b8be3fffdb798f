/*
 * Counts what a cluster has of each WorkspaceSetting (mesh/share.h): of the local one all of it,
 * from the plans that the ledger keeps and the WorkloadEntries that are there; of another one what
 * is seen of it from here, its exposed Services.
 */
#ifndef SW_RECONCILER_TALLY_H
#define SW_RECONCILER_TALLY_H

#include "mesh/share.h"
#include "mesh/world.h"
#include "reconciler/ledger.h"

/* Everything is arena memory, or borrowed from the mesh. */
struct sw_tally {
    struct sw_share *shares; /* one for each setting of the config cluster; by namespace, then name;
                                settled */
    size_t n;
};

/* Counts the Services that the cluster of that position exposes. Fails with SW_ENOMEM. */
int sw_tally_exposed(const struct sw_mesh *mesh, size_t cluster, struct sw_arena *arena,
                     struct sw_tally *ret, struct sw_err *reterr);

/* Counts everything of the local cluster. A way counts for the setting that exposes the Service in
 * the other cluster. Where there is no such namespace here, or a namespace wants no stubs, nothing
 * is asked for. Fails with SW_ENOMEM. */
int sw_tally_local(const struct sw_mesh *mesh, const struct sw_ledger *ledger,
                   struct sw_arena *arena, struct sw_tally *ret, struct sw_err *reterr);

/* Puts shares in their order. */
void sw_tally_sort(struct sw_tally *tally);

/* The share of one setting; NULL for none. */
const struct sw_share *sw_tally_find(const struct sw_tally *tally, struct sw_str namespace_,
                                     struct sw_str name);

#endif
