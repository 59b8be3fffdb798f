/* pkg/kube/token.c: when the file is read again, and what is sent while it cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unistd.h>

#include "kube/token.h"

#define PATH "test_token_file"

struct fixture {
    struct sw_kube_config config;
    struct sw_token token;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->config.token_file = SW_STR(PATH);
    sw_token_init(&f->token, &f->config);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_token_release(&f->token);
    unlink(PATH);
    free(f);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(PATH, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_token(struct fixture *f, int64_t now_ms, const char *expected)
{
    struct sw_str token = {NULL, 0};

    assert_int_equal(sw_token_get(&f->token, now_ms, &token, NULL), 0);
    assert_int_equal(token.len, strlen(expected));
    assert_memory_equal(token.data, expected, token.len);
}

static void get_takes_off_the_line_end(void **state)
{
    write_file("jwt\r\n\n");
    assert_token(*state, 0, "jwt");
}

static void get_reads_the_file_again_after_a_minute(void **state)
{
    write_file("one");
    assert_token(*state, 1000, "one");
    write_file("two");
    assert_token(*state, 1000 + SW_TOKEN_FRESH_MS - 1, "one");
    assert_token(*state, 1000 + SW_TOKEN_FRESH_MS, "two");
}

static void get_after_distrust_reads_the_file_again(void **state)
{
    struct fixture *f = *state;

    write_file("one");
    assert_token(f, 1000, "one");
    write_file("two");
    sw_token_distrust(&f->token);
    assert_token(f, 1001, "two");
    write_file("three");
    assert_token(f, 1002, "two");
}

static void get_goes_on_with_what_was_read_last(void **state)
{
    write_file("one");
    assert_token(*state, 0, "one");
    unlink(PATH);
    assert_token(*state, SW_TOKEN_FRESH_MS, "one");
    write_file("two");
    assert_token(*state, SW_TOKEN_FRESH_MS + 1, "two");
}

static void get_takes_no_second_line(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};
    struct sw_str token;

    write_file("one\r\nX-Evil: 1\n");
    assert_int_equal(sw_token_get(&f->token, 0, &token, &err), SW_ETYPE);
    assert_string_equal(err.message, PATH ": expected a token, found more than one line");
    write_file("one");
    assert_token(f, 1, "one");
    write_file("two\nthree");
    assert_token(f, 1 + SW_TOKEN_FRESH_MS, "one");
}

static void get_of_a_file_that_never_was_there_fails(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};
    struct sw_str token;

    assert_int_equal(sw_token_get(&f->token, 0, &token, &err), SW_ENOENT);
    assert_string_equal(err.message, PATH ": No such file or directory");
}

static void get_of_a_token_that_is_no_file(void **state)
{
    struct fixture *f = *state;

    f->config.token_file = (struct sw_str){NULL, 0};
    assert_token(f, 0, "");
    f->config.token = SW_STR("inline");
    assert_token(f, 0, "inline");
    sw_token_distrust(&f->token);
    assert_token(f, 0, "inline");
}

#define TOKEN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOKEN_TEST(get_takes_off_the_line_end),
        TOKEN_TEST(get_reads_the_file_again_after_a_minute),
        TOKEN_TEST(get_after_distrust_reads_the_file_again),
        TOKEN_TEST(get_goes_on_with_what_was_read_last),
        TOKEN_TEST(get_takes_no_second_line),
        TOKEN_TEST(get_of_a_file_that_never_was_there_fails),
        TOKEN_TEST(get_of_a_token_that_is_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
