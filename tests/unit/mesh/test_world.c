/* pkg/mesh/world.c, name.c, ports.c, finding.c: what planning looks things up by. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/name.h"
#include "mesh/ports.h"

static void lookups_find_what_is_there_and_nothing_else(void **state)
{
    struct mesh *mesh = *state;
    const struct sw_mesh_cluster *east = &mesh->clusters[EAST].cluster;
    size_t n, at;

    mesh_begin(mesh, "east");
    mesh_backends(mesh, "b");
    mesh_backends(mesh, "a");
    mesh_entry(mesh, EAST, "b", "west");
    mesh_entry(mesh, EAST, "b", "north");
    mesh_entry(mesh, EAST, "a", "west");
    mesh_own_object(mesh, SW_MESH_WORKLOADENTRY, "a", "k-a");
    mesh_own_object(mesh, SW_MESH_STUB, "a", "a");
    mesh_build(mesh);
    sw_check_str(sw_mesh_backends(east, SW_STR("shop"), SW_STR("b"))->service, "b");
    assert_null(sw_mesh_backends(east, SW_STR("shop"), SW_STR("c")));
    assert_null(sw_mesh_backends(east, SW_STR("other"), SW_STR("b")));
    at = sw_mesh_entries_for(east, SW_STR("shop"), SW_STR("b"), &n);
    assert_int_equal(n, 2);
    sw_check_str(east->entries[at]->remote, "north");
    at = sw_mesh_owned_for(&mesh->mesh, SW_STR("shop"), SW_STR("a"), &n);
    assert_int_equal(n, 2);
    assert_int_equal(mesh->mesh.owned[at]->kind, SW_MESH_STUB);
    sw_mesh_owned_for(&mesh->mesh, SW_STR("shop"), SW_STR("b"), &n);
    assert_int_equal(n, 0);
    assert_ptr_equal(sw_mesh_cluster(&mesh->mesh, SW_STR("east")), east);
    assert_null(sw_mesh_cluster(&mesh->mesh, SW_STR("west")));
}

static void mtls_of_the_namespace_wins_over_the_meshs(void **state)
{
    struct mesh *mesh = *state;
    const struct sw_mesh_cluster *east = &mesh->clusters[EAST].cluster;

    mesh_begin(mesh, "east");
    mesh_build(mesh);
    assert_false(sw_mesh_mtls_disabled(&mesh->mesh, east, SW_STR("shop")));
    mesh_mtls(mesh, EAST, "istio-system", true);
    assert_true(sw_mesh_mtls_disabled(&mesh->mesh, east, SW_STR("shop")));
    mesh_mtls(mesh, EAST, "shop", false);
    assert_false(sw_mesh_mtls_disabled(&mesh->mesh, east, SW_STR("shop")));
}

static void kinds_have_names_and_versions(void **state)
{
    (void)state;
    assert_string_equal(sw_mesh_kind_name(SW_MESH_STUB), "Service");
    assert_string_equal(sw_mesh_kind_version(SW_MESH_DEPLOYMENT), "apps/v1");
    assert_string_equal(sw_mesh_kind_version(SW_MESH_WORKLOADENTRY), "networking.istio.io/v1");
}

static void name_without_suffix_is_hashed_only_where_it_is_too_long(void **state)
{
    struct mesh *mesh = *state;
    struct sw_str none = {NULL, 0};
    struct sw_str sixty_one =
        SW_STR("a23456789012345678901234567890123456789012345678901234567890x");
    struct sw_str sixty_two =
        SW_STR("a23456789012345678901234567890123456789012345678901234567890xy");

    sw_check_str(sw_mesh_name(&mesh->world->arena, SW_STR("gw"), none), "k-gw");
    assert_int_equal(sw_mesh_name(&mesh->world->arena, sixty_one, none).len, 63);
    sw_check_str(sw_mesh_name(&mesh->world->arena, sixty_two, none),
                 "k-a234567890123456789012345678901234567890123456789012-b7907ea0");
}

static const struct sw_port ours[] = {
    {.name = {"http", 4}, .number = 80, .target_number = 80, .tcp = true},
    {.name = {"dns", 3}, .number = 53, .target_number = 53, .tcp = false},
    {.number = 90, .target_number = 90, .tcp = true},
};

static void ports_match_by_number_whatever_their_names(void **state)
{
    const struct sw_port theirs[] = {{.name = {"web", 3}, .number = 80, .tcp = true}};
    struct sw_service here = {.ports = ours, .n_ports = 3}, there = {.ports = theirs, .n_ports = 1};
    struct sw_ports ports = sw_ports_compare(&here, &there);

    (void)state;
    assert_null(ports.mismatch);
    assert_null(ports.absent);
    assert_int_equal(ports.n_same, 1);
}

static void ports_of_one_name_and_two_numbers_do_not_match(void **state)
{
    const struct sw_port theirs[] = {{.name = {"http", 4}, .number = 81, .tcp = true}};
    struct sw_service here = {.ports = ours, .n_ports = 3}, there = {.ports = theirs, .n_ports = 1};
    struct sw_ports ports = sw_ports_compare(&here, &there);

    (void)state;
    assert_ptr_equal(ports.mismatch, &ours[0]);
    assert_ptr_equal(ports.there, &theirs[0]);
    assert_int_equal(ports.n_same, 0);
}

static void findings_without_a_text_say_the_reasons_sentence(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_findings findings = {NULL, 0};
    struct sw_mesh_finding finding = {.verdict = SW_MESH_WAITS, .reason = SW_WAITS_STUB};
    struct sw_err err = {0};

    assert_int_equal(sw_mesh_find(&findings, &mesh->world->arena, finding, &err, NULL), 0);
    assert_string_equal(findings.items[0].message, sw_reason_sentence(SW_WAITS_STUB));
    assert_string_equal(sw_mesh_verdict_word(SW_MESH_WAITS), "Waits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(lookups_find_what_is_there_and_nothing_else),
        MESH_TEST(mtls_of_the_namespace_wins_over_the_meshs),
        MESH_TEST(kinds_have_names_and_versions),
        MESH_TEST(name_without_suffix_is_hashed_only_where_it_is_too_long),
        MESH_TEST(ports_match_by_number_whatever_their_names),
        MESH_TEST(ports_of_one_name_and_two_numbers_do_not_match),
        MESH_TEST(findings_without_a_text_say_the_reasons_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
