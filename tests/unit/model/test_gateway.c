/* pkg/model/gateway.c: an Istio Gateway's servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/gateway.h"

static void check_unreadable(struct sw_world *world, const char *spec, const char *message)
{
    struct sw_gateway gateway = {.n_servers = 7};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'spec':%s}", spec);

    sw_check_err(sw_gateway_read(object, &world->arena, &gateway, &err), &err, SW_ETYPE, message);
    assert_int_equal(gateway.n_servers, 7);
}

static void read_takes_selector_and_servers(void **state)
{
    struct sw_world *world = *state;
    struct sw_gateway gateway = {0};
    json_t *object = sw_world_json(
        world, "{'metadata':{'name':'g','namespace':'gw'},'spec':{'selector':{'istio':'ew'},"
               "'servers':[{'port':{'number':15443,'name':'tls','protocol':'TLS'},"
               "'tls':{'mode':'AUTO_PASSTHROUGH'},'hosts':['shop/a.local','*.local']},"
               "{'port':{'number':80},'hosts':['*']},{}]}}");

    assert_int_equal(sw_gateway_read(object, &world->arena, &gateway, NULL), 0);
    sw_check_labels(&gateway.selector, "istio=ew");
    assert_int_equal(gateway.n_servers, 3);
    assert_int_equal(gateway.servers[0].port, 15443);
    assert_true(sw_gateway_server_passes(&gateway.servers[0]));
    assert_int_equal(gateway.servers[0].n_hosts, 2);
    sw_check_str(gateway.servers[0].hosts[0], "shop/a.local");
    assert_int_equal(gateway.servers[1].port, 80);
    assert_false(sw_gateway_server_passes(&gateway.servers[1]));
    assert_int_equal(gateway.servers[2].port, 0);
    assert_int_equal(gateway.servers[2].n_hosts, 0);
}

static void host_is_read_without_its_namespace(void **state)
{
    (void)state;
    sw_check_str(sw_gateway_host(SW_STR("shop/a.local")), "a.local");
    sw_check_str(sw_gateway_host(SW_STR("./a.local")), "a.local");
    sw_check_str(sw_gateway_host(SW_STR("*")), "*");
}

static void read_refuses_what_is_of_another_type(void **state)
{
    check_unreadable(*state, "{'servers':{}}", "spec.servers: expected an array, found an object");
    check_unreadable(*state, "{'servers':[{'port':{'number':70000}}]}",
                     "spec.servers[0].port.number: expected an integer from 0 to 65535, found "
                     "70000");
    check_unreadable(*state, "{'servers':[{'tls':{'mode':1}}]}",
                     "spec.servers[0].tls.mode: expected a string, found 1");
    check_unreadable(*state, "{'servers':[{'hosts':[1]}]}",
                     "spec.servers[0].hosts[0]: expected a string, found 1");
    check_unreadable(*state, "{'selector':{'a':1}}", "spec.selector.a: expected a string, found 1");
}

static json_t *with_hosts(struct sw_world *world, size_t n)
{
    json_t *object = sw_world_json(world, "{'spec':{'servers':[{'hosts':[]},{'hosts':[]}]}}");
    json_t *servers = json_object_get(json_object_get(object, "spec"), "servers");

    for (size_t i = 0; i < n; i++)
        json_array_append_new(json_object_get(json_array_get(servers, i % 2), "hosts"),
                              json_string("a"));
    return object;
}

static void read_refuses_too_many_hosts_and_servers(void **state)
{
    struct sw_world *world = *state;
    struct sw_gateway gateway;
    struct sw_err err = {0};
    json_t *object = with_hosts(world, SW_GATEWAY_MAX_HOSTS), *servers;

    assert_int_equal(sw_gateway_read(object, &world->arena, &gateway, NULL), 0);
    sw_check_err(
        sw_gateway_read(with_hosts(world, SW_GATEWAY_MAX_HOSTS + 1), &world->arena, &gateway, &err),
        &err, SW_ETYPE, "spec.servers: expected at most 20000 hosts");
    object = sw_world_json(world, "{'spec':{'servers':[]}}");
    servers = json_object_get(json_object_get(object, "spec"), "servers");
    for (size_t i = 0; i <= SW_GATEWAY_MAX_SERVERS; i++)
        json_array_append_new(servers, json_object());
    sw_check_err(sw_gateway_read(object, &world->arena, &gateway, &err), &err, SW_ETYPE,
                 "spec.servers: expected at most 1024, found 1025");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_selector_and_servers),
        cmocka_unit_test(host_is_read_without_its_namespace),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
        SW_WORLD_TEST(read_refuses_too_many_hosts_and_servers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
