/* Runs a fuzz target over every file of the folders that it is given: the ordinary test run's part
 * of fuzzing, with any compiler. A fault ends it the way it would end the fuzzer. */
#include "fuzz.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static int fail(const char *path)
{
    perror(path);
    return -1;
}

/* 0, or -1 where the file could not be read. */
static int replay_file(const char *path)
{
    SW_CLEANUP(close_file) FILE *file = fopen(path, "rb");
    SW_CLEANUP(sw_cleanup_free) char *bytes = NULL;
    struct stat status;
    size_t size;

    if (!file || fstat(fileno(file), &status) < 0)
        return fail(path);
    size = (size_t)status.st_size;
    /* A block of just that size, so that a sanitizer sees a read behind the input. */
    bytes = malloc(size ? size : 1);
    if (!bytes || fread(bytes, 1, size, file) != size)
        return fail(path);
    /* The last line is the file at fault. */
    puts(path);
    fflush(stdout);
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
    return 0;
}

/* Number of files replayed, or -1. */
static int replay_folder(const char *folder)
{
    SW_CLEANUP(close_dir) DIR *dir = opendir(folder);
    const struct dirent *entry;
    int n = 0;

    if (!dir)
        return fail(folder);
    while ((entry = readdir(dir))) {
        char path[PATH_MAX];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (replay_file(path) < 0)
            return -1;
        n++;
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        int n = replay_folder(argv[i]);

        if (n < 0)
            return 1;
        if (n == 0) {
            fprintf(stderr, "%s: no input\n", argv[i]);
            return 1;
        }
        printf("%s: %d inputs\n", argv[i], n);
    }
    return 0;
}
