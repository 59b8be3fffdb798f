/*
 * One object of any kind that a rule reads, typed.
 */
#ifndef SW_MODEL_OBJECT_H
#define SW_MODEL_OBJECT_H

#include "model/kind.h"
#include "model/meta.h"

struct sw_object {
    enum sw_kind kind;          /* SW_KIND_NAMESPACE, _SERVICE, _WORKSPACE or _SETTING */
    const struct sw_meta *meta; /* the item's own */
    const void *item;           /* struct sw_namespace, sw_service, sw_workspace or sw_setting */
};

/* Reads a whole object in the CRD form. Returns 1, or 0 (and *ret untouched) for a kind that an
 * index does not hold. Everything in *ret is in `arena`. A namespaced object without a namespace is
 * taken to be in "default", as kubectl would; one that a Namespace gives does not count.
 * Fails with SW_ETYPE (what is wrong with the object) and SW_ENOMEM. */
int sw_object_read(const json_t *object, struct sw_arena *arena, struct sw_object *ret,
                   struct sw_err *reterr);

/* The same for an object whose kind is known from elsewhere: an item of a list does not say it. */
int sw_object_read_as(enum sw_kind kind, const json_t *object, struct sw_arena *arena,
                      struct sw_object *ret, struct sw_err *reterr);

/* Order by kind, namespace and name: 0 for the same object. */
int sw_object_cmp(const struct sw_object *a, const struct sw_object *b);

#endif
