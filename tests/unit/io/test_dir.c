/* pkg/io/dir.c: which files of a folder there are, and whether they have changed. */
#include "folder.h"

#include "json/read.h"

/* The listing as one text, a blank between the paths. */
static const char *listing(struct fixture *f, const char *path, enum sw_dir_depth depth)
{
    static char text[4096];
    struct sw_dir_files files;
    size_t used = 0;

    assert_int_equal(sw_dir_list(path, depth, &f->arena, &f->problems, &files, &f->err), 0);
    text[0] = 0;
    for (size_t i = 0; i < files.n; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                                 files.paths[i]);
    return text;
}

static void list_sorts_and_takes_only_manifests(void **state)
{
    put("b.yaml", "");
    put("a.yml", "");
    put("C.json", "");
    put("readme.md", "");
    put("yaml", "");
    put("x.yaml.bak", "");
    put("kustomization.yaml", "");
    put("kustomization.yml", "");
    make_folder("a");
    put("a/z.yaml", "");
    make_folder("d.yaml");
    put("d.yaml/y.yaml", "");
    assert_string_equal(listing(*state, ".", SW_DIR_DEEP),
                        "./C.json ./a/z.yaml ./a.yml ./b.yaml ./d.yaml/y.yaml");
    assert_int_equal(((struct fixture *)*state)->problems.n, 0);
}

static void list_keeps_the_name_that_was_given(void **state)
{
    struct fixture *f = *state;
    char slash[80], expected[80];

    put("a.yaml", "");
    snprintf(slash, sizeof(slash), "%s/", f->root);
    snprintf(expected, sizeof(expected), "%s/a.yaml", f->root);
    assert_string_equal(listing(f, f->root, SW_DIR_DEEP), expected);
    assert_string_equal(listing(f, slash, SW_DIR_DEEP), expected);
}

static void list_counts_the_folders_that_it_leaves_out(void **state)
{
    struct fixture *f = *state;
    struct sw_dir_files files;

    put("a.yaml", "");
    make_folder("b");
    make_folder("c");
    put("b/x.yaml", "");
    assert_int_equal(sw_dir_list(".", SW_DIR_FLAT, &f->arena, NULL, &files, &f->err), 0);
    assert_int_equal(files.n, 1);
    assert_int_equal(files.n_folders, 2);
}

static void list_passes_over_hidden_names(void **state)
{
    put(".a.yaml", "");
    make_folder(".git");
    put(".git/b.yaml", "");
    make_link("someone@host.123:456", ".#a.yaml"); /* a lock of Emacs */
    assert_string_equal(listing(*state, ".", SW_DIR_DEEP), "");
    assert_int_equal(((struct fixture *)*state)->problems.n, 0);
}

/* What kubelet makes of a ConfigMap (pkg/volume/util AtomicWriter). */
static void list_takes_each_file_of_a_configmap_mount_once(void **state)
{
    make_folder("..2026_11_23_10_00_00.1");
    put("..2026_11_23_10_00_00.1/svc.yaml", "");
    make_link("..2026_11_23_10_00_00.1", "..data");
    make_link("..data/svc.yaml", "svc.yaml");
    assert_string_equal(listing(*state, ".", SW_DIR_DEEP), "./svc.yaml");
}

static void list_follows_links_to_files_only(void **state)
{
    struct fixture *f = *state;

    make_folder("real");
    put("real/a.yaml", "");
    make_link("real", "folder.yaml");
    make_link("..", "real/up");
    make_link("real/a.yaml", "file.yaml");
    assert_string_equal(listing(f, ".", SW_DIR_DEEP), "./file.yaml ./real/a.yaml");
    assert_int_equal(f->problems.n, 0);
}

static void list_tells_of_what_is_no_file(void **state)
{
    struct fixture *f = *state;

    put("a.yaml", "");
    make_link("nowhere", "b.yaml");
    assert_int_equal(mkfifo("c.yaml", 0600), 0);
    assert_string_equal(listing(f, ".", SW_DIR_DEEP), "./a.yaml");
    assert_int_equal(f->problems.n, 2);
    assert_problem(f, 0, "./b.yaml", 0, "No such file");
    assert_problem(f, 1, "./c.yaml", 0, "expected a regular file, found a pipe");
}

static void list_tells_of_folders_that_are_too_deep(void **state)
{
    struct fixture *f = *state;
    char path[256] = ".";

    for (int i = 0; i <= SW_DIR_MAX_DEPTH; i++) {
        strcat(path, "/d");
        make_folder(path);
        if (i == SW_DIR_MAX_DEPTH - 1) {
            char file[300];

            snprintf(file, sizeof(file), "%s/last.yaml", path);
            put(file, "");
        }
    }
    assert_non_null(strstr(listing(f, ".", SW_DIR_DEEP), "/last.yaml"));
    assert_int_equal(f->problems.n, 1);
    assert_problem(f, 0, path, 0, "at most 16 folders");
}

