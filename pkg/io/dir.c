#include "io/dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "json/read.h"

#include "base/banned.h"

/* What the paths of SW_DIR_MAX_ENTRIES names may take, at the longest path that Linux knows for a
 * few and a usual one for the rest. */
#define MAX_LIST_BYTES   ((size_t)64 << 20)
#define LIST_CHUNK_BYTES ((size_t)64 << 10)
#define READ_CHUNK_BYTES ((size_t)256 << 10)

#define TEXT_OF(macro)  TEXT_OF_(macro)
#define TEXT_OF_(token) #token

#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME  0x100000001b3u

/* One walk over a folder. */
struct walk {
    const char *root;
    enum sw_dir_depth depth;
    struct sw_arena *arena;
    struct sw_problems *problems;
    size_t n_entries;
    struct sw_dir_files files;
};

/* FNV-1a: nobody gains from a collision, so a fast hash does. */
static void mix(struct walk *walk, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        walk->files.fingerprint = (walk->files.fingerprint ^ p[i]) * FNV_PRIME;
}

static void mix_number(struct walk *walk, uint64_t number)
{
    mix(walk, &number, sizeof(number));
}

/* The part of the path below the root: a folder that was only renamed is unchanged. */
static void mix_path(struct walk *walk, const char *path)
{
    mix(walk, path + strlen(walk->root), strlen(path) - strlen(walk->root) + 1);
}

/* ctime as well: tools that copy a file with its mtime cannot copy that. */
static void mix_file(struct walk *walk, const char *path, const struct stat *info)
{
    mix_path(walk, path);
    mix_number(walk, (uint64_t)info->st_dev);
    mix_number(walk, (uint64_t)info->st_ino);
    mix_number(walk, (uint64_t)info->st_size);
    mix_number(walk, (uint64_t)info->st_mtim.tv_sec);
    mix_number(walk, (uint64_t)info->st_mtim.tv_nsec);
    mix_number(walk, (uint64_t)info->st_ctim.tv_sec);
    mix_number(walk, (uint64_t)info->st_ctim.tv_nsec);
}

/* Something that is there but cannot be taken in; when it can, that is a change. */
static int skip(struct walk *walk, const char *path, const char *why, struct sw_err *reterr)
{
    mix_path(walk, path);
    mix(walk, why, strlen(why));
    return sw_problems_add(walk->problems, path, 0, 0, why, reterr);
}

static bool is_manifest(const char *name)
{
    static const char *const endings[] = {".json", ".yaml", ".yml"};
    struct sw_str text = sw_str_from(name);

    if (sw_str_is(text, "kustomization.yaml") || sw_str_is(text, "kustomization.yml"))
        return false;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (sw_str_has_suffix(text, sw_str_from(endings[i])))
            return true;
    }
    return false;
}

static const char *type_name(mode_t mode)
{
    if (S_ISFIFO(mode))
        return "expected a regular file, found a pipe";
    if (S_ISSOCK(mode))
        return "expected a regular file, found a socket";
    return "expected a regular file, found a device";
}

/* Takes in one name that is no folder. */
static int take_file(struct walk *walk, const char *path, struct sw_err *reterr)
{
    const char **paths;
    struct stat info;

    if (stat(path, &info) < 0)
        return skip(walk, path, strerror(errno), reterr);
    if (S_ISDIR(info.st_mode))
        return 0; /* a link to a folder */
    if (!S_ISREG(info.st_mode))
        return skip(walk, path, type_name(info.st_mode), reterr);
    if (walk->files.n == SW_DIR_MAX_FILES)
        return sw_err_set(reterr, SW_ELIMIT, "%s: expected at most %d manifests, found more",
                          walk->root, SW_DIR_MAX_FILES);
    paths = sw_arena_push(walk->arena, walk->files.paths, walk->files.n, sizeof(*paths));
    if (!paths)
        return sw_err_nomem(reterr);
    mix_file(walk, path, &info);
    paths[walk->files.n++] = path;
    walk->files.paths = paths;
    return 0;
}

static int walk_folder(struct walk *walk, const char *path, DIR *opened, size_t depth,
                       struct sw_err *reterr);

static int enter(struct walk *walk, const char *path, size_t depth, struct sw_err *reterr)
{
    DIR *dir;

    if (walk->depth == SW_DIR_FLAT) {
        walk->files.n_folders++;
        return 0;
    }
    if (depth == SW_DIR_MAX_DEPTH)
        return skip(walk, path, "expected at most " TEXT_OF(SW_DIR_MAX_DEPTH) " folders in each "
                                "other, found more", reterr);
    dir = opendir(path);
    if (!dir && errno == ENOMEM)
        return sw_err_nomem(reterr);
    if (!dir) /* ENOENT: removed since its name was read */
        return errno == ENOENT ? 0 : skip(walk, path, strerror(errno), reterr);
    return walk_folder(walk, path, dir, depth + 1, reterr);
}

