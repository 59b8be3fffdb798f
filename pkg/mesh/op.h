/*
 * One write to the local cluster.
 */
#ifndef SW_MESH_OP_H
#define SW_MESH_OP_H

#include "mesh/wanted.h"

enum sw_op_verb {
    SW_OP_CREATE,  /* nothing of that name is known to be ours: server-side apply, not forced, which
                      the API server refuses where there is an object of that name. (Without more,
                      it would add our fields and our label to a user's of no other values.) */
    SW_OP_APPLY,   /* ours, and not as it should be: server-side apply, forced */
    SW_OP_RELEASE, /* somebody else's by now: a merge patch (RFC 7396) that takes our label, our
                      annotation and our field manager off. (An apply of nothing would take away
                      what nobody else applies, such as the ports.) */
    SW_OP_DELETE,  /* with uid and resourceVersion as preconditions */
};

/* Strings are borrowed from the plan and the mesh. */
struct sw_op {
    enum sw_op_verb verb;
    enum sw_mesh_kind kind;
    enum sw_reason reason; /* SW_PLANNED, SW_NO_LONGER_WANTED, SW_WAITS_GATEWAY or SW_RELEASED */
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_str uid;              /* unset for a create */
    struct sw_str resource_version; /* likewise */
    struct sw_str remote;           /* the cluster that a WorkloadEntry leads to; else unset */
    struct sw_str for_namespace;    /* the key of the plan that it follows from */
    struct sw_str for_service;
    struct sw_str others;           /* for a release: managedFields without ours; unset: as is */
    const struct sw_wanted *wanted; /* for create and apply; else NULL */
};

/* "create", "apply", "release" or "delete": static, stable. */
const char *sw_op_verb_name(enum sw_op_verb verb);

/* Where it stands among those of its plan, as a number that grows. First goes what is withdrawn
 * because it lacks something, for that may be what cannot be made; makes come next, in the order of
 * the kinds, then what lets go; other deletions come last, in reverse. */
int sw_op_phase(const struct sw_op *op);

/* The body to send: the object, with metadata.uid where it must be that very one, and with a
 * metadata.resourceVersion that none has where there must be none; the merge patch with uid and
 * resourceVersion. JSON's null for a delete. A new reference, to be made and used inside a
 * sw_json_scope of the arena of plan or another; NULL when out of memory. */
json_t *sw_op_body(const struct sw_op *op);

#endif
