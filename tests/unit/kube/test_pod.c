/* pkg/kube/pod.c: where a Pod's namespace is told, and which of the places counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kube/pod.h"

#define FOLDER "test_pod.folder"

static void write_file(const char *text)
{
    FILE *file;

    mkdir(FOLDER, 0755);
    file = fopen(FOLDER "/namespace", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int setup(void **state)
{
    (void)state;
    unsetenv("POD_NAMESPACE");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(FOLDER "/namespace");
    rmdir(FOLDER);
    return 0;
}

static void assert_namespace(const char *expected)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_str name;

    sw_arena_init(&arena, 256, 4096);
    assert_int_equal(sw_kube_pod_namespace(FOLDER, &arena, &name, NULL), 0);
    assert_string_equal(name.data, expected);
}

static void the_file_comes_first(void **state)
{
    (void)state;
    write_file("spillway-system\n");
    assert_namespace("spillway-system");
    setenv("POD_NAMESPACE", "other", 1);
    assert_namespace("spillway-system");
}

static void the_environment_stands_in_for_it(void **state)
{
    (void)state;
    setenv("POD_NAMESPACE", "other", 1);
    assert_namespace("other");
    write_file("");
    assert_namespace("other");
}

static void neither_is_told(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_err err = {0};
    struct sw_str name;

    (void)state;
    sw_arena_init(&arena, 256, 4096);
    setenv("POD_NAMESPACE", "", 1);
    assert_int_equal(sw_kube_pod_namespace(FOLDER, &arena, &name, &err), SW_ENOENT);
    assert_string_equal(err.message, "expected the namespace of this Pod in " FOLDER
                                     "/namespace or in POD_NAMESPACE, found neither");
    sw_arena_release(&arena);
    sw_arena_init(&arena, 1, 1);
    assert_int_equal(sw_kube_pod_namespace(FOLDER, &arena, &name, NULL), SW_ENOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_file_comes_first),
        TEST(the_environment_stands_in_for_it),
        TEST(neither_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
