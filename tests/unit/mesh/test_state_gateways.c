/* pkg/mesh/state*.c: gateways, and the names that they are reached by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "known.h"

static void gateway_slice(struct known *k, const char *pods)
{
    struct sw_str rest = sw_str_from(pods);
    char *text = sw_arena_printf(&k->arena, "%s", "");

    while (rest.len) {
        struct sw_str pod = sw_str_cut(&rest, ' ');

        text = sw_arena_printf(&k->arena, "%s%s{'targetRef':{'kind':'Pod','name':'%.*s'}}", text,
                               *text ? "," : "", SW_STR_ARG(pod));
        assert_non_null(text);
    }
    known_put(k, KNOWN_WEST, SW_RESOURCE_ENDPOINTSLICE,
              "{'metadata':{'namespace':'gw','name':'gw-1','labels':{"
              "'kubernetes.io/service-name':'gw'}},'addressType':'IPv4','endpoints':[%s]}",
              text);
}

/* A gateway at 192.0.2.1 with one ready pod of view west. */
static void begin(struct known *k)
{
    known_setting(k);
    known_gateway(k, "192.0.2.1");
    known_gateway_pod(k, "g1", "west");
    gateway_slice(k, "g1");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1}");
    known_check_dirty(k, "all");
}

static void a_gateway_is_what_a_setting_matches(void **state)
{
    struct known *k = *state;

    known_gateway(k, "192.0.2.1");
    known_check_gateway(k, "");
    known_setting(k);
    known_check_gateway(k, "192.0.2.1 ready 0 missing  {}");
    known_remove(k, KNOWN_EAST, SW_RESOURCE_SETTING, "tsb", "s");
    known_check_gateway(k, "");
}

static void settings_of_another_than_the_config_cluster_do_not_count(void **state)
{
    struct known *k = *state;
    struct sw_state_config config = {.local = SW_STR("east"), .config = SW_STR("west")};

    known_gateway(k, "192.0.2.1");
    known_setting(k);
    known_check_gateway(k, "192.0.2.1 ready 0 missing  {}");
    sw_state_configure(k->state, &config);
    known_check_gateway(k, "");
    known_check_dirty(k, "all");
    sw_state_configure(k->state, &config);
    known_check_dirty(k, "");
}

static void labels_and_view_are_what_all_ready_pods_agree_on(void **state)
{
    struct known *k = *state;

    begin(k);
    known_gateway_pod(k, "g2", "west");
    gateway_slice(k, "g1 g2");
    known_check_gateway(k, "192.0.2.1 ready 2 set west {app=gw}");
    known_gateway_pod(k, "g2", "east");
    known_check_gateway(k, "192.0.2.1 ready 2 mixed  {app=gw}");
    known_gateway_pod(k, "g2", "");
    known_check_gateway(k, "192.0.2.1 ready 2 missing  {app=gw}");
    gateway_slice(k, "g1");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1}");
}

/* As long as one pod stands for another, nothing changes for anybody. */
static void how_many_pods_are_ready_changes_no_plan(void **state)
{
    struct known *k = *state;

    begin(k);
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD,
              "{'metadata':{'namespace':'gw','name':'g2','labels':{'app':'gw','hash':'g1'}},"
              "'spec':{'containers':[{'env':[{'name':'%s','value':'west'}]}]}}",
              "ISTIO_META_REQUESTED_NETWORK_VIEW");
    gateway_slice(k, "g1 g2");
    known_check_gateway(k, "192.0.2.1 ready 2 set west {app=gw, hash=g1}");
    known_check_dirty(k, "gw/gw");
    gateway_slice(k, "");
    known_check_gateway(k, "192.0.2.1 ready 0 missing  {}");
    known_check_dirty(k, "all");
}

static void a_pod_that_was_not_seen_leaves_the_gateway_as_it_was(void **state)
{
    struct known *k = *state;

    begin(k);
    gateway_slice(k, "g9");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1}");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_POD, "gw", "g1");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1}");
    known_gateway_pod(k, "g9", "west");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g9}");
}

static void foreign_pods_come_and_go(void **state)
{
    struct known *k = *state;
    const char *const pod = "{'metadata':{'namespace':'%s','name':'x','labels':{'app':'%s'}}}";

    begin(k);
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD, pod, "shop", "gwx");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1}");
    known_check_dirty(k, "");
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD, pod, "shop", "gw");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1} foreign");
    known_check_dirty(k, "all");
    known_remove(k, KNOWN_WEST, SW_RESOURCE_POD, "shop", "x");
    known_check_gateway(k, "192.0.2.1 ready 1 set west {app=gw, hash=g1}");
    known_check_dirty(k, "all");
}

