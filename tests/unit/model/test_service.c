/* pkg/model/service.c: a Service as far as exposure depends on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/service.h"

/* The Service of a spec. */
static struct sw_service service_of(struct sw_world *world, const char *spec)
{
    struct sw_service service = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'metadata':{'name':'cart'},'spec':%s}", spec);

    if (sw_service_read(object, &world->arena, &service, &err) < 0)
        fail_msg("%s", err.message);
    return service;
}

/* The only port of a Service with this one. */
static struct sw_port port_of(struct sw_world *world, const char *port)
{
    const char *spec = sw_arena_printf(&world->arena, "{'ports':[%s]}", port);
    struct sw_service service = service_of(world, spec);

    assert_int_equal(service.n_ports, 1);
    return service.ports[0];
}

static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_service service = {.n_ports = 7};
    struct sw_err err = {0};
    json_t *object = sw_world_json(world, text);

    sw_check_err(sw_service_read(object, &world->arena, &service, &err), &err, SW_ETYPE, message);
    assert_int_equal(service.n_ports, 7);
}

static void read_takes_what_is_there(void **state)
{
    struct sw_service service =
        service_of(*state, "{'type':'ClusterIP','clusterIP':'10.0.0.1','selector':{'app':'cart'},"
                           "'internalTrafficPolicy':'Cluster','ports':["
                           "{'name':'http','port':80,'targetPort':8080,'protocol':'TCP',"
                           "'appProtocol':'http2'},"
                           "{'port':53,'protocol':'UDP'}]}");

    sw_check_str(service.meta.name, "cart");
    assert_false(service.external_name);
    assert_false(service.headless);
    assert_false(service.local_only);
    sw_check_labels(&service.selector, "app=cart");
    assert_int_equal(service.n_ports, 2);
    sw_check_str(service.ports[0].name, "http");
    assert_int_equal(service.ports[0].number, 80);
    assert_int_equal(service.ports[0].target_number, 8080);
    assert_true(service.ports[0].tcp);
    sw_check_str(service.ports[0].app_protocol, "http2");
    assert_null(service.ports[1].app_protocol.data);
    assert_int_equal(service.ports[1].number, 53);
    assert_false(service.ports[1].tcp);
}

static void read_of_nothing_has_no_selector_and_no_ports(void **state)
{
    static const char *const specs[] = {
        "null", "{}",
        ("{'type':null,'clusterIP':null,'internalTrafficPolicy':null,'selector':null,"
         "'ports':null}"),
        "{'selector':{},'ports':[]}"};

    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct sw_service service = service_of(*state, specs[i]);

        assert_int_equal(service.selector.n, 0);
        assert_int_equal(service.n_ports, 0);
        assert_false(service.external_name || service.headless || service.local_only);
    }
}

static void read_knows_external_names_headless_and_local(void **state)
{
    struct sw_service service = service_of(
        *state, "{'type':'ExternalName','clusterIP':'None','internalTrafficPolicy':'Local'}");

    assert_true(service.external_name);
    assert_true(service.headless);
    assert_true(service.local_only);
    service = service_of(*state, "{'type':'externalname','clusterIP':'none',"
                                 "'internalTrafficPolicy':'local',"
                                 "'externalTrafficPolicy':'Local'}");
    assert_false(service.external_name || service.headless || service.local_only);
}

static void read_port_without_a_name_or_protocol(void **state)
{
    struct sw_port port = port_of(*state, "{'port':1}");

    sw_check_str(port.name, NULL);
    assert_int_equal(port.number, 1);
    assert_true(port.tcp);
    port = port_of(*state, "{'name':'','protocol':'','port':65535}");
    sw_check_str(port.name, "");
    assert_int_equal(port.number, 65535);
    assert_true(port.tcp);
    port = port_of(*state, "{'name':null,'protocol':null,'port':80}");
    sw_check_str(port.name, NULL);
    assert_true(port.tcp);
}

static void read_port_of_another_protocol_is_no_tcp(void **state)
{
    assert_false(port_of(*state, "{'port':53,'protocol':'UDP'}").tcp);
    assert_false(port_of(*state, "{'port':9,'protocol':'SCTP'}").tcp);
    assert_false(port_of(*state, "{'port':80,'protocol':'tcp'}").tcp);
}

static void read_target_is_a_number_or_a_name(void **state)
{
    struct sw_port port = port_of(*state, "{'port':80,'targetPort':'web'}");

    sw_check_str(port.target_name, "web");
    assert_int_equal(port.target_number, 0);
    port = port_of(*state, "{'port':80,'targetPort':8080}");
    sw_check_str(port.target_name, NULL);
    assert_int_equal(port.target_number, 8080);
}

static void read_target_absent_is_the_port_itself(void **state)
{
    struct sw_port port = port_of(*state, "{'port':80}");

    assert_int_equal(port.target_number, 80);
    port = port_of(*state, "{'port':80,'targetPort':null}");
    assert_int_equal(port.target_number, 80);
    port = port_of(*state, "{'port':80,'targetPort':0}");
    assert_int_equal(port.target_number, 80);
    port = port_of(*state, "{'port':80,'targetPort':''}");
    assert_int_equal(port.target_number, 80);
    sw_check_str(port.target_name, NULL);
}

