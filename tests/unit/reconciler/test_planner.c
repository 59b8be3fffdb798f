/* reconciler/planner.c: when what is planned, beside a mesh that is fed by hand and an API server
 * that is in memory. */
#include "planner_fixture.h"

static void nothing_is_planned_before_the_clusters_were_seen(void **state)
{
    (void)state;
    put_service("cart");
    assert_true(sw_planner_step(planner, changes, false, fake.now_ms) == INT64_MAX);
    fake.now_ms += SW_PLANNER_RESYNC_MS;
    assert_true(sw_planner_step(planner, changes, false, fake.now_ms) == INT64_MAX);
    assert_int_equal(n_rounds(), 0);
    step();
    assert_int_equal(n_rounds(), 1);
}

static void the_first_round_is_of_everything(void **state)
{
    (void)state;
    known_check_dirty(known, ""); /* that nothing has changed does not matter */
    put_service("cart");
    put_service("till");
    known_check_dirty(known, "shop/cart shop/till +gateways");
    step();
    assert_int_equal(n_rounds(), 1);
    assert_int_equal(n_plans(), 3); /* the Gateways' too */
    assert_true(sw_planner_stats(planner)->all_ns == sw_planner_stats(planner)->last_ns);
}

static void what_has_not_changed_is_not_planned_again(void **state)
{
    uint64_t before;

    (void)state;
    put_service("cart");
    put_service("till");
    settle();
    before = n_plans();
    put_service("cart");
    step_after(SW_PLANNER_QUIET_MS);
    /* By its name alone it may be a Service or an IngressGateway; and the Gateways hold it. */
    assert_int_equal(n_plans(), before + 3);
    step_after(SW_PLANNER_BURST_MS);
    assert_int_equal(n_plans(), before + 3);
}

static void what_comes_alone_is_planned_at_once(void **state)
{
    uint64_t before;

    (void)state;
    settle();
    step_after(SW_PLANNER_QUIET_MS);
    before = n_rounds();
    changes++; /* of nothing that a plan is made of */
    step();
    assert_int_equal(n_rounds(), before + 1);
    put_service("a");
    step();
    assert_int_equal(n_rounds(), before + 2);
    put_service("b");
    step();
    assert_int_equal(n_rounds(), before + 2);
    step_after(SW_PLANNER_QUIET_MS);
    assert_int_equal(n_rounds(), before + 3);
}

static void what_changes_together_is_planned_once(void **state)
{
    uint64_t before;
    int64_t wake_ms;

    (void)state;
    settle();
    put_service("first");
    step();
    before = n_rounds();
    put_service("a");
    assert_int_equal(step(), fake.now_ms + SW_PLANNER_QUIET_MS);
    put_service("b");
    wake_ms = step_after(SW_PLANNER_QUIET_MS - 1);
    assert_int_equal(wake_ms, fake.now_ms + SW_PLANNER_QUIET_MS);
    step_after(SW_PLANNER_QUIET_MS - 1);
    assert_int_equal(n_rounds(), before);
    step_after(1);
    assert_int_equal(n_rounds(), before + 1);
}

static void a_burst_does_not_hold_it_up_for_ever(void **state)
{
    int64_t began_ms;
    uint64_t before;

    (void)state;
    settle();
    put_service("first");
    step();
    before = n_rounds();
    began_ms = fake.now_ms;
    while (n_rounds() == before && fake.now_ms < began_ms + 10 * SW_PLANNER_BURST_MS) {
        put_service("a");
        step();
        fake.now_ms += n_rounds() == before ? SW_PLANNER_QUIET_MS / 2 : 0;
    }
    assert_int_equal(fake.now_ms - began_ms, SW_PLANNER_BURST_MS);
}

static void one_that_is_to_be_planned_again_is_in_its_time(void **state)
{
    int64_t at_ms;
    uint64_t before;

    (void)state;
    put_service("cart");
    put_service("till");
    settle();
    before = n_plans();
    at_ms = fake.now_ms + 5000;
    sw_planner_again(planner, SW_STR("shop"), SW_STR("till"), at_ms);
    assert_int_equal(step(), at_ms);
    step_after(4999);
    assert_int_equal(n_plans(), before);
    step_after(1);
    assert_int_equal(n_plans(), before + 2);
    assert_true(step() > fake.now_ms + SW_PLANNER_RESYNC_MS / 2);
}

static void the_gateways_are_planned_again_by_empty_names(void **state)
{
    uint64_t before;

    (void)state;
    settle();
    before = n_plans();
    sw_planner_again(planner, SW_STR(""), SW_STR(""), fake.now_ms);
    step();
    assert_int_equal(n_plans(), before + 1);
}

static void everything_is_planned_when_somebody_says_so(void **state)
{
    uint64_t before;

    (void)state;
    put_service("cart");
    put_service("till");
    settle();
    before = n_plans();
    sw_planner_all(planner);
    step();
    assert_int_equal(n_plans(), before + 3);
    step();
    assert_int_equal(n_plans(), before + 3);
}

static void everything_is_planned_every_ten_minutes(void **state)
{
    uint64_t before;

    (void)state;
    put_service("cart");
    put_service("till");
    step();
    before = n_plans();
    step_after(SW_PLANNER_RESYNC_MS - 1);
    assert_int_equal(n_plans(), before);
    step_after(1);
    assert_int_equal(n_plans(), before + 3);
}

