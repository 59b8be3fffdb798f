/*
 * Reals as digits, the fewest that read back as the same number, the way that Go writes them on
 * kubectl's way from YAML to JSON.
 */
#ifndef SW_JSON_YAML_REAL_H
#define SW_JSON_YAML_REAL_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdint.h>

/* The integer that a real without a fraction is in JSON: its shortest digits, then zeros. False
 * (and *ret untouched) for a real with a fraction, for one that is not finite, and where the
 * integer does not fit. */
bool sw_yaml_real_to_integer(double real, int64_t *ret);

/* The member name that a real makes as a key: the digits of a float32, exponential from 1e+06 and
 * under 1e-04, or ".inf", "-.inf", ".nan". NUL-terminated arena memory; NULL when out of memory. */
char *sw_yaml_real_key(double real, struct sw_arena *arena);

/* Appends a finite real such that it reads back as the same number; as an integer where it is one
 * and fits. A failure stays in buf. */
void sw_yaml_real_write(double value, struct sw_buf *buf);

#endif