static int take_entry(struct walk *walk, const char *folder, const char *name, size_t depth,
                      struct sw_err *reterr)
{
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    const char *path = sw_arena_printf(walk->arena, "%s%s%s", folder, slash, name);
    struct stat info;

    if (!path)
        return sw_err_nomem(reterr);
    if (lstat(path, &info) < 0)
        return errno == ENOENT ? 0 : skip(walk, path, strerror(errno), reterr);
    if (S_ISDIR(info.st_mode))
        return enter(walk, path, depth, reterr);
    return is_manifest(name) ? take_file(walk, path, reterr) : 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a folder but for those that begin with a dot, sorted; arena. */
static int read_names(struct walk *walk, DIR *dir, const char *path, const char ***ret,
                      size_t *ret_n, struct sw_err *reterr)
{
    const struct dirent *entry;
    const char **names = NULL;
    size_t n = 0;

    while (errno = 0, (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (++walk->n_entries > SW_DIR_MAX_ENTRIES)
            return sw_err_set(reterr, SW_ELIMIT, "%s: expected at most %d files, found more",
                              walk->root, SW_DIR_MAX_ENTRIES);
        names = sw_arena_push(walk->arena, names, n, sizeof(*names));
        if (!names)
            return sw_err_nomem(reterr);
        names[n] = sw_arena_copy(walk->arena, sw_str_from(entry->d_name)).data;
        if (!names[n++])
            return sw_err_nomem(reterr);
    }
    if (errno)
        return sw_err_set(reterr, SW_EIO, "%s: %s", path, strerror(errno));
    if (n)
        qsort(names, n, sizeof(*names), by_bytes);
    *ret = names;
    *ret_n = n;
    return 0;
}

/* `opened` is the folder at `path`; it is taken. */
static int walk_folder(struct walk *walk, const char *path, DIR *opened, size_t depth,
                       struct sw_err *reterr)
{
    const char **names = NULL;
    size_t n = 0;
    int r = read_names(walk, opened, path, &names, &n, reterr);

    closedir(opened);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = take_entry(walk, path, names[i], depth, reterr);
    return r;
}

int sw_dir_list(const char *path, enum sw_dir_depth depth, struct sw_arena *arena,
                struct sw_problems *problems, struct sw_dir_files *ret, struct sw_err *reterr)
{
    struct walk walk = {
        .root = path,
        .depth = depth,
        .arena = arena,
        .problems = problems,
        .files.fingerprint = FNV_OFFSET,
    };
    DIR *dir = opendir(path);
    int r;

    if (!dir && errno == ENOMEM)
        return sw_err_nomem(reterr);
    if (!dir)
        return sw_err_set(reterr, errno == ENOENT ? SW_ENOENT : SW_EIO, "%s: %s", path,
                          strerror(errno));
    r = walk_folder(&walk, path, dir, 0, reterr);
    if (r < 0)
        return r;
    *ret = walk.files;
    return 0;
}

int sw_dir_fingerprint(const char *path, uint64_t *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_dir_files files = {0};
    int r;

    sw_arena_init(&arena, LIST_CHUNK_BYTES, MAX_LIST_BYTES);
    r = sw_dir_list(path, SW_DIR_DEEP, &arena, NULL, &files, reterr);
    if (r < 0)
        return r;
    *ret = files.fingerprint;
    return 0;
}

/* Reads one file into the builder; `scratch` holds what it says for as long. */
static int read_file(const char *path, struct sw_view_builder *builder, struct sw_arena *scratch,
                     struct sw_problems *problems, struct sw_err *reterr)
{
    SW_JSON_SCOPE(scratch);
    struct sw_manifest manifest = {NULL, 0};
    int r = sw_manifest_read(path, scratch, &manifest, problems, reterr);

    for (size_t i = 0; r >= 0 && i < manifest.n; i++) {
        const struct sw_manifest_object *object = &manifest.items[i];
        struct sw_err err = {0};

        r = sw_view_builder_add(builder, object->value, &err);
        if (r == SW_ETYPE) {
            sw_manifest_blame(object->value, &err);
            r = sw_problems_add(problems, path, object->line, 0, err.message, reterr);
        } else if (r < 0) {
            return sw_err_set(reterr, r, "%s", err.message);
        }
    }
    return r < 0 ? r : 0;
}

int sw_dir_read(const char *path, struct sw_view_builder *builder, struct sw_problems *problems,
                uint64_t *ret_fingerprint, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena list, scratch;
    struct sw_dir_files files;
    int r;

    sw_arena_init(&list, LIST_CHUNK_BYTES, MAX_LIST_BYTES);
    sw_arena_init(&scratch, READ_CHUNK_BYTES, SW_MANIFEST_MAX_ARENA_BYTES);
    r = sw_dir_list(path, SW_DIR_DEEP, &list, problems, &files, reterr);
    for (size_t i = 0; r == 0 && i < files.n; i++) {
        r = read_file(files.paths[i], builder, &scratch, problems, reterr);
        sw_arena_clear(&scratch);
    }
    if (r < 0)
        return r;
    *ret_fingerprint = files.fingerprint;
    return 0;
}
