/*
 * Groups: the ready pods of a Service that agree on service account and on subset labels.
 */
#ifndef SW_MESH_GROUP_H
#define SW_MESH_GROUP_H

#include "mesh/pods.h"
#include "mesh/world.h"
#include "model/strlist.h"

/* One ready pod. */
struct sw_group_pod {
    const struct sw_pod_class *class;
    struct sw_str locality; /* unset while unknown: then it does not count for the group's */
};

struct sw_group_list {
    const struct sw_mesh_group *groups;
    size_t n;
    uint32_t n_plain; /* pods without a sidecar: they are in no group */
};

/* Groups `n` pods, each given once, by account and by their labels of these keys, which are sorted.
 * `pods` is put in another order. Groups come as struct sw_mesh_backends has them, in `arena`;
 * their strings borrow from the classes and the keys. Fails with SW_ENOMEM. */
int sw_group_build(struct sw_group_pod *pods, size_t n, const struct sw_strings *keys,
                   struct sw_arena *arena, struct sw_group_list *ret, struct sw_err *reterr);

/* Copies groups and all that they borrow. Fails with SW_ENOMEM. */
int sw_group_copy(const struct sw_mesh_group *groups, size_t n, struct sw_arena *arena,
                  const struct sw_mesh_group **ret, struct sw_err *reterr);

/* True if the groups are alike in everything. */
bool sw_group_eq(const struct sw_mesh_group *a, size_t n_a, const struct sw_mesh_group *b,
                 size_t n_b);

/* What two localities, "region/zone/subzone", agree on from the left. Borrowed from `a`; empty if
 * on nothing. */
struct sw_str sw_group_common(struct sw_str a, struct sw_str b);

#endif
