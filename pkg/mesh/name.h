/*
 * Names that we give.
 */
#ifndef SW_MESH_NAME_H
#define SW_MESH_NAME_H

#include "base/arena.h"

/* Longest DNS label (RFC 1123): what Istio wants a Gateway's name to be, and a hostname's part. */
#define SW_DNS_LABEL_MAX 63

/* `k-<service>-<suffix>`, the Service's name cut so that all of it stays a DNS label; without a
 * suffix (unset), `k-<service>`, or where that is too long `k-<cut>-<8 hex of its SHA-256>`. Arena
 * memory; data NULL when out of memory. */
struct sw_str sw_mesh_name(struct sw_arena *arena, struct sw_str service, struct sw_str suffix);

/* A Service's full host name, NAME.NAMESPACE.svc.cluster.local, and NAMESPACE/NAME, which
 * SW_ANNOTATION_SERVICE holds. Arena memory; data NULL when out of memory. */
struct sw_str sw_mesh_host(struct sw_arena *arena, struct sw_str namespace_, struct sw_str name);
struct sw_str sw_mesh_path(struct sw_arena *arena, struct sw_str namespace_, struct sw_str name);

#endif
