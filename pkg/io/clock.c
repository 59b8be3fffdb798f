#include "io/clock.h"

#include <time.h>

#include "base/banned.h"

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

static uint64_t read_ns(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t sw_clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t sw_clock_mono_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / NS_PER_MS;
}

uint64_t sw_clock_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / NS_PER_MS;
}
