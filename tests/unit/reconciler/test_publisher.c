/* reconciler/publisher.c: who is told what, and when nobody is told anything. What is told is
 * proved in the tests of bulletin, events, hearsay and conditions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pair.h"
#include "reconciler/publisher.h"
#include "json/read.h"

#define WORKSPACES "/apis/tsb.tetrate.io/v2/workspaces"
#define SHOP_PATH  "/apis/tsb.tetrate.io/v2/namespaces/tsb/workspaces/shop/status"
#define SHOP                                                                                       \
    "{'metadata':{'namespace':'tsb','name':'shop','uid':'u1'},'spec':{'namespaceSelector':{"       \
    "'names':['*/shop']}}}"
#define SERVICES "/api/v1/namespaces/shop/services"
#define CART     "{'metadata':{'namespace':'shop','name':'cart','uid':'u2'},'spec':{}}"

static struct sw_ledger *ledger;
static struct sw_publisher *publisher;

static void on_remote_move(void *context)
{
    (void)context;
    if (publisher)
        sw_publisher_move(publisher);
}

static int make(struct sw_str namespace_)
{
    const struct sw_publisher_options options = {
        .http = servers_http(),
        .clusters = &pair.clusters,
        .state = pair.state,
        .ledger = ledger,
        .namespace_ = namespace_,
    };

    return sw_publisher_new(&options, &publisher, NULL);
}

static int setup(void **state)
{
    publisher = NULL;
    if (pair_setup(state, on_remote_move, NULL) < 0 || sw_ledger_new(&ledger, NULL) < 0)
        return -1;
    servers_answer(PAIR_WEST, PAIR_REPORT, 404);
    servers_put(PAIR_HOME, WORKSPACES, SHOP);
    servers_put(PAIR_HOME, SERVICES, CART);
    return make(SW_STR("sys"));
}

static int teardown(void **state)
{
    int r;

    sw_publisher_forget(publisher);
    sw_publisher_point(publisher, NULL);
    r = pair_teardown(state);
    sw_publisher_free(publisher);
    sw_ledger_free(ledger);
    publisher = NULL;
    return r;
}

/* One of shop/cart's plans, which says that. */
static void note(enum sw_mesh_verdict verdict, enum sw_reason reason)
{
    struct sw_mesh_finding finding = {
        .verdict = verdict,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), SW_STR("west")},
    };
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = 1u << SW_MESH_DESTINATIONRULE | 1u << SW_MESH_STUB | 1u << SW_MESH_WORKLOADENTRY,
        .findings = {&finding, 1},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
}

static void go_on(bool leads, bool seen, int64_t ms)
{
    for (int64_t end_ms = servers_now_ms + ms; servers_now_ms < end_ms; servers_now_ms += 250) {
        const struct sw_publisher_turn turn = {
            .members = pair.members, .leads = leads, .seen = seen, .now_ms = servers_now_ms};

        pair_run();
        pair_mesh();
        sw_publisher_step(publisher, &turn);
        pair_run();
    }
}

/* Plans change, and time passes in which all of it could be told. */
static void live(bool leads, bool seen)
{
    pair_run();
    sw_publisher_point(publisher, sw_member_target(sw_members_at(pair.members, 0)));
    note(SW_MESH_WITHHELD, SW_NO_READY_PODS);
    go_on(leads, seen, SW_EVENT_SETTLE_MS + 1000);
    note(SW_MESH_EMITTED, SW_PLANNED);
    go_on(leads, seen, SW_EVENT_SETTLE_MS + 10000);
}

static void check_told(bool report, bool status, bool event)
{
    assert_int_equal(servers_asked(PAIR_HOME, PAIR_REPORT) > 0, report);
    assert_int_equal(servers_asked(PAIR_HOME, SHOP_PATH) > 0, status);
    assert_int_equal(sw_publisher_events(publisher)->n_sent > 0, event);
}

static void all_is_told_by_who_leads(void **state)
{
    (void)state;
    live(true, true);
    check_told(true, true, true);
    assert_true(servers_asked(PAIR_WEST, PAIR_REPORT) > 0);
}

static void nothing_is_told_by_who_does_not(void **state)
{
    (void)state;
    live(false, true);
    check_told(false, false, false);
    assert_int_equal(servers_asked(PAIR_WEST, PAIR_REPORT), 0);
}

static void nothing_is_told_before_all_was_seen(void **state)
{
    (void)state;
    live(true, false);
    check_told(false, false, false);
}

static void status_is_left_to_the_reconciler_of_the_config_cluster(void **state)
{
    (void)state;
    pair.clusters.config = 1;
    live(true, true);
    check_told(true, false, true);
    assert_int_equal(servers_asked(PAIR_WEST, PAIR_REPORT), 0);
}

static void without_a_namespace_there_is_no_report(void **state)
{
    (void)state;
    sw_publisher_free(publisher);
    assert_int_equal(make((struct sw_str){NULL, 0}), 0);
    live(true, true);
    check_told(false, true, true);
}

/* Another has led meanwhile, and may have written something else. */
static void who_leads_again_takes_nothing_for_told(void **state)
{
    unsigned int n_reports, n_status;

    (void)state;
    live(true, true);
    n_reports = servers_asked(PAIR_HOME, PAIR_REPORT);
    n_status = servers_asked(PAIR_HOME, SHOP_PATH);
    sw_publisher_forget(publisher);
    go_on(true, true, 10000);
    assert_true(servers_asked(PAIR_HOME, PAIR_REPORT) > n_reports);
    assert_true(servers_asked(PAIR_HOME, SHOP_PATH) > n_status);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_is_told_by_who_leads),
        TEST(nothing_is_told_by_who_does_not),
        TEST(nothing_is_told_before_all_was_seen),
        TEST(status_is_left_to_the_reconciler_of_the_config_cluster),
        TEST(without_a_namespace_there_is_no_report),
        TEST(who_leads_again_takes_nothing_for_told),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
