/* pkg/mesh/plan.c: what the local cluster should hold for one Service, and every reason why not.
 *
 * D1 to D14 are the rules that the mesh itself imposes: what istiod and Envoy do with our objects.
 */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"

#define RULE     "DestinationRule istio-system/k-cart.shop\n"
#define ENTRY    "WorkloadEntry west 10.0.0.2 3"
#define ONE      "Emitted Planned west: 1 WorkloadEntry"
#define NO_RULES clusters[EAST].cluster.n_rules = 0

static struct mesh_cluster *west(struct mesh *mesh)
{
    return &mesh->clusters[WEST];
}

/* Fails unless cart fails over to west, with these findings before the one that says so. */
static void check_emitted(struct mesh *mesh, const char *findings)
{
    struct sw_plan *plan = mesh_plan(mesh, "cart");

    mesh_check_wanted(plan, RULE ENTRY);
    mesh_check_findings(plan, findings);
}

/* Fails unless our rule alone is wanted, for this reason. */
static void check_withheld(struct mesh *mesh, const char *findings)
{
    struct sw_plan *plan = mesh_plan(mesh, "cart");

    mesh_check_wanted(plan, "DestinationRule istio-system/k-cart.shop");
    mesh_check_findings(plan, findings);
}

/* Fails unless nothing at all is wanted, for this reason. */
static void check_nothing(struct mesh *mesh, const char *findings)
{
    struct sw_plan *plan = mesh_plan(mesh, "cart");

    mesh_check_wanted(plan, "");
    mesh_check_findings(plan, findings);
}

static void plan_of_an_exposed_service_is_a_rule_and_an_entry(void **state)
{
    mesh_pair(*state);
    check_emitted(*state, ONE);
}

static void plan_of_a_service_that_is_nowhere_is_empty(void **state)
{
    struct sw_plan *plan;

    mesh_pair(*state);
    plan = mesh_plan(*state, "gone");
    mesh_check_wanted(plan, "");
    mesh_check_findings(plan, "");
}

static void plan_of_a_service_that_only_this_cluster_has_is_empty(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    check_nothing(mesh, "");
}

static void plan_again_is_the_same(void **state)
{
    struct sw_plan *a, *b;

    mesh_pair(*state);
    a = mesh_plan(*state, "cart");
    b = mesh_plan(*state, "cart");
    assert_int_equal(a->wanteds.n, b->wanteds.n);
    for (size_t i = 0; i < a->wanteds.n; i++)
        assert_true(sw_digest_eq(&a->wanteds.items[i].digest, &b->wanteds.items[i].digest));
}

/* D1: the network on the entry, and the view of the gateway that it leads to. */
static void d1_entry_has_the_network_of_its_cluster(void **state)
{
    struct mesh *mesh = *state;
    json_t *entry;

    mesh_pair(mesh);
    west(mesh)->cluster.network = SW_STR("net-w");
    west(mesh)->gateways[0]->view = SW_STR("net-w");
    entry = mesh_wanted_json(mesh_plan(mesh, "cart"), SW_MESH_WORKLOADENTRY);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(entry, "spec"), "network")), "net-w");
}

static void d1_gateway_without_a_network_view_is_withheld(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->gateways[0]->network_view = SW_VIEW_MISSING;
    check_withheld(mesh, "Withheld GatewayNetworkView west: gateway gw/gw: "
                         "ISTIO_META_REQUESTED_NETWORK_VIEW must be its network, or requests could "
                         "go round in a loop");
}

static void d1_gateway_with_another_network_view_is_withheld(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->gateways[0]->view = SW_STR("east");
    check_withheld(mesh, "Withheld GatewayNetworkView west: gateway gw/gw: "
                         "ISTIO_META_REQUESTED_NETWORK_VIEW must be its network, or requests could "
                         "go round in a loop");
    west(mesh)->gateways[0]->view = SW_STR("west");
    west(mesh)->gateways[0]->network_view = SW_VIEW_MIXED;
    assert_int_equal(mesh_plan(mesh, "cart")->wanteds.n, 1);
}

static void d1_cluster_that_yields_its_network_is_withheld(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->cluster.network = SW_STR("east");
    west(mesh)->cluster.yields_to = &mesh->clusters[EAST].cluster;
    check_nothing(mesh, "Withheld NetworkShared west: network 'east' is that of cluster east, "
                        "which keeps it: if west is a second name for it, disconnect west, else "
                        "give it a network of its own");
}

/* D2: no entry without outlierDetection for all who go by the rules here. */
static void d2_rule_without_outlier_detection_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_rule(mesh, EAST, "shop", "mine", "cart")->outlier = false;
    check_nothing(mesh, "Withheld NoOutlierDetection west: DestinationRule shop/mine lacks "
                        "outlierDetection: without it healthy traffic would leave the cluster");
}

