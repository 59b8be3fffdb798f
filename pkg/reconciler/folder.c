#include "reconciler/folder.h"

#include "base/cleanup.h"
#include "io/dir.h"
#include "json/read.h"

#include "base/banned.h"

/* For the names of SW_DIR_MAX_ENTRIES files, and for the problems found in them. */
#define LIST_CHUNK_BYTES ((size_t)64 << 10)
#define LIST_MAX_BYTES   ((size_t)64 << 20)

/* What one file says, while it is read. */
#define FILE_CHUNK_BYTES ((size_t)256 << 10)

void sw_folder_init(struct sw_folder *folder, const char *path, struct sw_state_cluster *cluster,
                    uint32_t resources)
{
    *folder = (struct sw_folder){.path = path, .cluster = cluster, .resources = resources};
}

/* An object that is none of the cluster's concern is passed over. */
static int put(const struct sw_folder *folder, const struct sw_manifest_object *object,
               struct sw_err *reterr)
{
    enum sw_resource resource = sw_resource_of(object->value);
    int r;

    if (resource == SW_N_RESOURCES || !(folder->resources & 1u << resource))
        return 0;
    r = sw_state_put(folder->cluster, object->value, reterr);
    if (r >= 0)
        return 0;
    sw_manifest_blame(object->value, reterr);
    return sw_err_wrap(reterr, "%s:%zu", object->path, object->line);
}

static int read_file(const struct sw_folder *folder, const char *path, struct sw_arena *arena,
                     struct sw_problems *problems, struct sw_err *reterr)
{
    struct sw_manifest manifest = {NULL, 0};
    SW_JSON_SCOPE(arena);
    int r = sw_manifest_read(path, arena, &manifest, problems, reterr);

    for (size_t i = 0; r == 0 && i < manifest.n; i++)
        r = put(folder, &manifest.items[i], reterr);
    return r;
}

static int read_files(const struct sw_folder *folder, const struct sw_dir_files *files,
                      struct sw_problems *problems, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    int r = 0;

    sw_arena_init(&arena, FILE_CHUNK_BYTES, SW_MANIFEST_MAX_ARENA_BYTES);
    for (size_t i = 0; r == 0 && i < files->n; i++) {
        r = read_file(folder, files->paths[i], &arena, problems, reterr);
        sw_arena_clear(&arena);
    }
    if (r == 0 && problems->n)
        r = sw_err_set(reterr, SW_ESYNTAX, "%s:%zu: %s", problems->items[0].path,
                       problems->items[0].line, problems->items[0].message);
    return r;
}

/* A picture of each resource begins, or ends. */
static void frame_pictures(const struct sw_folder *folder, bool ends)
{
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        struct sw_reflector_sink sink;

        if (!(folder->resources & 1u << i))
            continue;
        sink = sw_state_sink(folder->cluster, (enum sw_resource)i);
        if (ends)
            sink.end(sink.context);
        else
            sink.begin(sink.context);
    }
}

int sw_folder_look(struct sw_folder *folder, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena list;
    struct sw_problems problems = {.arena = &list};
    struct sw_dir_files files;
    uint64_t fingerprint;
    int r;

    sw_arena_init(&list, LIST_CHUNK_BYTES, LIST_MAX_BYTES);
    r = sw_dir_fingerprint(folder->path, &fingerprint, reterr);
    if (r < 0 || (folder->read && fingerprint == folder->fingerprint))
        return r;
    r = sw_dir_list(folder->path, SW_DIR_DEEP, &list, &problems, &files, reterr);
    if (r < 0)
        return r;
    frame_pictures(folder, false);
    r = read_files(folder, &files, &problems, reterr);
    if (r < 0)
        return r;
    frame_pictures(folder, true);
    folder->read = true;
    folder->fingerprint = files.fingerprint;
    return 1;
}
