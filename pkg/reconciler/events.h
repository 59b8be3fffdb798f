/*
 * Writes Events into the local cluster: that a Service's failover is in place, withheld, or has
 * ended, and why, where `kubectl describe service` shows it. What is told is decided by
 * reconciler/event_filter.h.
 *
 * An Event is about the user's Service, or the stub that stands for it; where there is neither, it
 * still stands in the namespace, for `kubectl get events`. What is about the Gateways of the local
 * cluster is told of the Service of the east-west gateway. In a namespace that is not there,
 * nothing can be told.
 *
 * Best effort: one Event is on its way at a time, and none so often that it could be felt by who
 * writes WorkloadEntries over the same connection. One that is refused is given up; one that the
 * API server has no time for, after SW_EVENTS_TRIES. For the thread that runs the sw_http.
 */
#ifndef SW_RECONCILER_EVENTS_H
#define SW_RECONCILER_EVENTS_H

#include "io/log.h"
#include "kube/http.h"
#include "reconciler/event_filter.h"

/* Who says it: the policy asks for this one. */
#define SW_EVENTS_COMPONENT "spillway-reconciler"

/* Of all objects together: so many at once, and then so many each second. */
#define SW_EVENTS_BURST      100
#define SW_EVENTS_RATE_PER_S 10

#define SW_EVENTS_TRIES      3

/* After a failure nothing is sent for so long, twice as long after each one in a row. */
#define SW_EVENTS_PAUSE_MS     1000
#define SW_EVENTS_MAX_PAUSE_MS 300000

/* Borrowed for its life. */
struct sw_events_options {
    struct sw_http *http;
    struct sw_log *log; /* NULL: nothing is logged */
};

/* How things are when it takes its turn; borrowed for that turn. */
struct sw_events_turn {
    const struct sw_ledger *ledger;
    const struct sw_str *clusters; /* that have been seen */
    size_t n_clusters;
    int64_t now_ms; /* monotonic */
};

struct sw_events_stats {
    uint64_t n_sent;    /* that are there */
    uint64_t n_dropped; /* that were given up */
};

struct sw_events;

/* Sends nothing yet. Owned: sw_events_free(). Fails with SW_ENOMEM. */
int sw_events_new(const struct sw_events_options *options, struct sw_events **ret,
                  struct sw_err *reterr);

/* Gives up what is under way. NULL is allowed. */
void sw_events_free(struct sw_events *events);

/* Where to write from now on, borrowed until the next call; NULL: nowhere. What is under way is
 * sent again. */
void sw_events_point(struct sw_events *events, struct sw_http_target *target);

/* Another may tell things meanwhile. What is under way is given up, and what is so at the next step
 * is taken for known. */
void sw_events_forget(struct sw_events *events);

/* When it has something to do (monotonic); INT64_MAX while there is nowhere to write, or something
 * is under way. */
int64_t sw_events_due_ms(const struct sw_events *events, const struct sw_ledger *ledger);

/* Sends what is due. To be called while this process leads. */
void sw_events_step(struct sw_events *events, const struct sw_events_turn *turn);

/* Borrowed. */
const struct sw_events_stats *sw_events_stats(const struct sw_events *events);

#endif
