/* reconciler/tally.c: what a cluster has of each WorkspaceSetting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../mesh/fixture.h"
#include "reconciler/tally.h"

static struct sw_ledger *ledger;

static int setup(void **state)
{
    return sw_ledger_new(&ledger, NULL) < 0 ? -1 : mesh_setup(state);
}

static int teardown(void **state)
{
    sw_ledger_free(ledger);
    return mesh_teardown(state);
}

/* What the plan of shop/cart says, as the ledger keeps it. */
static struct sw_plan *plan_cart(struct mesh *mesh)
{
    struct sw_plan *plan = mesh_plan(mesh, "cart");

    assert_int_equal(sw_ledger_note(ledger, plan, NULL), 0);
    return plan;
}

static const struct sw_share *tally(struct mesh *mesh)
{
    struct sw_tally ret;

    assert_int_equal(sw_tally_local(mesh_build(mesh), ledger, &mesh->world->arena, &ret, NULL), 0);
    assert_int_equal(ret.n, 1);
    return &ret.shares[0];
}

static void check_reason(const struct sw_share *share, enum sw_share_state state, const char *word,
                         const char *example)
{
    assert_int_equal(share->n[state], 1);
    assert_int_equal(share->n_reasons, 1);
    assert_int_equal(share->reasons[0].state, state);
    assert_true(sw_str_is(share->reasons[0].word, word));
    assert_true(sw_str_is(share->reasons[0].example, example));
    assert_true(share->reasons[0].message.len > 0);
}

static void a_way_whose_entries_are_there_is_emitted(void **state)
{
    const struct sw_share *share;

    mesh_pair(*state);
    mesh_own(*state, plan_cart(*state));
    share = tally(*state);
    assert_int_equal(share->n_exposed, 1);
    assert_int_equal(share->n_emitted, 1);
    assert_int_equal(share->n_entries, 1);
    assert_int_equal(share->n_reasons, 0);
}

static void one_whose_entries_are_not_is_pending(void **state)
{
    const struct sw_share *share;

    mesh_pair(*state);
    plan_cart(*state);
    share = tally(*state);
    assert_int_equal(share->n_emitted, 0);
    check_reason(share, SW_SHARE_PENDING, "NotWritten", "shop/cart to west");
}

static void what_it_waits_for_is_told(void **state)
{
    const struct sw_wait wait = {
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = SW_WAITS_GATEWAY,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };

    mesh_pair(*state);
    plan_cart(*state);
    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
    check_reason(tally(*state), SW_SHARE_PENDING, "WaitsForRemoteGateway", "shop/cart to west");
}

static void a_write_that_failed_is_told_before_what_it_waits_for(void **state)
{
    const struct sw_mesh_finding failed = {
        .verdict = SW_MESH_WAITS,
        .reason = SW_FOREIGN,
        .about = {SW_STR("shop"), SW_STR("cart"), SW_STR("west")},
    };
    struct mesh *mesh = *state;
    struct sw_plan *plan;

    mesh_pair(mesh);
    plan = mesh_plan(mesh, "cart");
    assert_int_equal(
        sw_mesh_find(&plan->findings, &mesh->world->arena, failed, NULL, "it is a user's"), 0);
    assert_int_equal(sw_ledger_note(ledger, plan, NULL), 0);
    check_reason(tally(mesh), SW_SHARE_PENDING, "NotOurs", "shop/cart to west");
}

static void a_way_that_is_not_made_is_withheld(void **state)
{
    struct mesh *mesh = *state;
    const struct sw_share *share;

    mesh_pair(mesh);
    mesh->clusters[WEST].backends[0]->n_groups = 0;
    plan_cart(mesh);
    share = tally(mesh);
    assert_int_equal(share->n_exposed, 1);
    check_reason(share, SW_SHARE_WITHHELD, "NoReadyPods", "shop/cart to west");
}

/* What the plan says of all clusters is so of each that exposes the Service. */
static const struct sw_share *tally_withheld(struct mesh *mesh, enum sw_reason reason)
{
    struct sw_mesh_finding finding = {
        .verdict = SW_MESH_WITHHELD,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), {NULL, 0}},
    };
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .findings = {&finding, 1},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
    return tally(mesh);
}

static void what_is_withheld_of_all_is_withheld_of_each(void **state)
{
    mesh_pair(*state);
    check_reason(tally_withheld(*state, SW_AMBIENT), SW_SHARE_WITHHELD, "Ambient",
                 "shop/cart to west");
}

static void where_there_is_no_namespace_nothing_is_asked_for(void **state)
{
    mesh_pair(*state);
    assert_int_equal(tally_withheld(*state, SW_NO_NAMESPACE)->n_reasons, 0);
    assert_int_equal(tally_withheld(*state, SW_STUB_DISABLED)->n_reasons, 0);
}

static void a_selected_service_that_cannot_be_exposed_is_counted_apart(void **state)
{
    struct mesh *mesh = *state;
    const struct sw_share *share;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "db",
                 "{'clusterIP':'None','selector':{'app':'x'},'ports':[{'name':'tcp','port':1}]}");
    share = tally(mesh);
    assert_int_equal(share->n_exposed, 0);
    check_reason(share, SW_SHARE_NOT_EXPOSED, "Headless", "shop/db");
}

static void of_another_cluster_only_what_it_exposes_is_seen(void **state)
{
    struct mesh *mesh = *state;
    const struct sw_share *share;
    struct sw_tally ret;

    mesh_pair(mesh);
    plan_cart(mesh);
    assert_int_equal(sw_tally_exposed(mesh_build(mesh), WEST, &mesh->world->arena, &ret, NULL), 0);
    assert_int_equal(ret.n, 1);
    share = sw_tally_find(&ret, ret.shares[0].namespace_, ret.shares[0].name);
    assert_ptr_equal(share, &ret.shares[0]);
    assert_int_equal(share->n_exposed, 1);
    assert_int_equal(share->n[SW_SHARE_PENDING], 0);
    assert_null(sw_tally_find(&ret, SW_STR("no"), SW_STR("such")));
}

static void without_memory_it_fails(void **state)
{
    struct mesh *mesh = *state;
    struct sw_tally ret = {NULL, 7};
    struct sw_arena none;

    mesh_pair(mesh);
    plan_cart(mesh);
    sw_arena_init(&none, 64, 64);
    assert_int_equal(sw_tally_local(mesh_build(mesh), ledger, &none, &ret, NULL), SW_ENOMEM);
    assert_int_equal(ret.n, 7);
    sw_arena_release(&none);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_way_whose_entries_are_there_is_emitted),
        TEST(one_whose_entries_are_not_is_pending),
        TEST(what_it_waits_for_is_told),
        TEST(a_write_that_failed_is_told_before_what_it_waits_for),
        TEST(a_way_that_is_not_made_is_withheld),
        TEST(what_is_withheld_of_all_is_withheld_of_each),
        TEST(where_there_is_no_namespace_nothing_is_asked_for),
        TEST(a_selected_service_that_cannot_be_exposed_is_counted_apart),
        TEST(of_another_cluster_only_what_it_exposes_is_seen),
        TEST(without_memory_it_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