static void list_fails_without_the_folder(void **state)
{
    struct fixture *f = *state;
    struct sw_dir_files files;

    assert_int_equal(sw_dir_list("none", SW_DIR_DEEP, &f->arena, NULL, &files, &f->err), SW_ENOENT);
    assert_string_equal(f->err.message, "none: No such file or directory");
    put("file", "");
    assert_int_equal(sw_dir_list("file", SW_DIR_DEEP, &f->arena, NULL, &files, &f->err), SW_EIO);
    assert_string_equal(f->err.message, "file: Not a directory");
}

static void list_fails_with_too_many_manifests(void **state)
{
    struct fixture *f = *state;
    struct sw_dir_files files;
    char path[32];

    for (int i = 0; i <= SW_DIR_MAX_FILES; i++) {
        snprintf(path, sizeof(path), "%d.yaml", i);
        assert_int_equal(mknod(path, S_IFREG | 0600, 0), 0);
    }
    assert_int_equal(sw_dir_list(".", SW_DIR_DEEP, &f->arena, NULL, &files, &f->err), SW_ELIMIT);
    assert_string_equal(f->err.message, ".: expected at most 10000 manifests, found more");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sw_dir_list(".", SW_DIR_DEEP, &f->arena, NULL, &files, &f->err), 0);
    assert_int_equal(files.n, SW_DIR_MAX_FILES);
}

static void list_fails_without_memory(void **state)
{
    struct fixture *f = *state;
    struct sw_dir_files files;
    struct sw_arena small;

    put("a.yaml", "");
    sw_arena_init(&small, 16, 16);
    assert_int_equal(sw_dir_list(".", SW_DIR_DEEP, &small, NULL, &files, &f->err), SW_ENOMEM);
    sw_arena_release(&small);
}

static void fingerprint_stays_while_nothing_changes(void **state)
{
    uint64_t before;

    (void)state;
    put("a.yaml", "x");
    put("notes.txt", "x");
    before = fingerprint();
    put("notes.txt", "other");
    assert_true(fingerprint() == before);
}

static void fingerprint_changes_with_files(void **state)
{
    uint64_t before[7];

    (void)state;
    before[0] = fingerprint();
    put("a.yaml", "x");
    before[1] = fingerprint();
    put("a.yaml", "longer");
    before[2] = fingerprint();
    assert_int_equal(rename("a.yaml", "b.yaml"), 0);
    before[3] = fingerprint();
    make_folder("d");
    put("d/a.yaml", "x");
    before[4] = fingerprint();
    make_link("nowhere", "z.yaml");
    before[5] = fingerprint();
    assert_int_equal(unlink("b.yaml"), 0);
    before[6] = fingerprint();
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < i; j++)
            assert_true(before[i] != before[j]);
    }
}

/* A ConfigMap's update: the links stay as they are, and what they lead to is another file. */
static void fingerprint_changes_when_a_mount_is_switched(void **state)
{
    uint64_t before;

    (void)state;
    make_folder("..1");
    make_folder("..2");
    put("..1/a.yaml", "x");
    put("..2/a.yaml", "y");
    make_link("..1", "..data");
    make_link("..data/a.yaml", "a.yaml");
    before = fingerprint();
    make_link("..2", "..data_tmp");
    assert_int_equal(rename("..data_tmp", "..data"), 0);
    assert_true(fingerprint() != before);
}

static void fingerprint_changes_with_content_of_the_same_size_and_time(void **state)
{
    struct stat info;
    struct timespec times[2];
    uint64_t before;

    (void)state;
    put("a.yaml", "x");
    assert_int_equal(stat("a.yaml", &info), 0);
    before = fingerprint();
    usleep(20000); /* a tick of the file system's clock */
    put("a.yaml", "y");
    times[0] = info.st_atim;
    times[1] = info.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, "a.yaml", times, 0), 0);
    assert_true(fingerprint() != before);
}

static void fingerprint_does_not_depend_on_where_the_folder_is(void **state)
{
    struct fixture *f = *state;
    uint64_t here = fingerprint(), there = 0;

    assert_int_equal(sw_dir_fingerprint(f->root, &there, &f->err), 0);
    assert_true(here == there);
    assert_int_equal(sw_dir_fingerprint("none", &there, &f->err), SW_ENOENT);
    assert_true(here == there);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(list_sorts_and_takes_only_manifests),
        TEST(list_keeps_the_name_that_was_given),
        TEST(list_counts_the_folders_that_it_leaves_out),
        TEST(list_passes_over_hidden_names),
        TEST(list_takes_each_file_of_a_configmap_mount_once),
        TEST(list_follows_links_to_files_only),
        TEST(list_tells_of_what_is_no_file),
        TEST(list_tells_of_folders_that_are_too_deep),
        TEST(list_fails_without_the_folder),
        TEST(list_fails_with_too_many_manifests),
        TEST(list_fails_without_memory),
        TEST(fingerprint_stays_while_nothing_changes),
        TEST(fingerprint_changes_with_files),
        TEST(fingerprint_changes_when_a_mount_is_switched),
        TEST(fingerprint_changes_with_content_of_the_same_size_and_time),
        TEST(fingerprint_does_not_depend_on_where_the_folder_is),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
