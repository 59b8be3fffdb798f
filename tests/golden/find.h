/*
 * Finding case folders. A folder that holds a file is a case; one that holds only folders is a
 * group of cases. Nothing is listed anywhere, so nothing can be forgotten.
 */
#ifndef GOLDEN_FIND_H
#define GOLDEN_FIND_H

#include "base/arena.h"
#include "base/err.h"

struct golden_names {
    const char **items; /* arena; in byte order; NULL while empty */
    size_t n;
};

/* Lists the cases below `folder`, by their paths from there ("service/exposed"). Fails with SW_EIO
 * (a folder cannot be read, or nothing but an empty folder is where a case should be) and
 * SW_ENOMEM. */
int golden_find(const char *folder, struct sw_arena *arena, struct golden_names *ret,
                struct sw_err *reterr);

/* Lists what one folder holds, but for what begins with a dot; *ret_files says how many of them are
 * no folders. Fails the same way. */
int golden_list(const char *folder, struct sw_arena *arena, struct golden_names *ret,
                size_t *ret_files, struct sw_err *reterr);

/* True if there is a folder at `path`. */
bool golden_is_folder(const char *path);

#endif
