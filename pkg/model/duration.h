/*
 * Durations as Go writes them, "1h30m" or "1.5s": what Istio reads with time.ParseDuration.
 */
#ifndef SW_MODEL_DURATION_H
#define SW_MODEL_DURATION_H

#include "base/str.h"

/* Parses all of text as a sequence of decimal numbers, each with a fraction or not and one of the
 * units h, m, s, ms, us and ns, behind a sign or not; "0" needs no unit. False (and *ret_ns
 * untouched) for anything else, and for more than 2^63-1 nanoseconds. What is below a nanosecond is
 * cut off. */
bool sw_duration_parse(struct sw_str text, int64_t *ret_ns);

#endif
