#include "cli/admit_input.h"

#include "io/dir.h"
#include "json/get.h"
#include "model/kind.h"

#include <sys/stat.h>

#include "base/banned.h"

#define AT_METADATA SW_AT_KEY(NULL, "metadata")

/* What reading works on. */
struct input {
    const struct sw_admit_options *options;
    struct sw_arena *arena;
    struct sw_admit_set *set;
};

bool sw_admit_is_review(const json_t *value)
{
    const char *kind = json_string_value(json_object_get(value, "kind"));
    const char *version = json_string_value(json_object_get(value, "apiVersion"));

    return kind && version && strcmp(kind, "AdmissionReview") == 0 &&
           sw_str_has_prefix(sw_str_from(version), SW_STR("admission.k8s.io/"));
}

static int add_problem(struct input *input, const struct sw_manifest_object *object,
                       const struct sw_err *err, struct sw_err *reterr)
{
    return sw_problems_add(&input->set->problems, object->path, object->line, 0, err->message,
                           reterr);
}

static int read_folder(struct input *input, const char *path, enum sw_dir_depth depth,
                       struct sw_problems *problems, struct sw_manifest *manifest,
                       struct sw_err *reterr)
{
    struct sw_dir_files files;
    int r = sw_dir_list(path, depth, input->arena, problems, &files, reterr);

    if (r < 0)
        return r;
    /* As kubectl does: an empty folder is a wrong name more often than not. */
    if (files.n == 0)
        return sw_problems_add(problems, path, 0, 0,
                               files.n_folders ? "expected *.yaml, *.yml or *.json, found folders "
                                                 "only: -R reads those too"
                                               : "expected *.yaml, *.yml or *.json, found none",
                               reterr);
    for (size_t i = 0; r == 0 && i < files.n; i++)
        r = sw_manifest_read(files.paths[i], input->arena, manifest, problems, reterr);
    return r;
}

