/* pkg/model/frontage.c: how a Service is reached from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/frontage.h"

static struct sw_frontage front_of(struct sw_world *world, const char *text)
{
    struct sw_frontage front = {0};
    struct sw_err err = {0};

    if (sw_frontage_read(sw_world_json(world, text), &world->arena, &front, &err) < 0)
        fail_msg("%s", err.message);
    return front;
}

/* Fails unless these, "a b", are the addresses. */
static void check_list(const struct sw_strings *list, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < list->n; i++)
        sw_buf_printf(&buf, "%s%.*s", i ? " " : "", SW_STR_ARG(list->items[i]));
    sw_check_buf(&buf, expected);
}

static void addresses_are_those_of_the_load_balancer(void **state)
{
    struct sw_frontage front =
        front_of(*state, "{'spec':{'externalIPs':['9.9.9.9']},'status':{'loadBalancer':{'ingress':["
                         "{'ip':'192.0.2.1'},{'hostname':'lb.example.com'},{'ip':'192.0.2.1'},"
                         "{'ip':'192.0.2.2','hostname':'same.example.com'},{}]}}}");

    check_list(&front.addresses, "192.0.2.1 lb.example.com 192.0.2.2");
    assert_false(front.annotated);
}

static void annotation_wins_over_status(void **state)
{
    struct sw_frontage front =
        front_of(*state, "{'metadata':{'annotations':{'xcp.tetrate.io/cluster-external-addresses':"
                         "' 198.51.100.1, gw.example.com,,198.51.100.1 '}},"
                         "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}");

    check_list(&front.addresses, "198.51.100.1 gw.example.com");
    assert_true(front.annotated);
    front =
        front_of(*state, "{'metadata':{'annotations':{'xcp.tetrate.io/cluster-external-addresses':"
                         "' , '}},'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}");
    check_list(&front.addresses, "192.0.2.1");
    assert_false(front.annotated);
}

static void external_ips_stand_in_for_a_load_balancer(void **state)
{
    struct sw_frontage front = front_of(*state, "{'spec':{'externalIPs':['192.0.2.7','192.0.2.8']},"
                                                "'status':{'loadBalancer':{}}}");

    check_list(&front.addresses, "192.0.2.7 192.0.2.8");
}

static void read_of_nothing_has_no_addresses_and_is_ipv4(void **state)
{
    struct sw_frontage front = front_of(*state, "{}");

    assert_int_equal(front.addresses.n, 0);
    assert_int_equal(front.export_to.n, 0);
    assert_true(front.ipv4);
    assert_false(front.ipv6);
}

static void families_are_those_of_the_spec_or_the_cluster_ip(void **state)
{
    struct sw_frontage front = front_of(*state, "{'spec':{'ipFamilies':['IPv6','IPv4']}}");

    assert_true(front.ipv4 && front.ipv6);
    front = front_of(*state, "{'spec':{'ipFamilies':['IPv6'],'clusterIP':'fd00::1'}}");
    assert_true(!front.ipv4 && front.ipv6);
    front = front_of(*state, "{'spec':{'clusterIP':'fd00::1'}}");
    assert_true(!front.ipv4 && front.ipv6);
    front = front_of(*state, "{'spec':{'clusterIP':'10.0.0.1'}}");
    assert_true(front.ipv4 && !front.ipv6);
}

static void export_to_is_a_list_between_commas(void **state)
{
    struct sw_frontage front = front_of(
        *state, "{'metadata':{'annotations':{'networking.istio.io/exportTo':'., shop ,~'}}}");

    check_list(&front.export_to, ". shop ~");
}

static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_frontage front;
    struct sw_err err = {0};

    sw_check_err(sw_frontage_read(sw_world_json(world, text), &world->arena, &front, &err), &err,
                 SW_ETYPE, message);
}

static void read_refuses_what_is_of_another_type(void **state)
{
    check_unreadable(*state, "{'status':{'loadBalancer':{'ingress':[{'ip':1}]}}}",
                     "status.loadBalancer.ingress[0].ip: expected a string, found 1");
    check_unreadable(*state, "{'spec':{'ipFamilies':'IPv4'}}",
                     "spec.ipFamilies: expected an array, found 'IPv4'");
    check_unreadable(*state, "{'spec':{'externalIPs':[1]}}",
                     "spec.externalIPs[0]: expected a string, found 1");
}

static void read_refuses_too_many_addresses(void **state)
{
    struct sw_world *world = *state;
    struct sw_buf buf;

    sw_buf_init(&buf, 65536);
    sw_buf_append_text(&buf, "{'spec':{'externalIPs':['x'");
    for (int i = 0; i < SW_FRONTAGE_MAX_ADDRESSES; i++)
        sw_buf_printf(&buf, ",'10.0.0.%d'", i);
    sw_buf_append(&buf, "]}}", 4);
    check_unreadable(world, buf.data, "spec.externalIPs: expected at most 64 addresses");
    sw_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(addresses_are_those_of_the_load_balancer),
        SW_WORLD_TEST(annotation_wins_over_status),
        SW_WORLD_TEST(external_ips_stand_in_for_a_load_balancer),
        SW_WORLD_TEST(read_of_nothing_has_no_addresses_and_is_ipv4),
        SW_WORLD_TEST(families_are_those_of_the_spec_or_the_cluster_ip),
        SW_WORLD_TEST(export_to_is_a_list_between_commas),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
        SW_WORLD_TEST(read_refuses_too_many_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
