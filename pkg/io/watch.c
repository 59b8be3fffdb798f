#include "io/watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"

#include "base/banned.h"

/* A file that was written, and names that came, went or were turned. Opening and reading, which we
 * do ourselves, are none of them. */
#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |            \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void sw_watch_init(struct sw_watch *watch)
{
    *watch = (struct sw_watch){.fd = -1};
}

void sw_watch_release(struct sw_watch *watch)
{
    for (size_t i = 0; i < watch->n_folders; i++)
        free(watch->folders[i].path);
    if (watch->fd >= 0)
        close(watch->fd);
    sw_watch_init(watch);
}

/* Watches what is not watched. True when there was such a folder, and it is watched now. */
static bool mend(struct sw_watch *watch)
{
    bool mended = false;

    if (watch->fd < 0)
        watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (size_t i = 0; i < watch->n_folders && watch->fd >= 0; i++) {
        struct sw_watch_folder *folder = &watch->folders[i];

        if (folder->number < 0) {
            folder->number = inotify_add_watch(watch->fd, folder->path, EVENTS);
            mended |= folder->number >= 0;
        }
    }
    return mended;
}

int sw_watch_add_file(struct sw_watch *watch, const char *path, struct sw_err *reterr)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    SW_CLEANUP(sw_cleanup_free) char *folder = NULL;

    if (!slash)
        folder = strdup(".");
    else
        folder = strndup(path, len ? len : 1); /* the folder of "/file" is "/" */
    if (!folder)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < watch->n_folders; i++) {
        if (strcmp(watch->folders[i].path, folder) == 0)
            return 0;
    }
    if (watch->n_folders == SW_WATCH_FOLDERS_MAX)
        return sw_err_set(reterr, SW_ELIMIT, "%s: expected at most %d folders to watch", folder,
                          SW_WATCH_FOLDERS_MAX);
    watch->folders[watch->n_folders++] =
        (struct sw_watch_folder){.path = SW_TAKE(folder), .number = -1};
    mend(watch);
    return 0;
}

/* The folder is no longer where its path says: the watch is on a folder that nobody sees. */
static void lose(struct sw_watch *watch, int number, bool is_gone)
{
    for (size_t i = 0; i < watch->n_folders; i++) {
        if (watch->folders[i].number == number)
            watch->folders[i].number = -1;
    }
    if (!is_gone)
        inotify_rm_watch(watch->fd, number);
}

bool sw_watch_take(struct sw_watch *watch)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool something = false;
    ssize_t len;

    while (watch->fd >= 0 && (len = read(watch->fd, events, sizeof(events))) > 0) {
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event =
                (const struct inotify_event *)(const void *)(events + at);

            if (event->mask & (IN_IGNORED | IN_UNMOUNT | IN_MOVE_SELF))
                lose(watch, event->wd, event->mask & (IN_IGNORED | IN_UNMOUNT));
            at += (ssize_t)(sizeof(*event) + event->len);
        }
        something = true;
    }
    return mend(watch) || something;
}

int sw_watch_fd(const struct sw_watch *watch)
{
    return watch->fd;
}

bool sw_watch_is_whole(const struct sw_watch *watch)
{
    for (size_t i = 0; i < watch->n_folders; i++) {
        if (watch->folders[i].number < 0)
            return false;
    }
    return true;
}
