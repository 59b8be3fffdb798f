/*
 * Classes of pods: found by what they have in common, counted by who is of them. Private to
 * mesh/pods.
 */
#ifndef SW_MESH_POD_CLASS_H
#define SW_MESH_POD_CLASS_H

#include "mesh/pods.h"

/* The class that `pod` is of, with one pod more; made if there is none. NULL when out of memory. */
const struct sw_pod_class *sw_pod_class_take(struct sw_pods *pods, const struct sw_pod *pod,
                                             struct sw_err *reterr);

/* One pod less; the last one frees it. */
void sw_pod_class_drop(struct sw_pods *pods, const struct sw_pod_class *class);

#endif
