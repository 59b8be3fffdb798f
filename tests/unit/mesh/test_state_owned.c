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
    static const char *const names[] = {
        "cart",
        "k-cart",
        "x-cart-2563fd2d9c78aacb3d42d6db45051ade",
        "k-cart-with-a-suffix-that-is-not-of-32-digits",
        "k-2563fd2d9c78aacb3d42d6db45051ade",
        "k-a-name-that-could-be-cut-now-2563fd2d9c78aacb3d42d6db45051ade",
    };

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

static void check_str(struct sw_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.data, expected, s.len);
}

#define OURS                                                                                       \
    "'labels':{'app.kubernetes.io/managed-by':'spillway'%s},'managedFields':[{'manager':"          \
    "'spillway','fieldsV1':{'f:metadata':{}}}]"

static void services_of_ours_are_stubs_or_gateways(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'%s','name':'%s'," OURS "%s},'spec':{}}";
    const struct sw_mesh *mesh;

    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE, text, "shop", "cart", "",
              ",'annotations':{'spillway.dev/service':'shop/cart'}");
    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE, text, "gw", "ew", ",'app':'ew'", "");
    known_put(k, KNOWN_EAST, SW_RESOURCE_DEPLOYMENT, text, "gw", "ew", "", "");
    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICEACCOUNT, text, "gw", "ew", "", "");
    known_put(k, KNOWN_EAST, SW_RESOURCE_DEPLOYMENT,
              "{'metadata':{'namespace':'gw','name':'theirs'}}");
    mesh = known_look(k);
    assert_int_equal(mesh->n_owned, 4);
    assert_int_equal(mesh->owned[0]->kind, SW_MESH_SERVICEACCOUNT);
    assert_int_equal(mesh->owned[1]->kind, SW_MESH_DEPLOYMENT);
    assert_int_equal(mesh->owned[2]->kind, SW_MESH_GATEWAY_SERVICE);
    check_str(mesh->owned[2]->for_service, "ew");
    assert_int_equal(mesh->owned[3]->kind, SW_MESH_STUB);
    check_str(mesh->owned[3]->for_service, "cart");
}

/* Somebody has taken our annotation off, or written another Service into it. */
static void stub_is_one_whatever_its_annotation_says(void **state)
{
    static const char *const annotations[] = {
        "", ",'annotations':{'spillway.dev/service':'shop/other'}",
        ",'annotations':{'spillway.dev/service':'?'}"};
    struct known *k = *state;

    for (size_t i = 0; i < sizeof(annotations) / sizeof(*annotations); i++) {
        const struct sw_mesh_owned *owned;

        known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE,
                  "{'metadata':{'namespace':'shop','name':'cart'," OURS "%s},'spec':{'ports':["
                  "{'name':'http','port':80}]}}",
                  "", annotations[i]);
        assert_int_equal(known_look(k)->n_owned, 1);
        owned = k->mesh->owned[0];
        assert_int_equal(owned->kind, SW_MESH_STUB);
        check_str(owned->for_namespace, "shop");
        check_str(owned->for_service, "cart");
    }
}

/* It is let go, and nothing of ours is to be left in it. */
static void of_a_stub_that_is_shared_the_others_are_known(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'shop','name':'cart','labels':{"
              "'app.kubernetes.io/managed-by':'spillway'},'managedFields':[{'manager':'spillway',"
              "'fieldsV1':{'f:spec':{}}},{'manager':'kubectl','fieldsV1':{'f:spec':{'f:ports':{}}}}"
              "]},'spec':{}}");
    assert_int_equal(known_look(k)->n_owned, 1);
    assert_true(k->mesh->owned[0]->shared);
    check_str(k->mesh->owned[0]->others,
              "[{\"manager\":\"kubectl\",\"fieldsV1\":{\"f:spec\":{\"f:ports\":{}}}}]");
}

static void gateway_without_its_label_is_known_by_its_port(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'gw','name':'ew'," OURS "},'spec':{'ports':["
              "{'name':'tls','port':15443}]}}",
              "");
    assert_int_equal(known_look(k)->n_owned, 1);
    assert_int_equal(k->mesh->owned[0]->kind, SW_MESH_GATEWAY_SERVICE);
}

