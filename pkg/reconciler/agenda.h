/*
 * Which plans are to be made anew, and when: what a diff has to wait for, and what could not be
 * written.
 *
 * Pure but for its memory; for one thread.
 */
#ifndef SW_RECONCILER_AGENDA_H
#define SW_RECONCILER_AGENDA_H

#include "mesh/hash.h"
#include "mesh/plan.h"

/* The caller's storage; a zeroed one is empty. */
struct sw_agenda {
    struct sw_hash items; /* private */
    int64_t next_ms;      /* private: none is due before that, where there is any */
    size_t n_together;    /* private */
};

/* Forgets everything, and gives the memory back. */
void sw_agenda_release(struct sw_agenda *agenda);

/* Notes that this plan is to be made at at_ms, or before; empty names stand for that of the
 * Gateways. `together`: with all others of which that was said, whenever one of them is made, for
 * they are only judged rightly as a whole. Fails with SW_ENOMEM. */
int sw_agenda_add(struct sw_agenda *agenda, struct sw_plan_key key, int64_t at_ms, bool together,
                  struct sw_err *reterr);

/* When the next is due; INT64_MAX for never. */
int64_t sw_agenda_next(const struct sw_agenda *agenda);

struct sw_agenda_due {
    struct sw_plan_key *keys; /* arena; each once, in no order */
    size_t n;
};

/* Takes out what is due at now_ms. The whole of what belongs together is among it if any plan is
 * due, or if `any` says that others are made as well. Fails with SW_ENOMEM; then nothing was taken
 * out. */
int sw_agenda_take(struct sw_agenda *agenda, int64_t now_ms, bool any, struct sw_arena *arena,
                   struct sw_agenda_due *ret, struct sw_err *reterr);

/* Forgets everything. */
void sw_agenda_clear(struct sw_agenda *agenda);

#endif
