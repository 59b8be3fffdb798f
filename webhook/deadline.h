/*
 * By when an API server wants its answer, and whether there is still sense in one.
 *
 * It names its patience in each call ("?timeout=5s", whole seconds; what is left of it is not
 * told), and after that an answer is of no use to anybody. To a 429 it comes back by itself after a
 * second, up to ten times within the same patience. So a review that waited for half of it because
 * we are slow is better told to come again than judged after those that came later: it then finds
 * us with less to do, or another replica.
 */
#ifndef SW_WEBHOOK_DEADLINE_H
#define SW_WEBHOOK_DEADLINE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What an API server waits that does not say: 10 s, as a webhook without timeoutSeconds gets. */
#define SW_DEADLINE_DEFAULT_NS UINT64_C(10000000000)

/* The patience that the query of a call names, in ns: the value of `timeout`, a number of seconds
 * with its "s". The default for what is not that. */
uint64_t sw_deadline_patience_ns(struct sw_str query);

/* Whether a review is not to be begun: it waited for us for half of its patience, or its first byte
 * came longer ago than all of it. */
bool sw_deadline_is_past(uint64_t patience_ns, uint64_t waited_ns, uint64_t age_ns);

#endif
