#include "mesh/op.h"

#include "base/cleanup.h"
#include "json/copy.h"
#include "json/read.h"

#include "base/banned.h"

const char *sw_op_verb_name(enum sw_op_verb verb)
{
    static const char *const names[] = {
        [SW_OP_CREATE] = "create",
        [SW_OP_APPLY] = "apply",
        [SW_OP_RELEASE] = "release",
        [SW_OP_DELETE] = "delete",
    };

    return names[verb];
}

/* An API server makes of an apply to a name that is not taken what it is sent, whatever version
 * that names, and else refuses any version but the one it holds (409). No object has this one: it
 * is that of a storage in which nothing was ever written. */
#define VERSION_OF_NONE "1"

int sw_op_phase(const struct sw_op *op)
{
    switch (op->verb) {
    case SW_OP_CREATE:
    case SW_OP_APPLY:
        return (int)op->kind;
    case SW_OP_RELEASE:
        return SW_MESH_N_KINDS;
    case SW_OP_DELETE:
    default:
        if (op->reason == SW_WAITS_RULE || op->reason == SW_WAITS_GATEWAY)
            return -1;
        return 2 * SW_MESH_N_KINDS - (int)op->kind;
    }
}

/* The object under another metadata, so that the plan's own stays as it is. */
static json_t *apply_body(const struct sw_op *op)
{
    json_auto_t *planned = sw_wanted_json(op->wanted), *object = NULL, *metadata = NULL;

    object = sw_json_copy(planned); /* what it left out would be removed from the object */
    metadata = sw_json_copy(json_object_get(planned, "metadata"));
    if (!object || !metadata || json_object_set(object, "metadata", metadata) < 0)
        return NULL;
    if (op->uid.len && json_object_set_new(metadata, "uid", sw_wanted_str(op->uid)) < 0)
        return NULL;
    if (op->verb == SW_OP_CREATE &&
        json_object_set_new(metadata, "resourceVersion", json_string(VERSION_OF_NONE)) < 0)
        return NULL;
    return SW_TAKE(object);
}

/* With the resourceVersion, what is written of managedFields is what stands there but for ours. */
static json_t *release_body(const struct sw_op *op)
{
    json_auto_t *others = NULL;

    if (op->others.len && sw_json_read(op->others, &others, NULL) < 0)
        return NULL;
    return json_pack("{s:{s:o,s:o,s:{s:n},s:{s:n},s:O*}}", "metadata", "uid",
                     sw_wanted_str(op->uid), "resourceVersion", sw_wanted_str(op->resource_version),
                     "labels", SW_LABEL_MANAGED_BY, "annotations", SW_ANNOTATION_SERVICE,
                     "managedFields", others);
}

json_t *sw_op_body(const struct sw_op *op)
{
    switch (op->verb) {
    case SW_OP_CREATE:
    case SW_OP_APPLY:
        return apply_body(op);
    case SW_OP_RELEASE:
        return release_body(op);
    case SW_OP_DELETE:
    default:
        return json_null();
    }
}
