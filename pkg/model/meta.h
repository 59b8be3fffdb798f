/*
 * What every Kubernetes object says about itself, as far as a rule reads it.
 */
#ifndef SW_MODEL_META_H
#define SW_MODEL_META_H

#include "model/labels.h"

/* Objects that Spillway made carry this label (and its field manager). */
#define SW_LABEL_MANAGED_BY "app.kubernetes.io/managed-by"
#define SW_MANAGED_BY       "spillway"

/* The TSB hierarchy of an object in the CRD form, kept in annotations. */
#define SW_ANNOTATION_ORGANIZATION "tsb.tetrate.io/organization"
#define SW_ANNOTATION_TENANT       "tsb.tetrate.io/tenant"
#define SW_ANNOTATION_WORKSPACE    "tsb.tetrate.io/workspace"

struct sw_meta {
    struct sw_str name;       /* unset for an object that will be named by generateName */
    struct sw_str namespace_; /* unset for a cluster-scoped object */
    struct sw_str created;    /* creationTimestamp, RFC 3339 in UTC, so that byte order is time
                                 order; unset for an object that is not on a cluster yet */
    bool deleting;            /* deletionTimestamp is set */
    struct sw_labels labels;
};

/* Reads `metadata` of a whole object. Strings are copied into `arena`.
 * Fails with SW_ETYPE (message names the path) and SW_ENOMEM. */
int sw_meta_read(const json_t *object, struct sw_arena *arena, struct sw_meta *ret,
                 struct sw_err *reterr);

/* Copies annotation `key` of a whole object into *ret; unset if it is absent.
 * Fails with SW_ETYPE and SW_ENOMEM. */
int sw_meta_annotation(const json_t *object, const char *key, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr);

/* Order of precedence where two objects claim one thing: the older first; one that has no
 * creationTimestamp yet comes after those that have. 0 when that does not decide. */
int sw_meta_cmp_age(const struct sw_meta *a, const struct sw_meta *b);

/* True if the object carries our managed-by label. */
bool sw_meta_is_ours(const struct sw_meta *meta);

/* Copies string member `key` of `object`, which stands at `at`, into *ret; *ret is unset when the
 * member is absent. Fails with SW_ETYPE and SW_ENOMEM. */
int sw_model_copy_str(const json_t *object, const char *key, const struct sw_at *at,
                      struct sw_arena *arena, struct sw_str *ret, struct sw_err *reterr);

#endif
