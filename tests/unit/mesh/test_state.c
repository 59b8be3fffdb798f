/* pkg/mesh/state*.c: what a cluster's objects become, and what counts as changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "known.h"

static void check_str(struct sw_str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.data, expected, s.len);
}

static void rule(struct known *k, size_t cluster, const char *name, const char *host,
                 const char *more)
{
    known_put(k, cluster, SW_RESOURCE_DESTINATIONRULE,
              "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'host':'%s'%s}}", name, host,
              more);
}

static void export_to_of_a_service_stands_beside_its_groups(void **state)
{
    struct known *k = *state;
    const struct sw_mesh_backends *b;

    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'shop','name':'cart','annotations':{"
              "'networking.istio.io/exportTo':'shop,.'}},'spec':{}}");
    b = sw_mesh_backends(known_look(k)->clusters[KNOWN_WEST], SW_STR("shop"), SW_STR("cart"));
    assert_non_null(b);
    assert_int_equal(b->n_export_to, 2);
    check_str(b->export_to[0], ".");
    check_str(b->export_to[1], "shop");
    known_service(k, KNOWN_WEST, "cart");
    assert_null(
        sw_mesh_backends(known_look(k)->clusters[KNOWN_WEST], SW_STR("shop"), SW_STR("cart")));
}

static void rules_stand_with_exact_hosts_first(void **state)
{
    struct known *k = *state;
    const struct sw_mesh_cluster *east;
    size_t n, first;

    rule(k, KNOWN_EAST, "wild", "*", "");
    rule(k, KNOWN_EAST, "b", "cart.shop.svc.cluster.local",
         ",'exportTo':['x','.'],'trafficPolicy':{'outlierDetection':{},'portLevelSettings':["
         "{'port':{'number':80}}]}");
    rule(k, KNOWN_EAST, "a", "cart",
         ",'workloadSelector':{'matchLabels':{'a':'b'}},'trafficPolicy':{'loadBalancer':{"
         "'localityLbSetting':{'enabled':false}},'portLevelSettings':[{'port':{'number':80},"
         "'outlierDetection':{}}]},'subsets':[{'name':'v1','trafficPolicy':{}}]");
    east = known_look(k)->clusters[KNOWN_EAST];
    first = sw_mesh_rules_for(east, SW_STR("shop"), SW_STR("cart"), &n);
    assert_int_equal(n, 2);
    check_str(east->rules[first]->name, "a");
    assert_true(east->rules[first]->selects_workloads);
    assert_true(east->rules[first]->has_policy);
    assert_false(east->rules[first]->outlier || east->rules[first]->ports_outlier);
    assert_true(east->rules[first]->locality_off);
    assert_int_equal(east->rules[first]->n_subsets, 1);
    check_str(east->rules[first + 1]->name, "b");
    assert_true(east->rules[first + 1]->outlier);
    assert_false(east->rules[first + 1]->ports_outlier);
    check_str(east->rules[first + 1]->export_to[0], ".");
    first = sw_mesh_rules_wild(east, &n);
    assert_int_equal(n, 1);
    check_str(east->rules[first]->name, "wild");
}

/* A status that changes is no other rule: clients have gone by this one for a while. */
static void a_rule_is_seen_since_its_spec_is_as_it_is(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'shop','name':'r','resourceVersion':'%d',"
                             "'generation':%d},'spec':{'host':'cart'}}";

    known_put(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, text, 1, 1);
    assert_int_equal(known_look(k)->clusters[KNOWN_EAST]->rules[0]->seen_ms, 1000);
    sw_state_set_now(k->state, 5000);
    known_put(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, text, 2, 1);
    assert_int_equal(known_look(k)->clusters[KNOWN_EAST]->rules[0]->seen_ms, 1000);
    known_put(k, KNOWN_EAST, SW_RESOURCE_DESTINATIONRULE, text, 3, 2);
    assert_int_equal(known_look(k)->clusters[KNOWN_EAST]->rules[0]->seen_ms, 5000);
}

