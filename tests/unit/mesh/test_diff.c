/* pkg/mesh/diff.c: what is written, in which order, and what has to wait for what. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"

/* Fails unless the diff of cart's plan reads as `expected`. */
static void check_cart(struct mesh *mesh, const char *expected)
{
    mesh_check_diff(mesh, mesh_plan(mesh, "cart"), 1, expected);
}

/* The pair, with everything that its plan wants in place. */
static void settled(struct mesh *mesh)
{
    mesh_pair(mesh);
    mesh_own(mesh, mesh_plan(mesh, "cart"));
}

static struct mesh_cluster *west(struct mesh *mesh)
{
    return &mesh->clusters[WEST];
}

static void nothing_is_written_where_all_is_in_place(void **state)
{
    settled(*state);
    check_cart(*state, "");
}

static void everything_is_created_rule_first(void **state)
{
    mesh_pair(*state);
    check_cart(*state, "create DestinationRule k-cart.shop\ncreate WorkloadEntry west");
}

static void entry_waits_until_its_rule_has_been_visible(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh->now_ms = SEEN_MS + SW_RULE_VISIBLE_MS - 1;
    check_cart(mesh, "create DestinationRule k-cart.shop\n"
                     "wait create WorkloadEntry west: WaitsForDestinationRule until 3000");
    mesh->now_ms++;
    check_cart(mesh, "create DestinationRule k-cart.shop\ncreate WorkloadEntry west");
}

static void entry_waits_for_a_rule_that_is_not_there(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh->clusters[EAST].cluster.n_rules = 0;
    check_cart(mesh, "create DestinationRule k-cart.shop\n"
                     "wait create WorkloadEntry west: WaitsForDestinationRule");
}

static void entry_waits_for_the_gateway_there(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->mesh.n_owned = 1; /* the rule */
    west(mesh)->cluster.n_passthroughs = 0;
    check_cart(mesh, "wait create WorkloadEntry west: WaitsForRemoteGateway");
}

static void stub_comes_before_its_entries(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_own_rule(mesh, EAST, "cart");
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    mesh_passthrough(mesh, "*.local");
    check_cart(mesh, "create DestinationRule k-cart.shop\ncreate Service cart\n"
                     "wait create WorkloadEntry west: WaitsForStub");
}

static void foreign_edit_of_our_fields_is_repaired(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->digest = (struct sw_digest){{1}};
    check_cart(mesh, "apply WorkloadEntry west");
}

static void object_without_our_field_manager_is_left_alone(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->managed = false;
    mesh->owned[1]->digest = (struct sw_digest){{0}};
    check_cart(mesh, "wait apply WorkloadEntry west: NotOurs");
    west(mesh)->cluster.n_backends = 0;
    check_cart(mesh, "wait delete WorkloadEntry west: NotOurs");
}

static void zero_ready_pods_withdraw_the_entry(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.n_backends = 0;
    check_cart(mesh, "delete WorkloadEntry west");
}

static void d2_entry_goes_where_a_rule_loses_its_outlier_detection(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh_rule(mesh, EAST, "shop", "mine", "cart")->outlier = false;
    check_cart(mesh, "delete WorkloadEntry west\n"
                     "wait delete DestinationRule k-cart.shop: WaitsForWorkloadEntries");
}

static void rule_goes_when_a_users_has_taken_its_place(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh_rule(mesh, EAST, "shop", "mine", "cart")->seen_ms = NOW_MS;
    check_cart(mesh, "wait delete DestinationRule k-cart.shop: WaitsForWorkloadEntries "
                     "until 102000");
    mesh->now_ms += SW_RULE_VISIBLE_MS;
    check_cart(mesh, "delete DestinationRule k-cart.shop");
}

/* D5: the new one is there before the old one goes. */
static void d5_new_before_old(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plan *plan;

    settled(mesh);
    west(mesh)->gateways[0]->addresses =
        mesh_strings(mesh, "10.0.0.3", &west(mesh)->gateways[0]->n_addresses);
    plan = mesh_plan(mesh, "cart");
    mesh_check_diff(mesh, plan, 1,
                    "create WorkloadEntry west\n"
                    "wait delete WorkloadEntry west: WaitsForReplacement");
    plan->wanteds.items++; /* without the rule, which is in place already */
    plan->wanteds.n--;
    mesh_own(mesh, plan);
    check_cart(mesh, "delete WorkloadEntry west");
}

static void cluster_that_is_frozen_loses_nothing(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.readable = false;
    west(mesh)->cluster.age_ms = 86400000;
    check_cart(mesh, "");
}

static void cluster_that_was_not_seen_loses_nothing(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.seen = false;
    check_cart(mesh, "wait delete DestinationRule k-cart.shop: WaitsForCluster\n"
                     "wait delete WorkloadEntry west: WaitsForCluster");
}

static void cluster_that_is_gone_loses_all_once_the_fleet_is_known(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.name = SW_STR("north");
    west(mesh)->gateways[0]->n_ready = 0;
    mesh->mesh.fleet_known = false;
    check_cart(mesh, "wait delete WorkloadEntry west: WaitsForCluster");
    mesh->mesh.fleet_known = true;
    check_cart(mesh, "delete WorkloadEntry west");
}

static void nothing_is_written_before_the_local_cluster_is_seen(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh->clusters[EAST].cluster.seen = false;
    check_cart(mesh, "");
}

