#include "lib/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARENA_CHUNK_BYTES ((size_t)16 << 10)
#define ARENA_MAX_BYTES   ((size_t)64 << 20)

#define HIERARCHY         "'tsb.tetrate.io/organization':'acme','tsb.tetrate.io/tenant':'prod'"

int sw_world_setup(void **state)
{
    struct sw_world *world = calloc(1, sizeof(*world));

    if (!world)
        return -1;
    sw_json_setup();
    sw_arena_init(&world->arena, ARENA_CHUNK_BYTES, ARENA_MAX_BYTES);
    world->scope = sw_json_scope_begin(&world->arena);
    *state = world;
    return 0;
}

int sw_world_teardown(void **state)
{
    struct sw_world *world = *state;

    sw_json_scope_end(&world->scope);
    sw_arena_release(&world->arena);
    free(world);
    return 0;
}

char *sw_world_text(struct sw_world *world, const char *text)
{
    char *copy = sw_arena_printf(&world->arena, "%s", text);

    assert_non_null(copy);
    for (char *p = copy; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    return copy;
}

json_t *sw_world_json(struct sw_world *world, const char *text)
{
    struct sw_err err = {0};
    json_t *value = NULL;

    if (sw_json_read(sw_str_from(sw_world_text(world, text)), &value, &err) < 0)
        fail_msg("%s in %s", err.message, text);
    return value;
}

json_t *sw_world_jsonf(struct sw_world *world, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = sw_arena_vprintf(&world->arena, format, args);
    va_end(args);
    assert_non_null(text);
    return sw_world_json(world, text);
}

void sw_world_cluster_from(struct sw_world *world, struct sw_view_source source)
{
    assert_true(world->n < SW_WORLD_MAX_CLUSTERS);
    sw_view_builder_init(&world->builders[world->n++], source, &world->arena);
}

void sw_world_cluster(struct sw_world *world, const char *name)
{
    sw_world_cluster_from(world,
                          (struct sw_view_source){.cluster = sw_str_from(name), .synced = true});
}

static void add(struct sw_world *world, const json_t *object)
{
    struct sw_err err = {0};

    assert_true(world->n > 0);
    if (sw_view_builder_add(&world->builders[world->n - 1], object, &err) != 1)
        fail_msg("not taken in: %s", err.code ? err.message : "a kind that no rule reads");
}

void sw_world_add(struct sw_world *world, const char *text)
{
    add(world, sw_world_json(world, text));
}

void sw_world_addf(struct sw_world *world, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = sw_arena_vprintf(&world->arena, format, args);
    va_end(args);
    assert_non_null(text);
    sw_world_add(world, text);
}

void sw_world_namespace(struct sw_world *world, const char *name, const char *labels)
{
    sw_world_addf(world,
                  "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s','labels':%s}}",
                  name, labels);
}

void sw_world_service(struct sw_world *world, const char *namespace_, const char *name,
                      const char *labels)
{
    sw_world_addf(world,
                  "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'%s','name':'%s',"
                  "'labels':%s},'spec':%s}",
                  namespace_, name, labels, SW_WORLD_SERVICE_SPEC);
}

void sw_world_workspace(struct sw_world *world, const char *name, const char *patterns)
{
    sw_world_addf(world,
                  "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{'name':'%s',"
                  "'annotations':{" HIERARCHY "}},"
                  "'spec':{'namespaceSelector':{'names':%s}}}",
                  name, patterns);
}

void sw_world_setting(struct sw_world *world, const char *workspace, const char *spec)
{
    sw_world_addf(world,
                  "{'apiVersion':'tsb.tetrate.io/v2','kind':'WorkspaceSetting','metadata':{"
                  "'name':'%s','annotations':{" HIERARCHY ",'tsb.tetrate.io/workspace':'%s'}},"
                  "'spec':%s}",
                  workspace, workspace, spec);
}

const struct sw_index *sw_world_build(struct sw_world *world)
{
    struct sw_err err = {0};

    for (size_t i = 0; i < world->n; i++) {
        if (sw_view_builder_finish(&world->builders[i], &world->views[i], &err) < 0)
            fail_msg("cluster %zu: %s", i, err.message);
        world->list[i] = &world->views[i];
    }
    world->index.views = world->list;
    world->index.n_views = world->n;
    return &world->index;
}
