/*
 * What is said of a decision that rests on what a cluster was a while ago.
 *
 * A cluster whose API server is away, or whose folder cannot be read, stays in the index as it was
 * last: most of it is still true. But who is told "matches nothing" must be told how old that
 * knowledge is.
 */
#ifndef SW_FAILOVER_STALE_H
#define SW_FAILOVER_STALE_H

#include "failover/outcome.h"
#include "model/view.h"

/* Room for what sw_stale_name() writes: the name of a cluster, and an age. */
#define SW_STALE_NAME_SIZE 128

/* The cluster's name, and its age where it is stale, "west (as it was 12 min ago)", into `buf` (of
 * SW_STALE_NAME_SIZE bytes); borrowed from it. */
struct sw_str sw_stale_name(const struct sw_index *index, size_t view, char *buf);

/* Which views a rule has looked at. */
enum sw_stale_scope {
    SW_STALE_HOME, /* the config and the local cluster */
    SW_STALE_ALL,
};

/* Where there are warnings: one more, if a view that the rule looked at is stale. Fails with
 * SW_ENOMEM. */
int sw_stale_warn(const struct sw_index *index, enum sw_stale_scope scope,
                  struct sw_outcome *outcome, struct sw_err *reterr);

#endif
