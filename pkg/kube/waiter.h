/*
 * Requests from a thread that has nothing else to do than to wait for the answer, and that another
 * thread can call back from it.
 *
 * A waiter belongs to one thread; only sw_waiter_interrupt() may be called from another.
 */
#ifndef SW_KUBE_WAITER_H
#define SW_KUBE_WAITER_H

#include "kube/call.h"

#include <stdatomic.h>

/* Something to keep going while the thread waits: a lease that is renewed (kube/elector.h). */
struct sw_waiter_background {
    void *context;
    /* Does what is due at now_ms and returns when it wants to be called again. */
    int64_t (*step)(void *context, int64_t now_ms); /* NULL: nothing */
};

/* The caller's storage, which must not move; a zeroed one is released. */
struct sw_waiter {
    struct sw_client client;                /* owned, here; may be used to send as well */
    struct sw_waiter_background background; /* to be set after init */
    atomic_bool interrupted;                /* private */
};

/* With connections of its own, to the API server of `config`, borrowed for the waiter's life.
 * Fails with SW_ENOMEM. */
int sw_waiter_init(struct sw_waiter *waiter, const struct sw_kube_config *config,
                   struct sw_err *reterr);
void sw_waiter_release(struct sw_waiter *waiter);

/* Sends and waits. *ret is always set: with OK its body is a copy in `arena`; with arena NULL it is
 * dropped and ret->body is unset. */
void sw_waiter_call(struct sw_waiter *waiter, const struct sw_call_request *request,
                    struct sw_arena *arena, struct sw_answer *ret);

/* Waits for that long, or until interrupted: false then. */
bool sw_waiter_pause(struct sw_waiter *waiter, int64_t wait_ms);

/* Runs the connections, and the background, until *done, which a callback sets: true; false when
 * interrupted first. For what is sent on waiter->client. */
bool sw_waiter_until(struct sw_waiter *waiter, const bool *done);

/* From any thread: ends the wait under way with SW_ANSWER_INTERRUPTED, and every later one at once,
 * until sw_waiter_resume(). */
void sw_waiter_interrupt(struct sw_waiter *waiter);

/* Waits may be long again: for a last goodbye after an interrupt. */
void sw_waiter_resume(struct sw_waiter *waiter);

#endif
