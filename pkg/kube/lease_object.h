/*
 * A Lease as the API server holds it, and what an election reads and writes of it.
 */
#ifndef SW_KUBE_LEASE_OBJECT_H
#define SW_KUBE_LEASE_OBJECT_H

#include "sync/lease.h"

#include <jansson.h>

/* Reads one. What is longer than there is room for is cut: a foreign identity, then, is still not
 * ours. Fails with SW_ETYPE (the message names the path). */
int sw_lease_object_read(const json_t *object, struct sw_lease_record *ret, struct sw_err *reterr);

/* A Lease with nothing but its names and our label; a new reference, NULL when out of memory. */
json_t *sw_lease_object_new(const char *namespace_, const char *name);

/* Writes into its spec what an election is about, and leaves the rest; wall_ms is the time to
 * write, since 1970. Fails with SW_ENOMEM, the object half written. */
int sw_lease_object_write(json_t *object, const struct sw_lease_write *write, uint64_t wall_ms,
                          struct sw_err *reterr);

#endif
