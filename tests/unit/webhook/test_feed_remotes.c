/* webhook/feed_remotes.c and feed_set.c: clusters come into a feed's set and leave it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "folder.h"
#include "metrics/expo.h"
#include "webhook/feed_remotes.h"
#include "json/read.h"

/* Nobody listens there. */
#define KUBECONFIG                                                                                 \
    "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: "       \
    "[{name: c, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: u, user: {token: t}}]}"

struct fixture {
    char folder[FOLDER_PATH_SIZE];
    struct sw_clusters clusters;
    struct sw_metrics *metrics;
    struct sw_feed_remotes remotes;
    struct sw_feed_fleet fleet;
    struct sw_feed_set set;
    struct sw_feed_stats stats;
    struct sw_buf page;
};

/* home and given are on the command line. */
static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_feed_remotes_options options;

    if (!f)
        return -1;
    folder_make(f->folder);
    f->clusters.items[0] = (struct sw_cluster){.name = SW_STR("given"), .dir = f->folder};
    f->clusters.items[1] = (struct sw_cluster){.name = SW_STR("home"), .dir = f->folder};
    f->clusters.n = 2;
    f->clusters.local = 1;
    f->metrics = sw_metrics_new();
    sw_buf_init(&f->page, 1 << 20);
    *state = f;
    options = (struct sw_feed_remotes_options){
        .clusters = &f->clusters, .namespace_ = SW_STR("sys"), .metrics = f->metrics};
    if (sw_feed_remotes_init(&f->remotes, &options, &f->fleet, NULL) < 0 ||
        sw_feed_set_open(&f->set, &f->clusters, &f->fleet, NULL) < 0)
        return -1;
    return sw_feed_stats_init(&f->stats, f->metrics, f->set.cap, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_feed_set_release(&f->set);
    sw_feed_remotes_release(&f->remotes);
    sw_metrics_free(f->metrics);
    sw_buf_release(&f->page);
    folder_remove(f->folder);
    free(f);
    return 0;
}

static void post(struct fixture *f, enum sw_fleet_change change, const char *name,
                 const char *error)
{
    const struct sw_fleet_sink *sink = &f->fleet.options->sink;
    const struct sw_fleet_event event = {
        .change = change,
        .cluster = sw_str_from(name),
        .kubeconfig =
            error || change == SW_FLEET_REMOVED ? (struct sw_str){NULL, 0} : SW_STR(KUBECONFIG),
        .error = error,
    };

    assert_int_equal(sink->event(sink->context, &event, NULL), 0);
}

static bool look(struct fixture *f)
{
    return sw_feed_remotes_look(&f->remotes, &f->set, &f->stats);
}

/* Fails unless these are the set's, in that order. */
static void assert_set(struct fixture *f, const char *expected)
{
    char names[1024] = "";
    size_t len = 0;

    for (size_t i = 0; i < f->set.n; i++)
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.*s", i ? " " : "",
                                SW_STR_ARG(f->set.items[i].name));
    assert_string_equal(names, expected);
}

static bool page_has(struct fixture *f, const char *line)
{
    sw_buf_clear(&f->page);
    sw_expo_write(f->metrics, &f->page);
    return memmem(f->page.data, f->page.len, line, strlen(line)) != NULL;
}

static void clusters_come_in_the_order_of_their_names(void **state)
{
    struct fixture *f = *state;

    assert_false(look(f));
    assert_set(f, "given home");
    post(f, SW_FLEET_ADDED, "west", NULL);
    post(f, SW_FLEET_ADDED, "east", NULL);
    assert_true(look(f));
    assert_set(f, "given home east west");
    post(f, SW_FLEET_ADDED, "north", NULL);
    assert_true(look(f));
    assert_set(f, "given home east north west");
    assert_false(look(f));
    assert_false(f->set.items[3].held->view.source.synced);
    assert_true(page_has(f, "spillway_cluster_synced{cluster=\"north\"} 0\n"));
}

static void a_cluster_that_goes_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct sw_held_view *held;

    post(f, SW_FLEET_ADDED, "west", NULL);
    post(f, SW_FLEET_ADDED, "east", NULL);
    look(f);
    held = sw_held_view_ref(f->set.items[2].held);
    post(f, SW_FLEET_REMOVED, "east", NULL);
    assert_true(look(f));
    assert_set(f, "given home west");
    assert_false(page_has(f, "cluster=\"east\""));
    assert_true(page_has(f, "cluster=\"west\""));
    assert_true(sw_str_is(held->view.source.cluster, "east")); /* somebody reads it still */
    sw_held_view_unref(held);
    post(f, SW_FLEET_REMOVED, "never", NULL);
    assert_false(look(f));
}

