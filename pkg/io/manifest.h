/*
 * Manifests: files of objects as people write them for kubectl and tctl, read into objects in the
 * form that clusters hold.
 *
 * Documents of a stream and items of a List become objects one by one, in their order; the tctl
 * form and the slips that model/form.h knows are read as what they mean. What cannot be read
 * becomes a problem that names file, line, what was expected and what was found, and the rest is
 * read on.
 */
#ifndef SW_IO_MANIFEST_H
#define SW_IO_MANIFEST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Largest file: all Services of a cluster that has 10,000 of them, the most that SIG Scalability
 * supports, take some 30 MiB in one `kubectl get -o yaml --show-managed-fields`. */
#define SW_MANIFEST_MAX_BYTES ((size_t)64 << 20)

/* Most memory for what one file says while it is read: values take some ten times their text. */
#define SW_MANIFEST_MAX_ARENA_BYTES ((size_t)1 << 30)

/* Most problems that are kept; the rest is counted. More than anyone reads. */
#define SW_PROBLEMS_MAX 1000

/* What is wrong with the input, and where. */
struct sw_problem {
    const char *path;    /* the file, by the name under which it was found */
    size_t line;         /* from 1; 0: the file as a whole */
    size_t column;       /* from 1; 0: not known */
    const char *message; /* one line: what was expected, what was found */
};

/* The caller's storage; all but `arena` zeroed to begin with. */
struct sw_problems {
    struct sw_arena *arena;   /* borrowed; holds the problems */
    struct sw_problem *items; /* arena; NULL while empty */
    size_t n;
    size_t n_more; /* not kept */
};

/* Adds one about the file at `path` as a whole, or at a line and column of it (0 where they are not
 * known); both strings are copied. Does nothing where `problems` is NULL. Fails with SW_ENOMEM. */
int sw_problems_add(struct sw_problems *problems, const char *path, size_t line, size_t column,
                    const char *message, struct sw_err *reterr);

struct sw_manifest_object {
    json_t *value;    /* in the form that clusters hold; of the json scope in which it was read */
    const char *path; /* borrowed from the call */
    size_t line;      /* where its document begins, from 1 */
    const char *const *slips; /* what was written otherwise than it is read, one line each; arena */
    size_t n_slips;
};

struct sw_manifest {
    struct sw_manifest_object *items; /* arena; NULL while empty */
    size_t n;
};

/* Puts "Service bookinfo/details: " or the like before the message of *reterr, which is set.
 * Returns its code. */
int sw_manifest_blame(const json_t *object, struct sw_err *reterr);

/* Adds the objects of the file at `path`, or of standard input where that is "-", to `manifest`.
 * Call inside a sw_json_scope of `arena`. A file that cannot be read or is not YAML becomes a
 * problem, as does an object without a kind. `path` is borrowed for as long as the objects are
 * used, `problems` may be NULL. Fails with SW_ENOMEM. */
int sw_manifest_read(const char *path, struct sw_arena *arena, struct sw_manifest *manifest,
                     struct sw_problems *problems, struct sw_err *reterr);

/* The same for `text`, which was read from `path`. */
int sw_manifest_parse(struct sw_str text, const char *path, struct sw_arena *arena,
                      struct sw_manifest *manifest, struct sw_problems *problems,
                      struct sw_err *reterr);

#endif
