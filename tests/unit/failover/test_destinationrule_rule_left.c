/* pkg/failover/destinationrule_rule.c: what the user wrote stays, at the price that a warning
 * names, and only hosts of exposed Services count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "destinationrule.h"
#include "lib/check.h"

static void rule_warns_of_a_max_ejection_under_100(void **state)
{
    static const struct {
        const char *outlier;
        const char *found; /* NULL: no warning */
    } cases[] = {
        {"{'maxEjectionPercent':99}", "99"},
        {"{'maxEjectionPercent':1}", "1"},
        {"{'maxEjectionPercent':100}", NULL},
        {"{'consecutive5xxErrors':5}", "10 (Istio's default)"},
        {"{'maxEjectionPercent':0}", "10 (Istio's default)"},
        {"{'maxEjectionPercent':null}", "10 (Istio's default)"},
        {"{}", "10 (Istio's default)"},
    };
    struct sw_world *world = *state;

    begin(world, SW_WORLD_EXPOSE_ALL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *spec = sw_arena_printf(&world->arena,
                                           ",'trafficPolicy':{'outlierDetection':%s,"
                                           "'loadBalancer':" BALANCER "}",
                                           cases[i].outlier);
        const char *warning = sw_arena_printf(
            &world->arena,
            "MaxEjectionPercent spec.trafficPolicy.outlierDetection.maxEjectionPercent: %s: "
            "under 100, some failing pods keep their traffic",
            cases[i].found);

        sw_check(judge(world, spec), "[]", cases[i].found ? warning : "");
    }
}

