/* reconciler/event_filter.c, event_calm.c and event_subject.c: how often it is told, and what is
 * not. */
#include "event_fixture.h"

static void what_changes_back_in_time_was_never_news(void **state)
{
    (void)state;
    say_emitted();
    settle();
    say_withheld();
    scan();
    say_emitted();
    assert_false(sw_event_filter_next(filter, ledger, now_ms, &event));
    assert_false(next());
}

static void flaps_are_counted_up(void **state)
{
    uint64_t ids[2] = {0, 0};

    (void)state;
    say_emitted();
    settle();
    for (unsigned int i = 0; i < 10; i++) {
        now_ms += 5000;
        say_withheld();
        assert_told("NoReadyPods", true);
        assert_int_equal(event.count, i + 1);
        assert_true(!ids[0] || ids[0] == event.id);
        ids[0] = event.id;
        assert_int_equal(event.last_ms, now_ms);
        assert_int_equal(event.first_ms, now_ms - (int64_t)i * 10000);
        now_ms += 5000;
        say_emitted();
        assert_told("FailoverReady", false);
        assert_true(!ids[1] || ids[1] == event.id);
        ids[1] = event.id;
    }
    assert_int_not_equal(ids[0], ids[1]);
}

static void an_old_series_is_not_gone_on_with(void **state)
{
    uint64_t id;

    (void)state;
    say_emitted();
    settle();
    say_withheld();
    assert_told("NoReadyPods", true);
    id = event.id;
    say_emitted();
    assert_told("FailoverReady", false);
    now_ms += SW_EVENT_SERIES_MS;
    say_withheld();
    assert_told("NoReadyPods", true);
    assert_int_equal(event.count, 1);
    assert_int_not_equal(event.id, id);
}

/* And the last state is told when there is an Event for it again, not the ones between. */
static void an_object_has_so_many_events(void **state)
{
    unsigned int n = 0;

    (void)state;
    say_emitted();
    settle();
    for (unsigned int i = 0; i < SW_EVENT_BURST + 10; i++) {
        if (i % 2 == 0)
            say_withheld();
        else
            say_emitted();
        n += next();
    }
    assert_int_equal(n, SW_EVENT_BURST);
    say(SW_MESH_WITHHELD, SW_NO_SIDECAR, "west");
    assert_false(next());
    assert_true(sw_event_filter_due_ms(filter, ledger) > now_ms);
    now_ms += SW_EVENT_REFILL_MS;
    assert_true(sw_event_filter_due_ms(filter, ledger) <= now_ms);
    assert_told("NoSidecar", true);
    assert_false(next());
}

static void others_have_theirs(void **state)
{
    struct sw_mesh_finding one = finding(SW_MESH_EMITTED, SW_PLANNED, "west");
    char name[16];

    (void)state;
    settle();
    for (unsigned int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        say_of(name, &one, 1);
    }
    scan();
    for (unsigned int i = 0; i < 100; i++)
        assert_true(sw_event_filter_next(filter, ledger, now_ms, &event));
    assert_false(sw_event_filter_next(filter, ledger, now_ms, &event));
}

/* A cluster that is connected, or was out of sight when we began, and one that is taken away. */
static void a_whole_cluster_is_not_told_of_every_service(void **state)
{
    (void)state;
    n_clusters = 0;
    settle();
    n_clusters = 1;
    scan();
    now_ms += SW_EVENT_SETTLE_MS / 2;
    say_emitted();
    assert_false(next());
    now_ms += SW_EVENT_SETTLE_MS;
    assert_false(next());
    n_clusters = 0;
    say_of("cart", NULL, 0);
    assert_false(next());
    now_ms += SW_EVENT_SETTLE_MS;
    assert_false(next());
}

static void another_cluster_is_told_of_meanwhile(void **state)
{
    (void)state;
    n_clusters = 1;
    settle();
    n_clusters = 2;
    scan();
    say_emitted();
    assert_told("FailoverReady", false);
}

static void who_leads_again_takes_what_is_for_known(void **state)
{
    (void)state;
    say_emitted();
    settle();
    sw_event_filter_forget(filter);
    assert_true(sw_event_filter_due_ms(filter, ledger) <= now_ms);
    say_withheld();
    assert_false(next());
    now_ms += SW_EVENT_SETTLE_MS;
    assert_false(next());
    say_emitted();
    assert_told("FailoverReady", false);
}

/* Else a Service that is made anew each minute would have all of its Events each time. */
static void what_is_gone_is_forgotten_once_it_has_its_events_again(void **state)
{
    (void)state;
    say_emitted();
    settle();
    say_of("cart", NULL, 0);
    assert_told("FailoverEnded", false);
    scan();
    assert_int_equal(sw_event_filter_count(filter), 1);
    now_ms += SW_EVENT_REFILL_MS;
    scan();
    assert_int_equal(sw_event_filter_count(filter), 0);
}

static void a_scan_is_due_soon_after_a_change(void **state)
{
    (void)state;
    settle();
    scan();
    assert_true(sw_event_filter_due_ms(filter, ledger) > now_ms + SW_EVENT_SCAN_MS);
    say_emitted();
    assert_int_equal(sw_event_filter_due_ms(filter, ledger), now_ms + SW_EVENT_SCAN_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_changes_back_in_time_was_never_news),
        TEST(flaps_are_counted_up),
        TEST(an_old_series_is_not_gone_on_with),
        TEST(an_object_has_so_many_events),
        TEST(others_have_theirs),
        TEST(a_whole_cluster_is_not_told_of_every_service),
        TEST(another_cluster_is_told_of_meanwhile),
        TEST(who_leads_again_takes_what_is_for_known),
        TEST(what_is_gone_is_forgotten_once_it_has_its_events_again),
        TEST(a_scan_is_due_soon_after_a_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
