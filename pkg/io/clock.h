/*
 * The two clocks. Pure code takes the time as an argument; this is where a process gets it.
 *
 * The monotonic clock only ever moves forward and is for durations and deadlines; the wall clock
 * may jump and is for what people and other programs read. Neither call can fail on Linux.
 */
#ifndef SW_IO_CLOCK_H
#define SW_IO_CLOCK_H

#include <stdint.h>

/* Nanoseconds (milliseconds) since some moment in the past. */
uint64_t sw_clock_mono_ns(void);
uint64_t sw_clock_mono_ms(void);

/* The earlier of two times of one clock, such as when something is due; INT64_MAX: never. */
static inline int64_t sw_clock_earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* Milliseconds since 1970-01-01T00:00:00Z. */
uint64_t sw_clock_wall_ms(void);

#endif
