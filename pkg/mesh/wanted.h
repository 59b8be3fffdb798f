/*
 * An object that the plan wants in the local cluster.
 *
 * WorkloadEntries come by the hundred thousand, so they are kept typed (mesh/workloadentry.h) and
 * become JSON when one is written; all others are JSON from the start.
 */
#ifndef SW_MESH_WANTED_H
#define SW_MESH_WANTED_H

#include "base/arena.h"
#include "base/err.h"
#include "mesh/world.h"

struct sw_workloadentry;

struct sw_wanted {
    enum sw_mesh_kind kind;
    enum sw_reason gate; /* SW_PLANNED, or what it has to wait for before it is created: one of
                            SW_WAITS_GATEWAY, SW_WAITS_STUB */
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_digest digest;              /* as in struct sw_mesh_owned */
    const struct sw_workloadentry *entry; /* arena; NULL for other kinds */
    json_t *object;                       /* arena; NULL for a WorkloadEntry */
};

struct sw_wanteds {
    struct sw_wanted *items; /* arena; NULL while empty */
    size_t n;
};

/* Adds one, as it is. Fails with SW_ENOMEM. */
int sw_wanted_push(struct sw_wanteds *wanteds, struct sw_arena *arena, struct sw_wanted wanted,
                   struct sw_err *reterr);

/* What an object of ours says about itself. */
struct sw_wanted_meta {
    enum sw_mesh_kind kind;
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_str service;               /* for SW_ANNOTATION_SERVICE; unset for none */
    const struct sw_labels *labels;      /* beside our own; NULL for none */
    const struct sw_labels *annotations; /* likewise */
};

/* Adds an object with this metadata and `spec` (taken; NULL is taken for the allocation that
 * failed), and works out its digest. Call inside a sw_json_scope of `arena`. Fails with SW_ENOMEM.
 */
int sw_wanted_add(struct sw_wanteds *wanteds, struct sw_arena *arena,
                  const struct sw_wanted_meta *meta, json_t *spec, struct sw_err *reterr);

/* The cluster that a WorkloadEntry leads to, borrowed; unset for other kinds. */
struct sw_str sw_wanted_remote(const struct sw_wanted *wanted);

/* The whole object, to be applied: a new reference, NULL when out of memory. */
json_t *sw_wanted_json(const struct sw_wanted *wanted);

/* The object with this metadata around `spec`, which is taken (JSON's null for a kind without one,
 * NULL for an allocation that failed). A new reference, NULL when out of memory. */
json_t *sw_wanted_object(const struct sw_wanted_meta *meta, json_t *spec);

/* A JSON object of the labels, or a JSON string: new references, NULL when out of memory. */
json_t *sw_wanted_labels(const struct sw_labels *labels);
json_t *sw_wanted_str(struct sw_str s);

#endif
