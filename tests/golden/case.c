#include "golden/case.h"

#include "base/cleanup.h"
#include "golden/find.h"
#include "golden/review.h"
#include "io/file.h"
#include "io/manifest.h"
#include "json/yaml.h"

#define MAX_FILE_BYTES ((size_t)16 << 20)

/* What a case folder may hold. */
enum file { CASE, CLUSTERS, EXPECTED, OBJECT, OLD, REVIEW, N_FILES };

static const char *const file_names[N_FILES] = {
    [CASE] = "case.yaml",     [CLUSTERS] = "clusters", [EXPECTED] = "expected.yaml",
    [OBJECT] = "object.yaml", [OLD] = "old.yaml",      [REVIEW] = "review.json",
};

/* What the loader works on. */
struct loader {
    const struct golden_place *place;
    struct sw_arena *arena;
    const char *paths[N_FILES]; /* NULL where the folder has no such file */
    json_t *notes;
};

static int place_file(struct loader *loader, const char *name, struct sw_err *reterr)
{
    for (size_t i = 0; i < N_FILES; i++) {
        if (strcmp(name, file_names[i]) != 0)
            continue;
        loader->paths[i] = sw_arena_printf(loader->arena, "%s/%s", loader->place->folder, name);
        return loader->paths[i] ? 0 : sw_err_nomem(reterr);
    }
    return sw_err_set(reterr, SW_EUSAGE, "%s: no such file is known", name);
}

static int place_files(struct loader *loader, struct sw_err *reterr)
{
    struct golden_names names = {0};
    size_t files;
    int r = golden_list(loader->place->folder, loader->arena, &names, &files, reterr);

    for (size_t i = 0; r == 0 && i < names.n; i++)
        r = place_file(loader, names.items[i], reterr);
    if (r < 0)
        return r;
    if (!loader->paths[OBJECT] == !loader->paths[REVIEW])
        return sw_err_set(reterr, SW_EUSAGE, "expected either object.yaml or review.json");
    if (loader->paths[OLD] && !loader->paths[OBJECT])
        return sw_err_set(reterr, SW_EUSAGE, "old.yaml without object.yaml");
    return 0;
}

/* The whole text of a file; unset where there is none. */
static int read_text(struct loader *loader, enum file file, struct sw_str *ret,
                     struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    int r;

    sw_buf_init(&buf, MAX_FILE_BYTES);
    if (!loader->paths[file])
        return 0;
    r = sw_file_read(loader->paths[file], &buf, reterr);
    if (r < 0)
        return r;
    *ret = sw_arena_copy(loader->arena, sw_buf_str(&buf));
    return ret->data ? 0 : sw_err_nomem(reterr);
}

static int read_options(struct loader *loader, struct golden_options *ret, struct sw_err *reterr)
{
    struct sw_yaml_documents documents = {0};
    struct sw_str text = SW_STR("{about: nothing particular}");
    int r = read_text(loader, CASE, &text, reterr);

    if (r == 0)
        r = sw_yaml_read(text, loader->arena, &documents, reterr);
    if (r == 0)
        r = documents.n == 1 ? golden_options_read(documents.items[0].value, ret, reterr)
                             : sw_err_set(reterr, SW_EUSAGE, "expected one document");
    return r < 0 ? sw_err_wrap(reterr, "case.yaml") : 0;
}

/* The one object of a file, in the form that clusters hold; NULL where there is no such file. */
static int read_object(struct loader *loader, enum file file, json_t **ret, struct sw_err *reterr)
{
    struct sw_problems problems = {.arena = loader->arena};
    struct sw_manifest manifest = {0};
    int r;

    if (!loader->paths[file])
        return 0;
    r = sw_manifest_read(loader->paths[file], loader->arena, &manifest, &problems, reterr);
    if (r < 0)
        return r;
    if (problems.n)
        return sw_err_set(reterr, SW_EUSAGE, "%s:%zu: %s", file_names[file], problems.items[0].line,
                          problems.items[0].message);
    if (manifest.n != 1)
        return sw_err_set(reterr, SW_EUSAGE, "%s: expected one object, found %zu", file_names[file],
                          manifest.n);
    for (size_t i = 0; i < manifest.items[0].n_slips; i++) {
        if (json_array_append_new(loader->notes, json_string(manifest.items[0].slips[i])) < 0)
            return sw_err_nomem(reterr);
    }
    *ret = manifest.items[0].value;
    return 0;
}

/* The review, given or made of the objects. */
static int read_body(struct loader *loader, const struct golden_options *options,
                     struct sw_str *ret, struct sw_err *reterr)
{
    struct golden_request request = {
        .operation = options->operation,
        .sub_resource = options->sub_resource,
    };
    int r;

    if (loader->paths[REVIEW])
        return read_text(loader, REVIEW, ret, reterr);
    if (!request.operation.len)
        request.operation = loader->paths[OLD] ? SW_STR("UPDATE") : SW_STR("CREATE");
    r = read_object(loader, OBJECT, &request.object, reterr);
    if (r == 0)
        r = read_object(loader, OLD, &request.old, reterr);
    return r < 0 ? r : golden_review_make(&request, loader->arena, ret, reterr);
}

/* Where an API server sends it: settings to be validated, all else to be mutated. */
static int choose_path(const struct golden_options *options, struct sw_str body,
                       enum sw_admit_path *ret, struct sw_err *reterr)
{
    json_t *review = json_loadb(body.len ? body.data : "", body.len, 0, NULL), *kind = NULL;

    if (options->path.len && !sw_str_is(options->path, "mutate") &&
        !sw_str_is(options->path, "validate"))
        return sw_err_set(reterr, SW_EUSAGE, "case.yaml: path: expected mutate or validate");
    json_unpack(review, "{s:{s:{s:o}}}", "request", "kind", "kind", &kind);
    *ret = SW_ADMIT_MUTATE;
    if (sw_str_is(options->path, "validate") ||
        (!options->path.len && sw_str_is(sw_str_from(json_string_value(kind)), "WorkspaceSetting")))
        *ret = SW_ADMIT_VALIDATE;
    return 0;
}

int golden_case_load(const struct golden_place *place, struct sw_arena *arena,
                     struct golden_case *ret, struct sw_err *reterr)
{
    struct loader loader = {.place = place, .arena = arena, .notes = json_array()};
    struct golden_case golden = {.place = *place};
    int r = loader.notes ? place_files(&loader, reterr) : sw_err_nomem(reterr);

    if (r == 0)
        r = read_options(&loader, &golden.options, reterr);
    if (r == 0)
        r = read_body(&loader, &golden.options, &golden.body, reterr);
    if (r == 0)
        r = choose_path(&golden.options, golden.body, &golden.path, reterr);
    if (r == 0)
        r = read_text(&loader, EXPECTED, &golden.expected, reterr);
    if (r == 0)
        r = golden_scene_load(place, &golden.options, arena, &golden.index, reterr);
    if (r < 0)
        return r;
    golden.notes = json_array_size(loader.notes) ? loader.notes : NULL;
    *ret = golden;
    return 0;
}

struct sw_admit_input golden_case_input(const struct golden_case *golden)
{
    return (struct sw_admit_input){
        .path = golden->path,
        .body = golden->body,
        .index = &golden->index,
        .retried = golden->options.retried,
    };
}
