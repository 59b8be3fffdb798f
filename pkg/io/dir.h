/*
 * A folder of manifests as a cluster: which files there are, whether they have changed, and what is
 * in them, taken into a view.
 *
 * Files are those that kubectl would take, *.yaml, *.yml and *.json, without the kustomization.yaml
 * that only kustomize reads. Names that begin with a dot are passed over: editors' files, .git, and
 * the ..data folder of a ConfigMap mount, whose files are seen once, through the links beside it.
 * Links to files are followed, links to folders are not. The order is that of the names' bytes, so
 * that the same files give the same view everywhere.
 */
#ifndef SW_IO_DIR_H
#define SW_IO_DIR_H

#include "io/manifest.h"
#include "model/view.h"

#include <stdint.h>

/* Most names that are looked at, and most manifests among them: a GitOps repository of one cluster
 * has a few thousand, and `dir:/` must fail soon rather than walk the disk. */
#define SW_DIR_MAX_ENTRIES 100000
#define SW_DIR_MAX_FILES   10000

/* Deepest folder below the given one that is entered. No repository nests deeper; a folder that is
 * mounted inside itself does. */
#define SW_DIR_MAX_DEPTH 16

enum sw_dir_depth { SW_DIR_FLAT, SW_DIR_DEEP };

struct sw_dir_files {
    const char **paths; /* arena; each begins with the folder's own path; NULL when there is none */
    size_t n;
    size_t n_folders; /* subfolders that were left out under SW_DIR_FLAT */
    uint64_t fingerprint; /* of their names, sizes, times and inodes: when it is another, something
                             has changed */
};

/* Lists the manifests of the folder at `path`. What cannot be looked at (a subfolder without
 * permission, a link to nothing, a pipe) becomes a problem and the rest is listed. `problems` may
 * be NULL. Fails with SW_ENOENT (no such folder), SW_EIO (it cannot be read, or is no folder),
 * SW_ELIMIT (too many files; the message says how many are read), SW_ENOMEM. */
int sw_dir_list(const char *path, enum sw_dir_depth depth, struct sw_arena *arena,
                struct sw_problems *problems, struct sw_dir_files *ret, struct sw_err *reterr);

/* The fingerprint alone, subfolders included: some stats and no reading, cheap enough for every
 * second. Fails as sw_dir_list() does. */
int sw_dir_fingerprint(const char *path, uint64_t *ret, struct sw_err *reterr);

/* Reads all manifests of the folder, subfolders included, into `builder`, whose arena takes what
 * they say. A file or an object that cannot be read becomes a problem and the rest is taken in;
 * objects that no rule reads are passed over. `problems` may be NULL. *ret_fingerprint is that of
 * the files before they were read, so that a change in the middle shows at the next look.
 * Fails as sw_dir_list() does; the builder then holds a part and must not be finished. */
int sw_dir_read(const char *path, struct sw_view_builder *builder, struct sw_problems *problems,
                uint64_t *ret_fingerprint, struct sw_err *reterr);

#endif
