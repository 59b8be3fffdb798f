/*
 * An AdmissionReview (admission.k8s.io/v1) as the API server sends it, scanned and not parsed.
 *
 * The review borrows from the body. What a rule decides on or patches becomes a value by
 * sw_review_object(), trimmed to what rules read; the rest (managedFields, last-applied, userInfo)
 * is never looked at again.
 */
#ifndef SW_ADMISSION_REVIEW_H
#define SW_ADMISSION_REVIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "json/scan.h"
#include "model/kind.h"

#include <jansson.h>

enum sw_operation { SW_CREATE, SW_UPDATE, SW_DELETE, SW_CONNECT };

/* Slices of the review that are kept; private to review.c but for their number. */
#define SW_REVIEW_SLICES 40

struct sw_review {
    struct sw_str uid_json; /* with its quotes, to be echoed as it came */
    struct sw_str uid;
    struct sw_str kind_name; /* request.kind.kind, as it came */
    enum sw_kind kind;
    struct sw_str name;       /* unset while generateName has not made one */
    struct sw_str namespace_; /* unset for a cluster-scoped object */
    enum sw_operation operation;
    bool sub_resource; /* a subresource such as status, not the object itself */
    struct sw_scan_slice slices[SW_REVIEW_SLICES];
};

/* Reads `body`, which must outlive the review. Strings that needed unescaping are in `arena`.
 * Fails with SW_ESYNTAX and SW_ELIMIT (not JSON that we read), SW_ETYPE (not an AdmissionReview of
 * v1 with a request; the message names the member), SW_ENOMEM. */
int sw_review_read(struct sw_str body, struct sw_arena *arena, struct sw_review *ret,
                   struct sw_err *reterr);

enum sw_review_which { SW_REVIEW_OBJECT, SW_REVIEW_OLD_OBJECT };

/* The object as a value, trimmed to metadata.{name,namespace,creationTimestamp,deletionTimestamp,
 * labels,annotations (those that rules read)}, spec, and misplaced defaultEastWestGatewaySettings.
 * metadata.namespace is the request's. *ret is NULL where the request has no such object, else a
 * value of the open sw_json_scope. Fails with SW_ETYPE (an object without metadata), SW_ENOMEM. */
int sw_review_object(const struct sw_review *review, enum sw_review_which which, json_t **ret,
                     struct sw_err *reterr);

#endif
