#include "sync/backoff.h"

#include "base/banned.h"

void sw_backoff_init(struct sw_backoff *backoff, uint64_t seed)
{
    *backoff = (struct sw_backoff){
        .random = seed ? seed : 1,
        .step_ms = SW_BACKOFF_FIRST_MS,
        .last_ms = INT64_MIN,
    };
}

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators"). */
uint64_t sw_backoff_random(struct sw_backoff *backoff, uint64_t bound)
{
    backoff->random ^= backoff->random >> 12;
    backoff->random ^= backoff->random << 25;
    backoff->random ^= backoff->random >> 27;
    return bound ? (backoff->random * UINT64_C(2685821657736338717) >> 16) % bound : 0;
}

int64_t sw_backoff_fail(struct sw_backoff *backoff, int64_t now_ms)
{
    int64_t wait_ms;

    if (backoff->last_ms == INT64_MIN || now_ms - backoff->last_ms >= SW_BACKOFF_HEALTHY_MS)
        backoff->step_ms = SW_BACKOFF_FIRST_MS;
    wait_ms = backoff->step_ms +
              (int64_t)sw_backoff_random(backoff, (uint64_t)backoff->step_ms);
    backoff->step_ms *= 2;
    if (backoff->step_ms > SW_BACKOFF_MAX_MS)
        backoff->step_ms = SW_BACKOFF_MAX_MS;
    backoff->last_ms = now_ms;
    return wait_ms;
}

void sw_backoff_reset(struct sw_backoff *backoff)
{
    backoff->last_ms = INT64_MIN;
}