static void d2_rule_is_seen_since_when_all_of_them_are(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    assert_int_equal(mesh_plan(mesh, "cart")->rule_seen_ms, SEEN_MS);
    mesh->NO_RULES;
    assert_int_equal(mesh_plan(mesh, "cart")->rule_seen_ms, 0);
    mesh_rule(mesh, EAST, "shop", "mine", "cart")->seen_ms = 5000;
    assert_int_equal(mesh_plan(mesh, "cart")->rule_seen_ms, 5000);
}

static void d2_rule_of_a_client_namespace_is_reported(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_rule(mesh, EAST, "web", "theirs", "cart.shop.svc.cluster.local")->outlier = false;
    check_emitted(mesh, "Warned ClientRuleWithoutOutlierDetection : DestinationRule web/theirs "
                        "lacks outlierDetection: healthy traffic of clients in namespace web "
                        "leaves the cluster\n" ONE);
}

static void d2_rule_that_turns_locality_off_is_reported(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_rule(mesh, EAST, "shop", "mine", "cart")->locality_off = true;
    mesh_check_findings(mesh_plan(mesh, "cart"),
                        "Warned LocalityOff : DestinationRule shop/mine: localityLbSetting is "
                        "turned off, so healthy traffic leaves the cluster too\n" ONE);
}

/* D5: what changes is another object; only the weight changes in place. */
static void d5_another_address_is_another_name(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plan *before, *after;

    mesh_pair(mesh);
    before = mesh_plan(mesh, "cart");
    west(mesh)->gateways[0]->addresses =
        mesh_strings(mesh, "10.0.0.3", &west(mesh)->gateways[0]->n_addresses);
    after = mesh_plan(mesh, "cart");
    assert_false(sw_str_eq(before->wanteds.items[1].name, after->wanteds.items[1].name));
}

static void d5_another_weight_keeps_the_name(void **state)
{
    struct mesh *mesh = *state;
    struct sw_plan *before, *after;

    mesh_pair(mesh);
    before = mesh_plan(mesh, "cart");
    ((struct sw_mesh_group *)west(mesh)->backends[0]->groups)->n_ready = 4;
    after = mesh_plan(mesh, "cart");
    assert_true(sw_str_eq(before->wanteds.items[1].name, after->wanteds.items[1].name));
    assert_false(sw_digest_eq(&before->wanteds.items[1].digest, &after->wanteds.items[1].digest));
}

/* D6: an unnamed port cannot be remapped. */
static void d6_service_with_unnamed_ports_only_is_withheld(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", "{'selector':{'app':'x'},'ports':[{'port':80}]}");
    check_nothing(mesh, "Withheld NoNamedTCPPort west: it has no named TCP port, and an unnamed "
                        "port cannot go through a WorkloadEntry");
}

static void d6_ports_have_both_keys(void **state)
{
    struct mesh *mesh = *state;
    json_t *entry;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart",
                 "{'selector':{'app':'x'},'ports':[{'name':'http','port':80,'targetPort':'web'},"
                 "{'name':'grpc','port':81,'targetPort':8081},{'port':82},"
                 "{'name':'dns','port':53,'protocol':'UDP'}]}");
    mesh_own_rule(mesh, EAST, "cart");
    mesh_begin(mesh, "west");
    mesh_service(
        mesh, "cart",
        "{'selector':{'app':'x'},'ports':[{'name':'h','port':80},{'name':'g','port':81}]}");
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    entry = mesh_wanted_json(mesh_plan(mesh, "cart"), SW_MESH_WORKLOADENTRY);
    sw_check_json(json_object_get(json_object_get(entry, "spec"), "ports"),
                  "{'grpc':15443,'http':15443,'web':15443}");
}

/* D7: istiod would read the other cluster's entries, which point back at us. */
static void d7_cluster_that_istiod_serves_itself_is_withheld(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh->native[0] = SW_STR("west");
    mesh->mesh.n_native = 1;
    check_nothing(mesh, "Withheld NativeMultiCluster west: istiod already reads that cluster "
                        "itself");
    mesh->native[0] = SW_STR("north");
    check_emitted(mesh, ONE);
    mesh->mesh.native_some = true;
    assert_int_equal(mesh_plan(mesh, "cart")->wanteds.n, 0);
}

/* D11: our rule beside no user's. */
static void d11_rule_of_the_service_namespace_takes_the_place_of_ours(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_rule(mesh, EAST, "shop", "mine", "cart");
    mesh_check_wanted(mesh_plan(mesh, "cart"), ENTRY);
}

static void d11_rule_of_the_root_namespace_takes_the_place_of_ours(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_rule(mesh, EAST, "istio-system", "all", "*.local");
    mesh_check_wanted(mesh_plan(mesh, "cart"), ENTRY);
}

static void d11_rule_that_others_do_not_see_leaves_room_for_ours(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_rule *rule;

    mesh_pair(mesh);
    rule = mesh_rule(mesh, EAST, "shop", "mine", "cart");
    rule->export_to = mesh_strings(mesh, ".", &rule->n_export_to);
    check_emitted(mesh, ONE);
    rule->outlier = false;
    mesh_check_wanted(mesh_plan(mesh, "cart"), "DestinationRule istio-system/k-cart.shop");
}