static void a_port_for_users_makes_it_an_ingress(void **state)
{
    struct known *k = *state;
    const char *const text = "{'metadata':{'namespace':'gw','name':'gw'},'spec':{'selector':{"
                             "'app':'gw'},'externalIPs':['192.0.2.1'],'ports':[{'name':'tls',"
                             "'port':15443},{'name':'x','port':%d}]}}";

    known_setting(k);
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, text, 15021);
    known_check_gateway(k, "192.0.2.1 ready 0 missing  {}");
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE, text, 443);
    known_check_gateway(k, "192.0.2.1 ready 0 missing  {} ingress");
}

static void addresses_are_sorted_and_stand_once(void **state)
{
    struct known *k = *state;

    known_setting(k);
    known_gateway(k, "192.0.2.9,2001:DB8:0::1,192.0.2.10,192.0.2.9,127.0.0.1,2001:db8::1");
    known_check_gateway(k, "192.0.2.10 192.0.2.9 2001:db8::1 ready 0 missing  {}");
    known_gateway(k, "127.0.0.1");
    known_check_gateway(k, "GatewayNoAddress ready 0 missing  {}");
    known_gateway(k, "");
    known_check_gateway(k, "GatewayNoAddress ready 0 missing  {}");
}

/* Brings the answer for the only name that is wanted. */
static void answer(struct known *k, const char *expected_name, const char *address)
{
    struct sw_names_answer found = {.outcome = SW_NAMES_FOUND, .n = 1, .ttl_ms = 60000};
    struct sw_ip ip;
    int64_t wake_ms;
    const char *name = sw_names_next(k->names, 1000, &wake_ms);

    assert_non_null(name);
    assert_string_equal(name, expected_name);
    assert_true(sw_ip_parse(sw_str_from(address), &ip));
    found.addresses = &ip;
    sw_names_answer(k->names, name, 1000, &found);
    sw_state_names_changed(k->state);
}

static void names_are_wanted_and_their_addresses_taken(void **state)
{
    struct known *k = *state;
    int64_t wake_ms;

    known_setting(k);
    known_gateway(k, "GW.example.com.,192.0.2.1");
    known_check_gateway(k, "192.0.2.1 ready 0 missing  {}");
    assert_memory_equal(k->mesh->clusters[KNOWN_WEST]->gateways[0]->source.data, "GW.example.com.",
                        15);
    known_gateway(k, "GW.example.com.");
    known_check_gateway(k, "GatewayUnresolved ready 0 missing  {}");
    known_check_dirty(k, "all");
    answer(k, "gw.example.com", "198.51.100.7");
    known_check_gateway(k, "198.51.100.7 ready 0 missing  {}");
    known_check_dirty(k, "all");
    sw_state_names_changed(k->state);
    known_check_dirty(k, "");
    known_gateway(k, "192.0.2.1");
    known_look(k);
    assert_null(sw_names_next(k->names, INT64_MAX, &wake_ms));
}

static void a_name_that_is_none_is_no_failure(void **state)
{
    struct known *k = *state;

    known_setting(k);
    known_gateway(k, "not a name,192.0.2.1:15443");
    known_check_gateway(k, "GatewayUnresolved ready 0 missing  {}");
}

static void without_names_a_gateway_that_has_only_one_says_so(void **state)
{
    struct known *k = *state;

    sw_state_free(k->state);
    assert_int_equal(sw_state_new(NULL, &k->state, NULL), 0);
    sw_state_configure(
        k->state, &(struct sw_state_config){.local = SW_STR("east"), .config = SW_STR("east")});
    assert_int_equal(sw_state_add_cluster(k->state, SW_STR("east"), (struct sw_str){NULL, 0},
                                          &k->clusters[0], NULL),
                     0);
    assert_int_equal(sw_state_add_cluster(k->state, SW_STR("west"), (struct sw_str){NULL, 0},
                                          &k->clusters[1], NULL),
                     0);
    known_setting(k);
    known_gateway(k, "gw.example.com");
    known_check_gateway(k, "GatewayDNSOff ready 0 missing  {}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KNOWN_TEST(a_gateway_is_what_a_setting_matches),
        KNOWN_TEST(settings_of_another_than_the_config_cluster_do_not_count),
        KNOWN_TEST(labels_and_view_are_what_all_ready_pods_agree_on),
        KNOWN_TEST(how_many_pods_are_ready_changes_no_plan),
        KNOWN_TEST(a_pod_that_was_not_seen_leaves_the_gateway_as_it_was),
        KNOWN_TEST(foreign_pods_come_and_go),
        KNOWN_TEST(a_port_for_users_makes_it_an_ingress),
        KNOWN_TEST(addresses_are_sorted_and_stand_once),
        KNOWN_TEST(names_are_wanted_and_their_addresses_taken),
        KNOWN_TEST(a_name_that_is_none_is_no_failure),
        KNOWN_TEST(without_names_a_gateway_that_has_only_one_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