static void a_service_that_is_gone_is_planned_as_gone(void **state)
{
    (void)state;
    put_pair();
    step();
    assert_non_null(sw_ledger_find(ledger, SW_LEDGER_SERVICE, SW_STR("shop"), SW_STR("cart")));
    known_remove(known, KNOWN_EAST, SW_RESOURCE_SERVICE, "shop", "cart");
    known_remove(known, KNOWN_WEST, SW_RESOURCE_SERVICE, "shop", "cart");
    changes++;
    step();
    step_after(SW_PLANNER_QUIET_MS);
    assert_null(sw_ledger_find(ledger, SW_LEDGER_SERVICE, SW_STR("shop"), SW_STR("cart")));
}

/* The DestinationRule first, and what leads to west when clients go by it. */
static void what_is_wanted_is_written_in_its_order(void **state)
{
    const struct sw_ledger_entry *cart;

    (void)state;
    put_pair();
    step();
    write_out();
    assert_int_equal(fake.n_requests, 1);
    assert_string_equal(fake.requests[0].method, "PATCH");
    assert_non_null(strstr(fake.requests[0].path, "/destinationrules/"));
    cart = sw_ledger_find(ledger, SW_LEDGER_SERVICE, SW_STR("shop"), SW_STR("cart"));
    assert_non_null(cart);
    assert_int_equal(cart->n_waits, 1);
    assert_int_equal(cart->waits[0].kind, SW_MESH_WORKLOADENTRY);
    assert_int_equal(sw_ledger_count_waits(ledger, cart->waits[0].reason), 1);
}

static void what_waits_for_a_time_is_planned_then(void **state)
{
    (void)state;
    put_pair();
    step();
    write_out();
    /* As the API server shows what was written. */
    known_put(known, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE,
              "{'metadata':{'namespace':'shop','name':'users'},'spec':{'host':"
              "'cart.shop.svc.cluster.local','trafficPolicy':{'outlierDetection':{"
              "'consecutive5xxErrors':1},'loadBalancer':{'localityLbSetting':{'enabled':true}}}}}");
    changes++;
    step();
    step_after(SW_PLANNER_QUIET_MS);
    write_out();
    assert_null(strstr(fake_last()->path, "/workloadentries/"));
    for (int64_t end_ms = fake.now_ms + 2 * SW_RULE_VISIBLE_MS; fake.now_ms < end_ms;) {
        int64_t wake_ms = step();

        write_out();
        fake.now_ms = wake_ms < end_ms ? wake_ms : end_ms;
    }
    assert_non_null(strstr(fake_last()->path, "/workloadentries/"));
}

/* What another API server holds may be otherwise than it seems: nothing was written there yet. */
static void who_may_not_write_plans_all_the_same(void **state)
{
    (void)state;
    sw_writer_allow(writer, false);
    put_pair();
    step();
    write_out();
    assert_int_equal(fake.n_requests, 0);
    assert_int_equal(
        sw_ledger_find(ledger, SW_LEDGER_SERVICE, SW_STR("shop"), SW_STR("cart"))->n_wanted, 2);
    sw_writer_allow(writer, true);
    sw_planner_all(planner);
    step();
    write_out();
    assert_int_equal(fake.n_requests, 1);
}

/* What was not sent yet is dropped for what the newer plan says. */
static void a_newer_plan_takes_the_place_of_what_was_not_sent(void **state)
{
    (void)state;
    put_pair();
    step();
    assert_int_equal(sw_writer_queued(writer), 1);
    known_put(known, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE,
              "{'metadata':{'namespace':'shop','name':'users'},'spec':{'host':'cart'}}");
    changes++;
    step();
    step_after(SW_PLANNER_QUIET_MS);
    assert_int_equal(sw_writer_queued(writer), 0);
}

static void what_is_ours_is_counted(void **state)
{
    (void)state;
    step();
    assert_int_equal(sw_planner_stats(planner)->n_owned[SW_MESH_WORKLOADENTRY], 0);
    known_put(known, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY,
              "{'metadata':{'namespace':'shop','name':'k-cart-1','uid':'u1','resourceVersion':'3',"
              "'labels':{'app.kubernetes.io/managed-by':'spillway','spillway.dev/remote':'west'}},"
              "'spec':{'address':'192.0.2.7','network':'net-w'}}");
    changes++;
    step();
    step_after(SW_PLANNER_QUIET_MS);
    assert_int_equal(sw_planner_stats(planner)->n_owned[SW_MESH_WORKLOADENTRY], 1);
}

static void it_is_current_once_all_that_has_changed_was_planned(void **state)
{
    (void)state;
    assert_false(sw_planner_is_current(planner));
    settle();
    put_service("first");
    step();
    assert_true(sw_planner_is_current(planner));
    put_service("second"); /* waits for more */
    step();
    assert_false(sw_planner_is_current(planner));
    step_after(SW_PLANNER_QUIET_MS);
    assert_true(sw_planner_is_current(planner));
    sw_planner_all(planner);
    assert_false(sw_planner_is_current(planner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_planned_before_the_clusters_were_seen),
        TEST(the_first_round_is_of_everything),
        TEST(what_has_not_changed_is_not_planned_again),
        TEST(what_comes_alone_is_planned_at_once),
        TEST(what_changes_together_is_planned_once),
        TEST(a_burst_does_not_hold_it_up_for_ever),
        TEST(one_that_is_to_be_planned_again_is_in_its_time),
        TEST(the_gateways_are_planned_again_by_empty_names),
        TEST(everything_is_planned_when_somebody_says_so),
        TEST(everything_is_planned_every_ten_minutes),
        TEST(a_service_that_is_gone_is_planned_as_gone),
        TEST(what_is_wanted_is_written_in_its_order),
        TEST(what_waits_for_a_time_is_planned_then),
        TEST(who_may_not_write_plans_all_the_same),
        TEST(a_newer_plan_takes_the_place_of_what_was_not_sent),
        TEST(what_is_ours_is_counted),
        TEST(it_is_current_once_all_that_has_changed_was_planned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
