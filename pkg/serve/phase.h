/*
 * What a connection is doing, and whether it has been doing it for too long. Every phase has a
 * limit, so no peer holds a connection by being slow. Whoever looks at a connection says what he
 * sees, and a phase has begun when it was first seen.
 */
#ifndef SW_SERVE_PHASE_H
#define SW_SERVE_PHASE_H

#include <stdbool.h>
#include <stdint.h>

enum sw_phase {
    SW_PHASE_HANDSHAKE, /* from accept to the end of the TLS handshake */
    SW_PHASE_IDLE,      /* no byte of a request yet */
    SW_PHASE_READING,   /* from the first byte of a request to its last */
    SW_PHASE_WAITING,   /* for its turn, with a large request that came whole */
    SW_PHASE_SENDING,   /* an answer, to its last byte */
    SW_PHASE_LINGERING, /* all said, waiting for the peer to stop sending */
    SW_N_PHASES
};

/* The caller's storage; zeroed: a handshake that began at 0. */
struct sw_phase_timer {
    enum sw_phase phase;
    uint64_t turn;     /* counts requests, so that two idle times are told apart */
    uint64_t since_ns; /* when this phase of this turn was first seen */
};

/* Notes that the connection is in `phase` of `turn` at now_ns. */
static inline void sw_phase_note(struct sw_phase_timer *timer, enum sw_phase phase, uint64_t turn,
                                 uint64_t now_ns)
{
    if (timer->phase != phase || timer->turn != turn)
        *timer = (struct sw_phase_timer){.phase = phase, .turn = turn, .since_ns = now_ns};
}

/* The same; true when it has been seen in it for limits_ns[phase] or more; a limit of 0 is none. */
bool sw_phase_expired(struct sw_phase_timer *timer, enum sw_phase phase, uint64_t turn,
                      uint64_t now_ns, const uint64_t limits_ns[SW_N_PHASES]);

/* How often to look, so that the shortest limit is overrun by a quarter of it at most: 5 ms to 1 s.
 */
uint64_t sw_phase_tick_ns(const uint64_t limits_ns[SW_N_PHASES]);

/* "handshake", "idle", ...; static. */
const char *sw_phase_name(enum sw_phase phase);

#endif
