/* pkg/mesh/state_backends.c: the pods behind a Service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "known.h"

static void node(struct known *k, size_t cluster, const char *name, const char *region,
                 const char *zone)
{
    known_put(k, cluster, SW_RESOURCE_NODE,
              "{'metadata':{'name':'%s','labels':{'topology.kubernetes.io/region':'%s',"
              "'topology.kubernetes.io/zone':'%s'}}}",
              name, region, zone);
}

static void rule(struct known *k, size_t cluster, const char *name, const char *host,
                 const char *more)
{
    known_put(k, cluster, SW_RESOURCE_DESTINATIONRULE,
              "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'host':'%s'%s}}", name, host,
              more);
}

static void pods_behind_a_service_become_groups(void **state)
{
    struct known *k = *state;

    node(k, KNOWN_WEST, "n1", "us", "a");
    known_service(k, KNOWN_WEST, "cart");
    known_pod(k, KNOWN_WEST, "p1", "'version':'v1'");
    known_pod(k, KNOWN_WEST, "p2", "'version':'v2'");
    known_pod(k, KNOWN_WEST, "p3", "'version':'v1','pod-template-hash':'x'");
    known_slice(k, KNOWN_WEST, "cart", "p1 p2 p3 -p4");
    known_check_groups(k, KNOWN_WEST, "cart",
                       "seller{version=v1}@us/a x2 | seller{version=v2}@us/a x1");
    known_check_groups(k, KNOWN_EAST, "cart", "");
    known_check_dirty(k, "shop/cart +gateways");
    known_check_dirty(k, "");
}

static void order_of_arrival_does_not_matter(void **state)
{
    struct known *k = *state;

    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_check_groups(k, KNOWN_WEST, "cart", " waiting");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1");
    known_service(k, KNOWN_WEST, "cart");
    node(k, KNOWN_WEST, "n1", "us", "a");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@us/a x1");
}

/* Unknown is not zero: what was known stays until the pod comes. */
static void a_pod_that_was_not_seen_leaves_groups_as_they_were(void **state)
{
    struct known *k = *state;

    known_pod(k, KNOWN_WEST, "p1", "'version':'v1'");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{version=v1}@ x1");
    known_slice(k, KNOWN_WEST, "cart", "p2");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{version=v1}@ x1 waiting");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_POD, "shop", "p1");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{version=v1}@ x1 waiting");
    known_pod(k, KNOWN_WEST, "p2", "'version':'v2'");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{version=v2}@ x1");
}

static void no_ready_pod_is_no_group(void **state)
{
    struct known *k = *state;

    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1");
    known_slice(k, KNOWN_WEST, "cart", "-p1");
    known_check_groups(k, KNOWN_WEST, "cart", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE, "shop", "cart-1");
    known_check_groups(k, KNOWN_WEST, "cart", "");
}

static void a_pod_that_has_finished_is_gone(void **state)
{
    struct known *k = *state;

    known_pod(k, KNOWN_WEST, "p1", "");
    known_pod(k, KNOWN_WEST, "p2", "");
    known_slice(k, KNOWN_WEST, "cart", "p1 p2");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x2");
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD,
              "{'metadata':{'namespace':'shop','name':'p1'},'status':{'phase':'Failed'}}");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x2 waiting");
    known_slice(k, KNOWN_WEST, "cart", "p2");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1");
}

static void a_dual_stack_pod_counts_once(void **state)
{
    struct known *k = *state;

    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_put(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE,
              "{'metadata':{'namespace':'shop','name':'cart-6','labels':{"
              "'kubernetes.io/service-name':'cart'}},'addressType':'IPv6','endpoints':["
              "{'targetRef':{'kind':'Pod','name':'p1'}},{'addresses':['fd00::1']}]}");
    known_slice(k, KNOWN_WEST, "other", "p1");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1");
    known_check_groups(k, KNOWN_WEST, "other", "seller{}@ x1");
}

static void a_terminating_pod_and_a_slice_of_names_do_not_count(void **state)
{
    struct known *k = *state;

    known_pod(k, KNOWN_WEST, "p1", "");
    known_put(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE,
              "{'metadata':{'namespace':'shop','name':'cart-1','labels':{"
              "'kubernetes.io/service-name':'cart'}},'addressType':'IPv4','endpoints':["
              "{'conditions':{'ready':true,'terminating':true},"
              "'targetRef':{'kind':'Pod','name':'p1'}}]}");
    known_check_groups(k, KNOWN_WEST, "cart", "");
    known_put(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE,
              "{'metadata':{'namespace':'shop','name':'cart-2','labels':{"
              "'kubernetes.io/service-name':'cart'}},'addressType':'FQDN','endpoints':["
              "{'targetRef':{'kind':'Pod','name':'p1'}}]}");
    known_check_groups(k, KNOWN_WEST, "cart", "");
}

static void pods_without_a_sidecar_are_counted_apart(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_WEST, SW_RESOURCE_POD,
              "{'metadata':{'namespace':'shop','name':'p1','labels':{'app':'cart'}}}");
    known_pod(k, KNOWN_WEST, "p2", "");
    known_slice(k, KNOWN_WEST, "cart", "p1 p2");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1 plain 1");
}

