#include "failover/stale.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* Longest list of clusters; a longer one is cut. */
#define MAX_LIST_BYTES 400

/* True if the view is not up to date, though it was once. */
static bool is_stale(const struct sw_index *index, size_t view)
{
    return index->views[view]->source.synced && index->stale_since_ms &&
           index->stale_since_ms[view] > 0;
}

/* So much as people would say: the largest unit of which there are at least two. */
static void write_age(uint64_t age_ms, char *buf, size_t size)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}};
    size_t i = 0;

    while (i + 1 < sizeof(units) / sizeof(units[0]) && age_ms < 2 * units[i].ms)
        i++;
    snprintf(buf, size, "%" PRIu64 " %s", age_ms / units[i].ms, units[i].name);
}

struct sw_str sw_stale_name(const struct sw_index *index, size_t view, char *buf)
{
    struct sw_str name = index->views[view]->source.cluster;
    uint64_t since_ms;
    char age[32];

    if (!is_stale(index, view))
        return name;
    since_ms = index->stale_since_ms[view];
    write_age(index->now_ms > since_ms ? index->now_ms - since_ms : 0, age, sizeof(age));
    snprintf(buf, SW_STALE_NAME_SIZE, "%.*s (as it was %s ago)", SW_STR_ARG(name), age);
    return sw_str_from(buf);
}

int sw_stale_warn(const struct sw_index *index, enum sw_stale_scope scope,
                  struct sw_outcome *outcome, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf list;
    char name[SW_STALE_NAME_SIZE];

    sw_buf_init(&list, MAX_LIST_BYTES);
    if (!outcome->warnings.n)
        return 0;
    for (size_t i = 0; i < index->n_views; i++) {
        bool looked_at = scope == SW_STALE_ALL || i == index->local || i == index->config;

        if (looked_at && is_stale(index, i)) {
            sw_buf_append_text(&list, list.len ? ", " : "");
            sw_buf_append_str(&list, sw_stale_name(index, i, name));
        }
    }
    if (list.failure == SW_ENOMEM)
        return sw_err_nomem(reterr);
    if (!list.len)
        return 0;
    return sw_outcome_find(outcome, &outcome->warnings, SW_VIEW_STALE, NULL, reterr, "%s: %.*s",
                           sw_reason_sentence(SW_VIEW_STALE), SW_STR_ARG(sw_buf_str(&list)));
}