static int read_given(struct input *input, struct sw_err *reterr)
{
    const struct sw_admit_options *options = input->options;
    struct sw_admit_set *set = input->set;
    int r = 0;

    for (size_t i = 0; r == 0 && i < options->n_files; i++) {
        const char *path = options->files[i];
        struct stat info;

        if (strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            r = read_folder(input, path, options->recursive ? SW_DIR_DEEP : SW_DIR_FLAT,
                            &set->problems, &set->given, reterr);
        else
            r = sw_manifest_read(path, input->arena, &set->given, &set->problems, reterr);
    }
    return r;
}

/* Fills in the namespace that the API server would know from the request. SW_ETYPE if the object
 * has nothing to put it into, or no name. */
static int complete(json_t *object, struct sw_str namespace_, struct sw_err *reterr)
{
    enum sw_kind kind = sw_kind_of_object(object);
    json_t *metadata = NULL;
    struct sw_str text;
    int r;

    if (kind == SW_KIND_OTHER)
        return 0;
    r = sw_get_object(object, "metadata", NULL, &metadata, reterr);
    if (r == 1)
        r = sw_get_str(metadata, "name", AT_METADATA, &text, reterr);
    if (r == 0 && metadata)
        r = sw_get_str(metadata, "generateName", AT_METADATA, &text, reterr);
    if (r == 0)
        return sw_get_fail(NULL, "name", AT_METADATA, "a string", reterr);
    if (r < 0 || kind == SW_KIND_NAMESPACE)
        return r < 0 ? r : 0;
    r = sw_get_str(metadata, "namespace", AT_METADATA, &text, reterr);
    if (r != 0)
        return r < 0 ? r : 0;
    if (json_object_set_new(metadata, "namespace",
                            json_stringn(namespace_.data, namespace_.len)) < 0)
        return sw_err_nomem(reterr);
    return 0;
}

/* A kind that a rule judges: that one says what is wrong with an unreadable object. */
static bool is_left_to_its_rule(const json_t *object)
{
    enum sw_kind kind = sw_kind_of_object(object);

    return kind == SW_KIND_SERVICE || kind == SW_KIND_SETTING;
}

/* Puts everything given on top of what the local cluster holds. */
static int add_given(struct input *input, struct sw_view_builder *builder, struct sw_err *reterr)
{
    const struct sw_manifest *given = &input->set->given;
    int r = 0;

    for (size_t i = 0; r >= 0 && i < given->n; i++) {
        const struct sw_manifest_object *object = &given->items[i];
        struct sw_err err = {0};

        if (sw_admit_is_review(object->value))
            continue;
        r = complete(object->value, input->options->namespace_, &err);
        if (r == 0) {
            r = sw_view_builder_add(builder, object->value, &err);
            if (r == SW_ETYPE && is_left_to_its_rule(object->value))
                r = 0;
        }
        if (r == SW_ETYPE) {
            sw_manifest_blame(object->value, &err);
            r = add_problem(input, object, &err, reterr);
        } else if (r < 0) {
            r = sw_err_set(reterr, r, "%s", err.message);
        }
    }
    return r < 0 ? r : 0;
}

/* Keeps what an update may replace: the kinds whose rule compares old and new. What is wrong with
 * them was said when they were read into the view. */
static int keep_local(struct input *input, const char *dir, struct sw_err *reterr)
{
    struct sw_manifest all = {NULL, 0}, *local = &input->set->local;
    int r = read_folder(input, dir, SW_DIR_DEEP, NULL, &all, reterr);

    for (size_t i = 0; r == 0 && i < all.n; i++) {
        struct sw_err err = {0};

        if (sw_kind_of_object(all.items[i].value) != SW_KIND_SETTING)
            continue;
        r = complete(all.items[i].value, SW_STR("default"), &err);
        if (r < 0)
            return r == SW_ETYPE ? 0 : sw_err_set(reterr, r, "%s", err.message);
        local->items = sw_arena_push(input->arena, local->items, local->n, sizeof(*local->items));
        if (!local->items)
            return sw_err_nomem(reterr);
        local->items[local->n++] = all.items[i];
    }
    return r;
}

static int read_cluster(struct input *input, size_t i, struct sw_err *reterr)
{
    const struct sw_clusters *clusters = &input->options->clusters;
    const struct sw_cluster *cluster = &clusters->items[i];
    struct sw_view_source source = {.cluster = cluster->name, .synced = true};
    struct sw_view *view = sw_arena_zalloc(input->arena, sizeof(*view));
    struct sw_view_builder builder;
    uint64_t fingerprint;
    int r;

    if (!view)
        return sw_err_nomem(reterr);
    sw_view_builder_init(&builder, source, input->arena);
    r = sw_dir_read(cluster->dir, &builder, &input->set->problems, &fingerprint, reterr);
    if (r < 0)
        return sw_err_wrap(reterr, "cluster %.*s", SW_STR_ARG(cluster->name));
    if (i == clusters->local)
        r = add_given(input, &builder, reterr);
    if (r == 0 && i == clusters->local && input->options->operation == SW_UPDATE)
        r = keep_local(input, cluster->dir, reterr);
    if (r == 0)
        r = sw_view_builder_finish(&builder, view, reterr);
    input->set->views[i] = view;
    return r;
}

int sw_admit_input_read(const struct sw_admit_options *options, struct sw_arena *arena,
                        struct sw_admit_set *ret, struct sw_err *reterr)
{
    struct input input = {.options = options, .arena = arena, .set = ret};
    int r;

    *ret = (struct sw_admit_set){.problems.arena = arena};
    r = read_given(&input, reterr);
    if (r == 0 && ret->given.n == 0 && ret->problems.n == 0)
        return sw_err_set(reterr, SW_EUSAGE, "expected at least one object to judge, found none");
    for (size_t i = 0; r == 0 && i < options->clusters.n; i++)
        r = read_cluster(&input, i, reterr);
    ret->index = (struct sw_index){
        .views = ret->views,
        .n_views = options->clusters.n,
        .local = options->clusters.local,
        .config = options->clusters.config,
    };
    return r;
}
