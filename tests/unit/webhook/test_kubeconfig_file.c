/* webhook/kubeconfig_file.c: when the file counts as another, and what an unreadable one leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "webhook/kubeconfig_file.h"

#define PATH "test_kubeconfig_file.yaml"

static int setup(void **state)
{
    struct sw_kubeconfig_file *file = calloc(1, sizeof(*file));

    *state = file;
    return file ? sw_kubeconfig_file_init(file, SW_STR(PATH), NULL) : -1;
}

static int teardown(void **state)
{
    sw_kubeconfig_file_release(*state);
    free(*state);
    unlink(PATH);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(PATH, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_text(const struct sw_kubeconfig_file *file, const char *expected)
{
    assert_int_equal(file->text.len, strlen(expected));
    assert_memory_equal(file->text.data, expected, file->text.len);
}

static void read_tells_of_another_content(void **state)
{
    write_file("one");
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 1);
    assert_text(*state, "one");
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 0);
    write_file("two");
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 1);
    assert_text(*state, "two");
    write_file("two");
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 0);
}

static void read_of_an_empty_file_is_a_reading(void **state)
{
    write_file("");
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 1);
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 0);
}

static void read_that_fails_leaves_what_was(void **state)
{
    struct sw_err err = {0};

    write_file("one");
    assert_int_equal(sw_kubeconfig_file_read(*state, NULL), 1);
    unlink(PATH);
    assert_int_equal(sw_kubeconfig_file_read(*state, &err), SW_ENOENT);
    assert_string_equal(err.message, PATH ": No such file or directory");
    assert_text(*state, "one");
}

static void assert_folder(const char *path, const char *expected)
{
    struct sw_kubeconfig_file file;

    assert_int_equal(sw_kubeconfig_file_init(&file, sw_str_from(path), NULL), 0);
    assert_string_equal(file.path, path);
    assert_string_equal(file.folder, expected);
    sw_kubeconfig_file_release(&file);
}

static void init_finds_the_folder(void **state)
{
    (void)state;
    assert_folder("/etc/kube/config", "/etc/kube");
    assert_folder("kube/config", "kube");
    assert_folder("config", "");
    assert_folder("/config", "/.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(read_tells_of_another_content),
        TEST(read_of_an_empty_file_is_a_reading),
        TEST(read_that_fails_leaves_what_was),
        cmocka_unit_test(init_finds_the_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
