/*
 * Members of two clusters, home and west, whose API servers are in memory (servers.h), and who
 * reads them.
 */
#ifndef SW_TESTS_RECONCILER_PAIR_H
#define SW_TESTS_RECONCILER_PAIR_H

#include "reconciler/members.h"
#include "servers.h"

#define PAIR_HOME   "https://home:6443"
#define PAIR_WEST   "https://west:6443"

#define PAIR_REPORT "/api/v1/namespaces/sys/configmaps/spillway-status"

struct pair {
    struct sw_state *state;
    struct sw_members *members;
    struct sw_clusters clusters;
    char folder[64]; /* of the kubeconfigs */
};

extern struct pair pair;

/* cmocka's fixtures, which may be called by others. Nothing has been read yet. `on_remote_move` is
 * as in struct sw_members_options; NULL: nobody is interested. */
int pair_setup(void **state, void (*on_remote_move)(void *context), void *context);
int pair_teardown(void **state);

/* Does all that can be done at once. */
void pair_run(void);

/* The state's mesh, whose clusters are named. */
const struct sw_mesh *pair_mesh(void);

#endif
