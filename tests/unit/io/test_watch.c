/* pkg/io/watch.c: a folder tells that something in it changed, as often as it may go and come. */
#include "folder.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>

#include "io/watch.h"

/* While set, the kernel gives no watch: what fs.inotify.max_user_instances does when it is spent.
 * The linker leads the calls here. */
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

/* Whether it tells of itself that there is something to take; events are there at once. */
static bool tells(const struct sw_watch *watch)
{
    struct pollfd fd = {.fd = sw_watch_fd(watch), .events = POLLIN};

    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN);
}

/* A watch on the folder "certs", which is made unless it is there. */
static void begin(struct sw_watch *watch)
{
    mkdir("certs", 0777);
    sw_watch_init(watch);
    assert_int_equal(sw_watch_add_file(watch, "certs/tls.crt", NULL), 0);
}

static void a_quiet_folder_tells_nothing(void **state)
{
    struct sw_watch watch;

    (void)state;
    begin(&watch);
    assert_true(sw_watch_is_whole(&watch));
    sw_watch_take(&watch);
    assert_false(tells(&watch));
    assert_false(sw_watch_take(&watch));
    sw_watch_release(&watch);
}

static void reading_a_file_is_no_change(void **state)
{
    struct sw_watch watch;
    FILE *file;

    (void)state;
    mkdir("certs", 0777);
    put("certs/tls.crt", "one");
    begin(&watch);
    sw_watch_take(&watch);
    file = fopen("certs/tls.crt", "r");
    assert_non_null(file);
    assert_int_equal(fgetc(file), 'o');
    fclose(file);
    assert_false(tells(&watch));
    sw_watch_release(&watch);
}

static void a_written_file_is_told_once(void **state)
{
    struct sw_watch watch;

    (void)state;
    begin(&watch);
    sw_watch_take(&watch);
    put("certs/tls.crt", "two");
    assert_true(tells(&watch));
    assert_true(sw_watch_take(&watch));
    assert_false(tells(&watch));
    assert_false(sw_watch_take(&watch));
    sw_watch_release(&watch);
}

/* As the kubelet does it: the files are links through ..data, and only that link is turned. */
static void a_turned_link_is_told_each_time(void **state)
{
    struct sw_watch watch;

    (void)state;
    make_folder("certs");
    make_folder("certs/..1");
    put("certs/..1/tls.crt", "one");
    make_link("..1", "certs/..data");
    make_link("..data/tls.crt", "certs/tls.crt");
    begin(&watch);
    for (int i = 2; i < 5; i++) {
        char name[16], path[32];

        snprintf(name, sizeof(name), "..%d", i);
        snprintf(path, sizeof(path), "certs/%s", name);
        make_folder(path);
        sw_watch_take(&watch);
        make_link(name, "certs/..data_tmp");
        assert_int_equal(rename("certs/..data_tmp", "certs/..data"), 0);
        assert_true(tells(&watch));
        assert_true(sw_watch_take(&watch));
    }
    sw_watch_release(&watch);
}

static void a_folder_that_was_made_again_is_watched_again(void **state)
{
    struct sw_watch watch;

    (void)state;
    begin(&watch);
    assert_int_equal(rmdir("certs"), 0);
    assert_true(tells(&watch));
    assert_true(sw_watch_take(&watch));
    assert_false(sw_watch_is_whole(&watch));
    assert_false(sw_watch_take(&watch)); /* still not there */
    make_folder("certs");
    assert_true(sw_watch_take(&watch)); /* which is reason enough to look */
    assert_true(sw_watch_is_whole(&watch));
    put("certs/tls.crt", "new");
    assert_true(tells(&watch));
    sw_watch_release(&watch);
}

static void a_folder_that_another_took_the_place_of_is_let_go(void **state)
{
    struct sw_watch watch;

    (void)state;
    begin(&watch);
    make_folder("next");
    sw_watch_take(&watch);
    assert_int_equal(rename("certs", "before"), 0);
    assert_int_equal(rename("next", "certs"), 0);
    assert_true(sw_watch_take(&watch));
    sw_watch_take(&watch); /* the end of the watch before */
    put("before/tls.crt", "nobody's");
    assert_false(tells(&watch));
    put("certs/tls.crt", "ours");
    assert_true(tells(&watch));
    sw_watch_release(&watch);
}

static void a_folder_that_is_not_there_yet_is_waited_for(void **state)
{
    struct sw_watch watch;

    (void)state;
    sw_watch_init(&watch);
    assert_int_equal(sw_watch_add_file(&watch, "certs/tls.crt", NULL), 0);
    assert_false(sw_watch_is_whole(&watch));
    assert_false(sw_watch_take(&watch));
    make_folder("certs");
    assert_true(sw_watch_take(&watch));
    assert_true(sw_watch_is_whole(&watch));
    sw_watch_release(&watch);
}

static void without_the_kernel_there_is_no_watch_until_it_gives_one(void **state)
{
    struct sw_watch watch;

    (void)state;
    spent = true;
    begin(&watch);
    assert_int_equal(sw_watch_fd(&watch), -1);
    assert_false(sw_watch_is_whole(&watch));
    assert_false(sw_watch_take(&watch));
    spent = false;
    assert_true(sw_watch_take(&watch));
    assert_true(sw_watch_is_whole(&watch));
    put("certs/tls.crt", "new");
    assert_true(tells(&watch));
    sw_watch_release(&watch);
}

static void files_of_one_folder_share_its_watch(void **state)
{
    struct sw_watch watch;

    (void)state;
    begin(&watch);
    assert_int_equal(sw_watch_add_file(&watch, "certs/tls.key", NULL), 0);
    assert_int_equal(watch.n_folders, 1);
    assert_int_equal(sw_watch_add_file(&watch, "here.crt", NULL), 0);
    assert_int_equal(watch.n_folders, 2);
    assert_int_equal(sw_watch_add_file(&watch, "/at-the-top", NULL), 0);
    assert_string_equal(watch.folders[2].path, "/");
    assert_true(sw_watch_is_whole(&watch));
    sw_watch_take(&watch);
    put("here.crt", "x");
    assert_true(tells(&watch));
    sw_watch_release(&watch);
}

static void too_many_folders_are_refused(void **state)
{
    struct fixture *f = *state;
    struct sw_watch watch;

    sw_watch_init(&watch);
    for (int i = 0; i < SW_WATCH_FOLDERS_MAX; i++) {
        char path[32];

        snprintf(path, sizeof(path), "folder-%d/file", i);
        assert_int_equal(sw_watch_add_file(&watch, path, NULL), 0);
    }
    assert_int_equal(sw_watch_add_file(&watch, "one-more/file", &f->err), SW_ELIMIT);
    assert_non_null(strstr(f->err.message, "one-more"));
    sw_watch_release(&watch);
    assert_int_equal(sw_watch_fd(&watch), -1);
    assert_int_equal(watch.n_folders, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_quiet_folder_tells_nothing),
        TEST(reading_a_file_is_no_change),
        TEST(a_written_file_is_told_once),
        TEST(a_turned_link_is_told_each_time),
        TEST(a_folder_that_was_made_again_is_watched_again),
        TEST(a_folder_that_another_took_the_place_of_is_let_go),
        TEST(a_folder_that_is_not_there_yet_is_waited_for),
        TEST(without_the_kernel_there_is_no_watch_until_it_gives_one),
        TEST(files_of_one_folder_share_its_watch),
        TEST(too_many_folders_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