static void rule_leaves_an_explicit_locality_and_says_what_it_costs(void **state)
{
    static const char *const cases[][2] = {
        {"{'localityLbSetting':{'enabled':false}}",
         "LocalityOff spec.trafficPolicy.loadBalancer.localityLbSetting.enabled: "
         "turned off, so healthy traffic leaves the cluster too"},
        {"{'localityLbSetting':{'enabled':false,'distribute':[{'from':'a'}]}}",
         "LocalityOff spec.trafficPolicy.loadBalancer.localityLbSetting.enabled: "
         "turned off, so healthy traffic leaves the cluster too"},
        {"{'localityLbSetting':{'distribute':[{'from':'a'}],'failoverPriority':['a']}}",
         "Distribute spec.trafficPolicy.loadBalancer.localityLbSetting.distribute: "
         "turns failover off"},
        {"{'localityLbSetting':{}}",
         "LocalityOpen spec.trafficPolicy.loadBalancer.localityLbSetting: without "
         "failoverPriority, remote endpoints of the same zone share the traffic"},
        {"{'localityLbSetting':{'enabled':true,'failover':[{'from':'a','to':'b'}]}}",
         "LocalityOpen spec.trafficPolicy.loadBalancer.localityLbSetting: without "
         "failoverPriority, remote endpoints of the same zone share the traffic"},
        {"{'localityLbSetting':{'failoverPriority':['a']}}", ""},
        {"{'zoneAwareLbSetting':{}}",
         "ZoneAware spec.trafficPolicy.loadBalancer.zoneAwareLbSetting: excludes "
         "localityLbSetting, and failover with it"},
        {"{'simple':'PASSTHROUGH'}",
         "Passthrough spec.trafficPolicy.loadBalancer.simple: PASSTHROUGH "
         "ignores WorkloadEntries"},
    };
    struct sw_world *world = *state;

    begin(world, SW_WORLD_EXPOSE_ALL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        sw_check(judge(world, sw_arena_printf(&world->arena,
                                              ",'trafficPolicy':{'outlierDetection':" OUTLIER
                                              ",'loadBalancer':%s}",
                                              cases[i][0])),
                 "[]", cases[i][1]);
}

static void rule_warns_of_tls_that_no_gateway_passes(void **state)
{
    static const char *const cases[][2] = {
        {"{'mode':'ISTIO_MUTUAL'}", ""},
        {"{'mode':'ISTIO_MUTUAL','sni':''}", ""},
        {"{'mode':'ISTIO_MUTUAL','sni':'x.y'}",
         "TLSSNI spec.trafficPolicy.tls.sni: a custom SNI is unknown to the east-west gateways"},
        {"{'mode':'SIMPLE'}",
         "TLSMode spec.trafficPolicy.tls.mode: SIMPLE: only ISTIO_MUTUAL passes an east-west "
         "gateway"},
        {"{}",
         "TLSMode spec.trafficPolicy.tls.mode: DISABLE: only ISTIO_MUTUAL passes an east-west "
         "gateway"},
        {"{'mode':'MUTUAL','sni':'x.y'}",
         "TLSMode spec.trafficPolicy.tls.mode: MUTUAL: only ISTIO_MUTUAL passes an east-west "
         "gateway\n"
         "TLSSNI spec.trafficPolicy.tls.sni: a custom SNI is unknown to the east-west gateways"},
    };
    struct sw_world *world = *state;

    begin(world, SW_WORLD_EXPOSE_ALL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        sw_check(judge(world, sw_arena_printf(&world->arena, ",'trafficPolicy':{" DONE ",'tls':%s}",
                                              cases[i][0])),
                 "[]", cases[i][1]);
}

static void rule_warns_at_the_level_it_found_it(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(
        judge(*state, ",'trafficPolicy':{" DONE ",'portLevelSettings':[{" DONE "},{"
                      "'outlierDetection':{},'loadBalancer':{'zoneAwareLbSetting':{}}}]},"
                      "'subsets':[{},{'trafficPolicy':{'outlierDetection':{'maxEjectionPercent':"
                      "7},'loadBalancer':{'simple':'PASSTHROUGH'},'tls':{'mode':'SIMPLE'},"
                      "'portLevelSettings':[{" DONE ",'tls':{'mode':'ISTIO_MUTUAL','sni':'a'}}]"
                      "}}]"),
        "[]",
        "MaxEjectionPercent spec.trafficPolicy.portLevelSettings[1].outlierDetection."
        "maxEjectionPercent: 10 (Istio's default): under 100, some failing pods "
        "keep their traffic\n"
        "ZoneAware spec.trafficPolicy.portLevelSettings[1].loadBalancer.zoneAwareLbSetting: "
        "excludes localityLbSetting, and failover with it\n"
        "MaxEjectionPercent spec.subsets[1].trafficPolicy.outlierDetection.maxEjectionPercent: "
        "7: under 100, some failing pods keep their traffic\n"
        "Passthrough spec.subsets[1].trafficPolicy.loadBalancer.simple: "
        "PASSTHROUGH ignores WorkloadEntries\n"
        "TLSMode spec.subsets[1].trafficPolicy.tls.mode: SIMPLE: only ISTIO_MUTUAL passes an "
        "east-west gateway\n"
        "TLSSNI spec.subsets[1].trafficPolicy.portLevelSettings[0].tls.sni: a custom SNI is "
        "unknown to the east-west gateways");
}

/* What the user turned off at the top does not turn off what is absent beside it. */
static void rule_adds_outlier_detection_beside_a_locality_it_leaves_alone(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{'loadBalancer':{'localityLbSetting':"
                           "{'enabled':false}}}"),
             "[" ADD_OUTLIER(TOP) "]",
             "LocalityOff spec.trafficPolicy.loadBalancer.localityLbSetting.enabled: "
             "turned off, so healthy traffic leaves the cluster too");
}

static void rule_resolves_short_names_in_its_own_namespace(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    assert_int_equal(judge_host(*state, "cart").patch.n_ops, 3);
    assert_int_equal(judge_object(*state, sw_world_json(*state, "{'metadata':{'namespace':'other'"
                                                                "},'spec':{'host':'cart'}}"))
                         .patch.n_ops,
                     0);
    assert_int_equal(judge_object(*state, sw_world_json(*state, "{'metadata':{'namespace':'other'"
                                                                "},'spec':{'host':'cart.shop.svc."
                                                                "cluster.local'}}"))
                         .patch.n_ops,
                     3);
}

static void rule_leaves_what_istio_does_not_expand_with_a_warning(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge_host(*state, "cart.shop"), "[]",
             "HostNotExpanded spec.host: Istio does not expand 'cart.shop': write "
             "cart.shop.svc.cluster.local");
    sw_check(judge_host(*state, "cart.shop.svc"), "[]",
             "HostNotExpanded spec.host: Istio does not expand 'cart.shop.svc': write "
             "cart.shop.svc.cluster.local");
}

static void rule_of_a_host_that_is_not_exposed_is_silent(void **state)
{
    static const char *const hosts[] = {
        "till",      "till.shop", "www.example.com",         "*.example.com",
        "cart.bank", "",          "*.bank.svc.cluster.local"};

    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_service(*state, "shop", "till", "{'failover':'disable'}");
    sw_world_service(*state, "bank", "cart", "{}");
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
        sw_check(judge_host(*state, hosts[i]), "[]", "");
}

static void rule_without_a_host_is_silent(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge_object(*state, sw_world_json(*state, "{'metadata':{'namespace':'shop'}}")), "[]",
             "");
    sw_check(judge_object(*state, sw_world_json(*state, "{'spec':{'host':null}}")), "[]", "");
}