/* What a cluster's source says of it, once it has taken note of what was given. */
static const char *error_of(struct fixture *f, size_t at, const char *wanted)
{
    static struct sw_err err;
    struct sw_source *source = &f->set.items[at].source;
    uint64_t version;

    for (int i = 0; i < 200; i++) {
        err = (struct sw_err){0};
        source->ops->version(source->self, &version, &err);
        if (strstr(err.message, wanted))
            break;
        poll(NULL, 0, 50);
    }
    return err.message;
}

static void a_cluster_that_changes_stays(void **state)
{
    struct fixture *f = *state;
    const void *before;

    post(f, SW_FLEET_ADDED, "west", "Secret sys/a, key west: no");
    assert_true(look(f));
    before = f->set.items[2].source.self;
    assert_string_equal(error_of(f, 2, "Secret"), "Secret sys/a, key west: no");
    post(f, SW_FLEET_CHANGED, "west", NULL);
    assert_false(look(f)); /* the index is another once it was listed */
    assert_ptr_equal(f->set.items[2].source.self, before);
    assert_non_null(strstr(error_of(f, 2, "https://127.0.0.1:1"), "https://127.0.0.1:1/api/v1/"));
}

static void there_may_be_more_until_the_secrets_were_seen(void **state)
{
    struct sw_fleet_status status = {.synced = true, .n_clusters = 1, .n_findings = 3};
    struct fixture *f = *state;
    const char *more = "the clusters that Secrets of namespace sys name";

    look(f);
    assert_true(sw_str_is(sw_feed_remotes_unlisted(&f->remotes), more));
    assert_true(page_has(f, "spillway_cluster_secrets_synced 0\n"));
    post(f, SW_FLEET_ADDED, "west", NULL);
    sw_fleet_mail_tell(f->fleet.mail, &status);
    assert_true(look(f));
    assert_set(f, "given home west");
    assert_null(sw_feed_remotes_unlisted(&f->remotes).data);
    assert_true(page_has(f, "spillway_cluster_secrets_synced 1\n"));
    assert_true(page_has(f, "spillway_cluster_secrets_findings 3\n"));
    status.synced = false; /* what was seen was seen */
    sw_err_set(&status.error, SW_EIO, "away");
    sw_fleet_mail_tell(f->fleet.mail, &status);
    assert_false(look(f));
    assert_null(sw_feed_remotes_unlisted(&f->remotes).data);
    assert_true(page_has(f, "spillway_cluster_secrets_failing 1\n"));
}

static void clusters_that_go_make_room(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (size_t i = f->set.n; i < SW_CLUSTERS_MAX; i++) {
        snprintf(name, sizeof(name), "r%03zu", i);
        post(f, SW_FLEET_ADDED, name, "x");
    }
    assert_true(look(f));
    assert_int_equal(f->set.n, SW_CLUSTERS_MAX);
    post(f, SW_FLEET_ADDED, "west", "x");
    post(f, SW_FLEET_REMOVED, "r100", NULL);
    assert_true(look(f));
    assert_int_equal(f->set.n, SW_CLUSTERS_MAX);
    assert_true(sw_feed_set_find(&f->set, SW_STR("west")) < f->set.n);
    assert_int_equal(sw_feed_set_find(&f->set, SW_STR("r100")), f->set.n);
    post(f, SW_FLEET_ADDED, "over", "x"); /* no fleet posts that: it waits */
    look(f);
    post(f, SW_FLEET_REMOVED, "r101", NULL);
    assert_true(look(f));
    assert_true(sw_feed_set_find(&f->set, SW_STR("over")) < f->set.n);
}

static void without_a_namespace_there_is_nothing_to_look_at(void **state)
{
    struct sw_feed_remotes remotes;
    struct sw_feed_fleet fleet;
    struct sw_feed_remotes_options options = {0};

    (void)state;
    assert_int_equal(sw_feed_remotes_init(&remotes, &options, &fleet, NULL), 0);
    assert_null(fleet.mail);
    assert_int_equal(sw_feed_remotes_fd(&remotes), -1);
    assert_null(sw_feed_remotes_unlisted(&remotes).data);
    assert_false(sw_feed_remotes_look(&remotes, NULL, NULL));
    sw_feed_remotes_release(&remotes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clusters_come_in_the_order_of_their_names),
        TEST(a_cluster_that_goes_leaves_nothing),
        TEST(a_cluster_that_changes_stays),
        TEST(there_may_be_more_until_the_secrets_were_seen),
        TEST(clusters_that_go_make_room),
        cmocka_unit_test(without_a_namespace_there_is_nothing_to_look_at),
    };

    signal(SIGPIPE, SIG_IGN);
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    sw_json_setup();
    if (sw_http_setup(NULL) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
