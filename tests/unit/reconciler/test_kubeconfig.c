/* reconciler/kubeconfig.c: when a text counts as another, and what an unreadable one leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kube/config.h"
#include "reconciler/kubeconfig.h"

static char path[64];
static struct sw_kubeconfig kubeconfig;

static int setup(void **state)
{
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/sw_test_kubeconfig.XXXXXX");
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    return sw_kubeconfig_init(&kubeconfig, sw_str_from(path), NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_kubeconfig_release(&kubeconfig);
    unlink(path);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void assert_text(const char *expected)
{
    assert_true(sw_str_is(sw_buf_str(&kubeconfig.text), expected));
}

static void a_file_is_read_when_it_is_another(void **state)
{
    (void)state;
    write_file("one");
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 1);
    assert_text("one");
    write_file("one");
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 0);
    write_file("two");
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 1);
    assert_text("two");
}

/* Else an empty file would look as if none had been read yet. */
static void an_empty_file_was_read_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 1);
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 0);
}

static void a_file_that_is_gone_leaves_what_was_read(void **state)
{
    struct sw_err err = {0};

    (void)state;
    write_file("one");
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 1);
    unlink(path);
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, &err), SW_ENOENT);
    assert_non_null(strstr(err.message, path));
    assert_text("one");
    write_file("one"); /* it is back, and the same */
    assert_int_equal(sw_kubeconfig_read(&kubeconfig, NULL), 0);
}

static void a_text_that_is_given_is_copied(void **state)
{
    char text[] = "one";

    (void)state;
    assert_int_equal(sw_kubeconfig_give(&kubeconfig, sw_str_from(text), NULL), 1);
    memset(text, 'x', 3);
    assert_text("one");
    assert_int_equal(sw_kubeconfig_give(&kubeconfig, SW_STR("one"), NULL), 0);
    assert_int_equal(sw_kubeconfig_give(&kubeconfig, SW_STR("two"), NULL), 1);
    assert_text("two");
}

static void one_that_is_too_long_is_not_taken(void **state)
{
    static char text[SW_KUBE_CONFIG_MAX_BYTES + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(sw_kubeconfig_give(&kubeconfig, SW_STR("one"), NULL), 1);
    assert_int_equal(sw_kubeconfig_give(&kubeconfig, (struct sw_str){text, sizeof(text)}, NULL),
                     SW_ELIMIT);
    assert_text("one");
    assert_int_equal(sw_kubeconfig_give(&kubeconfig, (struct sw_str){text, sizeof(text) - 1}, NULL),
                     1);
}

static void its_paths_start_from_its_folder(void **state)
{
    static const char *const cases[][2] = {
        {"/etc/k/config", "/etc/k"}, {"/config", "/."}, {"config", ""}, {"a/config", "a"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sw_kubeconfig_release(&kubeconfig);
        assert_int_equal(sw_kubeconfig_init(&kubeconfig, sw_str_from(cases[i][0]), NULL), 0);
        assert_string_equal(kubeconfig.folder, cases[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_when_it_is_another),        TEST(an_empty_file_was_read_all_the_same),
        TEST(a_file_that_is_gone_leaves_what_was_read), TEST(a_text_that_is_given_is_copied),
        TEST(one_that_is_too_long_is_not_taken),        TEST(its_paths_start_from_its_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
