/*
 * Since when hosts are held by no Gateway: what a Gateway lets go of is noted for a while, host by
 * host, so that a change of one Gateway prolongs nothing for the hosts of others. They are at most
 * the hosts that were let go within 2 * SW_UNHELD_MAX_MS.
 */
#ifndef SW_MESH_UNHELD_H
#define SW_MESH_UNHELD_H

#include "mesh/hash.h"

/* A zeroed one is empty. */
struct sw_unheld {
    struct sw_hash hosts;
    uint64_t pruned_ms; /* when what is too old to matter was last forgotten */
};

/* A Gateway that held the Service's host is another one now, or gone. Without memory, `*all_ms` is
 * set to `now_ms` instead: what stands for all hosts then does for this one. */
void sw_unheld_note(struct sw_unheld *unheld, struct sw_str namespace_, struct sw_str service,
                    uint64_t now_ms, uint64_t *all_ms);

/* When that was last; 0 where it was never, or so long ago that it does not matter. `unheld` may be
 * NULL. */
uint64_t sw_unheld_since_ms(const struct sw_unheld *unheld, struct sw_str namespace_,
                            struct sw_str service);

/* Forgets everything. */
void sw_unheld_release(struct sw_unheld *unheld);

#endif
