/*
 * How many writes may be sent now: a bucket of credit that fills at a rate, and stays shut while an
 * API server has asked for it.
 *
 * Pure; for one thread.
 */
#ifndef SW_RECONCILER_BUDGET_H
#define SW_RECONCILER_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* The caller's storage; private. */
struct sw_budget {
    int64_t rate_per_s;
    int64_t most; /* credit, of which a write costs SW_BUDGET_COST */
    int64_t credit;
    int64_t earned_ms; /* as of then */
    int64_t shut_ms;   /* until then nothing may be sent */
};

/* What a write costs of the credit, which grows by the rate each millisecond. */
#define SW_BUDGET_COST 1000

/* Full: `burst` writes at once, and then rate_per_s; both over 0. */
void sw_budget_init(struct sw_budget *budget, unsigned int rate_per_s, unsigned int burst);

/* True if one more may be sent at now_ms (monotonic). */
bool sw_budget_allows(struct sw_budget *budget, int64_t now_ms);

/* One was sent. */
void sw_budget_spend(struct sw_budget *budget);

/* Nothing may be sent for so long; a later end stands. */
void sw_budget_shut(struct sw_budget *budget, int64_t now_ms, int64_t for_ms);

/* What shut it is over. */
void sw_budget_open(struct sw_budget *budget);

/* When the next may be sent; now_ms for now. */
int64_t sw_budget_next(const struct sw_budget *budget, int64_t now_ms);

#endif
