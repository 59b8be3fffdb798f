/* reconciler/event_filter.c, event_calm.c, event_facts.c, event_news.c and event_subject.c: what of
 * the ledger is told, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "reconciler/event_filter.h"

#define SERVICE_KINDS                                                                              \
    (1u << SW_MESH_DESTINATIONRULE | 1u << SW_MESH_STUB | 1u << SW_MESH_WORKLOADENTRY)
#define FIRST_ID 100

static struct sw_ledger *ledger;
static struct sw_event_filter *filter;
static struct sw_event event;
static int64_t now_ms;
static const struct sw_str *clusters;
static size_t n_clusters;

static const struct sw_str two[] = {{"west", 4}, {"north", 5}};

static void scan(void)
{
    sw_event_filter_scan(filter, ledger, clusters, n_clusters, now_ms);
}

/* Time passes until what is so would be news. */
static void settle(void)
{
    scan();
    now_ms += SW_EVENT_SETTLE_MS;
}

static int setup(void **state)
{
    (void)state;
    now_ms = 1000000;
    clusters = two;
    n_clusters = 2;
    return sw_ledger_new(&ledger, NULL) < 0 ? -1 : sw_event_filter_new(FIRST_ID, &filter, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_event_filter_free(filter);
    sw_ledger_free(ledger);
    return 0;
}

static struct sw_mesh_finding finding(enum sw_mesh_verdict verdict, enum sw_reason reason,
                                      const char *remote)
{
    return (struct sw_mesh_finding){
        .verdict = verdict,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), sw_str_from(remote)},
    };
}

/* What the next plan of shop/NAME says. */
static void say_of(const char *name, struct sw_mesh_finding *findings, size_t n)
{
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = sw_str_from(name),
        .kinds = SERVICE_KINDS,
        .findings = {findings, n},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
}

static void say(enum sw_mesh_verdict verdict, enum sw_reason reason, const char *remote)
{
    struct sw_mesh_finding one = finding(verdict, reason, remote);

    say_of("cart", &one, 1);
}

static void say_emitted(void)
{
    say(SW_MESH_EMITTED, SW_PLANNED, "west");
}

static void say_withheld(void)
{
    say(SW_MESH_WITHHELD, SW_NO_READY_PODS, "west");
}

static void let_wait(enum sw_op_verb verb)
{
    const struct sw_wait wait = {
        .verb = verb,
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = SW_WAITS_GATEWAY,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };

    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
}

static bool next(void)
{
    scan();
    return sw_event_filter_next(filter, ledger, now_ms, &event);
}

static void assert_told(const char *reason, bool warning)
{
    assert_true(next());
    assert_string_equal(event.reason, reason);
    assert_int_equal(event.warning, warning);
}

static void what_stands_at_the_beginning_is_known(void **state)
{
    (void)state;
    say_withheld();
    assert_false(next());
    now_ms += SW_EVENT_SETTLE_MS - 1;
    say(SW_MESH_WITHHELD, SW_GATEWAY_UNRESOLVED, "west"); /* names are still being resolved */
    assert_false(next());
    now_ms += SW_EVENT_SETTLE_MS;
    assert_false(next());
}

static void a_turn_is_told_with_what_to_do(void **state)
{
    (void)state;
    say_emitted();
    settle();
    say_withheld();
    assert_told("NoReadyPods", true);
    assert_string_equal(event.namespace_, "shop");
    assert_string_equal(event.name, "cart");
    assert_string_equal(event.message,
                        "no failover to west: it has no ready pods there; see to its Pods in west: "
                        "kubectl --context west get pods -n shop");
    assert_false(next());
    say_emitted();
    assert_told("FailoverReady", false);
    assert_string_equal(event.message, "failover to west is in place");
    assert_false(next());
}

static void the_first_time_is_told(void **state)
{
    struct sw_mesh_finding both[] = {finding(SW_MESH_EMITTED, SW_PLANNED, "west"),
                                     finding(SW_MESH_EMITTED, SW_PLANNED, "north")};

    (void)state;
    settle();
    say_of("cart", both, 2);
    assert_told("FailoverReady", false);
    assert_string_equal(event.message, "failover to north, west is in place");
    assert_false(next());
}

static void each_reason_is_an_event_what_is_amiss_first(void **state)
{
    struct sw_mesh_finding three[] = {finding(SW_MESH_EMITTED, SW_PLANNED, "west"),
                                      finding(SW_MESH_WARNED, SW_PORT_ABSENT, "west"),
                                      finding(SW_MESH_WITHHELD, SW_NO_SIDECAR, "north")};

    (void)state;
    settle();
    say_of("cart", three, 3);
    assert_told("NoSidecar", true);
    assert_told("PortAbsent", true);
    assert_told("FailoverReady", false);
    assert_false(next());
}