static void what_carries_our_label_is_owned_in_the_local_cluster(void **state)
{
    struct known *k = *state;
    const char *const entry =
        "{'metadata':{'namespace':'shop','name':'k-cart-1','uid':'u1','resourceVersion':'5',"
        "'labels':{'app.kubernetes.io/managed-by':'spillway','spillway.dev/remote':'west'},"
        "'annotations':{'spillway.dev/service':'shop/cart'},'managedFields':[{'manager':"
        "'spillway','operation':'Apply','fieldsV1':{'f:spec':{'f:address':{}}}}]},"
        "'spec':{'address':'192.0.2.1'}}";
    const struct sw_mesh *mesh;

    known_put(k, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY, "%s", entry);
    known_put(k, KNOWN_WEST, SW_RESOURCE_WORKLOADENTRY, "%s", entry);
    known_put(k, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY,
              "{'metadata':{'namespace':'shop','name':'theirs'},'spec':{'address':'192.0.2.9'}}");
    mesh = known_look(k);
    assert_int_equal(mesh->n_owned, 1);
    check_str(mesh->owned[0]->uid, "u1");
    check_str(mesh->owned[0]->resource_version, "5");
    check_str(mesh->owned[0]->for_service, "cart");
    check_str(mesh->owned[0]->remote, "west");
    assert_true(mesh->owned[0]->managed);
    assert_false(mesh->owned[0]->shared);
    assert_int_equal(mesh->owned[0]->kind, SW_MESH_WORKLOADENTRY);
    assert_int_equal(mesh->clusters[KNOWN_EAST]->n_entries, 1);
    assert_int_equal(mesh->clusters[KNOWN_WEST]->n_entries, 1);
    check_str(mesh->clusters[KNOWN_WEST]->entries[0]->address, "192.0.2.1");
    known_check_dirty(k, "shop/cart +gateways");
    assert_int_equal(mesh->n_owned_of[SW_MESH_WORKLOADENTRY], 1);
    known_remove(k, KNOWN_EAST, SW_RESOURCE_WORKLOADENTRY, "shop", "k-cart-1");
    known_check_dirty(k, "shop/cart");
    assert_int_equal(k->mesh->n_owned, 0);
    assert_int_equal(k->mesh->n_owned_of[SW_MESH_WORKLOADENTRY], 0);
}

static void passthroughs_are_servers_without_their_namespaces(void **state)
{
    struct known *k = *state;
    const struct sw_mesh_cluster *west;

    known_put(k, KNOWN_WEST, SW_RESOURCE_GATEWAY,
              "{'metadata':{'namespace':'gw','name':'g','labels':{"
              "'app.kubernetes.io/managed-by':'spillway'},'managedFields':[{'manager':'spillway',"
              "'fieldsV1':{'f:spec':{}}}]},'spec':{'selector':{'app':'gw'},'servers':["
              "{'port':{'number':80},'hosts':['*']},{'port':{'number':15443},'tls':{'mode':"
              "'AUTO_PASSTHROUGH'},'hosts':['./pay.shop.svc.cluster.local',"
              "'cart.shop.svc.cluster.local']}]}}");
    west = known_look(k)->clusters[KNOWN_WEST];
    assert_int_equal(west->n_passthroughs, 1);
    assert_int_equal(west->passthroughs[0]->port, 15443);
    assert_true(west->passthroughs[0]->ours);
    assert_int_equal(west->passthroughs[0]->n_hosts, 2);
    check_str(west->passthroughs[0]->hosts[0], "cart.shop.svc.cluster.local");
    check_str(west->passthroughs[0]->hosts[1], "pay.shop.svc.cluster.local");
    known_check_dirty(k, "shop/cart shop/pay +gateways");
    sw_state_set_now(k->state, 77000);
    known_remove(k, KNOWN_WEST, SW_RESOURCE_GATEWAY, "gw", "nobodys");
    assert_int_not_equal(known_unheld_ms(k, "cart"), 77000);
    known_put(k, KNOWN_WEST, SW_RESOURCE_GATEWAY,
              "{'metadata':{'namespace':'gw','name':'u'},'spec':{'servers':[{'port':{'number':"
              "15443},'tls':{'mode':'AUTO_PASSTHROUGH'},'hosts':['*.local']}]}}");
    known_check_dirty(k, "all");
    assert_false(k->mesh->clusters[KNOWN_WEST]->passthroughs[1]->ours);
    known_remove(k, KNOWN_WEST, SW_RESOURCE_GATEWAY, "gw", "u");
    assert_int_equal(known_unheld_ms(k, "cart"), 77000);
}

