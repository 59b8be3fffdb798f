#include "io/log_gate.h"

#include "base/banned.h"

bool sw_log_gate_pass(struct sw_log_gate *gate, uint64_t now_ms, uint64_t *ret_n)
{
    uint64_t until_ms = atomic_load_explicit(&gate->until_ms, memory_order_relaxed);

    atomic_fetch_add_explicit(&gate->n_came, 1, memory_order_relaxed);
    if (now_ms < until_ms || !atomic_compare_exchange_strong_explicit(
                                 &gate->until_ms, &until_ms, now_ms + SW_LOG_GATE_MS,
                                 memory_order_relaxed, memory_order_relaxed))
        return false;
    *ret_n = atomic_exchange_explicit(&gate->n_came, 0, memory_order_relaxed);
    return true;
}
