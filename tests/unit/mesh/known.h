/*
 * A state that is fed as reflectors feed it: two clusters, east (local, config) and west.
 *
 * As in lib/world.h, ' stands for " in every text.
 */
#ifndef SW_TESTS_MESH_KNOWN_H
#define SW_TESTS_MESH_KNOWN_H

#include "mesh/state.h"

#define KNOWN_EAST 0
#define KNOWN_WEST 1

struct known {
    struct sw_state *state;
    struct sw_names *names;
    struct sw_state_cluster *clusters[2];
    struct sw_arena arena;      /* of what the test makes */
    const struct sw_mesh *mesh; /* as known_look() last gave it */
};

/* cmocka's fixture: *state is empty, has seen a whole picture of everything, and says that nothing
 * has changed. */
int known_setup(void **state);
int known_teardown(void **state);
#define KNOWN_TEST(function) cmocka_unit_test_setup_teardown(function, known_setup, known_teardown)

/* An object comes or goes by an event; or a whole picture of a resource begins or ends. */
void known_put(struct known *k, size_t cluster, enum sw_resource resource, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void known_remove(struct known *k, size_t cluster, enum sw_resource resource,
                  const char *namespace_, const char *name);
void known_begin(struct known *k, size_t cluster, enum sw_resource resource);
void known_end(struct known *k, size_t cluster, enum sw_resource resource);

/* Short forms: in namespace shop, a Service with one port http and selector app=<name>; a pod with
 * a sidecar on a node, labels in JSON without braces beside app; a slice of these pods, "a b", a
 * `-` before one that is not ready. */
void known_service(struct known *k, size_t cluster, const char *name);
void known_pod(struct known *k, size_t cluster, const char *name, const char *labels);
void known_slice(struct known *k, size_t cluster, const char *service, const char *pods);

/* In west, what makes gw/gw a gateway: a Workspace and a setting in east, the Service with
 * annotation or status addresses, "a b"; and a ready pod of it that sees network `view`. */
void known_setting(struct known *k);
void known_gateway(struct known *k, const char *addresses);
void known_gateway_pod(struct known *k, const char *name, const char *view);

/* The mesh as it is now. */
const struct sw_mesh *known_look(struct known *k);

/* Since when shop/<service> is held by no Gateway of west, in the mesh as it is now. */
uint64_t known_unheld_ms(struct known *k, const char *service);

/* Fail unless it reads as `expected` in the mesh as it is now. Groups: "account{labels}@locality
 * xN" joined by " | ", then " plain N" and " waiting". Dirty: "all", or keys sorted, "ns/name
 * ns/name", with " +gateways" behind; asking forgets. */
void known_check_groups(struct known *k, size_t cluster, const char *service, const char *expected);
void known_check_dirty(struct known *k, const char *expected);

/* The same for the only gateway of west: "addresses ready N view labels", or why there is none. */
void known_check_gateway(struct known *k, const char *expected);

#endif
