/*
 * What the process tells the cluster about itself: the ConfigMap `spillway-status`
 * (reconciler/bulletin.h), Events (reconciler/events.h) and, where the local cluster is the config
 * cluster, status conditions (reconciler/conditions.h).
 *
 * Only who leads tells anything, and only once it knows what it tells. For the thread that runs the
 * sw_http.
 */
#ifndef SW_RECONCILER_PUBLISHER_H
#define SW_RECONCILER_PUBLISHER_H

#include "io/clusters.h"
#include "io/log.h"
#include "reconciler/events.h"
#include "reconciler/ledger.h"
#include "reconciler/members.h"

/* Borrowed for its life. */
struct sw_publisher_options {
    struct sw_http *http;
    const struct sw_clusters *clusters; /* of the command line: which is local, which is config */
    struct sw_state *state;
    const struct sw_ledger *ledger;
    struct sw_str namespace_; /* ours; unset: nothing is written there */
    struct sw_log *log;       /* NULL: nothing is logged */
};

/* How things are when it takes its turn; borrowed for that turn. */
struct sw_publisher_turn {
    const struct sw_members *members;
    bool native; /* istiod reads remote clusters itself */
    bool leads;
    bool seen;      /* what plans rest on was seen (sw_members_are_seen()), and planned for */
    int64_t now_ms; /* monotonic */
};

struct sw_publisher;
struct sw_state;

/* Sends nothing yet. Owned: sw_publisher_free(). Fails with SW_ENOMEM. */
int sw_publisher_new(const struct sw_publisher_options *options, struct sw_publisher **ret,
                     struct sw_err *reterr);

/* Gives up what is under way. NULL is allowed. */
void sw_publisher_free(struct sw_publisher *publisher);

/* Where the local cluster is from now on, borrowed until the next call; NULL: nowhere. What is
 * under way is given up, and sent again. */
void sw_publisher_point(struct sw_publisher *publisher, struct sw_http_target *target);

/* As struct sw_members_options' on_remote_move(); the publisher is its context. What is under way
 * there is given up, and sent again. */
void sw_publisher_move(void *publisher);

/* Who leads has changed: another may have told things meanwhile, or may from now on. What is under
 * way is given up, and nothing is taken for told. */
void sw_publisher_forget(struct sw_publisher *publisher);

/* Tells what is due, and returns when something is due again (monotonic). */
int64_t sw_publisher_step(struct sw_publisher *publisher, const struct sw_publisher_turn *turn);

/* How many Events were written; borrowed. */
const struct sw_events_stats *sw_publisher_events(const struct sw_publisher *publisher);

#endif
