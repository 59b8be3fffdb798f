/*
 * The folder that a test of io/dir is about: each test stands in an empty one of its own.
 */
#ifndef SW_TESTS_FOLDER_H
#define SW_TESTS_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/dir.h"

struct fixture {
    char root[64];
    int home; /* the working directory, to come back to */
    struct sw_arena arena;
    struct sw_problems problems;
    struct sw_view_builder builder;
    struct sw_err err;
};

static inline int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* cmocka's fixture. */
static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    *state = f;
    snprintf(f->root, sizeof(f->root), "/tmp/sw_test_dir.XXXXXX");
    f->home = open(".", O_RDONLY | O_DIRECTORY);
    if (!mkdtemp(f->root) || chdir(f->root) < 0)
        return -1;
    sw_arena_init(&f->arena, 65536, (size_t)256 << 20);
    f->problems.arena = &f->arena;
    sw_view_builder_init(
        &f->builder, (struct sw_view_source){.cluster = SW_STR("east"), .synced = true}, &f->arena);
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    int r = fchdir(f->home);

    close(f->home);
    nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    sw_arena_release(&f->arena);
    free(f);
    return r;
}

/* Writes a file. */
static inline void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Writes a file that holds Service shop/<name>. */
static inline void put_service(const char *path, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text),
             "{apiVersion: v1, kind: Service, metadata: {name: %s, namespace: shop}}\n", name);
    put(path, text);
}

static inline void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0777), 0);
}

static inline void make_link(const char *target, const char *path)
{
    assert_int_equal(symlink(target, path), 0);
}

/* Fails unless the i-th problem is at this place and its message holds `words`. */
static inline void assert_problem(const struct fixture *f, size_t i, const char *path, size_t line,
                                  const char *words)
{
    assert_true(i < f->problems.n);
    assert_string_equal(f->problems.items[i].path, path);
    assert_int_equal(f->problems.items[i].line, line);
    if (!strstr(f->problems.items[i].message, words))
        fail_msg("'%s' does not say '%s'", f->problems.items[i].message, words);
}

/* That of the test's folder. */
static inline uint64_t fingerprint(void)
{
    struct sw_err err = {0};
    uint64_t value = 0;

    if (sw_dir_fingerprint(".", &value, &err) != 0)
        fail_msg("%s", err.message);
    return value;
}

#endif
