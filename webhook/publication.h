/*
 * What request threads see: an index, and for each cluster why it is not up to date, if it is not.
 *
 * Immutable from its making to its end; the views in it are shared with the publications before and
 * after.
 */
#ifndef SW_WEBHOOK_PUBLICATION_H
#define SW_WEBHOOK_PUBLICATION_H

#include "base/buf.h"
#include "model/view.h"
#include "webhook/held_view.h"
#include "webhook/snapshot.h"

/* What goes into a publication for one cluster. */
struct sw_publication_part {
    struct sw_held_view *held; /* borrowed: the publication takes a reference of its own */
    const char *error;         /* copied; NULL or "" when all is well */
    uint64_t stale_since_ms;   /* as in sw_index */
};

/* What a publication is made of; all borrowed or copied. */
struct sw_publication_spec {
    const struct sw_publication_part *parts;
    size_t n_parts;         /* at least one */
    size_t local, config;   /* positions among them */
    struct sw_str unlisted; /* as in sw_index; copied */
};

struct sw_publication {
    struct sw_snapshot_item item; /* for the snapshot; freeing it frees the publication */
    struct sw_index index;        /* but for now_ms, which is the reader's to set in a copy */
    const char **errors;   /* one a view: why its objects cannot be read now; NULL when they can */
    struct sw_arena arena; /* private, as is the rest */
    struct sw_held_view **helds; /* arena; a reference each */
};

/* Owned by the caller until a snapshot takes its item. To be freed on the thread that made it
 * (sw_held_view). Fails with SW_ENOMEM. */
int sw_publication_new(const struct sw_publication_spec *spec, struct sw_publication **ret,
                       struct sw_err *reterr);

/* Whether reviews can be judged: the config and the local cluster are synced. If not, appends what
 * is missing and why to `why`, one line without its end; a failure stays in `why`. */
bool sw_publication_is_ready(const struct sw_publication *publication, struct sw_buf *why);

/* The publication of an item that it is published by. */
static inline const struct sw_publication *sw_publication_of(const struct sw_snapshot_item *item)
{
    return (const struct sw_publication *)(const void *)item; /* its first member */
}

#endif
