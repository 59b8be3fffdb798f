/*
 * What the write of an object has to wait for, as far as one plan and what is there say it.
 *
 * Pure; for mesh/diff.
 */
#ifndef SW_MESH_HOLD_H
#define SW_MESH_HOLD_H

#include "mesh/plan.h"

/* One plan beside the objects of ours that are there. Borrowed, all of it; may be read. */
struct sw_hold {
    const struct sw_mesh *mesh;
    const struct sw_plan *plan;
    struct sw_arena *arena;
    uint64_t now_ms;
    const struct sw_mesh_owned *const *owned; /* the key's, of every kind */
    size_t n_owned;
    const struct sw_mesh_owned *const *stray; /* those of which it is not known what they are for */
    size_t n_stray;
    bool *is_wanted; /* arena: of each of `owned` */
};

/* Looks up what is there of the plan's key. `arena` is for what is asked later, too. Fails with
 * SW_ENOMEM. */
int sw_hold_init(struct sw_hold *hold, const struct sw_mesh *mesh, const struct sw_plan *plan,
                 uint64_t now_ms, struct sw_arena *arena, struct sw_err *reterr);

/* The object that is there of what is wanted, be it one whose annotation was taken off; NULL if
 * there is none. */
const struct sw_mesh_owned *sw_hold_find(const struct sw_hold *hold,
                                         const struct sw_wanted *wanted);

/* When the rules that clients go by will have been visible long enough; 0 while they are not
 * visible at all, and for what needs none. */
uint64_t sw_hold_visible_ms(const struct sw_hold *hold);

/* True if they have been. */
bool sw_hold_is_visible(const struct sw_hold *hold);

/* When an entry that is wanted and there is given up, unless what it lacks comes back:
 * SW_LAPSE_MAX_MS after clients were left without our rule, or after a Gateway let go of its host,
 * be the others as they may. 0 for never: it lacks nothing, or nobody knows, as its cluster cannot
 * be read. *ret_reason is what it lacks. */
uint64_t sw_hold_given_up_ms(const struct sw_hold *hold, const struct sw_wanted *wanted,
                             enum sw_reason *ret_reason);

/* True if that time is over for want of our rule: then no entry stays, wanted or not. */
bool sw_hold_is_unruled(const struct sw_hold *hold);

/* What the deletion of an object that is not wanted has to wait for: one of SW_WAITS_...;
 * SW_NO_LONGER_WANTED for nothing. */
enum sw_reason sw_hold_reason(const struct sw_hold *hold, const struct sw_mesh_owned *owned);

/* When time alone may end that; 0 where it does not. */
uint64_t sw_hold_until_ms(const struct sw_hold *hold, const struct sw_mesh_owned *owned);

#endif