static void deletions_come_in_reverse(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_build(mesh);
    mesh_own_object(mesh, SW_MESH_WORKLOADENTRY, "cart", "k-cart-1")->remote = SW_STR("west");
    mesh_own_object(mesh, SW_MESH_DESTINATIONRULE, "cart", "k-cart.shop");
    mesh_own_object(mesh, SW_MESH_STUB, "cart", "cart");
    check_cart(mesh, "delete WorkloadEntry west\n"
                     "wait delete DestinationRule k-cart.shop: WaitsForWorkloadEntries\n"
                     "wait delete Service cart: WaitsForWorkloadEntries");
    mesh->mesh.n_owned = 0;
    mesh_own_object(mesh, SW_MESH_DESTINATIONRULE, "cart", "k-cart.shop");
    mesh_own_object(mesh, SW_MESH_STUB, "cart", "cart");
    check_cart(mesh, "delete Service cart\ndelete DestinationRule k-cart.shop");
}

static void stub_that_another_manager_has_is_let_go(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_build(mesh);
    mesh_own_object(mesh, SW_MESH_STUB, "cart", "cart")->shared = true;
    check_cart(mesh, "release Service cart");
}

/* Makes n entries for west owned that nothing wants. */
static void own_strays(struct mesh *mesh, size_t n)
{
    static const char *const names[MESH_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                                "i", "j", "k", "l", "m", "n", "o", "p"};

    for (size_t i = 0; i < n; i++)
        mesh_own_object(mesh, SW_MESH_WORKLOADENTRY, "cart", names[i])->remote = SW_STR("west");
}

/* How many operations and waits the diff of cart's plan has. */
static void count(struct mesh *mesh, size_t n_ops, size_t n_waits, uint64_t again_ms)
{
    struct sw_diff diff;
    struct sw_err err = {0};

    sw_diff_init(&diff, mesh_build(mesh), mesh->now_ms, &mesh->world->arena);
    assert_int_equal(sw_diff_add(&diff, mesh_plan(mesh, "cart"), &err), 0);
    assert_int_equal(sw_diff_finish(&diff, &err), 0);
    assert_int_equal(diff.n_ops, n_ops);
    assert_int_equal(diff.n_waits, n_waits);
    assert_int_equal(diff.again_ms, again_ms);
    for (size_t i = 0; i < n_waits; i++)
        assert_int_equal(diff.waits[i].reason, SW_WAITS_RELIST);
}

static void deletions_after_a_relist_wait_for_another(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_begin(mesh, "west");
    mesh_build(mesh);
    own_strays(mesh, 11);
    count(mesh, 11, 0, 0); /* they follow from events */
    west(mesh)->cluster.unconfirmed_ms = NOW_MS - 10000;
    count(mesh, 0, 11, NOW_MS + 20000);
    mesh->now_ms += 20000; /* 30 s are enough */
    count(mesh, 11, 0, 0);
    mesh->now_ms = NOW_MS;
    west(mesh)->cluster.unconfirmed_ms = 0; /* or one more complete list */
    count(mesh, 11, 0, 0);
    mesh->clusters[EAST].cluster.unconfirmed_ms = NOW_MS; /* or it was the local one's relist */
    count(mesh, 0, 11, NOW_MS + 30000);
}

static void ten_deletions_after_a_relist_do_not_wait(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_begin(mesh, "west");
    mesh_build(mesh);
    own_strays(mesh, 10);
    west(mesh)->cluster.unconfirmed_ms = NOW_MS;
    count(mesh, 10, 0, 0);
}

static void delete_carries_uid_and_resource_version(void **state)
{
    struct mesh *mesh = *state;
    struct sw_diff diff;
    struct sw_err err = {0};

    settled(mesh);
    west(mesh)->cluster.n_backends = 0;
    mesh->owned[1]->uid = SW_STR("the-uid");
    mesh->owned[1]->resource_version = SW_STR("42");
    sw_diff_init(&diff, mesh_build(mesh), NOW_MS, &mesh->world->arena);
    assert_int_equal(sw_diff_add(&diff, mesh_plan(mesh, "cart"), &err), 0);
    assert_int_equal(diff.n_ops, 1);
    sw_check_str(diff.ops[0].uid, "the-uid");
    sw_check_str(diff.ops[0].resource_version, "42");
}

static void kinds_that_the_plan_does_not_speak_for_are_left_alone(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh_own_object(mesh, SW_MESH_DEPLOYMENT, "cart", "cart"); /* of IngressGateway shop/cart */
    check_cart(mesh, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(nothing_is_written_where_all_is_in_place),
        MESH_TEST(everything_is_created_rule_first),
        MESH_TEST(entry_waits_until_its_rule_has_been_visible),
        MESH_TEST(entry_waits_for_a_rule_that_is_not_there),
        MESH_TEST(entry_waits_for_the_gateway_there),
        MESH_TEST(stub_comes_before_its_entries),
        MESH_TEST(foreign_edit_of_our_fields_is_repaired),
        MESH_TEST(object_without_our_field_manager_is_left_alone),
        MESH_TEST(zero_ready_pods_withdraw_the_entry),
        MESH_TEST(d2_entry_goes_where_a_rule_loses_its_outlier_detection),
        MESH_TEST(rule_goes_when_a_users_has_taken_its_place),
        MESH_TEST(d5_new_before_old),
        MESH_TEST(cluster_that_is_frozen_loses_nothing),
        MESH_TEST(cluster_that_was_not_seen_loses_nothing),
        MESH_TEST(cluster_that_is_gone_loses_all_once_the_fleet_is_known),
        MESH_TEST(nothing_is_written_before_the_local_cluster_is_seen),
        MESH_TEST(deletions_come_in_reverse),
        MESH_TEST(stub_that_another_manager_has_is_let_go),
        MESH_TEST(deletions_after_a_relist_wait_for_another),
        MESH_TEST(ten_deletions_after_a_relist_do_not_wait),
        MESH_TEST(delete_carries_uid_and_resource_version),
        MESH_TEST(kinds_that_the_plan_does_not_speak_for_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