/* Beside a gateway that works, one that does not is told of, and failover has not ended. */
static void one_gateway_of_two_ends_nothing(void **state)
{
    struct sw_mesh_finding both[] = {finding(SW_MESH_EMITTED, SW_PLANNED, "west"),
                                     finding(SW_MESH_WITHHELD, SW_GATEWAY_NOT_READY, "west")};

    (void)state;
    say_emitted();
    settle();
    say_of("cart", both, 2);
    assert_told("GatewayNotReady", true);
    assert_false(next());
    say_emitted();
    assert_false(next());
}

static void what_nobody_asks_for_has_ended(void **state)
{
    (void)state;
    say_emitted();
    settle();
    say_of("cart", NULL, 0);
    assert_told("FailoverEnded", false);
    assert_string_equal(event.message, "failover to west has ended: nothing asks for it any more");
    assert_false(next());
}

static void other_words_are_no_news(void **state)
{
    struct sw_mesh_finding one = finding(SW_MESH_WITHHELD, SW_NO_READY_PODS, "west");

    (void)state;
    say_of("cart", &one, 1);
    settle();
    one.message = "none of 3 is ready";
    say_of("cart", &one, 1);
    assert_false(next());
}

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

static void what_waits_is_not_in_place(void **state)
{
    (void)state;
    settle();
    say_emitted();
    let_wait(SW_OP_CREATE);
    assert_false(next());
    now_ms += 5000;
    say_emitted();
    assert_told("FailoverReady", false);
}

static void what_waits_for_long_is_told(void **state)
{
    (void)state;
    settle();
    say_emitted();
    let_wait(SW_OP_CREATE);
    assert_false(next());
    now_ms += SW_EVENT_PATIENCE_MS - 1;
    assert_false(next());
    assert_int_equal(sw_event_filter_due_ms(filter, ledger), now_ms + 1);
    now_ms++;
    assert_told("WaitsForRemoteGateway", true);
    assert_false(next());
    say_emitted();
    assert_told("FailoverReady", false);
}

static void what_waited_at_the_beginning_is_known(void **state)
{
    (void)state;
    say_emitted();
    let_wait(SW_OP_CREATE);
    settle();
    now_ms += SW_EVENT_PATIENCE_MS;
    assert_false(next());
    say_emitted();
    assert_false(next());
}

static void a_deletion_that_waits_keeps_nothing_back(void **state)
{
    (void)state;
    settle();
    say_emitted();
    let_wait(SW_OP_DELETE);
    assert_told("FailoverReady", false);
}

static void of_the_gateways_each_is_told_of_by_itself(void **state)
{
    struct sw_mesh_finding both[] = {
        {SW_MESH_EMITTED, SW_PLANNED, {SW_STR("mesh"), SW_STR("a"), {NULL, 0}}, "gateway: 3 hosts"},
        {SW_MESH_WITHHELD,
         SW_GATEWAY_NO_SELECTOR,
         {SW_STR("mesh"), SW_STR("b"), {NULL, 0}},
         "gateway: it has no selector"},
    };
    const struct sw_plan plan = {.kinds = 1u << SW_MESH_GATEWAY, .findings = {both, 2}};

    (void)state;
    settle();
    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
    assert_told("GatewayPlanned", false);
    assert_string_equal(event.name, "a");
    assert_told("GatewayNoSelector", true);
    assert_string_equal(event.namespace_, "mesh");
    assert_string_equal(event.name, "b");
    assert_string_equal(event.message, "gateway: it has no selector; give the gateway's Service a "
                                       "selector: kubectl edit service b -n mesh");
    assert_false(next());
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_stands_at_the_beginning_is_known),
        TEST(a_turn_is_told_with_what_to_do),
        TEST(the_first_time_is_told),
        TEST(each_reason_is_an_event_what_is_amiss_first),
        TEST(one_gateway_of_two_ends_nothing),
        TEST(what_nobody_asks_for_has_ended),
        TEST(other_words_are_no_news),
        TEST(what_changes_back_in_time_was_never_news),
        TEST(flaps_are_counted_up),
        TEST(an_old_series_is_not_gone_on_with),
        TEST(an_object_has_so_many_events),
        TEST(others_have_theirs),
        TEST(a_whole_cluster_is_not_told_of_every_service),
        TEST(another_cluster_is_told_of_meanwhile),
        TEST(what_waits_is_not_in_place),
        TEST(what_waits_for_long_is_told),
        TEST(what_waited_at_the_beginning_is_known),
        TEST(a_deletion_that_waits_keeps_nothing_back),
        TEST(of_the_gateways_each_is_told_of_by_itself),
        TEST(who_leads_again_takes_what_is_for_known),
        TEST(what_is_gone_is_forgotten_once_it_has_its_events_again),
        TEST(a_scan_is_due_soon_after_a_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
