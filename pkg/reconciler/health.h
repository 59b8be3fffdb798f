/*
 * What /healthz and /readyz say of the loop: it tells, and any thread may ask.
 *
 * Who tells includes this header; who serves, probes.h besides.
 */
#ifndef SW_RECONCILER_HEALTH_H
#define SW_RECONCILER_HEALTH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SW_HEALTH_REASON_SIZE 1024

/* The caller's storage; private. It must not move. */
struct sw_health {
    _Atomic uint64_t turned_ms; /* when the loop last came round */
    pthread_mutex_t lock;       /* for what follows */
    bool ready;
    char reason[SW_HEALTH_REASON_SIZE]; /* why it is not ready */
};

/* Not ready, and alive from now on. */
void sw_health_init(struct sw_health *health);
void sw_health_release(struct sw_health *health);

/* The loop comes round. */
void sw_health_turn(struct sw_health *health);

/* For how long it has not, in ms. */
uint64_t sw_health_stalled_ms(const struct sw_health *health);

/* From now on it is ready, or is not, because of `reason` (copied; unused when it is). */
void sw_health_set(struct sw_health *health, bool ready, const char *reason);

/* True if it is ready; where not, *ret_reason is why. */
bool sw_health_is_ready(struct sw_health *health, char ret_reason[SW_HEALTH_REASON_SIZE]);

#endif
