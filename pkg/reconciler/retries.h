/*
 * Objects that were written a moment ago, or could not be: when each may be written again.
 *
 * What was written is left alone until the watch has shown it, for a moment at most, so that
 * nothing is sent twice. What failed waits: 5 ms at first and twice as long each time, up to a
 * minute; what is refused waits longer from the start, for the same again will be refused again.
 * Something else is tried at once: another body or verb, or the same on an object that has changed
 * meanwhile. Pure but for its memory; for one thread.
 */
#ifndef SW_RECONCILER_RETRIES_H
#define SW_RECONCILER_RETRIES_H

#include "mesh/hash.h"
#include "mesh/op.h"
#include "mesh/plan.h"

/* client-go's queue begins so too, and goes up to 1000 s; but what ends a refusal (a right that was
 * granted, a webhook that was mended) is nothing that we watch, and nobody waits for so long. */
#define SW_RETRIES_FIRST_MS 5
#define SW_RETRIES_MAX_MS   60000

/* The first wait after a refusal, and after a name turned out to be somebody else's: nothing tells
 * of an object that is not ours that it is gone. */
#define SW_RETRIES_REFUSED_MS 1000

/* What was written is taken for not seen that long at most: a watch is some ms behind. */
#define SW_RETRIES_UNSEEN_MS 5000

/* An object that had to be put right more often than so within a minute has somebody else who
 * writes it: the two must not chase each other. From then on it waits 1 s, and twice as long each
 * time, up to a minute. */
#define SW_RETRIES_CALM_REWRITES 5
#define SW_RETRIES_CALM_MS       60000

/* A failure is remembered for so long after its object could have been written again and was not:
 * nobody wants to any more. */
#define SW_RETRIES_STALE_MS     10000

#define SW_RETRIES_VERSION_SIZE 128

/* An object of which something is remembered. May be read. */
struct sw_retry {
    struct sw_record record; /* private */
    enum sw_mesh_kind kind;
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_str for_namespace; /* the plan that it is of, as in struct sw_op */
    struct sw_str for_service;
    bool under_way;          /* a write of it waits to be sent, or for its answer */
    bool asked_again;        /* another one was wanted meanwhile */
    uint64_t round;          /* the user's: when a write was last wanted */
    unsigned int n_failures; /* in a row */
    int64_t not_before_ms;   /* of a failed one: when to try the same again */
    int64_t least_ms;        /* and when to try anything at all */
    int64_t seen_by_ms;      /* of a written one: until when it is waited for; 0: it is not */
    unsigned int n_rewrites; /* how often it was put right, each time within a minute */
    int64_t rewritten_ms;    /* when it last was */
    enum sw_op_verb verb;    /* of the last write */
    struct sw_digest digest; /* private, as the next: of what it was to be; unset for a deletion */
    char version[SW_RETRIES_VERSION_SIZE]; /* that it had before; "" for none */
    char *failure; /* why the last write failed, one line, owned; NULL for none, and where there was
                      no memory for it */
    enum sw_reason reason; /* and in a word: SW_FOREIGN or SW_NOT_WRITTEN */
    char texts[];          /* private */
};

/* The caller's storage; a zeroed one is empty. */
struct sw_retries {
    struct sw_hash objects; /* private */
    size_t n_failing;       /* objects whose last write failed */
};

/* Forgets everything, and gives the memory back. */
void sw_retries_release(struct sw_retries *retries);

/* The object that the operation is about; made where nothing is known of it yet. Borrowed until
 * sw_retries_settle(). NULL when out of memory. */
struct sw_retry *sw_retries_get(struct sw_retries *retries, const struct sw_op *op);

/* When the operation may be sent: now_ms for now. INT64_MAX while another is under way. */
int64_t sw_retry_when(const struct sw_retry *retry, const struct sw_op *op, int64_t now_ms);

/* A write of it is under way: this one. */
void sw_retry_begin(struct sw_retry *retry, const struct sw_op *op);

/* The write that was begun is done, at now_ms. */
void sw_retry_done(struct sw_retries *retries, struct sw_retry *retry, int64_t now_ms);

/* Why a write failed, and how soon it may be tried again. */
struct sw_retry_failure {
    const char *why;       /* one line; borrowed for the call */
    enum sw_reason reason; /* SW_FOREIGN where an object of that name is not ours, or
                              SW_NOT_WRITTEN */
    int64_t first_ms;      /* the wait after a first failure, doubled for each one before */
    int64_t least_ms;      /* the shortest wait all the same, whatever is written next */
};

/* The write that was begun has failed, at now_ms. The reason is copied, and forgotten where there
 * is no memory. */
void sw_retry_failed(struct sw_retries *retries, struct sw_retry *retry,
                     const struct sw_retry_failure *failure, int64_t now_ms);

/* Forgets an object of which nothing needs to be remembered at now_ms; it is freed then. */
void sw_retries_settle(struct sw_retries *retries, struct sw_retry *retry, int64_t now_ms);

/* Forgets all that needs no memory any more. */
void sw_retries_sweep(struct sw_retries *retries, int64_t now_ms);

/* The object behind `retry` in some order, the first for NULL; NULL at the end. */
const struct sw_retry *sw_retries_next(const struct sw_retries *retries,
                                       const struct sw_retry *retry);

/* Adds to what a plan says of each object of it that the last write has failed, if one did: it
 * waits, with that write's reason. The findings are in `arena`. Fails with SW_ENOMEM. */
int sw_retries_explain(const struct sw_retries *retries, const struct sw_mesh *mesh,
                       struct sw_plan *plan, struct sw_arena *arena, struct sw_err *reterr);

#endif
