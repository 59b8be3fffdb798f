/* webhook/feed_cluster.c: when a source is looked at and read, and which view stays in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fake_source.h"
#include "webhook/feed_cluster.h"

#define T0      ((uint64_t)10000) /* the first look */
#define SERVICE "[{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"cart\"}}]"

struct fixture {
    struct fake fake;
    struct sw_feed_cluster cluster;
    uint64_t now_ms;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_source source = {&fake_ops, f ? &f->fake : NULL};

    if (!f)
        return -1;
    f->fake.version = 7;
    f->fake.objects = SERVICE;
    f->now_ms = T0;
    *state = f;
    return sw_feed_cluster_init(&f->cluster, SW_STR("east"), source, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_feed_cluster_release(&f->cluster);
    free(f);
    return 0;
}

/* Looks when the cluster wants to be looked at next. */
static struct sw_feed_found look_when_due(struct fixture *f)
{
    if (f->cluster.next_ms > f->now_ms)
        f->now_ms = f->cluster.next_ms;
    return sw_feed_cluster_look(&f->cluster, f->now_ms);
}

static bool is_synced(const struct fixture *f)
{
    return f->cluster.held->view.source.synced;
}

static void init_begins_with_an_unsynced_view(void **state)
{
    struct fixture *f = *state;

    assert_false(is_synced(f));
    assert_int_equal(f->cluster.held->view.n_services, 0);
    assert_true(sw_str_is(f->cluster.held->view.source.cluster, "east"));
    assert_int_equal(f->cluster.next_ms, 0);
}

static void look_reads_at_once_the_first_time(void **state)
{
    struct fixture *f = *state;
    struct sw_feed_found found = look_when_due(f);

    assert_true(found.read && found.up_to_date);
    assert_false(found.failed || found.error_changed);
    assert_true(is_synced(f));
    assert_int_equal(f->cluster.held->view.n_services, 1);
    assert_int_equal(f->cluster.next_ms, T0 + SW_FEED_PERIOD_MS);
}

static void look_at_the_same_version_reads_nothing(void **state)
{
    struct fixture *f = *state;
    struct sw_held_view *before;
    struct sw_feed_found found;

    look_when_due(f);
    before = f->cluster.held;
    found = look_when_due(f);
    assert_true(found.up_to_date);
    assert_false(found.read);
    assert_ptr_equal(f->cluster.held, before);
    assert_int_equal(f->fake.n_fills, 1);
}

static void look_reads_a_change_once_it_is_quiet(void **state)
{
    struct fixture *f = *state;
    struct sw_feed_found found;
    uint64_t seen_ms;

    look_when_due(f);
    f->fake.version = 8;
    found = look_when_due(f);
    seen_ms = f->now_ms;
    assert_false(found.read || found.up_to_date || found.failed);
    assert_true(look_when_due(f).read);
    assert_int_equal(f->now_ms, seen_ms + SW_FEED_SETTLE_MS);
    assert_int_equal(f->fake.n_fills, 2);
}

static void look_reads_what_never_is_quiet_after_a_while(void **state)
{
    struct fixture *f = *state;
    uint64_t seen_ms;

    look_when_due(f);
    f->fake.version++;
    look_when_due(f);
    seen_ms = f->now_ms;
    do
        f->fake.version++;
    while (!look_when_due(f).read);
    assert_int_equal(f->now_ms, seen_ms + SW_FEED_SETTLE_MAX_MS);
}

static void look_forgets_a_change_that_was_taken_back(void **state)
{
    struct fixture *f = *state;
    struct sw_feed_found found;

    look_when_due(f);
    f->fake.version = 8;
    look_when_due(f);
    f->fake.version = 7;
    found = look_when_due(f);
    assert_true(found.up_to_date);
    assert_false(found.read);
    f->fake.version = 8;
    assert_false(look_when_due(f).read); /* waits anew for it to be quiet */
    assert_true(look_when_due(f).read);
}

/* A change while reading: what fill() says it read is older than what there is. */
static void look_reads_again_what_changed_in_the_middle(void **state)
{
    struct fixture *f = *state;

    look_when_due(f);
    f->cluster.version = 6; /* as if fill() had begun before version 7 */
    look_when_due(f);
    assert_true(look_when_due(f).read);
}

static void look_keeps_the_last_good_view_when_a_read_fails(void **state)
{
    struct fixture *f = *state;
    struct sw_held_view *before;
    struct sw_feed_found found;

    look_when_due(f);
    before = f->cluster.held;
    f->fake.version = 8;
    f->fake.fill_error = "svc.yaml: line 3: expected a mapping";
    look_when_due(f);
    found = look_when_due(f);
    assert_true(found.failed && found.error_changed);
    assert_false(found.read || found.up_to_date);
    assert_ptr_equal(f->cluster.held, before);
    assert_true(is_synced(f));
    assert_string_equal(f->cluster.error.message, f->fake.fill_error);
}

static void look_stays_unsynced_when_the_first_read_fails(void **state)
{
    struct fixture *f = *state;

    f->fake.fill_error = "no";
    assert_true(look_when_due(f).failed);
    assert_false(is_synced(f));
    f->fake.fill_error = NULL;
    while (f->now_ms < T0 + SW_FEED_RETRY_MS + SW_FEED_PERIOD_MS && !look_when_due(f).read)
        continue;
    assert_true(is_synced(f));
    assert_int_equal(f->cluster.error.code, 0);
}

static void look_says_each_error_once(void **state)
{
    struct fixture *f = *state;

    f->fake.version_error = "/e: No such file or directory";
    assert_true(look_when_due(f).error_changed);
    assert_false(look_when_due(f).error_changed);
    f->fake.version_error = "/e: Permission denied";
    assert_true(look_when_due(f).error_changed);
    f->fake.version_error = NULL;
    look_when_due(f); /* waits for it to be quiet */
    assert_true(look_when_due(f).error_changed);
    assert_int_equal(f->cluster.error.code, 0);
}

static void look_that_fails_counts_as_failed_every_time(void **state)
{
    struct fixture *f = *state;

    look_when_due(f);
    f->fake.version_error = "gone";
    for (size_t i = 0; i < 3; i++) {
        struct sw_feed_found found = look_when_due(f);

        assert_true(found.failed);
        assert_false(found.up_to_date);
    }
    f->fake.version_error = NULL;
    assert_true(look_when_due(f).up_to_date); /* the folder is back as it was */
    assert_int_equal(f->fake.n_fills, 1);
}

/* Unchanged but unreadable: tried again, ever more rarely. */
static void look_tries_again_what_failed(void **state)
{
    struct fixture *f = *state;
    uint64_t last_ms = T0;
    size_t n_fills;

    f->fake.fill_error = "no";
    look_when_due(f);
    for (size_t i = 0; i < 8; i++) {
        n_fills = f->fake.n_fills;
        while (f->fake.n_fills == n_fills)
            look_when_due(f);
        assert_true(f->now_ms - last_ms >= SW_FEED_RETRY_MS);
        assert_true(f->now_ms - last_ms <=
                    SW_FEED_RETRY_MAX_MS + SW_FEED_PERIOD_MS + SW_FEED_SETTLE_MS);
        last_ms = f->now_ms;
    }
    assert_true(last_ms - T0 > 3 * SW_FEED_RETRY_MAX_MS);
}

static void look_reads_at_once_what_was_mended(void **state)
{
    struct fixture *f = *state;
    uint64_t failed_ms;

    f->fake.fill_error = "no";
    for (size_t i = 0; i < 100; i++)
        look_when_due(f);
    failed_ms = f->now_ms;
    f->fake.fill_error = NULL;
    f->fake.version++;
    while (!look_when_due(f).read)
        continue;
    assert_true(f->now_ms - failed_ms <= SW_FEED_PERIOD_MS + SW_FEED_SETTLE_MS);
}

static void wake_brings_the_next_look_forward(void **state)
{
    struct fixture *f = *state;

    look_when_due(f);
    sw_feed_cluster_wake(&f->cluster, T0 + 500);
    assert_int_equal(f->cluster.next_ms, T0 + 500 + SW_FEED_SETTLE_MS);
    sw_feed_cluster_wake(&f->cluster, T0 + 550);
    assert_int_equal(f->cluster.next_ms, T0 + 500 + SW_FEED_SETTLE_MS);
}

static void release_gives_the_source_back(void **state)
{
    struct fixture *f = *state;
    struct sw_feed_cluster zeroed = {0};

    sw_feed_cluster_release(&f->cluster);
    assert_int_equal(f->fake.n_freed, 1);
    sw_feed_cluster_release(&f->cluster);
    sw_feed_cluster_release(&zeroed);
    assert_int_equal(f->fake.n_freed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void a_folder_is_stale_from_its_last_good_look(void **state)
{
    struct fixture *f = *state;

    look_when_due(f);
    assert_int_equal(f->cluster.stale_since_ms, 0);
    f->fake.version_error = "gone";
    look_when_due(f);
    look_when_due(f);
    assert_int_equal(f->cluster.stale_since_ms, T0);
    f->fake.version_error = "gone for another reason";
    look_when_due(f);
    assert_int_equal(f->cluster.stale_since_ms, T0);
    f->fake.version_error = NULL;
    look_when_due(f);
    assert_int_equal(f->cluster.stale_since_ms, 0);
}

static void an_api_server_is_stale_from_when_it_was_last_heard(void **state)
{
    struct fixture *f = *state;

    f->cluster.source.ops = &fake_live_ops;
    look_when_due(f);
    f->fake.heard_ms = 1234;
    f->fake.version_error = "away";
    look_when_due(f);
    assert_int_equal(f->cluster.stale_since_ms, f->now_ms - 1234);
}

static void what_cannot_be_read_is_said_once(void **state)
{
    struct fixture *f = *state;

    f->cluster.source.ops = &fake_live_ops;
    assert_false(look_when_due(f).unreadable_changed);
    f->fake.unreadable = "Service a/b: no";
    assert_true(look_when_due(f).unreadable_changed);
    assert_false(look_when_due(f).unreadable_changed);
    f->fake.unreadable = NULL;
    assert_false(look_when_due(f).unreadable_changed);
    assert_int_equal(f->cluster.unreadable.n[SW_KIND_SERVICE], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_begins_with_an_unsynced_view),
        TEST(look_reads_at_once_the_first_time),
        TEST(look_at_the_same_version_reads_nothing),
        TEST(look_reads_a_change_once_it_is_quiet),
        TEST(look_reads_what_never_is_quiet_after_a_while),
        TEST(look_forgets_a_change_that_was_taken_back),
        TEST(look_reads_again_what_changed_in_the_middle),
        TEST(look_keeps_the_last_good_view_when_a_read_fails),
        TEST(look_stays_unsynced_when_the_first_read_fails),
        TEST(look_says_each_error_once),
        TEST(look_that_fails_counts_as_failed_every_time),
        TEST(look_tries_again_what_failed),
        TEST(look_reads_at_once_what_was_mended),
        TEST(wake_brings_the_next_look_forward),
        TEST(release_gives_the_source_back),
        TEST(a_folder_is_stale_from_its_last_good_look),
        TEST(an_api_server_is_stale_from_when_it_was_last_heard),
        TEST(what_cannot_be_read_is_said_once),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
