/* webhook/index_feed.c: what is on disk is what readers see, soon, and never less than before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>

#include "folder.h"
#include "io/clock.h"
#include "metrics/expo.h"
#include "webhook/index_feed.h"
#include "json/read.h"

#define N_READERS  2
#define PATIENCE_S 20 /* for a machine that is busy with other things; usually it takes 0.2 s */

struct fixture {
    char east[FOLDER_PATH_SIZE], west[FOLDER_PATH_SIZE];
    struct sw_clusters clusters;
    struct sw_metrics *metrics;
    struct sw_log log;
    int log_fds[2];
    struct sw_index_feed *feed;
    char text[1 << 16];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f || pipe2(f->log_fds, O_NONBLOCK) < 0)
        return -1;
    folder_make(f->east);
    folder_make(f->west);
    folder_write(f->east, "cart.yaml", SERVICE_YAML("cart"));
    f->clusters.items[0] = (struct sw_cluster){.name = SW_STR("east"), .dir = f->east};
    f->clusters.items[1] = (struct sw_cluster){.name = SW_STR("west"), .dir = f->west};
    f->clusters.n = 2;
    f->clusters.config = 1;
    f->metrics = sw_metrics_new();
    sw_log_init(&f->log, f->log_fds[1], SW_LOG_INFO);
    *state = f;
    return f->metrics ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_index_feed_free(f->feed);
    sw_metrics_free(f->metrics);
    close(f->log_fds[0]);
    close(f->log_fds[1]);
    folder_remove(f->east);
    folder_remove(f->west);
    free(f);
    return 0;
}

static void make_feed(struct fixture *f)
{
    struct sw_index_feed_options options = {
        .clusters = &f->clusters, .n_readers = N_READERS, .metrics = f->metrics, .log = &f->log};

    assert_int_equal(sw_index_feed_new(&options, &f->feed, NULL), 0);
}

static void start_feed(struct fixture *f)
{
    make_feed(f);
    assert_int_equal(sw_index_feed_start(f->feed, NULL), 0);
}

/* What is asked of the index; `name` is the answer that is waited for. */
typedef bool check_fn(const struct sw_publication *publication, const char *name);

static bool ask(struct fixture *f, check_fn *check, const char *name)
{
    struct sw_snapshot *snapshot = sw_index_feed_snapshot(f->feed);
    bool answer = check(sw_publication_of(sw_snapshot_enter(snapshot, 0)), name);

    sw_snapshot_leave(snapshot, 0);
    return answer;
}

static void wait_for(struct fixture *f, check_fn *check, const char *name)
{
    uint64_t end_ms = sw_clock_mono_ms() + PATIENCE_S * 1000;

    while (!ask(f, check, name)) {
        if (sw_clock_mono_ms() > end_ms)
            fail_msg("not within %d s: %s", PATIENCE_S, name);
        usleep(5000);
    }
}

static bool all_synced(const struct sw_publication *publication, const char *name)
{
    struct sw_buf why;
    bool ready;

    (void)name;
    sw_buf_init(&why, 480);
    ready = sw_publication_is_ready(publication, &why);
    sw_buf_release(&why);
    return ready;
}

static bool has_service(const struct sw_publication *publication, const char *name)
{
    const struct sw_view *east = publication->index.views[0];

    return east->n_services == 1 && sw_view_service(east, SW_STR("default"), sw_str_from(name));
}

static bool has_error(const struct sw_publication *publication, const char *part)
{
    const char *error = publication->errors[0];

    return error && strstr(error, part);
}

static bool has_no_error(const struct sw_publication *publication, const char *name)
{
    (void)name;
    return !publication->errors[0];
}

static const struct sw_view *seen_west;

static bool remember_west(const struct sw_publication *publication, const char *name)
{
    (void)name;
    seen_west = publication->index.views[1];
    return true;
}

static bool west_is_the_same(const struct sw_publication *publication, const char *name)
{
    (void)name;
    return publication->index.views[1] == seen_west;
}

