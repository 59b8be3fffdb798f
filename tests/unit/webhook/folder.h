/*
 * Folders of manifests that a test fills and changes. Not for others to include than tests of this
 * folder.
 */
#ifndef SW_TESTS_WEBHOOK_FOLDER_H
#define SW_TESTS_WEBHOOK_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A Service of that name, as a manifest. */
#define SERVICE_YAML(name) "apiVersion: v1\nkind: Service\nmetadata:\n  name: " name "\n"

#define FOLDER_PATH_SIZE   256

/* Makes a folder for one test; its path is in `path`. */
static inline void folder_make(char path[FOLDER_PATH_SIZE])
{
    const char *tmp = getenv("TMPDIR");

    snprintf(path, FOLDER_PATH_SIZE, "%s/sw-webhook-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(path));
}

static inline int folder_remove_one(const char *path, const struct stat *info, int type,
                                    struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void folder_remove(const char *path)
{
    nftw(path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *folder_join(char joined[2 * FOLDER_PATH_SIZE], const char *folder,
                                      const char *name)
{
    snprintf(joined, 2 * FOLDER_PATH_SIZE, "%s/%s", folder, name);
    return joined;
}

/* Writes FOLDER/NAME aside and renames it into place, as careful programs do. */
static inline void folder_write(const char *folder, const char *name, const char *text)
{
    char path[2 * FOLDER_PATH_SIZE], aside[2 * FOLDER_PATH_SIZE];
    FILE *file;

    file = fopen(folder_join(aside, folder, ".aside"), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(aside, folder_join(path, folder, name)), 0);
}

static inline void folder_mkdir(const char *folder, const char *name)
{
    char path[2 * FOLDER_PATH_SIZE];

    assert_int_equal(mkdir(folder_join(path, folder, name), 0755), 0);
}

/* Makes FOLDER/NAME a link to `target`, in one step if there was one. */
static inline void folder_link(const char *folder, const char *name, const char *target)
{
    char path[2 * FOLDER_PATH_SIZE], aside[2 * FOLDER_PATH_SIZE];

    assert_int_equal(symlink(target, folder_join(aside, folder, ".aside-link")), 0);
    assert_int_equal(rename(aside, folder_join(path, folder, name)), 0);
}

#endif
