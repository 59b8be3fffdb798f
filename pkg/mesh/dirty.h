/*
 * What has changed since somebody last asked: Services by name (in whichever cluster), Gateways, or
 * everything.
 */
#ifndef SW_MESH_DIRTY_H
#define SW_MESH_DIRTY_H

#include "base/arena.h"
#include "mesh/hash.h"
#include "mesh/plan.h"

/* A zeroed one is empty. */
struct sw_dirty {
    struct sw_hash keys;
    struct sw_hash wide; /* those of which plans of others may depend */
    bool all;            /* everything: the keys are of no account */
    bool gateways;       /* what Gateways are made of */
};

/* What has changed. */
struct sw_dirty_list {
    bool all;      /* everything may have changed; then there are no keys */
    bool gateways; /* the plan of all Gateways may be another one; set with `all` too */
    const struct sw_plan_key *keys; /* arena; each once, in no order */
    size_t n;
};

/* Over so many keys, everything counts as changed. */
#define SW_DIRTY_MAX_KEYS 20000

/* Notes a key of which only its own plan knows what has changed: pods, our own entries; one whose
 * rules have, on which plans of other Services may depend; one of which anything may have, which is
 * of the Gateways' concern too; or everything. Where there is no memory for a key, everything has
 * changed. */
void sw_dirty_add_pods(struct sw_dirty *dirty, struct sw_str namespace_, struct sw_str name);
void sw_dirty_add_rules(struct sw_dirty *dirty, struct sw_str namespace_, struct sw_str name);
void sw_dirty_add(struct sw_dirty *dirty, struct sw_str namespace_, struct sw_str name);
void sw_dirty_add_all(struct sw_dirty *dirty);

/* The key behind `*at` of those on which plans of other Services may depend, borrowed until it is
 * taken; begins where `*at` is NULL. False at the end. Keys may be added to `dirty` meanwhile by
 * sw_dirty_add_pods(). */
bool sw_dirty_next_wide(const struct sw_dirty *dirty, const struct sw_record **at,
                        struct sw_plan_key *ret);

/* Gives what was noted and forgets it; with SW_ENOMEM nothing is forgotten. */
int sw_dirty_take(struct sw_dirty *dirty, struct sw_arena *arena, struct sw_dirty_list *ret,
                  struct sw_err *reterr);

/* Forgets everything. */
void sw_dirty_release(struct sw_dirty *dirty);

#endif
