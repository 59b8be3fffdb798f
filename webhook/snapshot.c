#include "webhook/snapshot.h"

#include "base/banned.h"

/* Every operation on current, epoch and slots is seq_cst, but for the release store that leaves a
 * slot, so the others have one order. Then:
 *
 * - A reader that the writer's scan did not see stored its epoch after that scan, so it loads the
 *   pointer after the exchange that came before the scan, and gets a newer value.
 * - A reader that stored an epoch past a value's retired_epoch had loaded that epoch after it was
 *   counted up, which comes after the exchange: it gets a newer value as well.
 *
 * So what is freed is what no slot can hold. The store that leaves a slot is ordered before the
 * scan that sees it, and with it all that the reader did. */

void sw_snapshot_init(struct sw_snapshot *snapshot, struct sw_snapshot_item *first,
                      struct sw_snapshot_slot *slots, size_t n_slots)
{
    atomic_init(&snapshot->current, first);
    atomic_init(&snapshot->epoch, 1);
    snapshot->slots = slots;
    snapshot->n_slots = n_slots;
    snapshot->retired = NULL;
}

void sw_snapshot_release(struct sw_snapshot *snapshot)
{
    struct sw_snapshot_item *item;

    if (!snapshot)
        return;
    item = atomic_exchange(&snapshot->current, NULL);
    if (item)
        item->free(item);
    while (snapshot->retired) {
        item = snapshot->retired;
        snapshot->retired = item->next_retired;
        item->free(item);
    }
}

struct sw_snapshot_item *sw_snapshot_enter(struct sw_snapshot *snapshot, size_t slot)
{
    atomic_store(&snapshot->slots[slot].epoch, atomic_load(&snapshot->epoch));
    return atomic_load(&snapshot->current);
}

void sw_snapshot_leave(struct sw_snapshot *snapshot, size_t slot)
{
    atomic_store_explicit(&snapshot->slots[slot].epoch, 0, memory_order_release);
}

void sw_snapshot_publish(struct sw_snapshot *snapshot, struct sw_snapshot_item *item)
{
    struct sw_snapshot_item *replaced = atomic_exchange(&snapshot->current, item);

    replaced->retired_epoch = atomic_fetch_add(&snapshot->epoch, 1);
    replaced->next_retired = snapshot->retired;
    snapshot->retired = replaced;
    sw_snapshot_reclaim(snapshot);
}

/* The oldest epoch that a reader is in; UINT64_MAX when none reads. */
static uint64_t oldest_epoch(struct sw_snapshot *snapshot)
{
    uint64_t oldest = UINT64_MAX;

    for (size_t i = 0; i < snapshot->n_slots; i++) {
        uint64_t epoch = atomic_load(&snapshot->slots[i].epoch);

        if (epoch && epoch < oldest)
            oldest = epoch;
    }
    return oldest;
}

size_t sw_snapshot_reclaim(struct sw_snapshot *snapshot)
{
    struct sw_snapshot_item **link = &snapshot->retired;
    uint64_t oldest;
    size_t n_left = 0;

    if (!snapshot->retired)
        return 0;
    oldest = oldest_epoch(snapshot);
    while (*link) {
        struct sw_snapshot_item *item = *link;

        if (item->retired_epoch < oldest) {
            *link = item->next_retired;
            item->free(item);
        } else {
            link = &item->next_retired;
            n_left++;
        }
    }
    return n_left;
}
