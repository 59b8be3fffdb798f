/*
 * Sends operations to the local cluster: many at a time, not too many a second, and none before
 * what it depends on.
 *
 * Of one plan, an operation of a later phase (DestinationRule, stub, WorkloadEntry; deletions in
 * reverse) is sent only once all of the earlier ones were answered well; where one was not, the
 * rest is dropped, for the next plan knows better. An object is never written by two requests at a
 * time, nor again before the watch has shown what was written. Nothing is retried here: whoever
 * plans is told when to plan anew (sink.again). For the thread that runs the sw_http.
 */
#ifndef SW_RECONCILER_WRITER_H
#define SW_RECONCILER_WRITER_H

#include "io/log.h"
#include "io/log_gate.h"
#include "kube/applier.h"
#include "mesh/diff.h"
#include "reconciler/retries.h"

/* Requests under way at a time. */
#define SW_WRITER_MAX_CALLS 32

/* Writes that may be sent at once after a quiet time; client-go's burst. */
#define SW_WRITER_BURST 100

/* Writes that wait to be sent; what does not fit is planned again when there is room. */
#define SW_WRITER_MAX_QUEUED 4096

/* One write that has ended. */
struct sw_writer_result {
    enum sw_op_verb verb;
    enum sw_mesh_kind kind;
    enum sw_answer_verdict verdict;
    uint64_t took_ms;
};

struct sw_writer_sink {
    void *context;
    /* The plan of this key is to be made anew at at_ms; empty names: the Gateways'. */
    void (*again)(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms);
    /* For statistics; NULL: nobody is interested. */
    void (*ended)(void *context, const struct sw_writer_result *result);
};

struct sw_writer_options {
    struct sw_http *http;    /* borrowed for the writer's life */
    unsigned int rate_per_s; /* writes a second, over 0 */
    struct sw_log *log;      /* NULL: nothing is logged */
    struct sw_writer_sink sink;
};

struct sw_writer;

/* Writes nothing yet: it has nowhere to, and may not. Owned: sw_writer_free(). Fails with
 * SW_ENOMEM. */
int sw_writer_new(const struct sw_writer_options *options, struct sw_writer **ret,
                  struct sw_err *reterr);

/* Gives up what is under way. NULL is allowed. */
void sw_writer_free(struct sw_writer *writer);

/* Where to write from now on, borrowed until the next call; NULL: nowhere. What is under way is
 * given up, and planned again. */
void sw_writer_point(struct sw_writer *writer, struct sw_http_target *target);

/* Whether it may write. Where it may not any more, what has not been sent is dropped; what is under
 * way goes on. */
void sw_writer_allow(struct sw_writer *writer, bool allowed);

/* Drops what was not sent of this plan: a newer one is being made. Empty names: the Gateways'. */
void sw_writer_supersede(struct sw_writer *writer, struct sw_str namespace_, struct sw_str name);

/* Takes the operations of a finished diff, in its order; nothing of it is borrowed. `whole` says
 * that it is of all plans there are, so that what is not in it is not wanted. While it may not
 * write it takes none. Fails with SW_ENOMEM: some were taken. */
int sw_writer_take(struct sw_writer *writer, const struct sw_diff *diff, bool whole, int64_t now_ms,
                   struct sw_err *reterr);

/* Sends what may be sent at now_ms (monotonic), and returns when there may be more. */
int64_t sw_writer_step(struct sw_writer *writer, int64_t now_ms);

/* How many writes wait to be sent, and are under way. */
size_t sw_writer_queued(const struct sw_writer *writer);
size_t sw_writer_under_way(const struct sw_writer *writer);

/* What is remembered of single objects: those whose n_failures is not 0 cannot be written, and why.
 * Borrowed until the writer is told something. */
const struct sw_retries *sw_writer_retries(const struct sw_writer *writer);

#endif
