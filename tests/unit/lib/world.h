/*
 * Worlds: what each cluster holds, made from JSON text, as the rules see it.
 *
 * In every text given here ' stands for ", so that JSON reads in C. A world keeps a json scope of
 * its arena open from setup to teardown: everything made in it lives as long as the test.
 */
#ifndef SW_TESTS_WORLD_H
#define SW_TESTS_WORLD_H

#include "model/view.h"
#include "json/read.h"

#define SW_WORLD_MAX_CLUSTERS 4

struct sw_world {
    struct sw_arena arena;
    struct sw_json_scope scope;
    struct sw_view_builder builders[SW_WORLD_MAX_CLUSTERS];
    struct sw_view views[SW_WORLD_MAX_CLUSTERS];
    const struct sw_view *list[SW_WORLD_MAX_CLUSTERS];
    size_t n; /* clusters so far */
    struct sw_index index;
};

/* cmocka's fixture: *state is a new, empty world. */
int sw_world_setup(void **state);
int sw_world_teardown(void **state);
#define SW_WORLD_TEST(function)                                                                    \
    cmocka_unit_test_setup_teardown(function, sw_world_setup, sw_world_teardown)

/* The text with " for ', NUL-terminated; the world's arena. */
char *sw_world_text(struct sw_world *world, const char *text);

/* The value of a JSON text; the test fails if there is none. */
json_t *sw_world_json(struct sw_world *world, const char *text);

/* The value of a formatted JSON text. */
json_t *sw_world_jsonf(struct sw_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Begins a cluster, synced and not live, to which everything added from now on belongs. `name` must
 * outlive the world. The first is the local and the config cluster. */
void sw_world_cluster(struct sw_world *world, const char *name);

/* The same with a say in the rest of its source. */
void sw_world_cluster_from(struct sw_world *world, struct sw_view_source source);

/* Adds one whole object, which a rule must read, to the cluster last begun. */
void sw_world_add(struct sw_world *world, const char *text);
void sw_world_addf(struct sw_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Short forms of the above. `labels` and `spec` are JSON objects. Workspaces and settings are of
 * organization acme, tenant prod. */
void sw_world_namespace(struct sw_world *world, const char *name, const char *labels);
void sw_world_service(struct sw_world *world, const char *namespace_, const char *name,
                      const char *labels);
void sw_world_workspace(struct sw_world *world, const char *name, const char *patterns);
void sw_world_setting(struct sw_world *world, const char *workspace, const char *spec);

/* The spec that sw_world_service gives: a selector and one named TCP port, so that nothing stands
 * in the way of exposure. */
#define SW_WORLD_SERVICE_SPEC "{'selector':{'app':'x'},'ports':[{'name':'http','port':80}]}"

/* A setting's spec with one gateway and nothing else: every Service of the workspace is exposed. */
#define SW_WORLD_GATEWAY    "{'workloadSelector':{'namespace':'gw','labels':{'app':'gw'}}}"
#define SW_WORLD_EXPOSE_ALL "{'defaultEastWestGatewaySettings':[" SW_WORLD_GATEWAY "]}"

/* Builds the views of all clusters and gives the index over them, which the world owns. Once. */
const struct sw_index *sw_world_build(struct sw_world *world);

#endif
