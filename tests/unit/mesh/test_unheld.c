/* mesh/unheld.c, as a state feeds it: since when a Service's host is held by no Gateway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "known.h"

static uint64_t unheld_since(struct known *k, const char *service)
{
    const struct sw_mesh_cluster *west = known_look(k)->clusters[KNOWN_WEST];

    return sw_unheld_since_ms(west->unheld, SW_STR("shop"), sw_str_from(service));
}

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
    uint64_t all_ms;

    put_gateway(k, "a", "cart");
    put_gateway(k, "b", "pay");
    all_ms = known_look(k)->clusters[KNOWN_WEST]->passthroughs_ms;
    assert_int_equal(unheld_since(k, "cart"), 0);
    sw_state_set_now(k->state, 77000);
    known_remove(k, KNOWN_WEST, SW_RESOURCE_GATEWAY, "gw", "a");
    sw_state_set_now(k->state, 90000);
    put_gateway(k, "b", "order");
    assert_int_equal(unheld_since(k, "cart"), 77000);
    assert_int_equal(unheld_since(k, "pay"), 90000);
    assert_int_equal(unheld_since(k, "order"), 0);
    assert_int_equal(k->mesh->clusters[KNOWN_WEST]->passthroughs_ms, all_ms);
    sw_state_set_now(k->state, 98000);
    known_remove(k, KNOWN_WEST, SW_RESOURCE_GATEWAY, "gw", "b");
    assert_int_equal(unheld_since(k, "cart"), 0);
    assert_int_equal(unheld_since(k, "pay"), 90000);
    assert_int_equal(unheld_since(k, "order"), 98000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(host_is_let_go_when_its_own_gateway_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
