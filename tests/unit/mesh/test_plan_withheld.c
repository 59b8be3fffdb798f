/* pkg/mesh/plan.c, remote.c, remote_gateway.c: everything for which nothing is emitted, and what is
 * emitted with a warning. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"

#define RULE  "DestinationRule istio-system/k-cart.shop\n"
#define ENTRY "WorkloadEntry west 10.0.0.2 3"
#define ONE   "Emitted Planned west: 1 WorkloadEntry"

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

static void pods_without_sidecar_withhold(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->backends[0]->n_groups = 0;
    west(mesh)->backends[0]->n_plain = 2;
    check_withheld(mesh, "Withheld NoSidecar west: its ready pods there have no sidecar");
}

static void no_ready_pods_withhold(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->backends[0]->n_groups = 0;
    check_withheld(mesh, "Withheld NoReadyPods west: it has no ready pods there");
    west(mesh)->cluster.n_backends = 0;
    check_withheld(mesh, "Withheld NoReadyPods west: it has no ready pods there");
}

static void gateway_that_no_setting_matches_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->cluster.n_gateways = 0;
    check_withheld(mesh, "Withheld NoGateway west: no gateway there matches the setting");
}

static void gateway_without_ready_pods_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->gateways[0]->n_ready = 0;
    check_withheld(mesh, "Withheld GatewayNotReady west: gateway gw/gw: no pod of the gateway is "
                         "ready");
}

static void gateway_whose_selector_reaches_further_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->gateways[0]->foreign_pods = true;
    check_withheld(mesh, "Withheld GatewaySelectsOthers west: gateway gw/gw: pods of another "
                         "namespace match the gateway Service's selector");
}

static void gateway_without_address_says_why(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_gateway *gateway;

    mesh_pair(mesh);
    gateway = west(mesh)->gateways[0];
    gateway->n_addresses = 0;
    check_withheld(mesh, "Withheld GatewayNoAddress west: gateway gw/gw: the gateway has no "
                         "address yet");
    gateway->no_address = SW_GATEWAY_UNRESOLVED;
    gateway->source = SW_STR("gw.example.com");
    check_withheld(mesh, "Withheld GatewayUnresolved west: gateway gw/gw: the gateway's name has "
                         "no addresses: gw.example.com");
    gateway->no_address = SW_GATEWAY_DNS_OFF;
    check_withheld(mesh, "Withheld GatewayDNSOff west: gateway gw/gw: "
                         "ENABLE_DNS_RESOLUTION_AT_EDGE is false, and the gateway has a name "
                         "only: gw.example.com");
}

static void gateway_that_is_an_ingress_too_is_warned_of(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->gateways[0]->ingress = true;
    check_emitted(mesh, "Warned GatewayIsIngress west: gateway gw/gw: its ingress routes will not "
                        "fail over\n" ONE);
}

static void address_of_a_family_that_is_absent_here_withholds(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_gateway *gateway;

    mesh_pair(mesh);
    gateway = west(mesh)->gateways[0];
    gateway->addresses = mesh_strings(mesh, "10.0.0.2 fd00::2", &gateway->n_addresses);
    mesh_build(mesh);
    mesh->mesh.ipv4 = true;
    check_emitted(mesh, ONE);
    mesh->mesh.ipv4 = false;
    mesh->mesh.ipv6 = true;
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE "WorkloadEntry west fd00::2 3");
    gateway->n_addresses = 1;
    check_withheld(mesh, "Withheld AddressFamily west: gateway gw/gw: the gateway has no address "
                         "of this cluster's families");
}

static void port_number_that_differs_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", "{'selector':{'app':'x'},'ports':[{'name':'http','port':8080}]}");
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    check_withheld(mesh, "Withheld PortMismatch west: port http is 8080 here and 80 there");
}

static void port_that_is_absent_there_is_warned_of(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart",
                 "{'selector':{'app':'x'},'ports':[{'name':'http','port':80},"
                 "{'name':'debug','port':81}]}");
    mesh_begin(mesh, "west");
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_gateway(mesh, "gw", "10.0.0.2");
    mesh_backends(mesh, "cart");
    mesh_passthrough(mesh, "*.local");
    check_emitted(mesh, "Warned PortAbsent west: port debug (81) is absent there, so it will not "
                        "fail over\n" ONE);
}

static void export_to_that_hides_the_host_withholds(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_backends *backends;

    mesh_pair(mesh);
    backends = west(mesh)->backends[0];
    backends->export_to = mesh_strings(mesh, ".", &backends->n_export_to);
    check_withheld(mesh, "Withheld NotExported west: gateway gw/gw: exportTo hides it from the "
                         "gateway");
    backends->export_to = mesh_strings(mesh, ". gw", &backends->n_export_to);
    check_emitted(mesh, ONE);
}

static void opted_out_cart(struct mesh *mesh)
{
    sw_world_addf(mesh->world,
                  "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'shop',"
                  "'name':'cart','labels':{'failover':'disable'}},'spec':%s}",
                  SW_WORLD_SERVICE_SPEC);
}

static void opted_out_there_is_told_where_another_cluster_exposes_it(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    mesh_service(mesh, "cart", SW_WORLD_SERVICE_SPEC);
    mesh_begin(mesh, "west");
    opted_out_cart(mesh);
    check_nothing(mesh, "Withheld Disabled west: failover: disable");
}

static void opted_out_everywhere_is_not_told(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_workspace(mesh);
    opted_out_cart(mesh);
    mesh_begin(mesh, "west");
    opted_out_cart(mesh);
    check_nothing(mesh, "");
}

static void mtls_disabled_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh_mtls(mesh, WEST, "istio-system", true);
    check_nothing(mesh, "Withheld MTLSDisabled west: PeerAuthentication disables mTLS");
    mesh_mtls(mesh, WEST, "shop", false);
    check_emitted(mesh, ONE);
    mesh_mtls(mesh, EAST, "shop", true);
    check_nothing(mesh, "Withheld MTLSDisabled : PeerAuthentication disables mTLS");
}

static void root_certificates_that_differ_withhold(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    mesh->clusters[EAST].cluster.root_cert = SW_STR("a");
    check_emitted(mesh, ONE);
    west(mesh)->cluster.root_cert = SW_STR("b");
    check_nothing(mesh, "Withheld RootCertificate west: the clusters have different root "
                        "certificates");
    west(mesh)->cluster.root_cert = SW_STR("a");
    check_emitted(mesh, ONE);
}

static void cluster_name_that_is_no_label_value_withholds(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->cluster.name = SW_STR("-west");
    check_nothing(mesh, "Withheld LabelValue -west: the cluster's name '-west' cannot be a label "
                        "value: give it a name of at most 63 letters, digits, '-', '_' and '.'");
}

static void subset_that_is_absent_there_is_warned_of(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_subset subset = {SW_STR("v2"), mesh_labels(mesh, "{'version':'v2'}")};
    struct sw_mesh_rule *rule;

    mesh_pair(mesh);
    rule = mesh_rule(mesh, EAST, "shop", "mine", "cart");
    rule->subsets = &subset;
    rule->n_subsets = 1;
    mesh_check_findings(mesh_plan(mesh, "cart"),
                        "Warned SubsetAbsent west: no rule there has subset v2, so it will not "
                        "fail over\n" ONE);
}

static void frozen_view_counts_until_the_ttl(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->cluster.readable = false;
    west(mesh)->cluster.age_ms = 3600000;
    check_emitted(mesh, ONE);
    mesh->mesh.remote_ttl_ms = 3600000;
    check_emitted(mesh, ONE);
    west(mesh)->cluster.age_ms++;
    check_nothing(mesh, "Withheld RemoteExpired west: the cluster has been out of reach for longer "
                        "than --remote-ttl");
}

static void cluster_that_was_not_seen_exposes_nothing(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->cluster.seen = false;
    check_nothing(mesh, "");
}

static void gate_is_closed_until_the_gateway_there_holds_the_host(void **state)
{
    struct mesh *mesh = *state;

    mesh_pair(mesh);
    west(mesh)->cluster.n_passthroughs = 0;
    mesh_check_wanted(mesh_plan(mesh, "cart"), RULE ENTRY " (WaitsForRemoteGateway)");
}

/* Ours is not made beside a user's (D10), so that nothing will ever hold the host. */
static void gateway_that_a_users_gateway_serves_without_the_host_withholds(void **state)
{
    struct mesh *mesh = *state;
    struct sw_mesh_passthrough *server;

    mesh_pair(mesh);
    west(mesh)->cluster.n_passthroughs = 0;
    server = mesh_passthrough(mesh, "*.pay.svc.cluster.local");
    server->ours = false;
    server->name = SW_STR("cross-network");
    check_withheld(mesh, "Withheld PassthroughTaken west: gateway gw/gw: Gateway gw/cross-network "
                         "serves it with AUTO_PASSTHROUGH and does not hold this host");
    server->hosts = mesh_strings(mesh, "*.shop.svc.cluster.local", &server->n_hosts);
    check_emitted(mesh, ONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(pods_without_sidecar_withhold),
        MESH_TEST(no_ready_pods_withhold),
        MESH_TEST(gateway_that_no_setting_matches_withholds),
        MESH_TEST(gateway_without_ready_pods_withholds),
        MESH_TEST(gateway_whose_selector_reaches_further_withholds),
        MESH_TEST(gateway_without_address_says_why),
        MESH_TEST(gateway_that_is_an_ingress_too_is_warned_of),
        MESH_TEST(address_of_a_family_that_is_absent_here_withholds),
        MESH_TEST(port_number_that_differs_withholds),
        MESH_TEST(port_that_is_absent_there_is_warned_of),
        MESH_TEST(export_to_that_hides_the_host_withholds),
        MESH_TEST(opted_out_there_is_told_where_another_cluster_exposes_it),
        MESH_TEST(opted_out_everywhere_is_not_told),
        MESH_TEST(mtls_disabled_withholds),
        MESH_TEST(root_certificates_that_differ_withhold),
        MESH_TEST(cluster_name_that_is_no_label_value_withholds),
        MESH_TEST(subset_that_is_absent_there_is_warned_of),
        MESH_TEST(frozen_view_counts_until_the_ttl),
        MESH_TEST(cluster_that_was_not_seen_exposes_nothing),
        MESH_TEST(gate_is_closed_until_the_gateway_there_holds_the_host),
        MESH_TEST(gateway_that_a_users_gateway_serves_without_the_host_withholds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
