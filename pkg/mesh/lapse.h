/*
 * Since when Services lack something that their entries need: a Gateway that holds their host, or
 * the DestinationRules that clients go by. What is let go of is noted for a while, Service by
 * Service, so that a change for one prolongs nothing for others. They are at most those that were
 * let go within 2 * SW_LAPSE_MAX_MS.
 */
#ifndef SW_MESH_LAPSE_H
#define SW_MESH_LAPSE_H

#include "mesh/hash.h"

/* Whoever keeps what lapsed puts it right within moments, and hands over to the next leader within
 * 15 s: what lacks for longer lacks for good. */
#define SW_LAPSE_MAX_MS 20000

/* A zeroed one is empty. The fields are private. */
struct sw_lapses {
    struct sw_hash services;
    uint64_t all_ms;    /* what stands for all of them */
    uint64_t pruned_ms; /* when what is too old to matter was last forgotten */
};

/* What one Service had is another thing now, or gone; or what any may have had. Without memory for
 * one, all are noted. */
void sw_lapses_note(struct sw_lapses *lapses, struct sw_str namespace_, struct sw_str service,
                    uint64_t now_ms);
void sw_lapses_note_all(struct sw_lapses *lapses, uint64_t now_ms);

/* When that was last, for this Service; 0 where it was never. `lapses` may be NULL. */
uint64_t sw_lapses_since_ms(const struct sw_lapses *lapses, struct sw_str namespace_,
                            struct sw_str service);

/* Forgets everything. */
void sw_lapses_release(struct sw_lapses *lapses);

#endif
