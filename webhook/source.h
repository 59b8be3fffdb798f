/*
 * Where the objects of one cluster come from: the seam between the index and what feeds it.
 *
 * A source is a version number that changes when the objects do, and a way to get all of them as
 * they are now. It is asked by the feed's thread alone, and only ever for the whole state, so that
 * a missed change is made good by the next look. A source that has a thread of its own (a watch on
 * an API server) hands over under its own lock: no request thread ever waits for it.
 */
#ifndef SW_WEBHOOK_SOURCE_H
#define SW_WEBHOOK_SOURCE_H

#include "base/err.h"
#include "model/view.h"

#include <stdint.h>

/* What every source can do; `self` is its own. */
struct sw_source_ops {
    /* Whether its objects may be a moment behind what was just written (sw_view_source.live). */
    bool live;

    /* A descriptor, borrowed, that is readable when there may be something new; version() makes it
     * unreadable again. -1 while there is none: a source is also asked every few seconds. */
    int (*wakeup_fd)(const void *self);

    /* Sets *ret to a number that is another whenever the objects are. Cheap. Fails where the
     * objects cannot be seen, or not all of them yet, with a message for people: why. */
    int (*version)(void *self, uint64_t *ret, struct sw_err *reterr);

    /* Adds every object to `builder`, and sets *ret_version to a version not newer than what was
     * added. Fails where one of them cannot be read: then the view before stays in use. */
    int (*fill)(void *self, struct sw_view_builder *builder, uint64_t *ret_version,
                struct sw_err *reterr);

    void (*free)(void *self);
};

/* Unset (ops NULL) or an open source, owned. */
struct sw_source {
    const struct sw_source_ops *ops;
    void *self;
};

/* Frees an open source and makes it unset; an unset one is allowed. */
static inline void sw_source_release(struct sw_source *source)
{
    if (source->ops)
        source->ops->free(source->self);
    *source = (struct sw_source){NULL, NULL};
}

#endif
