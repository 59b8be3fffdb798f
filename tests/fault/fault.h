/*
 * Allocations that fail on demand.
 *
 * The linker sends every call of malloc, calloc, realloc and free, of what libc allocates with
 * besides (strdup and such), and of the arena's functions, to wrappers in fault.c (meson.build:
 * -Wl,--wrap). Armed, they count, and let one call fail: the n-th. Calls from inside shared
 * libraries do not come by here; jansson's do, through its allocator hook. The product knows
 * nothing of this.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stddef.h>

/* From here on allocations are counted, and the `nth`, from 1, fails; 0 for none. */
void fault_arm(size_t nth);

/* From here on they are counted anew, and the `nth` fails; for what a fixture has made between, all
 * of which is freed before fault_disarm() too. */
void fault_aim(size_t nth);

/* From here on none fails any more. Returns how many were asked for since fault_arm(), the failed
 * one included. */
size_t fault_spare(void);

/* Back to normal. Returns how many blocks were taken from the heap since fault_arm() and not given
 * back. */
long fault_disarm(void);

#endif
