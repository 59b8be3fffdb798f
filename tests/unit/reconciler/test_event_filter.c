/* reconciler/event_filter.c, event_facts.c, event_news.c and event_text.c: what of the ledger is
 * told. */
#include "event_fixture.h"

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
        TEST(what_waits_is_not_in_place),
        TEST(what_waits_for_long_is_told),
        TEST(what_waited_at_the_beginning_is_known),
        TEST(a_deletion_that_waits_keeps_nothing_back),
        TEST(of_the_gateways_each_is_told_of_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
