/*
 * POST /mutate and POST /validate: a review in, its answer out, on the server's threads.
 *
 * A request takes the index as it is, decides by sw_admit() and answers; it waits for nothing,
 * takes no lock and calls nobody.
 *
 * Overload. A review that has waited for too long already (webhook/deadline.h) is told to come
 * again in a second, and so is a large one while as many as may be are being judged. It costs what
 * the server costs, and the API server comes again by itself.
 *
 * Memory. A thread keeps one arena, and a review of up to SW_ADMIT_SMALL_BODY_BYTES finds all it
 * needs within SW_ADMIT_SMALL_ARENA_BYTES of it. Larger ones, which are rare, may need far more
 * (SW_ADMIT_MAX_ARENA_BYTES), so only SW_ADMIT_LARGE_AT_ONCE of them are judged at a time, each in
 * an arena that is given back at once; another one is told to come again in a second, which the
 * API server does by itself. For judging that is n_threads * 16 MiB + 2 * 256 MiB at the very
 * worst, and under 1 MiB a thread in practice. Bodies on their way in are the server's
 * (serve/server.h says how much they take); a NetworkPolicy or --client-ca-file keeps all but API
 * servers out.
 */
#ifndef SW_WEBHOOK_ADMIT_HANDLER_H
#define SW_WEBHOOK_ADMIT_HANDLER_H

#include "admission/admit.h"
#include "io/log.h"
#include "metrics/metrics.h"
#include "serve/route.h"
#include "webhook/snapshot.h"

/* A Service or DestinationRule, with its predecessor, that is not made to be large. A value takes
 * up to 40 bytes for one of text (`[0,0,...]`), and 16 MiB are 64. */
#define SW_ADMIT_SMALL_BODY_BYTES  ((size_t)256 << 10)
#define SW_ADMIT_SMALL_ARENA_BYTES ((size_t)16 << 20)
#define SW_ADMIT_LARGE_AT_ONCE     2

#define SW_ADMIT_N_ROUTES          2

struct sw_admit_handler;

/* Borrowed for the handler's life. */
struct sw_admit_handler_options {
    struct sw_snapshot *snapshot; /* of sw_publication; a thread's number is its slot */
    size_t n_threads;             /* of the server */
    struct sw_metrics *metrics;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* Owned by the caller (sw_admit_handler_free). Fails with SW_ENOMEM, SW_EIO (no random number to be
 * had) and as sw_metrics_add() does. */
int sw_admit_handler_new(const struct sw_admit_handler_options *options,
                         struct sw_admit_handler **ret, struct sw_err *reterr);

/* To be called when no server has its routes any more. NULL is allowed. */
void sw_admit_handler_free(struct sw_admit_handler *handler);

/* Fills in the two routes; they borrow the handler. */
void sw_admit_handler_routes(struct sw_admit_handler *handler,
                             struct sw_route ret[SW_ADMIT_N_ROUTES]);

#endif