static void subset_keys_of_any_cluster_split_groups(void **state)
{
    struct known *k = *state;

    known_service(k, KNOWN_WEST, "cart");
    known_pod(k, KNOWN_WEST, "p1", "'version':'v1','tier':'gold'");
    known_pod(k, KNOWN_WEST, "p2", "'version':'v1','tier':'iron'");
    known_slice(k, KNOWN_WEST, "cart", "p1 p2");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{version=v1}@ x2");
    known_check_dirty(k, "shop/cart +gateways");
    rule(k, KNOWN_EAST, "r", "cart",
         ",'subsets':[{'name':'g','labels':{'tier':'gold','unknown':'x'}}]");
    known_check_groups(k, KNOWN_WEST, "cart",
                       "seller{tier=gold, version=v1}@ x1 | seller{tier=iron, version=v1}@ x1");
    known_check_dirty(k, "shop/cart");
    known_remove(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, "shop", "r");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{version=v1}@ x2");
    rule(k, KNOWN_EAST, "r", "*.shop.svc.cluster.local",
         ",'subsets':[{'name':'g','labels':{'tier':'gold'}}]");
    known_check_groups(k, KNOWN_WEST, "cart",
                       "seller{tier=gold, version=v1}@ x1 | seller{tier=iron, version=v1}@ x1");
}

static void locality_is_what_all_pods_agree_on(void **state)
{
    struct known *k = *state;
    const char *const pod = "{'metadata':{'namespace':'shop','name':'%s','labels':{"
                            "'security.istio.io/tlsMode':'istio'}},'spec':{'nodeName':'%s'}}";

    node(k, KNOWN_WEST, "n1", "us", "a");
    node(k, KNOWN_WEST, "n2", "us", "ab");
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD, pod, "p1", "n1");
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD, pod, "p2", "n2");
    known_slice(k, KNOWN_WEST, "cart", "p1 p2");
    known_check_groups(k, KNOWN_WEST, "cart", "default{}@us x2");
    node(k, KNOWN_WEST, "n2", "us", "a");
    known_check_groups(k, KNOWN_WEST, "cart", "default{}@us/a x2");
    node(k, KNOWN_WEST, "n2", "eu", "a");
    known_check_groups(k, KNOWN_WEST, "cart", "default{}@ x2");
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD,
              "{'metadata':{'namespace':'shop','name':'p2','labels':{'istio-locality':'us.a.s',"
              "'security.istio.io/tlsMode':'istio'}},'spec':{'nodeName':'n2'}}");
    known_check_groups(k, KNOWN_WEST, "cart", "default{}@us/a x2");
}

/* It goes before its pods do; until then they are where it was. */
static void a_node_that_goes_leaves_its_pods_where_they_were(void **state)
{
    struct known *k = *state;

    node(k, KNOWN_WEST, "n1", "us", "a");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@us/a x1");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_NODE, "", "n1");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@us/a x1");
    known_pod(k, KNOWN_WEST, "p2", "");
    known_slice(k, KNOWN_WEST, "cart", "p1 p2");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@us/a x2");
}

static void what_says_nothing_new_changes_nothing(void **state)
{
    struct known *k = *state;

    known_service(k, KNOWN_WEST, "cart");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_check_dirty(k, "shop/cart +gateways");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_slice(k, KNOWN_WEST, "cart", "p1 -p2");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_POD, "shop", "never-seen");
    known_check_dirty(k, "");
    known_pod(k, KNOWN_WEST, "p1", "'not-a-key':'x'");
    known_check_dirty(k, "");
    known_pod(k, KNOWN_WEST, "p1", "'version':'v9'");
    known_check_dirty(k, "shop/cart");
}

static void an_object_of_a_version_that_is_there_is_only_touched(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'shop','name':'cart','resourceVersion':"
                             "'%d'},'spec':{'ports':[{'name':'http','port':80}]}}";

    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, text, 7);
    known_check_dirty(k, "shop/cart +gateways");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, text, 7);
    known_end(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    known_check_dirty(k, "");
    assert_int_equal(known_look(k)->index->views[KNOWN_WEST]->n_services, 1);
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, text, 8);
    known_check_dirty(k, "shop/cart +gateways");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(pods_behind_a_service_become_groups),
        KNOWN_TEST(order_of_arrival_does_not_matter),
        KNOWN_TEST(a_pod_that_was_not_seen_leaves_groups_as_they_were),
        KNOWN_TEST(no_ready_pod_is_no_group),
        KNOWN_TEST(a_pod_that_has_finished_is_gone),
        KNOWN_TEST(a_dual_stack_pod_counts_once),
        KNOWN_TEST(a_terminating_pod_and_a_slice_of_names_do_not_count),
        KNOWN_TEST(pods_without_a_sidecar_are_counted_apart),
        KNOWN_TEST(subset_keys_of_any_cluster_split_groups),
        KNOWN_TEST(locality_is_what_all_pods_agree_on),
        KNOWN_TEST(a_node_that_goes_leaves_its_pods_where_they_were),
        KNOWN_TEST(what_says_nothing_new_changes_nothing),
        KNOWN_TEST(an_object_of_a_version_that_is_there_is_only_touched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
