/*
 * Hosts that our Gateways hold though nothing exposes them any more: since when.
 *
 * The one thing that planning remembers. It is the caller's, from one plan of the Gateways to the
 * next; a lost memory only gives each host its time anew.
 */
#ifndef SW_MESH_WITHDRAWALS_H
#define SW_MESH_WITHDRAWALS_H

#include "base/err.h"
#include "base/str.h"

struct sw_withdrawal;

/* The caller's storage; zeroed is empty. The fields are private. */
struct sw_withdrawals {
    struct sw_withdrawal *items; /* owned */
    size_t n;
    size_t cap;
};

/* Gives the memory back; usable again. NULL is allowed. */
void sw_withdrawals_release(struct sw_withdrawals *withdrawals);

/* Since when this host (of a Gateway, NAMESPACE/NAME) is held: now_ms the first time. Fails with
 * SW_ENOMEM. */
int sw_withdrawals_since(struct sw_withdrawals *withdrawals, struct sw_str gateway,
                         struct sw_str host, uint64_t now_ms, uint64_t *ret_ms,
                         struct sw_err *reterr);

/* Forgets all that were not asked for since the last call. */
void sw_withdrawals_sweep(struct sw_withdrawals *withdrawals);

#endif
