/*
 * A value that one thread replaces while others read it: published by one atomic pointer, and freed
 * once nobody reads it any more.
 *
 * A reader is wait-free: two loads and two stores of its own, whatever the writer does. It has a
 * slot to itself, where it leaves the epoch in which it began to read; the writer counts the epoch
 * up at each replacement and frees what it replaced once every slot is empty or newer. (A hazard
 * pointer would name the very value, but must look again and again while a writer keeps replacing
 * it. Here a reader that stays holds back every later value too: readers stay for one review, which
 * is milliseconds.) One writer thread; a slot is for one thread at a time.
 */
#ifndef SW_WEBHOOK_SNAPSHOT_H
#define SW_WEBHOOK_SNAPSHOT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What is published carries this as a member. */
struct sw_snapshot_item {
    void (*free)(struct sw_snapshot_item *item); /* called on the writer's thread */
    struct sw_snapshot_item *next_retired;       /* private */
    uint64_t retired_epoch;                      /* private: the last in which it could be got */
};

/* A reader's slot, on a cache line of its own so that readers do not slow each other down. */
struct sw_snapshot_slot {
    _Alignas(64) _Atomic uint64_t epoch; /* 0 while it reads nothing */
};

/* The caller's storage; private. */
struct sw_snapshot {
    _Atomic(struct sw_snapshot_item *) current;
    _Atomic uint64_t epoch;         /* from 1 */
    struct sw_snapshot_slot *slots; /* borrowed */
    size_t n_slots;
    struct sw_snapshot_item *retired; /* replaced, but perhaps still read; newest first */
};

/* Publishes `first` (taken) to readers that will use `slots` (borrowed; zeroed; as many as there
 * will be reader threads). */
void sw_snapshot_init(struct sw_snapshot *snapshot, struct sw_snapshot_item *first,
                      struct sw_snapshot_slot *slots, size_t n_slots);

/* Frees what is published and what was; no reader may be left. NULL is allowed. */
void sw_snapshot_release(struct sw_snapshot *snapshot);

/* Reader: the value published now, borrowed until the same slot is left. Does not nest. */
struct sw_snapshot_item *sw_snapshot_enter(struct sw_snapshot *snapshot, size_t slot);
void sw_snapshot_leave(struct sw_snapshot *snapshot, size_t slot);

/* Writer: publishes `item` (taken) instead, and frees what nobody reads any more. */
void sw_snapshot_publish(struct sw_snapshot *snapshot, struct sw_snapshot_item *item);

/* Writer: frees what nobody reads any more. Returns how many replaced values are left; to be called
 * again after a while unless that is 0. */
size_t sw_snapshot_reclaim(struct sw_snapshot *snapshot);

#endif
