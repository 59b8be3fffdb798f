#include "golden/scene.h"

#include "golden/find.h"
#include "io/dir.h"

/* What the loader works on. */
struct scene {
    const struct golden_place *place;
    const struct golden_options *options;
    struct sw_arena *arena;
    const char *own;              /* the case's clusters/ */
    struct golden_names names;    /* of all clusters */
    const struct sw_view **views; /* arena; one a name */
};

static bool has_name(const struct golden_names *names, struct sw_str name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (sw_str_is(name, names->items[i]))
            return true;
    }
    return false;
}

static int add_name(struct scene *scene, const char *name, struct sw_err *reterr)
{
    const char **items =
        sw_arena_push(scene->arena, scene->names.items, scene->names.n, sizeof(*items));

    if (!items)
        return sw_err_nomem(reterr);
    items[scene->names.n++] = name;
    scene->names.items = items;
    return 0;
}

/* The clusters, in the order of case.yaml; those that only the case's own folder has come last. */
static int name_clusters(struct scene *scene, struct sw_err *reterr)
{
    struct golden_names own = {0};
    json_t *folders;
    const char *name;
    int r = 0;

    if (golden_is_folder(scene->own))
        r = golden_list(scene->own, scene->arena, &own, &(size_t){0}, reterr);
    json_object_foreach (scene->options->clusters, name, folders)
        r = r < 0 ? r : add_name(scene, name, reterr);
    for (size_t i = 0; r == 0 && i < own.n; i++) {
        if (!has_name(&scene->names, sw_str_from(own.items[i])))
            r = add_name(scene, own.items[i], reterr);
    }
    return r;
}

/* A problem in a manifest here is a slip of the case's. */
static int add_folder(struct scene *scene, struct sw_view_builder *builder, const char *path,
                      struct sw_err *reterr)
{
    struct sw_problems problems = {.arena = scene->arena};
    uint64_t fingerprint;
    int r = sw_dir_read(path, builder, &problems, &fingerprint, reterr);

    if (r < 0 || !problems.n)
        return r;
    return sw_err_set(reterr, SW_EUSAGE, "%s:%zu: %s", problems.items[0].path,
                      problems.items[0].line, problems.items[0].message);
}

/* Fills one cluster from its shared folders and from its own. */
static int fill(struct scene *scene, struct sw_view_builder *builder, const char *name,
                struct sw_err *reterr)
{
    json_t *folders = json_object_get(scene->options->clusters, name), *folder;
    const char *path;
    size_t i;
    int r = 0;

    json_array_foreach (folders, i, folder) {
        path = sw_arena_printf(scene->arena, "%s/clusters/%s", scene->place->root,
                               json_string_value(folder));
        r = path ? add_folder(scene, builder, path, reterr) : sw_err_nomem(reterr);
        if (r < 0)
            return r;
    }
    path = sw_arena_printf(scene->arena, "%s/%s", scene->own, name);
    if (!path)
        return sw_err_nomem(reterr);
    return golden_is_folder(path) ? add_folder(scene, builder, path, reterr) : 0;
}

static int build(struct scene *scene, const char *name, const struct sw_view **ret,
                 struct sw_err *reterr)
{
    struct sw_view_source source = {
        .cluster = sw_str_from(name),
        .live = golden_options_lists(scene->options->live, sw_str_from(name)),
        .synced = !golden_options_lists(scene->options->unsynced, sw_str_from(name)),
    };
    struct sw_view *view = sw_arena_alloc(scene->arena, sizeof(*view));
    struct sw_view_builder builder;
    int r;

    if (!view)
        return sw_err_nomem(reterr);
    sw_view_builder_init(&builder, source, scene->arena);
    r = fill(scene, &builder, name, reterr);
    if (r == 0)
        r = sw_view_builder_finish(&builder, view, reterr);
    if (r < 0)
        return sw_err_wrap(reterr, "cluster %s", name);
    *ret = view;
    return 0;
}

/* Every name in case.yaml must be a cluster's. */
static int check_names(const struct scene *scene, struct sw_err *reterr)
{
    const struct golden_options *options = scene->options;
    json_t *const lists[] = {options->unsynced, options->live};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        json_t *item;
        size_t at;

        json_array_foreach (lists[i], at, item) {
            if (!has_name(&scene->names, sw_str_from(json_string_value(item))))
                return sw_err_set(reterr, SW_EUSAGE, "there is no cluster %s",
                                  json_string_value(item));
        }
    }
    return 0;
}

/* The position of the named cluster; `otherwise` for an unset name. */
static int find_cluster(const struct scene *scene, struct sw_str name, size_t otherwise,
                        size_t *ret, struct sw_err *reterr)
{
    *ret = otherwise;
    if (!name.len)
        return 0;
    for (size_t i = 0; i < scene->names.n; i++) {
        if (sw_str_is(name, scene->names.items[i])) {
            *ret = i;
            return 0;
        }
    }
    return sw_err_set(reterr, SW_EUSAGE, "there is no cluster %.*s", SW_STR_ARG(name));
}

int golden_scene_load(const struct golden_place *place, const struct golden_options *options,
                      struct sw_arena *arena, struct sw_index *ret, struct sw_err *reterr)
{
    struct scene scene = {.place = place, .options = options, .arena = arena};
    struct sw_index index = {0};
    int r;

    scene.own = sw_arena_printf(arena, "%s/clusters", place->folder);
    if (!scene.own)
        return sw_err_nomem(reterr);
    r = name_clusters(&scene, reterr);
    if (r == 0)
        r = check_names(&scene, reterr);
    if (r == 0)
        r = find_cluster(&scene, options->local, 0, &index.local, reterr);
    if (r == 0)
        r = find_cluster(&scene, options->config, index.local, &index.config, reterr);
    if (r < 0)
        return r;
    scene.views = sw_arena_alloc(arena, scene.names.n * sizeof(scene.views[0]));
    if (!scene.views)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < scene.names.n; i++) {
        r = build(&scene, scene.names.items[i], &scene.views[i], reterr);
        if (r < 0)
            return r;
    }
    index.views = scene.views;
    index.n_views = scene.names.n;
    *ret = index;
    return 0;
}
