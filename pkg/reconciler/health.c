#include "reconciler/health.h"

#include <stdio.h>

#include "io/clock.h"

#include "base/banned.h"

void sw_health_init(struct sw_health *health)
{
    *health = (struct sw_health){.reason = "starting"};
    pthread_mutex_init(&health->lock, NULL);
    sw_health_turn(health);
}

void sw_health_release(struct sw_health *health)
{
    pthread_mutex_destroy(&health->lock);
}

void sw_health_turn(struct sw_health *health)
{
    atomic_store(&health->turned_ms, sw_clock_mono_ms());
}

uint64_t sw_health_stalled_ms(const struct sw_health *health)
{
    uint64_t turned_ms = atomic_load(&health->turned_ms), now_ms = sw_clock_mono_ms();

    return now_ms > turned_ms ? now_ms - turned_ms : 0;
}

void sw_health_set(struct sw_health *health, bool ready, const char *reason)
{
    pthread_mutex_lock(&health->lock);
    health->ready = ready;
    snprintf(health->reason, sizeof(health->reason), "%s", ready ? "" : reason);
    pthread_mutex_unlock(&health->lock);
}

bool sw_health_is_ready(struct sw_health *health, char ret_reason[SW_HEALTH_REASON_SIZE])
{
    bool ready;

    pthread_mutex_lock(&health->lock);
    ready = health->ready;
    snprintf(ret_reason, SW_HEALTH_REASON_SIZE, "%s", health->reason);
    pthread_mutex_unlock(&health->lock);
    return ready;
}
