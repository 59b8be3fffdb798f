/* webhook/feed_stats.c: one look at a cluster, as Prometheus reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fake_source.h"
#include "metrics/expo.h"
#include "webhook/feed_stats.h"

struct fixture {
    struct sw_metrics *metrics;
    struct sw_feed_stats stats;
    struct fake fake;
    struct sw_feed_cluster cluster;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_source source = {&fake_ops, f ? &f->fake : NULL};

    if (!f)
        return -1;
    f->metrics = sw_metrics_new();
    f->fake.objects =
        "[{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"}},"
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"b\"}}]";
    *state = f;
    if (!f->metrics || sw_feed_stats_init(&f->stats, f->metrics, 2, NULL) < 0)
        return -1;
    /* the name as the command line has it: no NUL behind it */
    return sw_feed_cluster_init(&f->cluster, sw_str_slice(SW_STR("east=dir:/e"), 0, 4), source,
                                NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_feed_cluster_release(&f->cluster);
    sw_metrics_free(f->metrics);
    free(f);
    return 0;
}

static void assert_page_holds(struct fixture *f, const char *line)
{
    struct sw_buf page;

    sw_buf_init(&page, 1 << 16);
    sw_expo_write(f->metrics, &page);
    if (!memmem(page.data, page.len, line, strlen(line)))
        fail_msg("expected %s in %.*s", line, SW_STR_ARG(sw_buf_str(&page)));
    sw_buf_release(&page);
}

static void look(struct fixture *f, uint64_t now_ms, uint64_t wall_s)
{
    struct sw_feed_found found = sw_feed_cluster_look(&f->cluster, now_ms);

    sw_feed_stats_note(&f->stats, &f->cluster, &found, wall_s);
}

static void note_of_nothing_shows_every_series(void **state)
{
    static const char *const lines[] = {
        "spillway_cluster_failing{cluster=\"east\"} 0\n",
        "spillway_cluster_objects{cluster=\"east\",kind=\"WorkspaceSetting\"} 0\n",
        "spillway_cluster_read_failures_total{cluster=\"east\"} 0\n",
        "spillway_cluster_reads_total{cluster=\"east\"} 0\n",
        "spillway_cluster_seen_timestamp_seconds{cluster=\"east\"} 0\n",
        "spillway_cluster_synced{cluster=\"east\"} 0\n",
    };
    struct fixture *f = *state;
    struct sw_feed_found nothing = {0};

    sw_feed_stats_note(&f->stats, &f->cluster, &nothing, 77);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_page_holds(f, lines[i]);
}

static void note_counts_a_read_and_its_objects(void **state)
{
    struct fixture *f = *state;

    look(f, 1000, 77);
    assert_page_holds(f, "spillway_cluster_reads_total{cluster=\"east\"} 1\n");
    assert_page_holds(f, "spillway_cluster_synced{cluster=\"east\"} 1\n");
    assert_page_holds(f, "spillway_cluster_seen_timestamp_seconds{cluster=\"east\"} 77\n");
    assert_page_holds(f, "spillway_cluster_objects{cluster=\"east\",kind=\"Service\"} 1\n");
    assert_page_holds(f, "spillway_cluster_objects{cluster=\"east\",kind=\"Namespace\"} 1\n");
    assert_page_holds(f, "spillway_cluster_objects{cluster=\"east\",kind=\"Workspace\"} 0\n");
}

static void note_of_a_failure_leaves_the_time_as_it_was(void **state)
{
    struct fixture *f = *state;

    look(f, 1000, 77);
    f->fake.version_error = "gone";
    look(f, 3000, 79);
    look(f, 5000, 81);
    assert_page_holds(f, "spillway_cluster_failing{cluster=\"east\"} 1\n");
    assert_page_holds(f, "spillway_cluster_read_failures_total{cluster=\"east\"} 2\n");
    assert_page_holds(f, "spillway_cluster_seen_timestamp_seconds{cluster=\"east\"} 77\n");
    f->fake.version_error = NULL;
    look(f, 7000, 83);
    assert_page_holds(f, "spillway_cluster_failing{cluster=\"east\"} 0\n");
    assert_page_holds(f, "spillway_cluster_seen_timestamp_seconds{cluster=\"east\"} 83\n");
}

static void note_of_an_api_server_tells_when_it_was_heard(void **state)
{
    struct fixture *f = *state;
    struct sw_feed_found nothing = {0};

    f->cluster.source.ops = &fake_live_ops;
    f->fake.heard_ms = UINT64_MAX;
    sw_feed_stats_note(&f->stats, &f->cluster, &nothing, 1000);
    assert_page_holds(f, "spillway_cluster_heard_timestamp_seconds{cluster=\"east\"} 0\n");
    f->fake.heard_ms = 7900;
    sw_feed_stats_note(&f->stats, &f->cluster, &nothing, 1000);
    assert_page_holds(f, "spillway_cluster_heard_timestamp_seconds{cluster=\"east\"} 993\n");
}

static void init_twice_is_refused(void **state)
{
    struct fixture *f = *state;
    struct sw_feed_stats again;

    assert_int_equal(sw_feed_stats_init(&again, f->metrics, 2, NULL), SW_EUSAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define UNREADABLE(kind) "spillway_index_unreadable_objects{cluster=\"east\",kind=\"" kind "\"} "

static void note_counts_what_cannot_be_read(void **state)
{
    struct fixture *f = *state;

    f->cluster.source.ops = &fake_live_ops;
    f->fake.unreadable = "Service a/b: no";
    look(f, 1000, 77);
    assert_page_holds(f, UNREADABLE("Service") "1\n");
    assert_page_holds(f, UNREADABLE("Namespace") "0\n");
    f->fake.unreadable = NULL;
    look(f, 3000, 79);
    assert_page_holds(f, UNREADABLE("Service") "0\n");
}

static void forget_leaves_nothing_of_a_cluster(void **state)
{
    struct fixture *f = *state;
    struct sw_buf page;

    f->cluster.source.ops = &fake_live_ops;
    look(f, 1000, 77);
    sw_feed_stats_forget(&f->stats, &f->cluster);
    sw_buf_init(&page, 1 << 16);
    sw_expo_write(f->metrics, &page);
    assert_int_equal(page.len, 0);
    sw_buf_release(&page);
    look(f, 3000, 79); /* one of that name may come again */
    assert_page_holds(f, "spillway_cluster_synced{cluster=\"east\"} 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(note_of_nothing_shows_every_series),
        TEST(note_counts_a_read_and_its_objects),
        TEST(note_of_a_failure_leaves_the_time_as_it_was),
        TEST(note_of_an_api_server_tells_when_it_was_heard),
        TEST(init_twice_is_refused),
        TEST(note_counts_what_cannot_be_read),
        TEST(forget_leaves_nothing_of_a_cluster),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
