#include "serve/phase.h"

#include "base/banned.h"

#define SHORTEST_TICK_NS 5000000u
#define LONGEST_TICK_NS  1000000000u

bool sw_phase_expired(struct sw_phase_timer *timer, enum sw_phase phase, uint64_t turn,
                      uint64_t now_ns, const uint64_t limits_ns[SW_N_PHASES])
{
    sw_phase_note(timer, phase, turn, now_ns);
    return limits_ns[phase] && now_ns >= timer->since_ns &&
           now_ns - timer->since_ns >= limits_ns[phase];
}

const char *sw_phase_name(enum sw_phase phase)
{
    static const char *const names[SW_N_PHASES] = {"handshake", "idle",    "reading",
                                                   "waiting",   "sending", "lingering"};

    return names[phase];
}

uint64_t sw_phase_tick_ns(const uint64_t limits_ns[SW_N_PHASES])
{
    uint64_t tick_ns = LONGEST_TICK_NS;

    for (int phase = 0; phase < SW_N_PHASES; phase++) {
        if (limits_ns[phase] && limits_ns[phase] / 4 < tick_ns)
            tick_ns = limits_ns[phase] / 4;
    }
    return tick_ns > SHORTEST_TICK_NS ? tick_ns : SHORTEST_TICK_NS;
}
