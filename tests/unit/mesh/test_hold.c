/* pkg/mesh/hold.c: what a gateway that does not hold the host means for entries, and what is known
 * of those that do not say what they are for. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

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

/* As every Service, from the first second on. */
static const struct sw_lapses since_1000 = {.all_ms = 1000};

/* Somebody may have deleted the Gateway by hand, and its reconciler makes it anew. */
static void entry_goes_once_its_gateway_has_not_held_the_host_for_long(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.n_passthroughs = 0;
    west(mesh)->cluster.unheld = &since_1000;
    mesh->now_ms = 1000 + SW_LAPSE_MAX_MS - 1;
    check_cart(mesh, "wait delete WorkloadEntry west: WaitsForRemoteGateway until 21000");
    mesh->now_ms++;
    check_cart(mesh, "delete WorkloadEntry west");
}

/* However often other Gateways of that cluster change. */
static void entry_goes_so_long_after_its_own_host_was_let_go(void **state)
{
    struct sw_lapses unheld = {0};
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.n_passthroughs = 0;
    west(mesh)->cluster.unheld = &unheld;
    sw_lapses_note(&unheld, SW_STR("shop"), SW_STR("cart"), 2000);
    sw_lapses_note(&unheld, SW_STR("shop"), SW_STR("pay"), 9000);
    mesh->now_ms = 2000 + SW_LAPSE_MAX_MS - 1;
    check_cart(mesh, "wait delete WorkloadEntry west: WaitsForRemoteGateway until 22000");
    mesh->now_ms++;
    check_cart(mesh, "delete WorkloadEntry west");
    sw_lapses_release(&unheld);
}

static void entry_to_a_gateway_that_nobody_can_see_stays(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    west(mesh)->cluster.n_passthroughs = 0;
    west(mesh)->cluster.readable = false;
    check_cart(mesh, "");
}

/* The gateway has moved, and nobody is there any more to let hosts through at the new address. */
static void entry_does_not_wait_for_a_replacement_that_will_not_come(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->name = SW_STR("k-cart-before");
    west(mesh)->cluster.n_passthroughs = 0;
    west(mesh)->cluster.unheld = &since_1000;
    mesh->now_ms = 1000 + SW_LAPSE_MAX_MS - 1;
    check_cart(mesh, "wait create WorkloadEntry west: WaitsForRemoteGateway\n"
                     "wait delete WorkloadEntry west: WaitsForReplacement until 21000");
    mesh->now_ms++;
    check_cart(mesh, "delete WorkloadEntry west\n"
                     "wait create WorkloadEntry west: WaitsForRemoteGateway");
}

/* The one that it leads to may be that other. */
static void entry_waits_for_a_replacement_while_another_gateway_holds_the_host(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->name = SW_STR("k-cart-before");
    west(mesh)->passthroughs[0]->selector = mesh_labels(mesh, "{'app':'other'}");
    west(mesh)->cluster.unheld = &since_1000;
    mesh->now_ms = 1000 + SW_LAPSE_MAX_MS;
    check_cart(mesh, "wait create WorkloadEntry west: WaitsForRemoteGateway\n"
                     "wait delete WorkloadEntry west: WaitsForReplacement");
}

static void lose_rule(struct mesh *mesh)
{
    mesh->owned[0] = mesh->owned[1];
    mesh->mesh.n_owned = 1;
    mesh->clusters[EAST].cluster.n_rules = 0;
    mesh->clusters[EAST].cluster.unruled = &since_1000;
}

/* Somebody's object has the name of our rule, say. */
static void entry_goes_once_our_rule_has_been_gone_for_long(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    lose_rule(mesh);
    mesh->now_ms = 1000 + SW_LAPSE_MAX_MS - 1;
    check_cart(mesh, "create DestinationRule k-cart.shop\n"
                     "wait delete WorkloadEntry west: WaitsForDestinationRule until 21000");
    mesh->now_ms++;
    check_cart(mesh, "delete WorkloadEntry west\n"
                     "create DestinationRule k-cart.shop");
}

static void old_entry_goes_without_its_replacement_once_our_rule_has_been_gone_for_long(
    void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->name = SW_STR("k-cart-before");
    lose_rule(mesh);
    mesh->now_ms = 1000 + SW_LAPSE_MAX_MS - 1;
    check_cart(mesh, "create DestinationRule k-cart.shop\n"
                     "wait create WorkloadEntry west: WaitsForDestinationRule\n"
                     "wait delete WorkloadEntry west: WaitsForReplacement until 21000");
    mesh->now_ms++;
    check_cart(mesh, "delete WorkloadEntry west\n"
                     "create DestinationRule k-cart.shop\n"
                     "wait create WorkloadEntry west: WaitsForDestinationRule");
}

/* Somebody has taken our annotation off. */
static void entry_that_does_not_say_what_it_is_for_is_known_by_its_name(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->for_namespace = (struct sw_str){NULL, 0};
    mesh->owned[1]->for_service = (struct sw_str){NULL, 0};
    mesh->owned[1]->digest = (struct sw_digest){{1}};
    check_cart(mesh, "apply WorkloadEntry west");
}

static void entry_of_which_nobody_knows_what_it_is_for_goes(void **state)
{
    struct mesh *mesh = *state;

    settled(mesh);
    mesh->owned[1]->for_namespace = (struct sw_str){NULL, 0};
    mesh->owned[1]->for_service = (struct sw_str){NULL, 0};
    mesh_check_diff(mesh, mesh_plan_gateways(mesh), 1, "delete WorkloadEntry west");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(entry_goes_once_its_gateway_has_not_held_the_host_for_long),
        MESH_TEST(entry_goes_so_long_after_its_own_host_was_let_go),
        MESH_TEST(entry_to_a_gateway_that_nobody_can_see_stays),
        MESH_TEST(entry_does_not_wait_for_a_replacement_that_will_not_come),
        MESH_TEST(entry_waits_for_a_replacement_while_another_gateway_holds_the_host),
        MESH_TEST(entry_goes_once_our_rule_has_been_gone_for_long),
        MESH_TEST(old_entry_goes_without_its_replacement_once_our_rule_has_been_gone_for_long),
        MESH_TEST(entry_that_does_not_say_what_it_is_for_is_known_by_its_name),
        MESH_TEST(entry_of_which_nobody_knows_what_it_is_for_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
