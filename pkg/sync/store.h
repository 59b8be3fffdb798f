/*
 * The objects of one resource of one cluster, kept current by a reflector.
 *
 * A store holds typed objects, each in a small arena of its own, and nothing else of the JSON that
 * they came in. A view built from it shares the objects: one that is replaced or removed meanwhile
 * lives on until the last lease that holds it ends. For one thread.
 */
#ifndef SW_SYNC_STORE_H
#define SW_SYNC_STORE_H

#include "model/view.h"
#include "sync/reflector.h"

/* Most objects of one store: ten times what a large cluster has of Services. */
#define SW_STORE_MAX_OBJECTS 200000

/* Most memory of one store: five times what 10,000 Services of an ordinary size take, and little
 * enough that one API server that sends without end takes nobody else's. */
#define SW_STORE_MAX_BYTES ((size_t)48 << 20)

struct sw_store;
struct sw_store_lease;

struct sw_store_stats {
    size_t n_objects;
    size_t n_unreadable;  /* objects that are there, and could not be read as they are now */
    uint64_t n_changes;   /* puts and removals, ever: compare to see that there were some */
    struct sw_err unreadable; /* the last that could not: which, and why; unset before any */
};

/* An empty store of one kind (one that sw_object_read_as() takes). Fails with SW_ENOMEM. */
int sw_store_new(enum sw_kind kind, struct sw_store **ret, struct sw_err *reterr);

/* Leases that are still held stay valid. NULL is allowed. */
void sw_store_free(struct sw_store *store);

/* The sink that feeds the store; valid as long as it. It fails with SW_ELIMIT where an object would
 * take it over a cap, and SW_ENOMEM. An object that cannot be read (not of its
 * type, nested too deep, too large) is counted for as long as it is there like that and, if there
 * was one of its name before, that one is kept. */
struct sw_reflector_sink sw_store_sink(struct sw_store *store);

/* How it is now; borrowed from the store. */
const struct sw_store_stats *sw_store_stats(const struct sw_store *store);

/* Puts every object on `builder` and holds them for it: the caller owns *ret and releases it
 * when the view that the builder makes is gone. Fails with SW_ENOMEM. */
int sw_store_lease(struct sw_store *store, struct sw_view_builder *builder,
                   struct sw_store_lease **ret, struct sw_err *reterr);

/* Ends a lease. NULL is allowed. */
void sw_store_lease_free(struct sw_store_lease *lease);

#endif
