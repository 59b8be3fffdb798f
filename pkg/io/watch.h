/*
 * Folders that tell when something in them may have changed.
 *
 * Only ever a hint: a watch says "look again", and whoever has one looks now and then all the same.
 * For the kernel may give none (fs.inotify.max_user_instances is spent by others on the node), may
 * drop what it has to say, and forgets a folder that was removed and made again. What cannot be
 * watched is tried again at each look (sw_watch_take).
 *
 * The folder is watched and not the file: the kubelet exchanges the files of a mounted Secret by
 * turning the link ..data beside them, which a watch on a file never sees again.
 */
#ifndef SW_IO_WATCH_H
#define SW_IO_WATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Most folders of one watch. */
#define SW_WATCH_FOLDERS_MAX 8

/* The caller's storage; private, and for one thread. */
struct sw_watch {
    int fd; /* of inotify; owned; -1 while the kernel gives none */
    size_t n_folders;
    struct sw_watch_folder {
        char *path; /* owned */
        int number; /* the kernel's; -1 while it is not watched */
    } folders[SW_WATCH_FOLDERS_MAX];
};

/* A watch on nothing yet, to be ended by sw_watch_release. */
void sw_watch_init(struct sw_watch *watch);
void sw_watch_release(struct sw_watch *watch);

/* Watches the folder that the file at `path` (copied) is in, whether or not either exists; a folder
 * that is watched already is not watched twice. Where the kernel refuses, it is tried again later.
 * Fails with SW_ENOMEM, SW_ELIMIT (too many folders). */
int sw_watch_add_file(struct sw_watch *watch, const char *path, struct sw_err *reterr);

/* Takes what the kernel has told, and watches again what was lost. True when there is reason to
 * look at the files: something happened, or a folder came back. To be called when sw_watch_fd is
 * readable, and every few seconds besides. */
bool sw_watch_take(struct sw_watch *watch);

/* To wait for: readable when there is something to take. -1 (which poll(2) passes over) while there
 * is none; it changes, so it is asked for anew each time. Borrowed. */
int sw_watch_fd(const struct sw_watch *watch);

/* Whether every folder is watched now. */
bool sw_watch_is_whole(const struct sw_watch *watch);

#endif
