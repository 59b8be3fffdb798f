#include "reconciler/publisher.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "reconciler/gather.h"

#include "base/banned.h"

struct sw_publisher {
    struct sw_publisher_options options;
    struct sw_bulletin *bulletin;
};

SW_DEFINE_CLEANUP(cleanup_publisher, struct sw_publisher, sw_publisher_free);

int sw_publisher_new(const struct sw_publisher_options *options, struct sw_publisher **ret,
                     struct sw_err *reterr)
{
    const struct sw_bulletin_options bulletin = {options->http, options->namespace_, options->log};
    SW_CLEANUP(cleanup_publisher) struct sw_publisher *publisher = calloc(1, sizeof(*publisher));
    int r;

    if (!publisher)
        return sw_err_nomem(reterr);
    publisher->options = *options;
    r = sw_bulletin_new(&bulletin, &publisher->bulletin, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(publisher);
    return 0;
}

void sw_publisher_free(struct sw_publisher *publisher)
{
    if (!publisher)
        return;
    sw_bulletin_free(publisher->bulletin);
    free(publisher);
}

void sw_publisher_point(struct sw_publisher *publisher, struct sw_http_target *target)
{
    sw_bulletin_point(publisher->bulletin, target);
}

void sw_publisher_forget(struct sw_publisher *publisher)
{
    sw_bulletin_forget(publisher->bulletin);
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

    return turn->leads && turn->seen ? sw_gather_step(&gather, turn->now_ms) : INT64_MAX;
}
