/* mesh/lapse.c, as a state feeds it: since when a Service lacks what its entries need. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "known.h"

static void put_gateway(struct known *k, const char *name, const char *service)
{
    known_put(k, KNOWN_WEST, SW_RESOURCE_GATEWAY,
              "{'metadata':{'namespace':'gw','name':'%s'},'spec':{'servers':[{'port':{'number':"
              "15443},'tls':{'mode':'AUTO_PASSTHROUGH'},'hosts':['%s.shop.svc.cluster.local']}]}}",
              name, service);
}

/* What others hold says nothing of how long a host has been let go. */
static void host_is_let_go_when_its_own_gateway_goes(void **state)
{
    struct known *k = *state;
    uint64_t begin_ms;

    put_gateway(k, "a", "cart");
    put_gateway(k, "b", "pay");
    begin_ms = known_unheld_ms(k, "cart");
    sw_state_set_now(k->state, 77000);
    known_remove(k, KNOWN_WEST, SW_RESOURCE_GATEWAY, "gw", "a");
    sw_state_set_now(k->state, 90000);
    put_gateway(k, "b", "order");
    assert_int_equal(known_unheld_ms(k, "cart"), 77000);
    assert_int_equal(known_unheld_ms(k, "pay"), 90000);
    assert_int_equal(known_unheld_ms(k, "order"), begin_ms);
    sw_state_set_now(k->state, 98000);
    known_remove(k, KNOWN_WEST, SW_RESOURCE_GATEWAY, "gw", "b");
    assert_int_equal(known_unheld_ms(k, "cart"), begin_ms); /* 77000 is too old to matter */
    assert_int_equal(known_unheld_ms(k, "pay"), 90000);
    assert_int_equal(known_unheld_ms(k, "order"), 98000);
}

static void put_rule(struct known *k, const char *name, const char *host)
{
    known_put(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE,
              "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'host':'%s'}}", name, host);
}

static uint64_t unruled_ms(struct known *k, const char *service)
{
    return sw_lapses_since_ms(known_look(k)->clusters[KNOWN_EAST]->unruled, SW_STR("shop"),
                              sw_str_from(service));
}

static void clients_are_without_a_rule_when_that_of_their_host_goes(void **state)
{
    struct known *k = *state;
    uint64_t begin_ms;

    put_rule(k, "a", "cart");
    put_rule(k, "b", "pay.shop.svc.cluster.local");
    begin_ms = unruled_ms(k, "cart");
    sw_state_set_now(k->state, 77000);
    known_remove(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, "shop", "a");
    sw_state_set_now(k->state, 80000);
    put_rule(k, "b", "order");
    assert_int_equal(unruled_ms(k, "cart"), 77000);
    assert_int_equal(unruled_ms(k, "pay"), 80000);
    assert_int_equal(unruled_ms(k, "order"), begin_ms);
}

static void any_may_be_without_a_rule_when_that_of_many_hosts_goes(void **state)
{
    struct known *k = *state;

    put_rule(k, "all", "*.local");
    sw_state_set_now(k->state, 77000);
    known_remove(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, "shop", "all");
    assert_int_equal(unruled_ms(k, "cart"), 77000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(host_is_let_go_when_its_own_gateway_goes),
        KNOWN_TEST(clients_are_without_a_rule_when_that_of_their_host_goes),
        KNOWN_TEST(any_may_be_without_a_rule_when_that_of_many_hosts_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
