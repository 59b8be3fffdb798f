/*
 * Meshes written down by hand: two clusters between which one Service fails over, and what a test
 * changes of them.
 *
 * As in lib/world.h, ' stands for " in every text.
 */
#ifndef SW_TESTS_MESH_FIXTURE_H
#define SW_TESTS_MESH_FIXTURE_H

#include "lib/world.h"
#include "mesh/diff.h"
#include "mesh/eastwest.h"
#include "mesh/gateways.h"

#define MESH_MAX 16 /* items of one list */

/* One cluster, its lists in storage of the fixture; sorted by mesh_build(). */
struct mesh_cluster {
    struct sw_mesh_cluster cluster;
    struct sw_mesh_backends *backends[MESH_MAX];
    struct sw_mesh_gateway *gateways[MESH_MAX];
    struct sw_mesh_passthrough *passthroughs[MESH_MAX];
    struct sw_mesh_rule *rules[MESH_MAX];
    struct sw_mesh_entry *entries[MESH_MAX];
    struct sw_mesh_mtls mtls[MESH_MAX];
};

struct mesh {
    struct sw_world *world;
    struct sw_mesh mesh;
    struct mesh_cluster clusters[SW_WORLD_MAX_CLUSTERS];
    const struct sw_mesh_cluster *list[SW_WORLD_MAX_CLUSTERS];
    struct sw_mesh_owned *owned[MESH_MAX];
    const struct sw_mesh_ingress *ingresses[MESH_MAX];
    struct sw_str native[MESH_MAX];
    struct sw_withdrawals withdrawals;
    uint64_t now_ms;
};

#define EAST 0 /* local, and the config cluster */
#define WEST 1

/* When what is in a fresh mesh was seen, and a moment at which nothing has to wait any more. */
#define SEEN_MS 1000
#define NOW_MS  100000

/* cmocka's fixture: *state is a mesh that is empty but for a world. */
int mesh_setup(void **state);
int mesh_teardown(void **state);
#define MESH_TEST(function) cmocka_unit_test_setup_teardown(function, mesh_setup, mesh_teardown)

/* Workspace shop over namespace shop everywhere, all of it exposed through gw/gw, which is ready at
 * 10.0.0.2 in west; Service shop/cart in both, and behind it in west three pods of version v1 in
 * us/a; west's Gateway holds it, and east has our DestinationRule for it. Not built yet, and the
 * world's last cluster is west. */
void mesh_pair(struct mesh *mesh);

/* The same, one part after the other; each adds to the world's last cluster. */
void mesh_begin(struct mesh *mesh, const char *name);
void mesh_workspace(struct mesh *mesh);
void mesh_service(struct mesh *mesh, const char *name, const char *spec);
struct sw_mesh_gateway *mesh_gateway(struct mesh *mesh, const char *name, const char *address);
struct sw_mesh_backends *mesh_backends(struct mesh *mesh, const char *service);
struct sw_mesh_passthrough *mesh_passthrough(struct mesh *mesh, const char *host);

/* Add to the cluster of that position. */
struct sw_mesh_rule *mesh_rule(struct mesh *mesh, size_t cluster, const char *namespace_,
                               const char *name, const char *host);
struct sw_mesh_rule *mesh_own_rule(struct mesh *mesh, size_t cluster, const char *service);
struct sw_mesh_entry *mesh_entry(struct mesh *mesh, size_t cluster, const char *service,
                                 const char *remote);
void mesh_mtls(struct mesh *mesh, size_t cluster, const char *namespace_, bool disabled);

/* Makes the world's index and the sorted lists. Call again after a change of a list. */
const struct sw_mesh *mesh_build(struct mesh *mesh);

/* Makes what a plan wants, all or of one kind, owned as if it had been written. */
void mesh_own(struct mesh *mesh, const struct sw_plan *plan);
struct sw_mesh_owned *mesh_own_object(struct mesh *mesh, enum sw_mesh_kind kind,
                                      const char *service, const char *name);

/* Plans of shop/<service>, of the Gateways, of an IngressGateway; the test fails if they do. */
struct sw_plan *mesh_plan(struct mesh *mesh, const char *service);
struct sw_plan *mesh_plan_gateways(struct mesh *mesh);
struct sw_plan *mesh_plan_eastwest(struct mesh *mesh, const char *name);

/* Fails unless what is wanted reads as `expected`: a line each, "Kind namespace/name", for a
 * WorkloadEntry "WorkloadEntry remote address weight", then " (Reason)" where there is a gate. */
void mesh_check_wanted(const struct sw_plan *plan, const char *expected);

/* Fails unless the findings read as `expected`: "Verdict Reason cluster: message" a line. */
void mesh_check_findings(const struct sw_plan *plan, const char *expected);

/* The first wanted object of a kind, as JSON; NULL if there is none. */
json_t *mesh_wanted_json(const struct sw_plan *plan, enum sw_mesh_kind kind);

/* The diff of these plans at mesh->now_ms. Fails unless operations and waits read as `expected`:
 * "verb Kind name" (for a WorkloadEntry, the cluster that it leads to in place of its name), then
 * for those that wait "wait verb Kind name: Reason" and " until N" where there is such a time. */
void mesh_check_diff(struct mesh *mesh, const struct sw_plan *plans, size_t n,
                     const char *expected);

/* Labels from a JSON object; strings from a list, space between them. */
struct sw_labels mesh_labels(struct mesh *mesh, const char *text);
const struct sw_str *mesh_strings(struct mesh *mesh, const char *text, size_t *ret_n);

#endif