static void rule_covers_what_any_cluster_exposes(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_service(*state, "shop", "till", "{'failover':'disable'}");
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "shop", "till", "{}");
    sw_world_service(*state, "shop", "far", "{}");
    assert_int_equal(judge_host(*state, "far").patch.n_ops, 3);
    assert_int_equal(judge_host(*state, "till").patch.n_ops, 3);
}

static void rule_takes_a_wildcard_within_one_workspace(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge_host(*state, "*.shop.svc.cluster.local"),
             "[" ADD(TOP, "{}") "," ADD_BOTH(TOP) "]", "");
    sw_check(judge_host(*state, "*rt.shop.svc.cluster.local"),
             "[" ADD(TOP, "{}") "," ADD_BOTH(TOP) "]", "");
}

static void rule_leaves_a_wildcard_over_more_with_a_warning(void **state)
{
    static const char *const hosts[] = {"*", "*.local", "*.svc.cluster.local"};
    struct sw_world *world = *state;

    begin(world, SW_WORLD_EXPOSE_ALL);
    sw_world_service(world, "kube-system", "dns", "{}");
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
        sw_check(judge_host(world, hosts[i]), "[]",
                 sw_arena_printf(&world->arena,
                                 "HostSpans spec.host: '%s' reaches beyond workspace "
                                 "shop: no failover settings added",
                                 hosts[i]));
}

static void rule_leaves_what_says_inject_false_with_a_warning(void **state)
{
    static const char rule[] = "{'metadata':{'namespace':'shop','annotations':{"
                               "'spillway.dev/inject':'%s'}},'spec':{'host':'%s'}}";
    struct sw_world *world = *state;

    begin(world, SW_WORLD_EXPOSE_ALL);
    sw_check(
        judge_object(world,
                     sw_world_json(world, sw_arena_printf(&world->arena, rule, "false", "cart"))),
        "[]",
        "InjectOff metadata.annotations['spillway.dev/inject']: no failover settings added for "
        "cart, an exposed Service");
    sw_check(judge_object(world, sw_world_json(
                                     world, sw_arena_printf(&world->arena, rule, "false", "till"))),
             "[]", "");
    assert_int_equal(judge_object(world, sw_world_json(world, sw_arena_printf(&world->arena, rule,
                                                                              "true", "cart")))
                         .patch.n_ops,
                     3);
}

static void rule_leaves_what_it_cannot_read(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{'outlierDetection':{'maxEjectionPercent':'all'}}"),
             "[]",
             "Unreadable left as it is: spec.trafficPolicy.outlierDetection."
             "maxEjectionPercent: expected an integer from 0 to 100, found 'all'");
}

static void rule_leaves_what_is_being_deleted(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge_object(*state, sw_world_json(
                                      *state, "{'metadata':{'namespace':'shop','deletionTimestamp':"
                                              "'2026-01-01T00:00:00Z'},'spec':{'host':'cart'}}")),
             "[]", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(rule_warns_of_a_max_ejection_under_100),
        SW_WORLD_TEST(rule_leaves_an_explicit_locality_and_says_what_it_costs),
        SW_WORLD_TEST(rule_warns_of_tls_that_no_gateway_passes),
        SW_WORLD_TEST(rule_warns_at_the_level_it_found_it),
        SW_WORLD_TEST(rule_adds_outlier_detection_beside_a_locality_it_leaves_alone),
        SW_WORLD_TEST(rule_resolves_short_names_in_its_own_namespace),
        SW_WORLD_TEST(rule_leaves_what_istio_does_not_expand_with_a_warning),
        SW_WORLD_TEST(rule_of_a_host_that_is_not_exposed_is_silent),
        SW_WORLD_TEST(rule_without_a_host_is_silent),
        SW_WORLD_TEST(rule_covers_what_any_cluster_exposes),
        SW_WORLD_TEST(rule_takes_a_wildcard_within_one_workspace),
        SW_WORLD_TEST(rule_leaves_a_wildcard_over_more_with_a_warning),
        SW_WORLD_TEST(rule_leaves_what_says_inject_false_with_a_warning),
        SW_WORLD_TEST(rule_leaves_what_it_cannot_read),
        SW_WORLD_TEST(rule_leaves_what_is_being_deleted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
