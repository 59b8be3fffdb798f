/* webhook/dir_source.c: a folder as a source, and that inotify only ever makes it quicker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>

#include "folder.h"
#include "webhook/dir_source.h"
#include "webhook/held_view.h"
#include "json/read.h"

/* While set, the kernel gives no watch; the linker leads the calls here. */
static bool spent;
int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);

int __wrap_inotify_init1(int flags)
{
    if (!spent)
        return __real_inotify_init1(flags);
    errno = EMFILE;
    return -1;
}

struct fixture {
    char path[FOLDER_PATH_SIZE];
    struct sw_source source;
    struct sw_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    folder_make(f->path);
    folder_write(f->path, "cart.yaml", SERVICE_YAML("cart"));
    *state = f;
    return sw_dir_source_open(f->path, &f->source, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_source_release(&f->source);
    folder_remove(f->path);
    free(f);
    return 0;
}

static int version(struct fixture *f, uint64_t *ret)
{
    return f->source.ops->version(f->source.self, ret, &f->err);
}

static uint64_t version_now(struct fixture *f)
{
    uint64_t now = 0;

    assert_int_equal(version(f, &now), 0);
    return now;
}

/* Reads the folder; returns how many Services there are, or the failure. */
static int read_services(struct fixture *f, uint64_t *ret_version)
{
    struct sw_held_view *held = NULL;
    int r = sw_held_view_read(&f->source, SW_STR("east"), &held, ret_version, &f->err);

    if (r < 0)
        return r;
    r = (int)held->view.n_services;
    sw_held_view_unref(held);
    return r;
}

static bool is_woken(struct fixture *f, int timeout_ms)
{
    struct pollfd fd = {.fd = f->source.ops->wakeup_fd(f->source.self), .events = POLLIN};

    return fd.fd >= 0 && poll(&fd, 1, timeout_ms) == 1;
}

static void version_follows_the_files(void **state)
{
    struct fixture *f = *state;
    uint64_t before = version_now(f);

    assert_true(version_now(f) == before);
    folder_write(f->path, "pay.yaml", SERVICE_YAML("pay"));
    assert_true(version_now(f) != before);
}

static void version_fails_without_the_folder(void **state)
{
    struct fixture *f = *state;
    uint64_t untouched = 99;

    folder_remove(f->path);
    assert_int_equal(version(f, &untouched), SW_ENOENT);
    assert_non_null(strstr(f->err.message, f->path));
    assert_int_equal(untouched, 99);
}

static void fill_reads_all_and_says_which_version(void **state)
{
    struct fixture *f = *state;
    uint64_t read = 0;

    folder_mkdir(f->path, "sub");
    folder_write(f->path, "sub/pay.yaml", SERVICE_YAML("pay"));
    assert_int_equal(read_services(f, &read), 2);
    assert_true(read == version_now(f));
}

static void fill_of_an_empty_folder_is_an_empty_cluster(void **state)
{
    struct fixture *f = *state;
    char path[2 * FOLDER_PATH_SIZE];
    uint64_t read;

    assert_int_equal(unlink(folder_join(path, f->path, "cart.yaml")), 0);
    assert_int_equal(read_services(f, &read), 0);
}

static void fill_fails_for_one_bad_file_and_names_it(void **state)
{
    struct fixture *f = *state;
    uint64_t untouched = 99;

    folder_write(f->path, "bad.yaml", "kind: [\n");
    assert_int_equal(read_services(f, &untouched), SW_ESYNTAX);
    assert_non_null(strstr(f->err.message, "/bad.yaml:"));
    assert_null(strstr(f->err.message, "more)"));
    assert_int_equal(untouched, 99);
}

static void fill_counts_further_problems(void **state)
{
    struct fixture *f = *state;
    uint64_t untouched;

    folder_write(f->path, "bad.yaml", "kind: [\n");
    folder_write(f->path, "worse.yaml", "}\n");
    assert_int_equal(read_services(f, &untouched), SW_ESYNTAX);
    assert_non_null(strstr(f->err.message, "(and 1 more)"));
}

static void wakeup_fd_tells_of_changes_until_they_are_looked_at(void **state)
{
    struct fixture *f = *state;
    uint64_t read;

    assert_false(is_woken(f, 0)); /* nothing is watched before it was read */
    assert_int_equal(read_services(f, &read), 1);
    assert_false(is_woken(f, 0));
    folder_write(f->path, "cart.yaml", SERVICE_YAML("cart2"));
    assert_true(is_woken(f, 1000));
    version_now(f);
    assert_false(is_woken(f, 0));
}

static void wakeup_fd_tells_of_changes_in_subfolders(void **state)
{
    struct fixture *f = *state;
    uint64_t read;

    folder_mkdir(f->path, "sub");
    folder_write(f->path, "sub/pay.yaml", SERVICE_YAML("pay"));
    assert_int_equal(read_services(f, &read), 2);
    folder_write(f->path, "sub/pay.yaml", SERVICE_YAML("pay2"));
    assert_true(is_woken(f, 1000));
}

/* A ConfigMap as the kubelet mounts it: files are links through ..data, which is turned. */
static void wakeup_fd_tells_of_a_turned_link(void **state)
{
    struct fixture *f = *state;
    uint64_t read, before;

    folder_mkdir(f->path, "..1");
    folder_mkdir(f->path, "..2");
    folder_write(f->path, "..1/pay.yaml", SERVICE_YAML("pay"));
    folder_write(f->path, "..2/pay.yaml", SERVICE_YAML("pay2"));
    folder_link(f->path, "..data", "..1");
    folder_link(f->path, "pay.yaml", "..data/pay.yaml");
    assert_int_equal(read_services(f, &read), 2);
    before = version_now(f);
    folder_link(f->path, "..data", "..2");
    assert_true(is_woken(f, 1000));
    assert_true(version_now(f) != before);
}

/* The whole folder behind a link, as git-sync turns it: no watch sees that, the version does. */
static void version_sees_that_the_folder_is_another(void **state)
{
    struct fixture *f = *state;
    char current[2 * FOLDER_PATH_SIZE];
    struct sw_source source;
    uint64_t before = 0, after = 0;

    folder_mkdir(f->path, "one");
    folder_mkdir(f->path, "two");
    folder_write(f->path, "one/pay.yaml", SERVICE_YAML("pay"));
    folder_write(f->path, "two/pay.yaml", SERVICE_YAML("pay2"));
    folder_link(f->path, "current", "one");
    assert_int_equal(sw_dir_source_open(folder_join(current, f->path, "current"), &source, NULL),
                     0);
    assert_int_equal(source.ops->version(source.self, &before, NULL), 0);
    folder_link(f->path, "current", "two");
    assert_int_equal(source.ops->version(source.self, &after, NULL), 0);
    assert_true(before != after);
    sw_source_release(&source);
}

static void fill_goes_without_a_watch(void **state)
{
    struct fixture *f = *state;
    uint64_t read, before;

    spent = true;
    assert_int_equal(read_services(f, &read), 1);
    spent = false;
    assert_int_equal(f->source.ops->wakeup_fd(f->source.self), -1);
    before = version_now(f);
    folder_write(f->path, "pay.yaml", SERVICE_YAML("pay"));
    assert_true(version_now(f) != before);
    assert_int_equal(read_services(f, &read), 2);
    assert_true(f->source.ops->wakeup_fd(f->source.self) >= 0);
}

static void a_folder_is_never_behind(void **state)
{
    struct fixture *f = *state;

    assert_false(f->source.ops->live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(version_follows_the_files),
        TEST(version_fails_without_the_folder),
        TEST(fill_reads_all_and_says_which_version),
        TEST(fill_of_an_empty_folder_is_an_empty_cluster),
        TEST(fill_fails_for_one_bad_file_and_names_it),
        TEST(fill_counts_further_problems),
        TEST(wakeup_fd_tells_of_changes_until_they_are_looked_at),
        TEST(wakeup_fd_tells_of_changes_in_subfolders),
        TEST(wakeup_fd_tells_of_a_turned_link),
        TEST(version_sees_that_the_folder_is_another),
        TEST(fill_goes_without_a_watch),
        TEST(a_folder_is_never_behind),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
