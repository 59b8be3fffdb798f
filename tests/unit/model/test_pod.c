/* pkg/model/pod.c: a pod as far as groups and gateways depend on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/pod.h"

static struct sw_pod pod_of(struct sw_world *world, const char *text)
{
    struct sw_pod pod = {0};
    struct sw_err err = {0};

    if (sw_pod_read(sw_world_json(world, text), &world->arena, &pod, &err) < 0)
        fail_msg("%s", err.message);
    return pod;
}

static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_pod pod = {.sidecar = true};
    struct sw_err err = {0};
    json_t *object = sw_world_json(world, text);

    sw_check_err(sw_pod_read(object, &world->arena, &pod, &err), &err, SW_ETYPE, message);
    assert_true(pod.sidecar);
}

static void read_takes_what_is_there(void **state)
{
    struct sw_pod pod = pod_of(
        *state, "{'metadata':{'name':'a','namespace':'shop','labels':{'app':'cart',"
                "'security.istio.io/tlsMode':'istio'}},'spec':{'serviceAccountName':'seller',"
                "'nodeName':'n1','containers':[{'name':'c','env':[{'name':'X','value':'1'}]}]},"
                "'status':{'phase':'Running'}}");

    sw_check_str(pod.meta.name, "a");
    sw_check_str(pod.account, "seller");
    sw_check_str(pod.node, "n1");
    sw_check_str(pod.network_view, NULL);
    sw_check_str(pod.locality, NULL);
    assert_true(pod.sidecar);
    assert_false(pod.finished);
    sw_check_labels(&pod.meta.labels, "app=cart, security.istio.io/tlsMode=istio");
}

static void read_of_nothing_has_the_default_account_and_no_sidecar(void **state)
{
    struct sw_pod pod = pod_of(*state, "{}");

    sw_check_str(pod.account, "default");
    sw_check_str(pod.node, NULL);
    assert_false(pod.sidecar || pod.finished);
}

static void read_knows_a_sidecar_by_label_or_annotation(void **state)
{
    const char *const format = "{'metadata':{'%s':{'security.istio.io/tlsMode':'%s'}}}";
    struct sw_world *world = *state;
    struct sw_arena *a = &world->arena;

    assert_true(pod_of(world, sw_arena_printf(a, format, "labels", "istio")).sidecar);
    assert_true(pod_of(world, sw_arena_printf(a, format, "annotations", "istio")).sidecar);
    assert_false(pod_of(world, sw_arena_printf(a, format, "labels", "disabled")).sidecar);
    assert_false(pod_of(world, sw_arena_printf(a, format, "annotations", "")).sidecar);
}

static void read_finds_the_network_view_in_any_container(void **state)
{
    const char *const view = "{'name':'ISTIO_META_REQUESTED_NETWORK_VIEW','value':'net-1'}";
    struct sw_world *world = *state;
    struct sw_arena *a = &world->arena;

    sw_check_str(
        pod_of(world, sw_arena_printf(a, "{'spec':{'containers':[{},{'env':[{},%s]}]}}", view))
            .network_view,
        "net-1");
    sw_check_str(
        pod_of(world, sw_arena_printf(a, "{'spec':{'initContainers':[{'env':[%s]}]}}", view))
            .network_view,
        "net-1");
    sw_check_str(pod_of(world, "{'spec':{'containers':[{'env':[{'name':"
                               "'ISTIO_META_REQUESTED_NETWORK_VIEW','valueFrom':{}}]}]}}")
                     .network_view,
                 NULL);
}

static void read_takes_the_locality_that_labels_say(void **state)
{
    const char *const format = "{'metadata':{'labels':{%s}}}";
    static const struct {
        const char *labels;
        const char *expected;
    } rows[] = {
        {"'istio-locality':'r.z.s'", "r/z/s"},
        {"'istio-locality':'r.1/z'", "r.1/z"},
        {"'topology.istio.io/locality':'r/z','istio-locality':'x'", "r/z"},
        {"'topology.istio.io/locality':'','istio-locality':'x'", "x"},
        {"'istio-locality':''", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_world *world = *state;

        sw_check_str(pod_of(world, sw_arena_printf(&world->arena, format, rows[i].labels)).locality,
                     rows[i].expected);
    }
}

static void read_knows_pods_that_are_done(void **state)
{
    assert_true(pod_of(*state, "{'status':{'phase':'Succeeded'}}").finished);
    assert_true(pod_of(*state, "{'status':{'phase':'Failed'}}").finished);
    assert_false(pod_of(*state, "{'status':{'phase':'Pending'}}").finished);
}

static void read_refuses_what_is_of_another_type(void **state)
{
    check_unreadable(*state, "{'spec':[]}", "spec: expected an object, found an array");
    check_unreadable(*state, "{'spec':{'nodeName':1}}",
                     "spec.nodeName: expected a string, found 1");
    check_unreadable(*state, "{'spec':{'containers':[{'env':{}}]}}",
                     "spec.containers[0].env: expected an array, found an object");
    check_unreadable(*state, "{'spec':{'initContainers':[{},{'env':[{'name':3}]}]}}",
                     "spec.initContainers[1].env[0].name: expected a string, found 3");
    check_unreadable(*state, "{'status':{'phase':{}}}",
                     "status.phase: expected a string, found an object");
    check_unreadable(*state, "{'metadata':{'annotations':{'security.istio.io/tlsMode':1}}}",
                     "metadata.annotations['security.istio.io/tlsMode']: expected a string, "
                     "found 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_what_is_there),
        SW_WORLD_TEST(read_of_nothing_has_the_default_account_and_no_sidecar),
        SW_WORLD_TEST(read_knows_a_sidecar_by_label_or_annotation),
        SW_WORLD_TEST(read_finds_the_network_view_in_any_container),
        SW_WORLD_TEST(read_takes_the_locality_that_labels_say),
        SW_WORLD_TEST(read_knows_pods_that_are_done),
        SW_WORLD_TEST(read_refuses_what_is_of_another_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
