/*
 * Node, as far as it says where its pods are.
 */
#ifndef SW_MODEL_NODE_H
#define SW_MODEL_NODE_H

#include "model/meta.h"

struct sw_node {
    struct sw_str name;
    struct sw_str locality; /* "region/zone/subzone" of its labels, as Istio has it: what is absent
                               at the end is left out; "" where the region is absent */
};

/* Reads a whole object; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found) and SW_ENOMEM. */
int sw_node_read(const json_t *object, struct sw_arena *arena, struct sw_node *ret,
                 struct sw_err *reterr);

#endif
