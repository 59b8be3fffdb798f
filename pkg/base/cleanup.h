/*
 * Scope-owned values: SW_CLEANUP(fn) runs fn on the variable when its scope ends, however it ends;
 * SW_TAKE(p) hands the pointer on and leaves NULL behind, so that the cleanup finds nothing.
 */
#ifndef SW_BASE_CLEANUP_H
#define SW_BASE_CLEANUP_H

#include <stdlib.h>

#define SW_CLEANUP(fn) __attribute__((cleanup(fn)))

#define SW_TAKE(pointer)                                                                           \
    ({                                                                                             \
        __typeof__(pointer) *sw_take_from = &(pointer);                                            \
        __typeof__(pointer) sw_take_value = *sw_take_from;                                         \
        *sw_take_from = NULL;                                                                      \
        sw_take_value;                                                                             \
    })

/* Defines cleanup helper `name` for variables of pointer type `type *`, calling `fn`, which must
 * accept NULL. */
#define SW_DEFINE_CLEANUP(name, type, fn)                                                          \
    static inline void name(type **pointer)                                                        \
    {                                                                                              \
        fn(*pointer);                                                                              \
    }                                                                                              \
    struct sw_swallow_semicolon

SW_DEFINE_CLEANUP(sw_cleanup_free, char, free);

#endif
