/* pkg/mesh/state*.c: what an object of ours is for, where our annotation does not say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "known.h"

#define OURS_WITHOUT_ANNOTATION                                                                    \
    "'labels':{'app.kubernetes.io/managed-by':'spillway'},'managedFields':[{'manager':"            \
    "'spillway','operation':'Apply','fieldsV1':{'f:spec':{'f:address':{}}}}]"

static const char *entry_named(struct known *k, const char *name)
{
    known_put(k, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY,
              "{'metadata':{'namespace':'shop','name':'%s'," OURS_WITHOUT_ANNOTATION
              "},'spec':{'address':'192.0.2.1'}}",
              name);
    assert_int_equal(known_look(k)->n_owned, 1);
    return sw_arena_printf(&k->arena, "%.*s/%.*s", SW_STR_ARG(k->mesh->owned[0]->for_namespace),
                           SW_STR_ARG(k->mesh->owned[0]->for_service));
}

static void an_entry_is_for_the_service_in_its_name(void **state)
{
    assert_string_equal(entry_named(*state, "k-my-cart-2563fd2d9c78aacb3d42d6db45051ade"),
                        "shop/my-cart");
}

static void an_entry_without_a_service_in_its_name_is_for_none(void **state)
{
    static const char *const names[] = {"cart",
                                        "k-cart",
                                        "x-cart-2563fd2d9c78aacb3d42d6db45051ade",
                                        "k-cart-with-a-suffix-that-is-not-of-32-digits",
                                        "k-2563fd2d9c78aacb3d42d6db45051ade",
                                        "k-a-name-that-could-be-cut-now-"
                                        "2563fd2d9c78aacb3d42d6db45051ade"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_string_equal(entry_named(*state, names[i]), "/");
        known_remove(*state, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY, "shop", names[i]);
    }
}

static void a_rule_is_for_the_service_and_namespace_in_its_name(void **state)
{
    static const struct {
        const char *name, *namespace_, *service;
    } cases[] = {{"k-cart.shop", "shop", "cart"}, {"k-cart", "", ""}, {"cart.shop", "", ""}};
    struct known *k = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        known_put(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE,
                  "{'metadata':{'namespace':'istio-system','name':'%s'," OURS_WITHOUT_ANNOTATION
                  "},'spec':{'host':'cart.shop.svc.cluster.local'}}",
                  cases[i].name);
        assert_int_equal(known_look(k)->n_owned, 1);
        assert_true(sw_str_is(k->mesh->owned[0]->for_namespace, cases[i].namespace_));
        assert_true(sw_str_is(k->mesh->owned[0]->for_service, cases[i].service));
        known_remove(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, "istio-system", cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(an_entry_is_for_the_service_in_its_name),
        KNOWN_TEST(an_entry_without_a_service_in_its_name_is_for_none),
        KNOWN_TEST(a_rule_is_for_the_service_and_namespace_in_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