/* What an installation consists of carries the label too, our own first of all. */
static void what_an_installation_consists_of_is_not_the_reconcilers(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'spillway-system','name':'%s','labels':{"
                             "'app.kubernetes.io/managed-by':'spillway'},'managedFields':[{"
                             "'manager':'kubectl','fieldsV1':{'f:spec':{'f:replicas':{}}}}]},"
                             "'spec':{}}";

    known_put(k, KNOWN_EAST, SW_RESOURCE_DEPLOYMENT, text, "spillway-webhook");
    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICEACCOUNT, text, "spillway-webhook");
    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE, text, "spillway-webhook");
    assert_int_equal(known_look(k)->n_owned, 0);
}

/* Every write of ours comes back; the Gateways are made of other things. */
static void what_is_ours_and_comes_back_marks_its_service_only(void **state)
{
    static const struct {
        enum sw_resource resource;
        const char *name, *spec;
    } cases[] = {
        {SW_RESOURCE_WORKLOADENTRY, "k-cart-1", "'address':'192.0.2.1'"},
        {SW_RESOURCE_DESTINATIONRULE, "k-cart.shop", "'host':'cart.shop.svc.cluster.local'"},
    };
    struct known *k = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        known_put(k, KNOWN_EAST, cases[i].resource,
                  "{'metadata':{'namespace':'shop','name':'%s','labels':{"
                  "'app.kubernetes.io/managed-by':'spillway'},'annotations':{"
                  "'spillway.dev/service':'shop/cart'}},'spec':{%s}}",
                  cases[i].name, cases[i].spec);
        known_check_dirty(k, "shop/cart");
    }
}

/* The Gateways of whom it leads to keep the host for as long as it is there. */
static void an_entry_of_another_cluster_is_of_the_gateways_concern(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_WEST, SW_RESOURCE_WORKLOADENTRY,
              "{'metadata':{'namespace':'shop','name':'k-cart-1','labels':{"
              "'app.kubernetes.io/managed-by':'spillway','spillway.dev/remote':'east'},"
              "'annotations':{'spillway.dev/service':'shop/cart'}},'spec':{}}");
    known_check_dirty(k, "shop/cart +gateways");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_WORKLOADENTRY, "shop", "k-cart-1");
    known_check_dirty(k, "shop/cart +gateways");
}

/* The plan of which Service an entry belongs to is known only when all are made; a Gateway is for
 * all, and for the plan of the Gateways. */
static void of_what_is_for_no_service_only_a_gateway_marks_no_service(void **state)
{
    const char *const text = "{'metadata':{'namespace':'gw','name':'k-gw','labels':{"
                             "'app.kubernetes.io/managed-by':'spillway'}},'spec':{}}";
    struct known *k = *state;

    known_put(k, KNOWN_EAST, SW_RESOURCE_GATEWAY, "%s", text);
    known_check_dirty(k, " +gateways");
    known_put(k, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY, "%s", text);
    known_check_dirty(k, "all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(an_entry_is_for_the_service_in_its_name),
        KNOWN_TEST(an_entry_without_a_service_in_its_name_is_for_none),
        KNOWN_TEST(a_rule_is_for_the_service_and_namespace_in_its_name),
        KNOWN_TEST(services_of_ours_are_stubs_or_gateways),
        KNOWN_TEST(stub_is_one_whatever_its_annotation_says),
        KNOWN_TEST(of_a_stub_that_is_shared_the_others_are_known),
        KNOWN_TEST(gateway_without_its_label_is_known_by_its_port),
        KNOWN_TEST(what_an_installation_consists_of_is_not_the_reconcilers),
        KNOWN_TEST(what_is_ours_and_comes_back_marks_its_service_only),
        KNOWN_TEST(an_entry_of_another_cluster_is_of_the_gateways_concern),
        KNOWN_TEST(of_what_is_for_no_service_only_a_gateway_marks_no_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
