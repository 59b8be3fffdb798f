/*
 * How long to wait before trying again: exponential, with jitter, forgotten after a while of health
 * (client-go tools/cache/reflector.go: 0.8 s doubling to 30 s, jitter 1.0, reset after 2 minutes).
 */
#ifndef SW_SYNC_BACKOFF_H
#define SW_SYNC_BACKOFF_H

#include <stdint.h>

#define SW_BACKOFF_FIRST_MS   800
#define SW_BACKOFF_MAX_MS     30000
#define SW_BACKOFF_HEALTHY_MS 120000

/* The caller's storage; private. */
struct sw_backoff {
    uint64_t random;    /* state of the generator, never 0 */
    int64_t step_ms;    /* the next wait without its jitter */
    int64_t last_ms;    /* when the last failure was; INT64_MIN for never */
};

/* `seed` decides the jitter: give each user another one, or they all come back at once. */
void sw_backoff_init(struct sw_backoff *backoff, uint64_t seed);

/* A failure at now_ms (monotonic): how long to wait, from the step to twice the step, in ms. The
 * step doubles with each failure, and is the first again if the last one was 2 minutes ago. */
int64_t sw_backoff_fail(struct sw_backoff *backoff, int64_t now_ms);

/* Forgets the failures: the next one waits as if it were the first. */
void sw_backoff_reset(struct sw_backoff *backoff);

/* A number of [0, bound), from the same generator; 0 for a bound of 0. */
uint64_t sw_backoff_random(struct sw_backoff *backoff, uint64_t bound);

#endif
