/*
 * The kinds of object that a rule reads, told apart by apiVersion and kind.
 */
#ifndef SW_MODEL_KIND_H
#define SW_MODEL_KIND_H

#include "base/str.h"

#include <jansson.h>

enum sw_kind {
    SW_KIND_OTHER = 0, /* nothing here reads it */
    SW_KIND_NAMESPACE,
    SW_KIND_SERVICE,
    SW_KIND_DESTINATIONRULE, /* networking.istio.io, every served version */
    SW_KIND_WORKSPACE,       /* tsb.tetrate.io/v2: the CRD form (model/form.h makes it) */
    SW_KIND_SETTING,         /* WorkspaceSetting */
};

/* From an API group ("" for core), a version and a kind. */
enum sw_kind sw_kind_of(struct sw_str group, struct sw_str version, struct sw_str kind);

/* From a whole object's apiVersion and kind; SW_KIND_OTHER where they are missing or no strings. */
enum sw_kind sw_kind_of_object(const json_t *object);

/* "Service", "WorkspaceSetting", ...; "object" for SW_KIND_OTHER. Static. */
const char *sw_kind_name(enum sw_kind kind);

#endif