static void read_refuses_each_wrong_type_by_its_path(void **state)
{
    static const char *const cases[][2] = {
        {"{'spec':'x'}", "spec: expected an object, found 'x'"},
        {"{'metadata':{'labels':{'a':1}}}", "metadata.labels.a: expected a string, found 1"},
        {"{'spec':{'type':1}}", "spec.type: expected a string, found 1"},
        {"{'spec':{'clusterIP':{}}}", "spec.clusterIP: expected a string, found an object"},
        {"{'spec':{'internalTrafficPolicy':true}}",
         "spec.internalTrafficPolicy: expected a string, found true"},
        {"{'spec':{'selector':[]}}", "spec.selector: expected an object, found an array"},
        {"{'spec':{'selector':{'app':8}}}", "spec.selector.app: expected a string, found 8"},
        {"{'spec':{'ports':{}}}", "spec.ports: expected an array, found an object"},
        {"{'spec':{'ports':[80]}}", "spec.ports[0]: expected an object, found 80"},
        {"{'spec':{'ports':[{'port':80},null]}}", "spec.ports[1]: expected an object, found null"},
        {"{'spec':{'ports':[{'port':80},{'name':1,'port':80}]}}",
         "spec.ports[1].name: expected a string, found 1"},
        {"{'spec':{'ports':[{'port':80,'protocol':6}]}}",
         "spec.ports[0].protocol: expected a string, found 6"},
        {"{'spec':{'ports':[{}]}}", "spec.ports[0].port: expected a port number, found nothing"},
        {"{'spec':{'ports':[{'port':null}]}}",
         "spec.ports[0].port: expected a port number, found nothing"},
        {"{'spec':{'ports':[{'port':'80'}]}}",
         "spec.ports[0].port: expected an integer from 1 to 65535, found '80'"},
        {"{'spec':{'ports':[{'port':0}]}}",
         "spec.ports[0].port: expected an integer from 1 to 65535, found 0"},
        {"{'spec':{'ports':[{'port':65536}]}}",
         "spec.ports[0].port: expected an integer from 1 to 65535, found 65536"},
        {"{'spec':{'ports':[{'port':80,'targetPort':65536}]}}",
         "spec.ports[0].targetPort: expected an integer from 0 to 65535, found 65536"},
        {"{'spec':{'ports':[{'port':80,'targetPort':[]}]}}",
         "spec.ports[0].targetPort: expected an integer from 0 to 65535, found an array"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_unreadable(*state, cases[i][0], cases[i][1]);
}

static void namespace_read_takes_its_metadata(void **state)
{
    struct sw_world *world = *state;
    struct sw_namespace namespace_ = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_json(
        world, "{'metadata':{'name':'shop','labels':{'failover':'enable'}},'spec':7}");

    assert_int_equal(sw_namespace_read(object, &world->arena, &namespace_, NULL), 0);
    sw_check_str(namespace_.meta.name, "shop");
    sw_check_labels(&namespace_.meta.labels, "failover=enable");
    object = sw_world_json(world, "{'metadata':3}");
    sw_check_err(sw_namespace_read(object, &world->arena, &namespace_, &err), &err, SW_ETYPE,
                 "metadata: expected an object, found 3");
}

static void has_tcp_port_looks_at_number_and_protocol(void **state)
{
    struct sw_service service =
        service_of(*state, "{'ports':[{'port':80},{'port':15443,'protocol':'UDP'},"
                           "{'port':443,'targetPort':15443}]}");
    struct sw_service none = service_of(*state, "{}");
    struct sw_service gateway =
        service_of(*state, "{'ports':[{'port':15443,'protocol':'UDP'},{'port':15443}]}");

    assert_true(sw_service_has_tcp_port(&service, 80));
    assert_true(sw_service_has_tcp_port(&service, 443));
    assert_false(sw_service_has_tcp_port(&service, SW_GATEWAY_PORT));
    assert_false(sw_service_has_tcp_port(&none, SW_GATEWAY_PORT));
    assert_true(sw_service_has_tcp_port(&gateway, SW_GATEWAY_PORT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_what_is_there),
        SW_WORLD_TEST(read_of_nothing_has_no_selector_and_no_ports),
        SW_WORLD_TEST(read_knows_external_names_headless_and_local),
        SW_WORLD_TEST(read_port_without_a_name_or_protocol),
        SW_WORLD_TEST(read_port_of_another_protocol_is_no_tcp),
        SW_WORLD_TEST(read_target_is_a_number_or_a_name),
        SW_WORLD_TEST(read_target_absent_is_the_port_itself),
        SW_WORLD_TEST(read_refuses_each_wrong_type_by_its_path),
        SW_WORLD_TEST(namespace_read_takes_its_metadata),
        SW_WORLD_TEST(has_tcp_port_looks_at_number_and_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
