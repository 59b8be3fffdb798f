#include "webhook/dir_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/dir.h"

#include "base/banned.h"

/* What may change the fingerprint. A file is looked at when its writer closes it. */
#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |            \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* Most folders that are watched: changes in the others are found by looking. The kernel gives a
 * user some ten thousand watches in all (fs.inotify.max_user_watches). */
#define MAX_WATCHES 512

/* For the names of SW_DIR_MAX_ENTRIES files, and for the problems found in them. */
#define MAX_LIST_BYTES     ((size_t)64 << 20)
#define MAX_PROBLEMS_BYTES ((size_t)4 << 20)

struct dir_source {
    const char *path; /* borrowed */
    int inotify_fd;   /* owned; -1 for none */
};

static int wakeup_fd(const void *self)
{
    return ((const struct dir_source *)self)->inotify_fd;
}

/* Takes away what has been told: all of it means the same. */
static void drain(struct dir_source *source)
{
    char events[4096];

    while (source->inotify_fd >= 0 && read(source->inotify_fd, events, sizeof(events)) > 0)
        continue;
}

static int version(void *self, uint64_t *ret, struct sw_err *reterr)
{
    struct dir_source *source = self;

    drain(source);
    return sw_dir_fingerprint(source->path, ret, reterr);
}

/* Watches the folder that each listed file is in. The list is sorted, so files of one folder mostly
 * stand together; watching one twice is the same as once. */
static void watch_folders(int fd, const struct sw_dir_files *files, struct sw_arena *arena)
{
    struct sw_str last = {NULL, 0};
    size_t n_watches = 0;

    for (size_t i = 0; i < files->n && n_watches < MAX_WATCHES; i++) {
        const char *slash = strrchr(files->paths[i], '/');
        struct sw_str folder = {files->paths[i], slash ? (size_t)(slash - files->paths[i]) : 0};
        struct sw_str name;

        if (!folder.len || sw_str_eq(folder, last))
            continue;
        name = sw_arena_copy(arena, folder);
        if (name.data && inotify_add_watch(fd, name.data, EVENTS) >= 0)
            n_watches++;
        last = folder;
    }
}

/* New watches on all folders as they are now, instead of those before. Where there can be none the
 * source goes on without: it is looked at every few seconds anyway. */
static void watch_anew(struct dir_source *source)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_dir_files files;

    sw_arena_init(&arena, 4096, MAX_LIST_BYTES);
    if (source->inotify_fd >= 0)
        close(source->inotify_fd);
    source->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (source->inotify_fd < 0)
        return;
    inotify_add_watch(source->inotify_fd, source->path, EVENTS);
    if (sw_dir_list(source->path, SW_DIR_DEEP, &arena, NULL, &files, NULL) == 0)
        watch_folders(source->inotify_fd, &files, &arena);
}

/* The first problem, and how many more there are. */
static int refuse(const struct sw_problems *problems, struct sw_err *reterr)
{
    const struct sw_problem *first = &problems->items[0];
    size_t n_more = problems->n - 1 + problems->n_more;
    char where[64] = "", more[64] = "";

    if (first->line && first->column)
        snprintf(where, sizeof(where), ":%zu:%zu", first->line, first->column);
    else if (first->line)
        snprintf(where, sizeof(where), ":%zu", first->line);
    if (n_more)
        snprintf(more, sizeof(more), " (and %zu more)", n_more);
    return sw_err_set(reterr, SW_ESYNTAX, "%s%s: %s%s", first->path, where, first->message, more);
}

static int fill(void *self, struct sw_view_builder *builder, uint64_t *ret_version,
                struct sw_source_hold *ret_hold, struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct dir_source *source = self;
    struct sw_problems problems = {.arena = &arena};
    uint64_t fingerprint;
    int r;

    (void)ret_hold; /* what is read is all in the builder's arena */
    watch_anew(source); /* first, so that no change falls between reading and watching */
    sw_arena_init(&arena, 4096, MAX_PROBLEMS_BYTES);
    r = sw_dir_read(source->path, builder, &problems, &fingerprint, reterr);
    if (r < 0)
        return r;
    if (problems.n)
        return refuse(&problems, reterr);
    *ret_version = fingerprint;
    return 0;
}

static void free_source(void *self)
{
    struct dir_source *source = self;

    if (source->inotify_fd >= 0)
        close(source->inotify_fd);
    free(source);
}

static const struct sw_source_ops ops = {
    .live = false,
    .wakeup_fd = wakeup_fd,
    .version = version,
    .fill = fill,
    .free = free_source,
};

int sw_dir_source_open(const char *path, struct sw_source *ret, struct sw_err *reterr)
{
    struct dir_source *source = malloc(sizeof(*source));

    if (!source)
        return sw_err_nomem(reterr);
    *source = (struct dir_source){.path = path, .inotify_fd = -1};
    *ret = (struct sw_source){&ops, source};
    return 0;
}
