/* pkg/mesh/intake.c and state*.c: pictures, what they miss, and what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "known.h"

static const struct sw_intake_stats *stats(struct known *k, enum sw_resource resource)
{
    return sw_state_stats(k->clusters[KNOWN_WEST], resource);
}

static void a_picture_removes_what_it_does_not_show(void **state)
{
    struct known *k = *state;

    known_pod(k, KNOWN_WEST, "p1", "");
    known_pod(k, KNOWN_WEST, "p2", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_slice(k, KNOWN_WEST, "pay", "p2");
    known_check_groups(k, KNOWN_WEST, "pay", "seller{}@ x1");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE);
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_check_groups(k, KNOWN_WEST, "pay", "seller{}@ x1");
    known_end(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE);
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1");
    known_check_groups(k, KNOWN_WEST, "pay", "");
}

static void a_picture_removes_pods_and_nodes_too(void **state)
{
    struct known *k = *state;
    const char *const node = "{'metadata':{'name':'n1','labels':{"
                             "'topology.kubernetes.io/region':'us'}}}";

    known_put(k, KNOWN_WEST, SW_RESOURCE_NODE, "%s", node);
    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_POD);
    known_end(k, KNOWN_WEST, SW_RESOURCE_POD);
    known_begin(k, KNOWN_WEST, SW_RESOURCE_NODE);
    known_end(k, KNOWN_WEST, SW_RESOURCE_NODE);
    known_check_groups(k, KNOWN_WEST, "cart", " waiting");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@ x1");
}

static void a_picture_that_begins_again_counts_from_there(void **state)
{
    struct known *k = *state;

    known_service(k, KNOWN_WEST, "cart");
    known_service(k, KNOWN_WEST, "pay");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    known_service(k, KNOWN_WEST, "cart");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    known_service(k, KNOWN_WEST, "pay");
    known_end(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    assert_int_equal(known_look(k)->index->views[KNOWN_WEST]->n_services, 1);
    assert_non_null(
        sw_view_service(k->mesh->index->views[KNOWN_WEST], SW_STR("shop"), SW_STR("pay")));
}

/* Deletions that follow from a list are not trusted before the next one says so too. */
static void what_a_picture_misses_is_confirmed_by_the_next(void **state)
{
    struct known *k = *state;

    known_service(k, KNOWN_WEST, "cart");
    sw_state_set_now(k->state, 7000);
    known_begin(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    known_end(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    assert_int_equal(known_look(k)->clusters[KNOWN_WEST]->unconfirmed_ms, 7000);
    known_service(k, KNOWN_WEST, "pay");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_SERVICE, "shop", "pay");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_POD);
    known_end(k, KNOWN_WEST, SW_RESOURCE_POD);
    assert_int_equal(known_look(k)->clusters[KNOWN_WEST]->unconfirmed_ms, 7000);
    sw_state_set_now(k->state, 9000);
    known_begin(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    known_end(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    assert_int_equal(known_look(k)->clusters[KNOWN_WEST]->unconfirmed_ms, 0);
}

static void a_cluster_is_seen_when_each_resource_was(void **state)
{
    struct known *k = *state;
    struct sw_state_cluster *north;
    struct sw_reflector_sink sink;

    assert_int_equal(
        sw_state_add_cluster(k->state, SW_STR("north"), (struct sw_str){NULL, 0}, &north, NULL), 0);
    sink = sw_state_sink(north, SW_RESOURCE_POD);
    sw_state_sink(north, SW_RESOURCE_SERVICE);
    sink.begin(sink.context);
    assert_false(known_look(k)->clusters[2]->seen);
    known_check_dirty(k, "all");
    sink.end(sink.context);
    assert_false(known_look(k)->clusters[2]->seen);
    sink = sw_state_sink(north, SW_RESOURCE_SERVICE);
    sink.begin(sink.context);
    sink.end(sink.context);
    assert_true(known_look(k)->clusters[2]->seen);
    assert_true(k->mesh->index->views[2]->source.synced);
    known_check_dirty(k, "all");
}

static void the_age_of_a_cluster_counts_while_it_is_away(void **state)
{
    struct known *k = *state;

    sw_state_set_reach(k->clusters[KNOWN_WEST], true, 1000);
    assert_true(known_look(k)->clusters[KNOWN_WEST]->readable);
    known_check_dirty(k, "all");
    sw_state_set_now(k->state, 60000);
    assert_int_equal(known_look(k)->clusters[KNOWN_WEST]->age_ms, 0);
    known_check_dirty(k, "");
    sw_state_set_reach(k->clusters[KNOWN_WEST], false, 50000);
    assert_false(known_look(k)->clusters[KNOWN_WEST]->readable);
    assert_int_equal(k->mesh->clusters[KNOWN_WEST]->age_ms, 10000);
    known_check_dirty(k, "all");
}

/* Time alone ends it: nothing else may happen for as long as the cluster is away. */
static void a_cluster_away_for_too_long_changes_plans_once_more(void **state)
{
    struct known *k = *state;
    struct sw_state_cluster *west = k->clusters[KNOWN_WEST];
    const struct sw_state_config config = {.local = SW_STR("east"),
                                           .config = SW_STR("east"),
                                           .fleet_known = true,
                                           .remote_ttl_ms = 30000};
    uint64_t n;

    sw_state_configure(k->state, &config);
    sw_state_set_reach(west, true, 1000);
    sw_state_set_reach(west, false, 1000);
    known_check_dirty(k, "all");
    n = sw_state_reach_changes(west);
    sw_state_set_now(k->state, 31000);
    sw_state_set_reach(west, false, 1000);
    assert_int_equal(sw_state_reach_changes(west), n);
    known_check_dirty(k, "");
    sw_state_set_now(k->state, 31001);
    for (int i = 0; i < 2; i++)
        sw_state_set_reach(west, false, 1000);
    assert_int_equal(sw_state_reach_changes(west), n + 1);
    known_check_dirty(k, "all");
    sw_state_set_reach(west, true, 31001);
    assert_int_equal(sw_state_reach_changes(west), n + 2);
    known_check_dirty(k, "all");
}

static void what_cannot_be_read_is_noted_and_stays_as_it_was(void **state)
{
    struct known *k = *state;
    const char *const broken = "{'metadata':{'namespace':'shop','name':'cart'},'spec':{'ports':1}}";

    known_service(k, KNOWN_WEST, "cart");
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, "%s", broken);
    assert_int_equal(stats(k, SW_RESOURCE_SERVICE)->n_unreadable, 1);
    assert_string_equal(stats(k, SW_RESOURCE_SERVICE)->unreadable.message,
                        "Service shop/cart: spec.ports: expected an array, found 1");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    assert_int_equal(stats(k, SW_RESOURCE_SERVICE)->n_unreadable, 0);
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, "%s", broken);
    known_end(k, KNOWN_WEST, SW_RESOURCE_SERVICE);
    assert_int_equal(stats(k, SW_RESOURCE_SERVICE)->n_unreadable, 1);
    assert_non_null(
        sw_view_service(known_look(k)->index->views[KNOWN_WEST], SW_STR("shop"), SW_STR("cart")));
}

