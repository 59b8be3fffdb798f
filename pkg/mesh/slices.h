/*
 * The EndpointSlices of one cluster, joined with its pods: which ready pods are behind a Service.
 *
 * What is behind one Service is a backing. It is there while a slice names the Service, or while
 * its user keeps it; whatever changes it puts it on the list of stale ones.
 */
#ifndef SW_MESH_SLICES_H
#define SW_MESH_SLICES_H

#include "mesh/group.h"
#include "model/endpointslice.h"

/* The arena of a backing: room for a group or two at first. */
#define SW_BACKING_CHUNK_BYTES 256
#define SW_BACKING_MAX_BYTES   ((size_t)16 << 20)

struct sw_backing {
    struct sw_record record;
    struct sw_slice *slices; /* of the Service; owned by struct sw_slices */
    struct sw_backing *next_stale;
    bool stale;                       /* it is on the list */
    bool kept;                        /* the user's: it stays without a slice */
    bool published;                   /* the user's: `backends` is in a list */
    struct sw_arena arena;            /* of `backends` */
    struct sw_mesh_backends backends; /* as computed last; namespace_ and service are always set */
    char text[];
};

/* A zeroed one with `pods` set is empty. */
struct sw_slices {
    struct sw_pods *pods; /* borrowed */
    struct sw_hash slices;
    struct sw_hash backings;
    struct sw_backing *stale; /* the first of the list */
    size_t n_bytes; /* that they and the arenas take, without what malloc adds: who changes
                       an arena counts it */
};

/* Frees everything. */
void sw_slices_release(struct sw_slices *slices);

/* A slice came or changed. One that belongs to no Service, or whose addresses are no IPs, is as
 * good as gone. Fails with SW_ENOMEM, and the slice is as before. */
int sw_slices_put(struct sw_slices *slices, const struct sw_endpointslice *slice, uint32_t picture,
                  struct sw_err *reterr);

/* A slice is gone, or is in this picture too. */
void sw_slices_remove(struct sw_slices *slices, struct sw_str namespace_, struct sw_str name);
void sw_slices_touch(struct sw_slices *slices, struct sw_str namespace_, struct sw_str name,
                     uint32_t picture);

/* Removes what was not in this picture. Returns how many there were. */
size_t sw_slices_sweep(struct sw_slices *slices, uint32_t picture);

/* To be called where a pod changed, as struct sw_pods does. */
void sw_slices_pod_changed(struct sw_slices *slices, struct sw_pod_record *pod);

/* To be called where nodes moved: marks every backing that has a pod on a node. */
void sw_slices_nodes_moved(struct sw_slices *slices);

/* The backing of a Service; NULL if there is none. */
struct sw_backing *sw_slices_find(const struct sw_slices *slices, struct sw_str namespace_,
                                  struct sw_str service);

/* The same, made and kept if there is none. NULL when out of memory. */
struct sw_backing *sw_slices_keep(struct sw_slices *slices, struct sw_str namespace_,
                                  struct sw_str service, struct sw_err *reterr);

/* Ends that: frees it where no slice names the Service either, once it is not stale any more. */
void sw_slices_unkeep(struct sw_slices *slices, struct sw_backing *backing);

/* Puts it on the list of stale ones. */
void sw_slices_stale(struct sw_slices *slices, struct sw_backing *backing);

/* Takes the next one off the list; NULL at its end. To be followed by sw_slices_settle(). */
struct sw_backing *sw_slices_next_stale(struct sw_slices *slices);

/* Frees a backing that is not stale, not kept and has no slices. True if it did. */
bool sw_slices_settle(struct sw_slices *slices, struct sw_backing *backing);

/* The ready pods of a backing, each once, in `arena`. *ret_waiting is set where one has not been
 * seen yet, and then they are not all. Fails with SW_ENOMEM. */
int sw_slices_pods(const struct sw_backing *backing, struct sw_arena *arena,
                   struct sw_group_pod **ret, size_t *ret_n, bool *ret_waiting,
                   struct sw_err *reterr);

#endif
