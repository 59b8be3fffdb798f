/* pkg/mesh/network.c: which of the clusters that have one network keeps it. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "mesh/network.h"

enum { SOUTH = 2 };

/* Three clusters, of which the two remote ones have one network. */
static const struct sw_mesh *shared(struct mesh *mesh)
{
    mesh_pair(mesh);
    mesh_begin(mesh, "south");
    mesh->clusters[WEST].cluster.network = SW_STR("one");
    mesh->clusters[SOUTH].cluster.network = SW_STR("one");
    return mesh_build(mesh);
}

static void check_yields(const struct sw_mesh *mesh, size_t cluster, const char *expected)
{
    const struct sw_mesh_cluster *to = sw_network_yields_to(mesh, mesh->clusters[cluster]);

    if (!expected) {
        assert_null(to);
        return;
    }
    assert_non_null(to);
    assert_true(sw_str_is(to->name, expected));
}

static void cluster_with_a_network_of_its_own_yields_to_none(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    check_yields(mesh_build(mesh), EAST, NULL);
    check_yields(mesh_build(mesh), WEST, NULL);
}

static void first_by_name_keeps_it_where_no_entry_tells(void **state)
{
    const struct sw_mesh *mesh = shared(*state);

    check_yields(mesh, SOUTH, NULL);
    check_yields(mesh, WEST, "south");
    check_yields(mesh, EAST, NULL);
}

static void cluster_that_entries_lead_to_keeps_it(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_begin(mesh, "south");
    mesh_own(mesh, mesh_plan(mesh, "cart"));
    mesh->clusters[SOUTH].cluster.network = SW_STR("west");
    check_yields(mesh_build(mesh), SOUTH, "west");
    check_yields(mesh_build(mesh), WEST, NULL);
}

/* A name that nobody answers to any more holds up no other, once nothing leads there. */
static void one_that_cannot_be_read_yields(void **state)
{
    struct mesh *mesh = *state;

    shared(mesh);
    mesh->clusters[SOUTH].cluster.readable = false;
    check_yields(mesh_build(mesh), WEST, NULL);
    check_yields(mesh_build(mesh), SOUTH, "west");
}

/* Somebody else's entry, with our label. */
static void an_entry_that_is_not_ours_is_no_claim(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_begin(mesh, "south");
    mesh_own(mesh, mesh_plan(mesh, "cart"));
    for (size_t i = 0; i < mesh->mesh.n_owned; i++)
        ((struct sw_mesh_owned *)mesh->mesh.owned[i])->managed = false;
    mesh->clusters[SOUTH].cluster.network = SW_STR("west");
    check_yields(mesh_build(mesh), WEST, "south");
}

static void local_cluster_keeps_it_whoever_comes(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_begin(mesh, "a-name");
    mesh_own(mesh, mesh_plan(mesh, "cart"));
    mesh->clusters[WEST].cluster.network = SW_STR("east");
    mesh->clusters[SOUTH].cluster.network = SW_STR("east");
    check_yields(mesh_build(mesh), EAST, NULL);
    check_yields(mesh_build(mesh), WEST, "east");
    check_yields(mesh_build(mesh), SOUTH, "east");
}

static void nothing_is_stale_until_a_network_is_another_one(void **state)
{
    struct sw_networks networks = {0};
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    assert_true(sw_network_is_stale(&networks, mesh_build(mesh)));
    assert_false(sw_network_is_stale(&networks, mesh_build(mesh)));
    mesh->clusters[WEST].cluster.network = SW_STR("wes");
    assert_true(sw_network_is_stale(&networks, mesh_build(mesh)));
    assert_false(sw_network_is_stale(&networks, mesh_build(mesh)));
}

static void entries_count_wherever_one_yields(void **state)
{
    struct sw_networks networks = {.shared = true};
    const struct sw_mesh *mesh = shared(*state);

    assert_true(sw_network_is_stale(&networks, mesh));
    assert_true(sw_network_is_stale(&networks, mesh));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(cluster_with_a_network_of_its_own_yields_to_none),
        MESH_TEST(first_by_name_keeps_it_where_no_entry_tells),
        MESH_TEST(cluster_that_entries_lead_to_keeps_it),
        MESH_TEST(one_that_cannot_be_read_yields),
        MESH_TEST(an_entry_that_is_not_ours_is_no_claim),
        MESH_TEST(local_cluster_keeps_it_whoever_comes),
        MESH_TEST(nothing_is_stale_until_a_network_is_another_one),
        MESH_TEST(entries_count_wherever_one_yields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
