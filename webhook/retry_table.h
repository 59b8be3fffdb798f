/*
 * Which reviews were lately told to come again: by their uid, for all server threads alike, because
 * the second call may come in on another connection.
 *
 * A fixed table of single atomic words: a note or a look takes a bounded number of steps, no lock
 * and no memory. It may forget early, when a bucket is full of newer ones: then the review is told
 * to come again once more, which the API server does up to ten times. It may take one uid for
 * another, when 40 bits of their hashes agree within one bucket: then a review gets its verdict at
 * once. Another replica knows nothing of it: each one tells a review to come again once.
 */
#ifndef SW_WEBHOOK_RETRY_TABLE_H
#define SW_WEBHOOK_RETRY_TABLE_H

#include "base/str.h"

#include <stdatomic.h>

/* How long a uid is known: longer than the API server waits for a webhook in all (30 s at most), so
 * the same review can come again no later. */
#define SW_RETRY_TABLE_TTL_S 60

/* 1,024 uids, 8 KiB: each is a refusal in the making, a kubectl apply makes a handful. */
#define SW_RETRY_TABLE_BUCKETS 256
#define SW_RETRY_TABLE_WAYS    4

/* The caller's storage; private. An entry is 0, or the upper 40 bits of the uid's hash and the
 * lower 24 bits of the second in which it was noted, counted from 1. */
struct sw_retry_table {
    uint64_t seed;
    _Atomic uint64_t entries[SW_RETRY_TABLE_BUCKETS][SW_RETRY_TABLE_WAYS];
};

/* An empty table. `seed` is any number that others cannot guess, so that nobody can choose uids
 * that push out another's. */
void sw_retry_table_init(struct sw_retry_table *table, uint64_t seed);

/* Notes `uid` at `now_ms` of the monotonic clock. */
void sw_retry_table_note(struct sw_retry_table *table, struct sw_str uid, uint64_t now_ms);

/* Whether `uid` was noted within the last SW_RETRY_TABLE_TTL_S seconds. */
bool sw_retry_table_has(const struct sw_retry_table *table, struct sw_str uid, uint64_t now_ms);

#endif