static void mtls_is_listed_once_a_namespace(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'%s','name':'%s'},'spec':{%s"
                             "'mtls':{'mode':'%s'}}}";
    const struct sw_mesh_cluster *west;

    known_service(k, KNOWN_WEST, "cart");
    known_look(k);
    known_check_dirty(k, "shop/cart +gateways");
    known_put(k, KNOWN_WEST, SW_RESOURCE_PEERAUTH, text, "shop", "a", "", "STRICT");
    known_put(k, KNOWN_WEST, SW_RESOURCE_PEERAUTH, text, "shop", "b", "", "DISABLE");
    known_put(k, KNOWN_WEST, SW_RESOURCE_PEERAUTH, text, "bank", "a", "", "UNSET");
    known_put(k, KNOWN_WEST, SW_RESOURCE_PEERAUTH, text, "bank", "b",
              "'selector':{'matchLabels':{'a':'b'}},", "DISABLE");
    west = known_look(k)->clusters[KNOWN_WEST];
    assert_int_equal(west->n_mtls, 1);
    check_str(west->mtls[0].namespace_, "shop");
    assert_true(west->mtls[0].disabled);
    known_check_dirty(k, "shop/cart +gateways");
    known_put(k, KNOWN_WEST, SW_RESOURCE_PEERAUTH, text, "shop", "b", "", "UNSET");
    assert_false(known_look(k)->clusters[KNOWN_WEST]->mtls[0].disabled);
    known_check_dirty(k, "shop/cart +gateways");
    known_put(k, KNOWN_WEST, SW_RESOURCE_PEERAUTH, text, "istio-system", "m", "", "DISABLE");
    known_check_dirty(k, "all");
}

static void root_certificates_are_told_apart_by_their_digest(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'%s','name':'%s'},'data':{"
                             "'root-cert.pem':'%s'}}";
    const struct sw_mesh *mesh;

    known_put(k, KNOWN_EAST, SW_RESOURCE_ROOT_CERT, text, "istio-system", "istio-ca-root-cert",
              "abc");
    known_put(k, KNOWN_WEST, SW_RESOURCE_ROOT_CERT, text, "shop", "istio-ca-root-cert", "abc");
    known_put(k, KNOWN_WEST, SW_RESOURCE_ROOT_CERT, text, "istio-system", "other", "abc");
    mesh = known_look(k);
    check_str(mesh->clusters[KNOWN_EAST]->root_cert,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_null(mesh->clusters[KNOWN_WEST]->root_cert.data);
    known_check_dirty(k, "all");
}

static void network_is_the_label_or_as_configured_or_the_name(void **state)
{
    struct known *k = *state;

    check_str(known_look(k)->clusters[KNOWN_EAST]->network, "east");
    check_str(known_look(k)->clusters[KNOWN_WEST]->network, "net-w");
    known_put(k, KNOWN_WEST, SW_RESOURCE_NAMESPACE,
              "{'metadata':{'name':'istio-system','labels':{'topology.istio.io/network':'n2'}}}");
    check_str(known_look(k)->clusters[KNOWN_WEST]->network, "n2");
    known_check_dirty(k, "all");
}

static void ingress_gateways_are_those_for_east_west_only(void **state)
{
    struct known *k = *state;

    known_put(k, KNOWN_EAST, SW_RESOURCE_INGRESSGATEWAY,
              "{'metadata':{'namespace':'gw','name':'ew'},'spec':{'eastWestOnly':true}}");
    known_put(k, KNOWN_EAST, SW_RESOURCE_INGRESSGATEWAY,
              "{'metadata':{'namespace':'gw','name':'web'},'spec':{}}");
    assert_int_equal(known_look(k)->n_ingresses, 1);
    check_str(k->mesh->ingresses[0]->name, "ew");
    known_check_dirty(k, "gw/ew +gateways");
    known_put(k, KNOWN_EAST, SW_RESOURCE_INGRESSGATEWAY,
              "{'metadata':{'namespace':'gw','name':'ew'},'spec':{'eastWestOnly':false}}");
    assert_int_equal(known_look(k)->n_ingresses, 0);
}

static void families_are_those_of_the_local_services(void **state)
{
    struct known *k = *state;

    assert_false(known_look(k)->ipv4 || k->mesh->ipv6);
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'a','name':'b'},'spec':{'ipFamilies':['IPv6']}}");
    assert_false(known_look(k)->ipv4 || k->mesh->ipv6);
    known_put(k, KNOWN_EAST, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'a','name':'b'},'spec':{'ipFamilies':['IPv4']}}");
    assert_true(known_look(k)->ipv4 && !k->mesh->ipv6);
    known_remove(k, KNOWN_EAST, SW_RESOURCE_SERVICE, "a", "b");
    assert_false(known_look(k)->ipv4 || k->mesh->ipv6);
}

