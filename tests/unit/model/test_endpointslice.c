/* pkg/model/endpointslice.c: endpoints as far as pods are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/endpointslice.h"

static struct sw_endpointslice slice_of(struct sw_world *world, const char *text)
{
    struct sw_endpointslice slice = {0};
    struct sw_err err = {0};

    if (sw_endpointslice_read(sw_world_json(world, text), &world->arena, &slice, &err) < 0)
        fail_msg("%s", err.message);
    return slice;
}

/* The only endpoint of a slice with this one. */
static struct sw_endpoint endpoint_of(struct sw_world *world, const char *text)
{
    const char *slice = sw_arena_printf(&world->arena, "{'endpoints':[%s]}", text);
    struct sw_endpointslice read = slice_of(world, slice);

    assert_int_equal(read.n_endpoints, 1);
    return read.endpoints[0];
}

static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_endpointslice slice = {.n_endpoints = 7};
    struct sw_err err = {0};
    json_t *object = sw_world_json(world, text);

    sw_check_err(sw_endpointslice_read(object, &world->arena, &slice, &err), &err, SW_ETYPE,
                 message);
    assert_int_equal(slice.n_endpoints, 7);
}

static void read_takes_service_family_and_pods(void **state)
{
    struct sw_endpointslice slice = slice_of(
        *state, "{'metadata':{'name':'cart-1','namespace':'shop',"
                "'labels':{'kubernetes.io/service-name':'cart'}},'addressType':'IPv4','endpoints':["
                "{'addresses':['10.1.0.1'],'targetRef':{'kind':'Pod','name':'a','namespace':'x'},"
                "'conditions':{'ready':false,'serving':true,'terminating':true},'zone':'z'},"
                "{'addresses':['10.1.0.2'],'targetRef':{'kind':'Pod','name':'b'}}]}");

    sw_check_str(slice.service, "cart");
    assert_int_equal(slice.type, SW_ADDRESS_IPV4);
    assert_int_equal(slice.n_endpoints, 2);
    sw_check_str(slice.endpoints[0].pod, "a");
    sw_check_str(slice.endpoints[0].pod_namespace, "x");
    assert_false(slice.endpoints[0].ready);
    assert_true(slice.endpoints[0].terminating);
    sw_check_str(slice.endpoints[1].pod, "b");
    sw_check_str(slice.endpoints[1].pod_namespace, NULL);
}

static void read_of_an_endpoint_without_conditions_is_ready(void **state)
{
    static const char *const texts[] = {"{}", "{'conditions':null}", "{'conditions':{}}",
                                        "{'conditions':{'ready':null,'terminating':null}}"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sw_endpoint endpoint = endpoint_of(*state, texts[i]);

        assert_true(endpoint.ready);
        assert_false(endpoint.terminating);
        sw_check_str(endpoint.pod, NULL);
    }
}

static void read_names_a_pod_only_where_the_target_is_one(void **state)
{
    sw_check_str(endpoint_of(*state, "{'targetRef':{'kind':'Node','name':'n'}}").pod, NULL);
    sw_check_str(endpoint_of(*state, "{'targetRef':{'name':'n'}}").pod, NULL);
    sw_check_str(endpoint_of(*state, "{'targetRef':null}").pod, NULL);
}

static void read_knows_families_and_slices_of_no_service(void **state)
{
    assert_int_equal(slice_of(*state, "{'addressType':'IPv6'}").type, SW_ADDRESS_IPV6);
    assert_int_equal(slice_of(*state, "{'addressType':'FQDN'}").type, SW_ADDRESS_OTHER);
    assert_int_equal(slice_of(*state, "{}").type, SW_ADDRESS_OTHER);
    sw_check_str(slice_of(*state, "{}").service, NULL);
    sw_check_str(
        slice_of(*state, "{'metadata':{'labels':{'kubernetes.io/service-name':''}}}").service,
        NULL);
}

static void read_refuses_what_is_of_another_type(void **state)
{
    check_unreadable(*state, "{'endpoints':{}}", "endpoints: expected an array, found an object");
    check_unreadable(*state, "{'endpoints':[{'conditions':{'ready':'yes'}}]}",
                     "endpoints[0].conditions.ready: expected true or false, found 'yes'");
    check_unreadable(*state, "{'endpoints':[{},{'targetRef':{'kind':'Pod','name':1}}]}",
                     "endpoints[1].targetRef.name: expected a string, found 1");
    check_unreadable(*state, "{'addressType':4}", "addressType: expected a string, found 4");
    check_unreadable(*state, "{'metadata':[]}", "metadata: expected an object, found an array");
}

static void read_refuses_more_endpoints_than_an_api_server_takes(void **state)
{
    struct sw_world *world = *state;
    struct sw_endpointslice slice = {0};
    json_t *object = sw_world_json(world, "{'endpoints':[]}");
    json_t *list = json_object_get(object, "endpoints");
    struct sw_err err = {0};

    for (int i = 0; i < SW_ENDPOINTSLICE_MAX_ENDPOINTS; i++)
        json_array_append_new(list, json_object());
    assert_int_equal(sw_endpointslice_read(object, &world->arena, &slice, NULL), 0);
    assert_int_equal(slice.n_endpoints, SW_ENDPOINTSLICE_MAX_ENDPOINTS);
    json_array_append_new(list, json_object());
    sw_check_err(sw_endpointslice_read(object, &world->arena, &slice, &err), &err, SW_ETYPE,
                 "endpoints: expected at most 1000, found 1001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_service_family_and_pods),
        SW_WORLD_TEST(read_of_an_endpoint_without_conditions_is_ready),
        SW_WORLD_TEST(read_names_a_pod_only_where_the_target_is_one),
        SW_WORLD_TEST(read_knows_families_and_slices_of_no_service),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
        SW_WORLD_TEST(read_refuses_more_endpoints_than_an_api_server_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
