/* mesh/state_shared.c: a Service's plan is made anew when another would take its entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "known.h"

static void put_service(struct known *k, size_t cluster, const char *name, const char *selector)
{
    known_put(k, cluster, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'selector':{%s},"
              "'ports':[{'name':'http','port':80}]}}",
              name, selector);
}

static void put_rule(struct known *k, const char *service)
{
    known_put(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE,
              "{'metadata':{'namespace':'shop','name':'r-%s'},'spec':{'host':'%s',"
              "'trafficPolicy':{'outlierDetection':{}}}}",
              service, service);
}

/* Service cart of app cart, of which west has a pod of version v1; and beside it cart-v1 in east.
 */
static void begin(struct known *k, const char *selector)
{
    known_service(k, KNOWN_EAST, "cart");
    known_service(k, KNOWN_WEST, "cart");
    known_pod(k, KNOWN_WEST, "cart-1", "'version':'v1'");
    known_slice(k, KNOWN_WEST, "cart", "cart-1");
    put_service(k, KNOWN_EAST, "cart-v1", selector);
    known_check_dirty(k, "shop/cart shop/cart-v1 +gateways");
}

static void rule_of_one_that_would_take_its_entries_counts(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'cart','version':'v1'");
    put_rule(k, "cart-v1");
    known_check_dirty(k, "shop/cart shop/cart-v1");
}

static void exposure_of_one_that_would_take_its_entries_counts(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'cart','version':'v1'");
    put_service(k, KNOWN_WEST, "cart-v1", "'app':'cart','version':'v1'");
    known_check_dirty(k, "shop/cart shop/cart-v1 +gateways");
}

static void rule_of_one_that_selects_pods_it_does_not_have_is_none_of_its_concern(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'cart','version':'v2'");
    put_rule(k, "cart-v1");
    known_check_dirty(k, "shop/cart-v1");
}

static void rule_of_one_with_another_selector_is_none_of_its_concern(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'other'");
    put_rule(k, "cart-v1");
    known_check_dirty(k, "shop/cart-v1");
}

static void pods_are_of_nobody_elses_concern(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'cart'");
    known_slice(k, KNOWN_WEST, "cart-v1", "cart-1");
    known_check_dirty(k, "shop/cart-v1");
}

static void one_that_would_have_taken_them_counts_when_it_goes(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'cart','version':'v1'");
    known_remove(k, KNOWN_EAST, SW_RESOURCE_SERVICE, "shop", "cart-v1");
    known_check_dirty(k, "shop/cart shop/cart-v1 +gateways");
}

static void one_that_would_have_taken_them_counts_when_it_is_another(void **state)
{
    struct known *k = *state;

    begin(k, "'app':'cart','version':'v1'");
    put_service(k, KNOWN_EAST, "cart-v1", "'app':'other'");
    known_check_dirty(k, "shop/cart shop/cart-v1 +gateways");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(rule_of_one_that_would_take_its_entries_counts),
        KNOWN_TEST(exposure_of_one_that_would_take_its_entries_counts),
        KNOWN_TEST(rule_of_one_that_selects_pods_it_does_not_have_is_none_of_its_concern),
        KNOWN_TEST(rule_of_one_with_another_selector_is_none_of_its_concern),
        KNOWN_TEST(pods_are_of_nobody_elses_concern),
        KNOWN_TEST(one_that_would_have_taken_them_counts_when_it_goes),
        KNOWN_TEST(one_that_would_have_taken_them_counts_when_it_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
