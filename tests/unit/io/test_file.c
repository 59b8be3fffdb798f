/* pkg/io/file.c: all of a file or an error that names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

struct fixture {
    char dir[64];
    char path[96];
    struct sw_buf buf;
    struct sw_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    *state = f;
    snprintf(f->dir, sizeof(f->dir), "/tmp/sw_test_file.XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/file", f->dir);
    sw_buf_init(&f->buf, 100000);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    rmdir(f->dir);
    sw_buf_release(&f->buf);
    free(f);
    return 0;
}

static void fill(const struct fixture *f, size_t len)
{
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    for (size_t i = 0; i < len; i++)
        fputc((int)(i % 251), file);
    assert_int_equal(fclose(file), 0);
}

static void assert_read(struct fixture *f, size_t len)
{
    assert_int_equal(sw_file_read(f->path, &f->buf, &f->err), 0);
    assert_int_equal(f->err.code, 0);
    assert_int_equal(f->buf.len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal((unsigned char)f->buf.data[i], i % 251);
}

static void assert_fails(struct fixture *f, const char *path, int code, const char *words)
{
    assert_int_equal(sw_file_read(path, &f->buf, &f->err), code);
    assert_int_equal(f->err.code, code);
    assert_int_equal(f->buf.len, 0);
    assert_int_equal(f->buf.failure, 0);
    if (!strstr(f->err.message, path) || !strstr(f->err.message, words))
        fail_msg("'%s' does not say '%s'", f->err.message, words);
}

static void read_gives_all_bytes(void **state)
{
    fill(*state, 70001);
    assert_read(*state, 70001);
}

static void read_replaces_what_was_there(void **state)
{
    struct fixture *f = *state;

    sw_buf_append_text(&f->buf, "old");
    fill(f, 2);
    assert_read(f, 2);
}

static void read_of_an_empty_file_is_empty(void **state)
{
    fill(*state, 0);
    assert_read(*state, 0);
}

static void read_fits_the_limit_exactly(void **state)
{
    fill(*state, 100000);
    assert_read(*state, 100000);
}

static void read_over_the_limit_fails(void **state)
{
    struct fixture *f = *state;

    fill(f, 100001);
    assert_fails(f, f->path, SW_ELIMIT, "100000 bytes");
}

static void read_of_an_endless_device_fails(void **state)
{
    assert_fails(*state, "/dev/zero", SW_ELIMIT, "100000 bytes");
}

static void read_of_no_file_fails(void **state)
{
    struct fixture *f = *state;

    assert_fails(f, f->path, SW_ENOENT, "No such file");
    fill(f, 1);
    strncat(f->path, "/below", sizeof(f->path) - strlen(f->path) - 1);
    assert_fails(f, f->path, SW_ENOENT, "Not a directory");
    f->path[strlen(f->path) - strlen("/below")] = 0;
}

static void read_of_a_directory_fails(void **state)
{
    struct fixture *f = *state;

    assert_fails(f, f->dir, SW_EIO, "Is a directory");
}

static void read_of_a_pipe_reads_to_its_end(void **state)
{
    struct fixture *f = *state;
    char path[32];
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "piped", 5), 5);
    close(fds[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
    assert_int_equal(sw_file_read(path, &f->buf, &f->err), 0);
    assert_true(sw_str_is(sw_buf_str(&f->buf), "piped"));
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(read_gives_all_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(read_replaces_what_was_there, setup, teardown),
        cmocka_unit_test_setup_teardown(read_of_an_empty_file_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(read_fits_the_limit_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(read_over_the_limit_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(read_of_an_endless_device_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(read_of_no_file_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(read_of_a_directory_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(read_of_a_pipe_reads_to_its_end, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