static const char *page(struct fixture *f)
{
    struct sw_buf buf;

    sw_buf_init(&buf, sizeof(f->text) - 1);
    sw_expo_write(f->metrics, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    memcpy(f->text, buf.data, buf.len);
    f->text[buf.len] = '\0';
    sw_buf_release(&buf);
    return f->text;
}

static const char *logged(struct fixture *f)
{
    ssize_t len = read(f->log_fds[0], f->text, sizeof(f->text) - 1);

    f->text[len > 0 ? len : 0] = '\0';
    return f->text;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected %s in %s", part, text);
}

static bool is_unsynced(const struct sw_publication *publication, const char *name)
{
    (void)name;
    return publication->index.n_views == 2 && publication->index.local == 0 &&
           publication->index.config == 1 && !publication->index.views[0]->source.synced &&
           !publication->index.views[1]->source.synced;
}

static void new_publishes_an_index_in_which_nothing_is_synced(void **state)
{
    struct fixture *f = *state;

    make_feed(f);
    assert_true(ask(f, is_unsynced, NULL));
    assert_holds(page(f), "spillway_cluster_synced{cluster=\"east\"} 0\n");
    assert_holds(page(f), "spillway_cluster_seen_timestamp_seconds{cluster=\"west\"} 0\n");
}

static void start_reads_every_cluster(void **state)
{
    struct fixture *f = *state;

    start_feed(f);
    wait_for(f, all_synced, "synced");
    assert_true(ask(f, has_service, "cart"));
    assert_holds(page(f), "spillway_cluster_synced{cluster=\"east\"} 1\n");
    assert_holds(page(f), "spillway_cluster_objects{cluster=\"east\",kind=\"Service\"} 1\n");
    assert_null(strstr(page(f), "spillway_cluster_seen_timestamp_seconds{cluster=\"east\"} 0\n"));
    assert_holds(logged(f), "\"msg\":\"cluster read\",\"cluster\":\"east\",\"namespaces\":0,"
                            "\"services\":1,");
}

static void a_change_is_published_and_the_other_view_shared(void **state)
{
    struct fixture *f = *state;

    start_feed(f);
    wait_for(f, all_synced, "synced");
    ask(f, remember_west, NULL);
    folder_write(f->east, "cart.yaml", SERVICE_YAML("basket"));
    wait_for(f, has_service, "basket");
    assert_true(ask(f, west_is_the_same, NULL));
    assert_holds(page(f), "spillway_cluster_reads_total{cluster=\"west\"} 1\n");
}

static void a_bad_file_keeps_the_last_good_view(void **state)
{
    struct fixture *f = *state;

    start_feed(f);
    wait_for(f, all_synced, "synced");
    logged(f);
    folder_write(f->east, "bad.yaml", "kind: [\n");
    wait_for(f, has_error, "/bad.yaml:");
    assert_true(ask(f, has_service, "cart"));
    assert_true(ask(f, all_synced, NULL));
    assert_holds(page(f), "spillway_cluster_failing{cluster=\"east\"} 1\n");
    assert_holds(page(f), "spillway_cluster_synced{cluster=\"east\"} 1\n");
    assert_null(strstr(page(f), "spillway_cluster_read_failures_total{cluster=\"east\"} 0\n"));
    assert_holds(logged(f), "\"level\":\"warn\",\"msg\":\"cluster cannot be read, its last view "
                            "stays in use\",\"cluster\":\"east\",\"error\":");
    folder_write(f->east, "bad.yaml", "");
    wait_for(f, has_no_error, "mended");
    assert_holds(page(f), "spillway_cluster_failing{cluster=\"east\"} 0\n");
}

static void a_cluster_without_a_folder_is_unsynced_until_there_is_one(void **state)
{
    struct fixture *f = *state;

    folder_remove(f->east);
    start_feed(f);
    wait_for(f, has_error, "No such file or directory");
    assert_false(ask(f, all_synced, NULL));
    assert_int_equal(mkdir(f->east, 0755), 0);
    folder_write(f->east, "cart.yaml", SERVICE_YAML("cart"));
    wait_for(f, has_service, "cart");
    assert_true(ask(f, all_synced, NULL));
}

static void a_folder_that_goes_away_leaves_its_last_view(void **state)
{
    struct fixture *f = *state;

    start_feed(f);
    wait_for(f, all_synced, "synced");
    folder_remove(f->east);
    wait_for(f, has_error, "No such file or directory");
    assert_true(ask(f, has_service, "cart"));
}

static void a_turned_link_is_followed(void **state)
{
    struct fixture *f = *state;
    char path[2 * FOLDER_PATH_SIZE];

    assert_int_equal(unlink(folder_join(path, f->east, "cart.yaml")), 0);
    folder_mkdir(f->east, "..1");
    folder_mkdir(f->east, "..2");
    folder_write(f->east, "..1/cart.yaml", SERVICE_YAML("one"));
    folder_write(f->east, "..2/cart.yaml", SERVICE_YAML("two"));
    folder_link(f->east, "..data", "..1");
    folder_link(f->east, "cart.yaml", "..data/cart.yaml");
    start_feed(f);
    wait_for(f, has_service, "one");
    folder_link(f->east, "..data", "..2");
    wait_for(f, has_service, "two");
    folder_link(f->east, "..data", "..1"); /* and again: watches are on what there is now */
    wait_for(f, has_service, "one");
}

struct reader {
    struct sw_snapshot *snapshot;
    _Atomic bool *stop;
    size_t n_services; /* so that the views are looked into */
};

static void *read_on(void *argument)
{
    struct reader *reader = argument;

    while (!atomic_load(reader->stop)) {
        const struct sw_publication *publication =
            sw_publication_of(sw_snapshot_enter(reader->snapshot, 1));

        for (size_t i = 0; i < publication->index.n_views; i++)
            reader->n_services += publication->index.views[i]->n_services;
        sw_snapshot_leave(reader->snapshot, 1);
    }
    return NULL;
}

static void readers_read_on_while_everything_changes(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct fixture *f = *state;
    _Atomic bool stop = false;
    struct reader reader = {.stop = &stop};
    pthread_t thread;

    start_feed(f);
    reader.snapshot = sw_index_feed_snapshot(f->feed);
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    for (size_t i = 0; i < 5; i++) {
        char manifest[128];

        snprintf(manifest, sizeof(manifest), SERVICE_YAML("%s"), names[i]);
        folder_write(f->east, "cart.yaml", manifest);
        wait_for(f, has_service, names[i]);
    }
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(reader.n_services > 0);
}

static void free_of_nothing_is_allowed(void **state)
{
    (void)state;
    sw_index_feed_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static bool has_unlisted(const struct sw_publication *publication, const char *text)
{
    return sw_str_is(publication->index.unlisted, text);
}

static void a_feed_that_knows_no_secrets_yet_says_so(void **state)
{
    struct fixture *f = *state;
    struct sw_index_feed_options options = {.clusters = &f->clusters,
                                            .secrets_namespace = SW_STR("sys"),
                                            .n_readers = N_READERS,
                                            .metrics = f->metrics,
                                            .log = &f->log};

    f->clusters.items[1] =
        (struct sw_cluster){.name = SW_STR("west"), .kubeconfig = SW_STR("no/such/file")};
    f->clusters.local = 1;
    f->clusters.config = 0;
    assert_int_equal(sw_index_feed_new(&options, &f->feed, NULL), 0);
    assert_int_equal(sw_index_feed_start(f->feed, NULL), 0);
    wait_for(f, has_service, "cart");
    wait_for(f, has_unlisted, "the clusters that Secrets of namespace sys name");
    assert_holds(page(f), "spillway_cluster_secrets_synced 0\n");
    while (!strstr(page(f), "spillway_cluster_secrets_failing 1\n"))
        usleep(5000);
    assert_holds(logged(f), "\"msg\":\"Secrets of remote clusters cannot be seen\",\"error\":"
                            "\"no/such/file: No such file or directory\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_publishes_an_index_in_which_nothing_is_synced),
        TEST(start_reads_every_cluster),
        TEST(a_change_is_published_and_the_other_view_shared),
        TEST(a_bad_file_keeps_the_last_good_view),
        TEST(a_cluster_without_a_folder_is_unsynced_until_there_is_one),
        TEST(a_folder_that_goes_away_leaves_its_last_view),
        TEST(a_turned_link_is_followed),
        TEST(readers_read_on_while_everything_changes),
        cmocka_unit_test(free_of_nothing_is_allowed),
        TEST(a_feed_that_knows_no_secrets_yet_says_so),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
