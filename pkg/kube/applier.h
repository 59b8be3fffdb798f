/*
 * Reading and writing single objects of an API server.
 *
 * An operation is a value; sent from a loop (sw_applier_send) or waited for (sw_applier_wait). All
 * writes are made as field manager "spillway", and none is repeated here: what a verdict asks for
 * is the caller's to do (kube/answer.h).
 */
#ifndef SW_KUBE_APPLIER_H
#define SW_KUBE_APPLIER_H

#include "kube/gvr.h"
#include "kube/waiter.h"

/* Whom the API server notes as the owner of the fields that we write. */
#define SW_FIELD_MANAGER "spillway"

enum sw_applier_verb {
    SW_APPLIER_GET,         /* ref names the object; no body */
    SW_APPLIER_CREATE,      /* ref names the collection (and subresource, as token's is created on
                               a named serviceaccount); body: the object */
    SW_APPLIER_APPLY,       /* server-side apply; body: the fields that are ours, with apiVersion,
                               kind and metadata.name */
    SW_APPLIER_UPDATE,      /* PUT; body: the whole object, with metadata.resourceVersion for
                               CONFLICT instead of overwriting */
    SW_APPLIER_MERGE_PATCH, /* body: RFC 7396; CONFLICT likewise */
    SW_APPLIER_JSON_PATCH,  /* body: RFC 6902 */
    SW_APPLIER_DELETE,      /* only what the preconditions match; no body */
};

enum sw_applier_propagation {
    SW_APPLIER_PROPAGATION_DEFAULT = 0, /* of the resource */
    SW_APPLIER_BACKGROUND,
    SW_APPLIER_FOREGROUND,
    SW_APPLIER_ORPHAN,
};

/* Everything is borrowed until the call that takes it returns. Unset is zero. */
struct sw_applier_op {
    enum sw_applier_verb verb;
    struct sw_gvr_ref ref;
    const json_t *object;                    /* the body; or: */
    struct sw_str body;                      /* the same as text, where object is NULL */
    bool force;                              /* of an apply: take fields from other managers */
    bool dry_run;                            /* everything but the storing */
    struct sw_str uid;                       /* precondition of a delete */
    struct sw_str resource_version;          /* precondition of a delete */
    enum sw_applier_propagation propagation; /* of a delete */
    int64_t timeout_ms;                      /* as in sw_call_request */
    size_t max_bytes;                        /* likewise */
};

/* As sw_call_send(); also fails with SW_EUSAGE for an operation that contradicts itself (a body to
 * a get, force without apply, a name missing), and SW_ELIMIT for a body over SW_APPLIER_MAX_BYTES.
 */
int sw_applier_send(const struct sw_client *client, const struct sw_applier_op *op,
                    struct sw_call_sink sink, struct sw_call **ret, struct sw_err *reterr);

/* As sw_waiter_call(); what keeps it from being sent is SW_ANSWER_FAILED. */
void sw_applier_wait(struct sw_waiter *waiter, const struct sw_applier_op *op,
                     struct sw_arena *arena, struct sw_answer *ret);

/* The API server takes requests of 3 MiB. */
#define SW_APPLIER_MAX_BYTES ((size_t)3 << 20)

#endif
