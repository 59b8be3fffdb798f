/*
 * Puts a report together from what the engine's parts know, and hands it to the bulletin.
 */
#ifndef SW_RECONCILER_GATHER_H
#define SW_RECONCILER_GATHER_H

#include "reconciler/bulletin.h"
#include "reconciler/members.h"

/* All borrowed. */
struct sw_gather {
    struct sw_str local; /* name of the cluster */
    bool native;         /* as in struct sw_report */
    const struct sw_members *members;
    struct sw_state *state;
    const struct sw_ledger *ledger;
    struct sw_bulletin *bulletin;
};

/* Posts a report where one is due at now_ms (monotonic), and returns when one is due again. */
int64_t sw_gather_step(const struct sw_gather *gather, int64_t now_ms);

#endif