/* D12: an entry of portLevelSettings resets everything above it. */
static void d12_port_without_outlier_detection_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_rule(mesh, EAST, "shop", "mine", "cart")->ports_outlier = false;
    check_nothing(mesh, "Withheld NoOutlierDetection west: DestinationRule shop/mine lacks "
                        "outlierDetection in portLevelSettings: without it healthy traffic would "
                        "leave the cluster");
}

/* D13: one entry for each group and address, each with its service account. */
static void d13_an_entry_for_each_group_and_address(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_group *groups;
    struct sw_plan *plan;

    mesh_pair(mesh);
    groups = sw_arena_zalloc(&mesh->world->arena, 2 * sizeof(*groups));
    assert_non_null(groups);
    groups[0] = west(mesh)->backends[0]->groups[0];
    groups[1] = (struct sw_mesh_group){.service_account = SW_STR("other"), .n_ready = 1};
    west(mesh)->backends[0]->groups = groups;
    west(mesh)->backends[0]->n_groups = 2;
    west(mesh)->gateways[0]->addresses =
        mesh_strings(mesh, "10.0.0.2 10.0.0.3", &west(mesh)->gateways[0]->n_addresses);
    plan = mesh_plan(mesh, "cart");
    mesh_check_wanted(plan, RULE "WorkloadEntry west 10.0.0.2 1\n"
                                 "WorkloadEntry west 10.0.0.3 1\n"
                                 "WorkloadEntry west 10.0.0.2 1\n"
                                 "WorkloadEntry west 10.0.0.3 1");
    mesh_check_findings(plan, "Emitted Planned west: 4 WorkloadEntries");
}

static void d13_weight_is_the_pods_over_the_addresses(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    ((struct sw_mesh_group *)west(mesh)->backends[0]->groups)->n_ready = 7;
    west(mesh)->gateways[0]->addresses =
        mesh_strings(mesh, "10.0.0.2 10.0.0.3 10.0.0.4", &west(mesh)->gateways[0]->n_addresses);
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE "WorkloadEntry west 10.0.0.2 2\n"
                                                    "WorkloadEntry west 10.0.0.3 2\n"
                                                    "WorkloadEntry west 10.0.0.4 2");
}

/* D14, D3 and D4: the rule itself, with all that activates the priorities. */
static void d3_d4_d14_rule_has_outlier_detection_and_priorities(void **state)
{
    json_t *rule;

    mesh_pair(*state);
    rule = mesh_wanted_json(mesh_plan(*state, "cart"), SW_MESH_DESTINATIONRULE);
    sw_check_json(json_object_get(rule, "spec"),
                  "{'host':'cart.shop.svc.cluster.local','trafficPolicy':{'outlierDetection':"
                  "{'consecutiveGatewayErrors':5,'consecutive5xxErrors':0,'interval':'10s',"
                  "'baseEjectionTime':'30s','maxEjectionPercent':100,'minHealthPercent':1},"
                  "'loadBalancer':{'localityLbSetting':{'enabled':true,'failoverPriority':"
                  "['topology.istio.io/network','topology.kubernetes.io/region',"
                  "'topology.kubernetes.io/zone','spillway.dev/remote']}}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(plan_of_an_exposed_service_is_a_rule_and_an_entry),
        MESH_TEST(plan_of_a_service_that_is_nowhere_is_empty),
        MESH_TEST(plan_of_a_service_that_only_this_cluster_has_is_empty),
        MESH_TEST(plan_again_is_the_same),
        MESH_TEST(d1_entry_has_the_network_of_its_cluster),
        MESH_TEST(d1_gateway_without_a_network_view_is_withheld),
        MESH_TEST(d1_gateway_with_another_network_view_is_withheld),
        MESH_TEST(d1_cluster_that_yields_its_network_is_withheld),
        MESH_TEST(d2_rule_without_outlier_detection_withholds),
        MESH_TEST(d2_rule_is_seen_since_when_all_of_them_are),
        MESH_TEST(d2_rule_of_a_client_namespace_is_reported),
        MESH_TEST(d2_rule_that_turns_locality_off_is_reported),
        MESH_TEST(d3_d4_d14_rule_has_outlier_detection_and_priorities),
        MESH_TEST(d5_another_address_is_another_name),
        MESH_TEST(d5_another_weight_keeps_the_name),
        MESH_TEST(d6_service_with_unnamed_ports_only_is_withheld),
        MESH_TEST(d6_ports_have_both_keys),
        MESH_TEST(d7_cluster_that_istiod_serves_itself_is_withheld),
        MESH_TEST(d11_rule_of_the_service_namespace_takes_the_place_of_ours),
        MESH_TEST(d11_rule_of_the_root_namespace_takes_the_place_of_ours),
        MESH_TEST(d11_rule_that_others_do_not_see_leaves_room_for_ours),
        MESH_TEST(d12_port_without_outlier_detection_withholds),
        MESH_TEST(d13_an_entry_for_each_group_and_address),
        MESH_TEST(d13_weight_is_the_pods_over_the_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
