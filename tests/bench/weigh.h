/*
 * How much memory the planner's input is.
 */
#ifndef SW_TESTS_BENCH_WEIGH_H
#define SW_TESTS_BENCH_WEIGH_H

#include "mesh/world.h"

/* Bytes of everything that can be reached from a mesh: structures, lists and strings, each as often
 * as something points to it, without what an allocator adds. */
size_t weigh_mesh(const struct sw_mesh *mesh);

#endif
