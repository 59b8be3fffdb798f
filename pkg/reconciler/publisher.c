#include "reconciler/publisher.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "reconciler/events.h"
#include "reconciler/gather.h"

#include "base/banned.h"

struct sw_publisher {
    struct sw_publisher_options options;
    struct sw_bulletin *bulletin;
    struct sw_events *events;
};

SW_DEFINE_CLEANUP(cleanup_publisher, struct sw_publisher, sw_publisher_free);

int sw_publisher_new(const struct sw_publisher_options *options, struct sw_publisher **ret,
                     struct sw_err *reterr)
{
    const struct sw_bulletin_options bulletin = {options->http, options->namespace_, options->log};
    const struct sw_events_options events = {options->http, options->log};
    SW_CLEANUP(cleanup_publisher) struct sw_publisher *publisher = calloc(1, sizeof(*publisher));
    int r;

    if (!publisher)
        return sw_err_nomem(reterr);
    publisher->options = *options;
    r = sw_bulletin_new(&bulletin, &publisher->bulletin, reterr);
    if (r == 0)
        r = sw_events_new(&events, &publisher->events, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(publisher);
    return 0;
}

void sw_publisher_free(struct sw_publisher *publisher)
{
    if (!publisher)
        return;
    sw_events_free(publisher->events);
    sw_bulletin_free(publisher->bulletin);
    free(publisher);
}

void sw_publisher_point(struct sw_publisher *publisher, struct sw_http_target *target)
{
    sw_bulletin_point(publisher->bulletin, target);
    sw_events_point(publisher->events, target);
}

void sw_publisher_forget(struct sw_publisher *publisher)
{
    sw_bulletin_forget(publisher->bulletin);
    sw_events_forget(publisher->events);
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

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

int64_t sw_publisher_step(struct sw_publisher *publisher, const struct sw_publisher_turn *turn)
{
    const struct sw_clusters *clusters = publisher->options.clusters;
    const struct sw_gather gather = {
        .local = clusters->items[clusters->local].name,
        .native = turn->native,
        .members = turn->members,
        .ledger = publisher->options.ledger,
        .bulletin = publisher->bulletin,
    };

    if (!turn->leads || !turn->seen)
        return INT64_MAX;
    return earlier(sw_gather_step(&gather, turn->now_ms), step_events(publisher, turn));
}