static void a_namespace_marks_its_services_everywhere(void **state)
{
    struct known *k = *state;

    known_service(k, KNOWN_EAST, "cart");
    known_service(k, KNOWN_WEST, "pay");
    known_check_dirty(k, "shop/cart shop/pay +gateways");
    known_put(k, KNOWN_WEST, SW_RESOURCE_NAMESPACE,
              "{'metadata':{'name':'shop','labels':{'failover':'disable'}}}");
    known_check_dirty(k, "shop/cart shop/pay +gateways");
    assert_non_null(sw_view_namespace(k->mesh->index->views[KNOWN_WEST], SW_STR("shop")));
}

/* It is written by ourselves, each time that what it counts has changed. */
static void a_status_marks_nothing(void **state)
{
    static const char *const statuses[] = {"", ",'status':{'conditions':[{'type':'Accepted'}]}"};
    struct known *k = *state;

    for (size_t i = 0; i < 2; i++) {
        const int version = (int)i + 5;

        known_put(k, KNOWN_EAST, SW_RESOURCE_WORKSPACE,
                  "{'metadata':{'namespace':'tsb','name':'w','generation':1,'resourceVersion':"
                  "'%d'},'spec':{'namespaceSelector':{'names':['*/shop']}}%s}",
                  version, statuses[i]);
        known_put(k, KNOWN_EAST, SW_RESOURCE_SETTING,
                  "{'metadata':{'namespace':'tsb','name':'s','generation':1,'resourceVersion':"
                  "'%d'},'spec':{}%s}",
                  version, statuses[i]);
        known_check_dirty(k, i ? "" : "all");
        assert_int_equal(k->mesh->index->views[KNOWN_EAST]->n_workspaces, 1);
        assert_int_equal(k->mesh->index->views[KNOWN_EAST]->n_settings, 1);
    }
    known_put(k, KNOWN_EAST, SW_RESOURCE_SETTING,
              "{'metadata':{'namespace':'tsb','name':'s','generation':2,'resourceVersion':'7'},"
              "'spec':{'defaultEastWestGatewaySettings':[]}}");
    known_check_dirty(k, "all");
}

static void settings_and_workspaces_mark_everything(void **state)
{
    struct known *k = *state;

    known_setting(k);
    known_check_dirty(k, "all");
    assert_int_equal(k->mesh->index->views[KNOWN_EAST]->n_settings, 1);
    assert_int_equal(
        sw_claims_find(&k->mesh->index->views[KNOWN_EAST]->claims, SW_STR("west"), SW_STR("shop")),
        0);
    known_remove(k, KNOWN_EAST, SW_RESOURCE_WORKSPACE, "tsb", "shop");
    known_check_dirty(k, "all");
    assert_true(sw_claims_find(&k->mesh->index->views[KNOWN_EAST]->claims, SW_STR("west"),
                               SW_STR("shop")) == SW_CLAIMS_NOBODY);
}

