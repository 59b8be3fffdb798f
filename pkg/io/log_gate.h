/*
 * A warning that others may cause at any rate, logged at a bounded one: the gate lets one caller
 * through in a while, and tells it how many there were.
 */
#ifndef SW_IO_LOG_GATE_H
#define SW_IO_LOG_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How long a gate stays shut: a line every ten seconds tells that it goes on. */
#define SW_LOG_GATE_MS 10000

/* The caller's storage, shared by all threads; private. Zeroed: nobody came yet. */
struct sw_log_gate {
    _Atomic uint64_t until_ms; /* shut until then */
    _Atomic uint64_t n_came;   /* since it last let one through */
};

/* Comes to the gate at now_ms (monotonic). True: go on and log; *ret_n is how many came since the
 * last one that did, this one included. Any thread. */
bool sw_log_gate_pass(struct sw_log_gate *gate, uint64_t now_ms, uint64_t *ret_n);

#endif
