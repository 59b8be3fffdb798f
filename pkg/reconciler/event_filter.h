/*
 * Decides what is told as an Event, of what the ledger says, and how often.
 *
 * It compares what was told of each object with what is so now, and knows of no queue of changes:
 * what has changed and changed back before there was time to tell it was never news. Told is:
 *
 *   Normal   FailoverReady, GatewayPlanned: it is planned, and nothing of it waits any more
 *            FailoverEnded, GatewayEnded: it is gone, and nothing says why
 *   Warning  the reason's word: it is withheld, is warned of, or has waited for so long
 *            (SW_EVENT_PATIENCE_MS)
 *
 * Not told is what is so when the process begins to lead, warnings included: a reconciler that is
 * restarted in a loop would write thousands of Events each time, about what did not change. What
 * stands is for `spillway status` to say; an Event says that something has turned. Nor is the
 * coming and going of a whole cluster told of every Service. So for SW_EVENT_SETTLE_MS after
 * either, what is said is taken for known: names have to be resolved, and plans to settle.
 *
 * An object has SW_EVENT_BURST Events and then one each SW_EVENT_REFILL_MS, as with client-go's
 * EventCorrelator. One that has none left is told of later, by how it is then. The same reason
 * again within SW_EVENT_SERIES_MS is the same Event, counted up.
 *
 * Pure but for its memory, which grows with the ledger; for one thread.
 */
#ifndef SW_RECONCILER_EVENT_FILTER_H
#define SW_RECONCILER_EVENT_FILTER_H

#include "reconciler/event_calm.h"
#include "reconciler/event_subject.h"
#include "reconciler/event_text.h"

#define SW_EVENT_PATIENCE_MS 60000

/* The ledger is compared so often at most. */
#define SW_EVENT_SCAN_MS 1000

/* What is to be told; holds its own texts. */
struct sw_event {
    enum sw_ledger_subject subject; /* as in struct sw_event_object */
    char namespace_[SW_EVENT_NAMESPACE_SIZE];
    char name[SW_EVENT_NAME_SIZE];
    bool warning;
    const char *reason; /* static */
    char message[SW_EVENT_MESSAGE_MAX + 1];
    uint64_t id; /* of the series: the same as before where it is told again */
    uint32_t count;
    int64_t first_ms; /* monotonic: of the series */
    int64_t last_ms;  /* when this was noticed */
};

struct sw_event_filter;

/* `first_id` and what follows it are the ids: the time in ns serves, so that no other process has
 * the same. Owned: sw_event_filter_free(), which takes NULL. Fails with SW_ENOMEM. */
int sw_event_filter_new(uint64_t first_id, struct sw_event_filter **ret, struct sw_err *reterr);
void sw_event_filter_free(struct sw_event_filter *filter);

/* Another may tell things from now on: what is so when the next scan comes is taken for known. */
void sw_event_filter_forget(struct sw_event_filter *filter);

/* Compares the ledger with what was told, at now_ms (monotonic). `clusters` are those that have
 * been seen. Without memory it is as if it had not been called. */
void sw_event_filter_scan(struct sw_event_filter *filter, const struct sw_ledger *ledger,
                          const struct sw_str *clusters, size_t n_clusters, int64_t now_ms);

/* When the next scan is due. */
int64_t sw_event_filter_due_ms(const struct sw_event_filter *filter,
                               const struct sw_ledger *ledger);

/* Is there anything to tell, as of the last scan? */
bool sw_event_filter_has_news(const struct sw_event_filter *filter);

/* Takes what is to be told next, as the ledger has it now; it counts as told. False if there is
 * nothing. */
bool sw_event_filter_next(struct sw_event_filter *filter, const struct sw_ledger *ledger,
                          int64_t now_ms, struct sw_event *ret);

/* How many objects something is remembered of. */
size_t sw_event_filter_count(const struct sw_event_filter *filter);

#endif