static void a_mesh_needs_the_clusters_that_are_named(void **state)
{
    struct known *k = *state;
    struct sw_state_config config = {.local = SW_STR("north"), .config = SW_STR("east")};
    const struct sw_mesh *mesh;
    struct sw_err err = {0};

    sw_state_configure(k->state, &config);
    assert_int_equal(sw_state_mesh(k->state, &mesh, &err), SW_EUSAGE);
    assert_string_equal(err.message, "there is no cluster \"north\", which is to be the local one");
    config.local = SW_STR("west");
    sw_state_configure(k->state, &config);
    assert_int_equal(sw_state_mesh(k->state, &mesh, NULL), 0);
    assert_int_equal(mesh->index->local, KNOWN_WEST);
    assert_int_equal(
        sw_state_add_cluster(k->state, SW_STR("west"), SW_STR(""), &k->clusters[1], &err),
        SW_EUSAGE);
}

static void a_cluster_that_is_removed_leaves_nothing(void **state)
{
    struct known *k = *state;
    size_t before = sw_state_bytes(k->state);

    known_setting(k);
    known_gateway(k, "192.0.2.1");
    known_service(k, KNOWN_WEST, "cart");
    known_pod(k, KNOWN_WEST, "p1", "");
    known_slice(k, KNOWN_WEST, "cart", "p1");
    known_look(k);
    assert_true(sw_state_bytes(k->state) > before);
    known_check_dirty(k, "all");
    sw_state_remove_cluster(k->state, k->clusters[KNOWN_WEST]);
    assert_int_equal(known_look(k)->index->n_views, 1);
    assert_null(sw_mesh_cluster(k->mesh, SW_STR("west")));
    known_check_dirty(k, "all");
}

static void files_are_told_apart_by_their_kind(void **state)
{
    struct known *k = *state;
    json_t *pod =
        json_pack("{s:s,s:s,s:{s:s}}", "apiVersion", "v1", "kind", "Pod", "metadata", "name", "p1");
    json_t *rule_ =
        json_pack("{s:s,s:s,s:{s:s},s:{s:i}}", "apiVersion", "networking.istio.io/v1beta1", "kind",
                  "DestinationRule", "metadata", "name", "r", "spec", "host", 1);
    json_t *other =
        json_pack("{s:s,s:s}", "apiVersion", "gateway.networking.k8s.io/v1", "kind", "Gateway");
    struct sw_err err = {0};

    assert_int_equal(sw_state_put(k->clusters[KNOWN_EAST], pod, NULL), 1);
    assert_int_equal(sw_state_put(k->clusters[KNOWN_EAST], other, NULL), 0);
    assert_int_equal(sw_state_put(k->clusters[KNOWN_EAST], rule_, &err), SW_ETYPE);
    assert_string_equal(err.message, "spec.host: expected a string, found 1");
    assert_int_equal(sw_resource_of(rule_), SW_RESOURCE_DESTINATIONRULE);
    json_decref(pod);
    json_decref(rule_);
    json_decref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(export_to_of_a_service_stands_beside_its_groups),
        KNOWN_TEST(rules_stand_with_exact_hosts_first),
        KNOWN_TEST(a_rule_is_seen_since_its_spec_is_as_it_is),
        KNOWN_TEST(what_carries_our_label_is_owned_in_the_local_cluster),
        KNOWN_TEST(passthroughs_are_servers_without_their_namespaces),
        KNOWN_TEST(mtls_is_listed_once_a_namespace),
        KNOWN_TEST(root_certificates_are_told_apart_by_their_digest),
        KNOWN_TEST(network_is_the_label_or_as_configured_or_the_name),
        KNOWN_TEST(ingress_gateways_are_those_for_east_west_only),
        KNOWN_TEST(families_are_those_of_the_local_services),
        KNOWN_TEST(a_namespace_marks_its_services_everywhere),
        KNOWN_TEST(a_status_marks_nothing),
        KNOWN_TEST(settings_and_workspaces_mark_everything),
        KNOWN_TEST(a_mesh_needs_the_clusters_that_are_named),
        KNOWN_TEST(a_cluster_that_is_removed_leaves_nothing),
        KNOWN_TEST(files_are_told_apart_by_their_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
