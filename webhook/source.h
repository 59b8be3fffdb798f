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

/* What keeps alive the objects that a view borrows from its source; unset (release NULL) for a view
 * that borrows nothing. It may outlive its source. */
struct sw_source_hold {
    void (*release)(void *held);
    void *held;
};

#define SW_SOURCE_N_KINDS (SW_KIND_SETTING + 1)

/* Objects that are there, but that cannot be read: they are not in the view, or as they were. */
struct sw_source_unreadable {
    size_t n[SW_SOURCE_N_KINDS]; /* of each enum sw_kind */
    struct sw_err last;          /* which it was last of some kind, and why; code 0: none */
};

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
     * added. What *ret_hold is set to (it comes unset) is the view's, to be released on the thread
     * that asks when the view is gone. Fails where one of them cannot be read: then the view before
     * stays in use, and there is nothing to release. */
    int (*fill)(void *self, struct sw_view_builder *builder, uint64_t *ret_version,
                struct sw_source_hold *ret_hold, struct sw_err *reterr);

    /* Sets *ret to how long ago, in ms, the source last gave a sign of life; false if it never did.
     * NULL for a source that cannot tell. */
    bool (*heard)(void *self, uint64_t *ret_ms);

    /* Fills in *ret, which comes unset. NULL for a source that fill() fails for instead. */
    void (*unreadable)(void *self, struct sw_source_unreadable *ret);

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