static void pods_nodes_and_slices_that_cannot_be_read_stay_too(void **state)
{
    struct known *k = *state;
    const char *const pod = "{'metadata':{'namespace':'shop','name':'p1'},'spec':1}";
    const char *const slice = "{'metadata':{'namespace':'shop','name':'cart-1'},'endpoints':1}";
    const char *const node = "{'metadata':{'name':'n1','labels':1}}";

    known_put(k, KNOWN_WEST, SW_RESOURCE_NODE,
              "{'metadata':{'name':'n1','labels':{'topology.kubernetes.io/region':'us'}}}");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_begin(k, KNOWN_WEST, SW_RESOURCE_POD);
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD, "%s", pod);
    known_end(k, KNOWN_WEST, SW_RESOURCE_POD);
    known_begin(k, KNOWN_WEST, SW_RESOURCE_NODE);
    known_put(k, KNOWN_WEST, SW_RESOURCE_NODE, "%s", node);
    known_end(k, KNOWN_WEST, SW_RESOURCE_NODE);
    known_begin(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE);
    known_put(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE, "%s", slice);
    known_end(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE);
    known_check_groups(k, KNOWN_WEST, "cart", "seller{}@us x1");
    assert_string_equal(stats(k, SW_RESOURCE_NODE)->unreadable.message,
                        "Node n1: metadata.labels: expected an object, found 1");
    assert_string_equal(stats(k, SW_RESOURCE_POD)->unreadable.message,
                        "Pod shop/p1: spec: expected an object, found 1");
}

static void text_that_is_no_json_is_noted_too(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_WEST, SW_RESOURCE_POD, "{'metadata':{'name':'p1'},}");
    assert_int_equal(stats(k, SW_RESOURCE_POD)->n_unreadable, 1);
    assert_memory_equal(stats(k, SW_RESOURCE_POD)->unreadable.message, "Pod default/p1: line 1",
                        22);
}

static void a_removal_without_a_name_is_a_failure(void **state)
{
    struct known *k = *state;
    struct sw_reflector_sink sink = sw_state_sink(k->clusters[KNOWN_WEST], SW_RESOURCE_POD);
    struct sw_err err = {0};

    assert_int_equal(sink.remove(sink.context, SW_STR("{}"), &err), SW_ETYPE);
    assert_string_equal(err.message, "metadata.name: expected a name");
}

static void an_object_without_a_namespace_is_in_default(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, "{'metadata':{'name':'cart'}}");
    assert_non_null(sw_view_service(known_look(k)->index->views[KNOWN_WEST], SW_STR("default"),
                                    SW_STR("cart")));
    known_remove(k, KNOWN_WEST, SW_RESOURCE_SERVICE, "", "cart");
    assert_int_equal(known_look(k)->index->views[KNOWN_WEST]->n_services, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(a_picture_removes_what_it_does_not_show),
        KNOWN_TEST(a_picture_removes_pods_and_nodes_too),
        KNOWN_TEST(a_picture_that_begins_again_counts_from_there),
        KNOWN_TEST(what_a_picture_misses_is_confirmed_by_the_next),
        KNOWN_TEST(a_cluster_is_seen_when_each_resource_was),
        KNOWN_TEST(the_age_of_a_cluster_counts_while_it_is_away),
        KNOWN_TEST(a_cluster_away_for_too_long_changes_plans_once_more),
        KNOWN_TEST(what_cannot_be_read_is_noted_and_stays_as_it_was),
        KNOWN_TEST(pods_nodes_and_slices_that_cannot_be_read_stay_too),
        KNOWN_TEST(text_that_is_no_json_is_noted_too),
        KNOWN_TEST(a_removal_without_a_name_is_a_failure),
        KNOWN_TEST(an_object_without_a_namespace_is_in_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
