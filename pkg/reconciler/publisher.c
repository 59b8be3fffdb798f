#include "reconciler/publisher.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "reconciler/conditions.h"
#include "reconciler/events.h"
#include "reconciler/gather.h"

#include "base/banned.h"

struct sw_publisher {
    struct sw_publisher_options options;
    struct sw_bulletin *bulletin;
    struct sw_events *events;
    struct sw_hearsay *hearsay;
    struct sw_conditions *conditions;
};

SW_DEFINE_CLEANUP(cleanup_publisher, struct sw_publisher, sw_publisher_free);

int sw_publisher_new(const struct sw_publisher_options *options, struct sw_publisher **ret,
                     struct sw_err *reterr)
{
    const struct sw_bulletin_options bulletin = {options->http, options->namespace_, options->log};
    const struct sw_hearsay_options hearsay = {options->http, options->namespace_, options->log};
    const struct sw_conditions_options conditions = {options->http, options->log};
    const struct sw_events_options events = {options->http, options->log};
    SW_CLEANUP(cleanup_publisher) struct sw_publisher *publisher = calloc(1, sizeof(*publisher));
    int r;

    if (!publisher)
        return sw_err_nomem(reterr);
    publisher->options = *options;
    r = sw_bulletin_new(&bulletin, &publisher->bulletin, reterr);
    if (r == 0)
        r = sw_events_new(&events, &publisher->events, reterr);
    if (r == 0)
        r = sw_hearsay_new(&hearsay, &publisher->hearsay, reterr);
    if (r == 0)
        r = sw_conditions_new(&conditions, &publisher->conditions, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(publisher);
    return 0;
}

void sw_publisher_free(struct sw_publisher *publisher)
{
    if (!publisher)
        return;
    sw_conditions_free(publisher->conditions);
    sw_hearsay_free(publisher->hearsay);
    sw_events_free(publisher->events);
    sw_bulletin_free(publisher->bulletin);
    free(publisher);
}

void sw_publisher_point(struct sw_publisher *publisher, struct sw_http_target *target)
{
    sw_bulletin_point(publisher->bulletin, target);
    sw_events_point(publisher->events, target);
    sw_conditions_point(publisher->conditions, target);
}

void sw_publisher_move(void *publisher)
{
    sw_hearsay_move(((struct sw_publisher *)publisher)->hearsay);
}

void sw_publisher_forget(struct sw_publisher *publisher)
{
    sw_bulletin_forget(publisher->bulletin);
    sw_events_forget(publisher->events);
    sw_hearsay_forget(publisher->hearsay);
    sw_conditions_forget(publisher->conditions);
}

/* Of a config cluster that is another one, its own reconciler writes the status. */
static int64_t step_conditions(struct sw_publisher *publisher, const struct sw_publisher_turn *turn)
{
    const struct sw_clusters *clusters = publisher->options.clusters;
    const struct sw_conditions_turn conditions = {
        .state = publisher->options.state,
        .ledger = publisher->options.ledger,
        .members = turn->members,
        .local = sw_members_at(turn->members, clusters->local),
        .hearsay = publisher->hearsay,
        .now_ms = turn->now_ms,
    };
    int64_t wake_ms;

    if (clusters->local != clusters->config)
        return INT64_MAX;
    wake_ms = sw_hearsay_step(publisher->hearsay, turn->members,
                              clusters->items[clusters->local].name, turn->now_ms);
    return sw_clock_earlier(wake_ms, sw_conditions_step(publisher->conditions, &conditions));
}

const struct sw_events_stats *sw_publisher_events(const struct sw_publisher *publisher)
{
    return sw_events_stats(publisher->events);
}

/* Of a cluster that is not seen yet, nothing that comes is news. */
static int64_t step_events(struct sw_publisher *publisher, const struct sw_publisher_turn *turn)
{
    const struct sw_ledger *ledger = publisher->options.ledger;
    struct sw_str clusters[SW_CLUSTERS_MAX];
    struct sw_events_turn now = {.ledger = ledger, .clusters = clusters, .now_ms = turn->now_ms};
    const size_t n = sw_members_count(turn->members);

    if (turn->now_ms < sw_events_due_ms(publisher->events, ledger))
        return sw_events_due_ms(publisher->events, ledger);
    for (size_t i = 0; i < n && now.n_clusters < SW_CLUSTERS_MAX; i++) {
        const struct sw_member *member = sw_members_at(turn->members, i);
        struct sw_member_health health;

        sw_member_health(member, turn->now_ms, &health);
        if (health.synced)
            clusters[now.n_clusters++] = sw_member_name(member);
    }
    sw_events_step(publisher->events, &now);
    return sw_events_due_ms(publisher->events, ledger);
}

int64_t sw_publisher_step(struct sw_publisher *publisher, const struct sw_publisher_turn *turn)
{
    const struct sw_clusters *clusters = publisher->options.clusters;
    const struct sw_gather gather = {
        .local = clusters->items[clusters->local].name,
        .native = turn->native,
        .members = turn->members,
        .state = publisher->options.state,
        .ledger = publisher->options.ledger,
        .bulletin = publisher->bulletin,
    };

    if (!turn->leads || !turn->seen)
        return INT64_MAX;
    return sw_clock_earlier(
        sw_clock_earlier(sw_gather_step(&gather, turn->now_ms), step_events(publisher, turn)),
        step_conditions(publisher, turn));
}
