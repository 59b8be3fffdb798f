/*
 * What `spillway` says, word for word: each folder below cases/ is one run of it.
 *
 *   cmd      what a shell runs, in the case's own folder, with $SW_SPILLWAY's folder first in PATH
 *   stdin    what it reads; nothing without the file
 *   stdout   what it must print, as stderr and exit: the next two
 *   stderr
 *   exit     the exit code
 *
 * Folders are found, not listed. SW_REFRESH_GOLDEN=1 writes the last three anew; an empty text is
 * no file. A case without any of them, and a file that is none of the above, fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/file.h"

#define MAX_CASES 1000
#define MAX_BYTES ((size_t)4 << 20)

/* What a file holds; empty when there is none. */
static void read_text(const char *folder, const char *name, struct sw_buf *buf)
{
    char path[4096];
    struct sw_err err = {0};
    int r;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    r = sw_file_read(path, buf, &err);
    if (r < 0 && r != SW_ENOENT)
        fail_msg("%s", err.message);
}

static void write_text(const char *folder, const char *name, struct sw_str text)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (!text.len) {
        unlink(path);
        return;
    }
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void check_names(const char *folder)
{
    static const char *const known[] = {"cmd", "stdin", "stdout", "stderr", "exit"};
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        /* Input that only one case needs lies beside it, under a name with a dot inside. */
        bool good = strchr(entry->d_name, '.') != NULL;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            good |= strcmp(entry->d_name, known[i]) == 0;
        if (!good)
            fail_msg("%s/%s: no such part of a case", folder, entry->d_name);
    }
    closedir(dir);
}

/* In the child: becomes the shell. */
static void become_shell(const char *folder, int out, int err)
{
    int in;

    if (chdir(folder) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(125);
    in = open("stdin", O_RDONLY);
    if (in < 0)
        in = open("/dev/null", O_RDONLY);
    if (in < 0 || dup2(in, 0) < 0)
        _exit(125);
    execl("/bin/sh", "sh", "./cmd", (char *)NULL);
    _exit(125);
}

/* What was written to `fd`, which is closed. */
static void take(int fd, struct sw_buf *buf)
{
    char path[32];
    struct sw_err err = {0};

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (sw_file_read(path, buf, &err) < 0)
        fail_msg("%s", err.message);
    close(fd);
}

/* Returns the exit code. The outputs go to memory files, so that neither side waits for the other.
 */
static int run(const char *folder, struct sw_buf *ret_out, struct sw_buf *ret_err)
{
    int out = memfd_create("stdout", MFD_CLOEXEC), err = memfd_create("stderr", MFD_CLOEXEC);
    int status;
    pid_t child;

    assert_true(out >= 0 && err >= 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        become_shell(folder, out, err);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    take(out, ret_out);
    take(err, ret_err);
    return WEXITSTATUS(status);
}

static void compare(const char *folder, const char *name, struct sw_str got)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf expected;

    sw_buf_init(&expected, MAX_BYTES);
    read_text(folder, name, &expected);
    if (!sw_str_eq(sw_buf_str(&expected), got))
        fail_msg("%s/%s: expected\n%.*s\n--- found\n%.*s\n---", folder, name,
                 SW_STR_ARG(sw_buf_str(&expected)), SW_STR_ARG(got));
}

static void transcript(void **state)
{
    const char *folder = *state;
    SW_CLEANUP(sw_buf_release) struct sw_buf out, err;
    char code[16];

    check_names(folder);
    sw_buf_init(&out, MAX_BYTES);
    sw_buf_init(&err, MAX_BYTES);
    snprintf(code, sizeof(code), "%d\n", run(folder, &out, &err));
    if (getenv("SW_REFRESH_GOLDEN")) {
        write_text(folder, "stdout", sw_buf_str(&out));
        write_text(folder, "stderr", sw_buf_str(&err));
        write_text(folder, "exit", sw_str_from(code));
        return;
    }
    compare(folder, "stderr", sw_buf_str(&err));
    compare(folder, "stdout", sw_buf_str(&out));
    compare(folder, "exit", sw_str_from(code));
}

static int is_case(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Makes `spillway` the one that was built, whatever the machine has. */
static void set_environment(void)
{
    const char *program = getenv("SW_SPILLWAY");
    char folder[4096], path[8192];

    if (!program) {
        fprintf(stderr, "SW_SPILLWAY: expected the path of the built program, found nothing\n");
        exit(1);
    }
    snprintf(folder, sizeof(folder), "%s", program);
    snprintf(path, sizeof(path), "%s:%s", dirname(folder), getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("LC_ALL", "C", 1);
}

int main(void)
{
    static struct CMUnitTest tests[MAX_CASES];
    static char folders[MAX_CASES][512];
    struct dirent **entries;
    const char *root = getenv("SW_CASES");
    int n = root ? scandir(root, &entries, is_case, alphasort) : -1, failed;

    if (n <= 0 || n > MAX_CASES) {
        fprintf(stderr, "SW_CASES: expected a folder of 1 to %d cases, found %d\n", MAX_CASES, n);
        return 1;
    }
    set_environment();
    for (int i = 0; i < n; i++) {
        snprintf(folders[i], sizeof(folders[i]), "%s/%s", root, entries[i]->d_name);
        tests[i] = (struct CMUnitTest){
            .name = entries[i]->d_name, .test_func = transcript, .initial_state = folders[i]};
    }
    failed = _cmocka_run_group_tests("transcripts", tests, (size_t)n, NULL, NULL);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
