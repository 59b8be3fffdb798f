/*
 * A view with the memory that it lives in, shared by every index that holds it: an index that takes
 * the place of another rebuilds only the views that changed.
 *
 * References are counted without atomics: they are taken and given back on the feed's thread alone.
 * Request threads borrow a view through the snapshot that holds the index.
 */
#ifndef SW_WEBHOOK_HELD_VIEW_H
#define SW_WEBHOOK_HELD_VIEW_H

#include "base/cleanup.h"
#include "model/view.h"
#include "webhook/source.h"

/* Memory that one cluster's view may take. What rules read of a Service is under 1 KiB, so this is
 * over 200,000 of them; Kubernetes is tested to 10,000 Services a cluster. */
#define SW_HELD_VIEW_MAX_BYTES ((size_t)256 << 20)

struct sw_held_view {
    struct sw_arena arena; /* everything that the view points to and does not borrow */
    struct sw_view view;
    struct sw_source_hold hold; /* owned: what the view borrows from its source */
    size_t n_refs;
};

/* A view of everything that `source` holds, synced; the reference is the caller's. `cluster` is
 * copied. *ret_version as in sw_source_ops.fill. Fails as that does, and with
 * SW_ENOMEM (also over SW_HELD_VIEW_MAX_BYTES). */
int sw_held_view_read(const struct sw_source *source, struct sw_str cluster,
                      struct sw_held_view **ret, uint64_t *ret_version, struct sw_err *reterr);

/* The view of a cluster of which nothing was seen yet: empty, not synced. Fails with SW_ENOMEM. */
int sw_held_view_unsynced(struct sw_str cluster, bool live, struct sw_held_view **ret,
                          struct sw_err *reterr);

/* Another reference; returns `held`. */
struct sw_held_view *sw_held_view_ref(struct sw_held_view *held);

/* The last one frees it. NULL is allowed. */
void sw_held_view_unref(struct sw_held_view *held);

SW_DEFINE_CLEANUP(sw_cleanup_held_view, struct sw_held_view, sw_held_view_unref);

#endif
