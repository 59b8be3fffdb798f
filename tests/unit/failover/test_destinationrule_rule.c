/* pkg/failover/destinationrule_rule.c: what is absent is added, at every level that needs it. What
 * stays as it is, and which hosts count, is in test_destinationrule_rule_left.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "destinationrule.h"
#include "lib/check.h"

static void rule_adds_both_to_a_rule_without_a_policy(void **state)
{
    static const char expected[] = "[" ADD(TOP, "{}") "," ADD_BOTH(TOP) "]";

    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ""), expected, "");
    sw_check(judge(*state, ",'trafficPolicy':null,'subsets':null"), expected, "");
    sw_check(judge(*state, ",'subsets':[{'name':'v1','labels':{'version':'v1'}}]"), expected, "");
}

static void rule_adds_both_to_a_policy_without_them(void **state)
{
    static const char expected[] = "[" ADD_BOTH(TOP) "]";

    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{}"), expected, "");
    sw_check(judge(*state, ",'trafficPolicy':{'connectionPool':{'tcp':{}}}"), expected, "");
    sw_check(judge(*state, ",'trafficPolicy':{'outlierDetection':null,'loadBalancer':null,"
                           "'portLevelSettings':null,'tls':null}"),
             expected, "");
}

static void rule_adds_the_one_that_is_absent(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{'outlierDetection':{'maxEjectionPercent':100}}"),
             "[" ADD_BALANCER(TOP) "]", "");
    sw_check(judge(*state, ",'trafficPolicy':{'loadBalancer':" BALANCER "}"),
             "[" ADD_OUTLIER(TOP) "]", "");
    sw_check(judge(*state, ",'trafficPolicy':{" DONE "}"), "[]", "");
}

static void rule_adds_locality_to_a_load_balancer_without(void **state)
{
    static const char *const balancers[] = {"{'simple':'ROUND_ROBIN'}",
                                            "{'simple':null,'localityLbSetting':null}", "{}",
                                            "{'consistentHash':{'useSourceIp':true}}"};
    struct sw_world *world = *state;

    begin(world, SW_WORLD_EXPOSE_ALL);
    for (size_t i = 0; i < sizeof(balancers) / sizeof(*balancers); i++)
        sw_check(judge(world, sw_arena_printf(&world->arena,
                                              ",'trafficPolicy':{'outlierDetection':" OUTLIER
                                              ",'loadBalancer':%s}",
                                              balancers[i])),
                 "[" ADD_LOCALITY(TOP) "]", "");
}

/* A port's entry inherits nothing, so it needs both, whatever stands above it. */
static void rule_adds_both_to_every_port(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{" DONE ",'portLevelSettings':["
                           "{'port':{'number':80}},{'port':{'number':81},'loadBalancer':"
                           "{'simple':'RANDOM'}},{" DONE "},{'outlierDetection':" OUTLIER "}]}"),
             "[" ADD_BOTH(TOP PORTS "0") "," ADD_OUTLIER(TOP PORTS "1") "," ADD_LOCALITY(
                 TOP PORTS "1") "," ADD_BALANCER(TOP PORTS "3") "]",
             "");
}

static void rule_leaves_a_subset_that_inherits_alone(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{" DONE "},'subsets':[{'trafficPolicy':{"
                           "'connectionPool':{}}},{'trafficPolicy':{}},{'trafficPolicy':null}]"),
             "[]", "");
}

/* A subset's loadBalancer replaces the top level's, priorities and all. */
static void rule_adds_locality_to_a_subset_with_a_load_balancer(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state,
                   ",'trafficPolicy':{" DONE "},'subsets':[{'name':'v1'},{'trafficPolicy':{"
                   "'loadBalancer':{'simple':'RANDOM'}}},{'trafficPolicy':{'loadBalancer':" BALANCER
                   "}},{'trafficPolicy':{'loadBalancer':null}}]"),
             "[" ADD_LOCALITY("subsets/1/trafficPolicy") "]", "");
}

static void rule_adds_both_to_every_port_of_a_subset(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, ",'trafficPolicy':{" DONE "},'subsets':[{},{'trafficPolicy':{"
                           "'portLevelSettings':[{'port':{'number':80}},{'loadBalancer':{}}]}}]"),
             "[" ADD_BOTH("subsets/1/trafficPolicy" PORTS "0") "," ADD_OUTLIER(
                 "subsets/1/trafficPolicy" PORTS
                 "1") "," ADD_LOCALITY("subsets/1/trafficPolicy" PORTS "1") "]",
             "");
}

static void rule_takes_the_settings_outlier_detection(void **state)
{
    begin(*state, "{'defaultEastWestGatewaySettings':[" SW_WORLD_GATEWAY "],"
                  "'defaultTrafficSetting':{'outlierDetection':{'interval':'3s',"
                  "'maxEjectionPercent':20}}}");
    sw_check(judge(*state, ",'trafficPolicy':{'loadBalancer':" BALANCER "}"),
             "[" ADD(TOP "/outlierDetection",
                     "{'consecutiveGatewayErrors':5,'consecutive5xxErrors':0,'interval':'3s',"
                     "'baseEjectionTime':'30s','maxEjectionPercent':20,'minHealthPercent':1}") "]",
             "");
}

static void rule_takes_the_settings_priorities_at_every_level(void **state)
{
    static const char mine[] = "[{'op':'add','path':'/spec/trafficPolicy/loadBalancer/"
                               "localityLbSetting','value':{'enabled':true,'failoverPriority':"
                               "['a']}},{'op':'add','path':'/spec/subsets/0/trafficPolicy/"
                               "loadBalancer/localityLbSetting','value':{'enabled':true,"
                               "'failoverPriority':['a']}}]";

    begin(*state, "{'defaultEastWestGatewaySettings':[" SW_WORLD_GATEWAY "],"
                  "'failoverSettings':{'failoverPriority':['a']}}");
    sw_check(judge(*state, ",'trafficPolicy':{'outlierDetection':" OUTLIER ",'loadBalancer':{}},"
                           "'subsets':[{'trafficPolicy':{'loadBalancer':{}}}]"),
             mine, "");
}

static void rule_adds_no_locality_where_the_setting_leaves_it_to_istio(void **state)
{
    begin(*state, "{'defaultEastWestGatewaySettings':[" SW_WORLD_GATEWAY "],"
                  "'failoverSettings':{'topologyChoice':'NONE'}}");
    sw_check(judge(*state, ""), "[" ADD(TOP, "{}") "," ADD_OUTLIER(TOP) "]", "");
    sw_check(judge(*state, ",'trafficPolicy':{'loadBalancer':{'simple':'RANDOM'},"
                           "'portLevelSettings':[{}]}"),
             "[" ADD_OUTLIER(TOP) "," ADD_OUTLIER(TOP PORTS "0") "]", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(rule_adds_both_to_a_rule_without_a_policy),
        SW_WORLD_TEST(rule_adds_both_to_a_policy_without_them),
        SW_WORLD_TEST(rule_adds_the_one_that_is_absent),
        SW_WORLD_TEST(rule_adds_locality_to_a_load_balancer_without),
        SW_WORLD_TEST(rule_adds_both_to_every_port),
        SW_WORLD_TEST(rule_leaves_a_subset_that_inherits_alone),
        SW_WORLD_TEST(rule_adds_locality_to_a_subset_with_a_load_balancer),
        SW_WORLD_TEST(rule_adds_both_to_every_port_of_a_subset),
        SW_WORLD_TEST(rule_takes_the_settings_outlier_detection),
        SW_WORLD_TEST(rule_takes_the_settings_priorities_at_every_level),
        SW_WORLD_TEST(rule_adds_no_locality_where_the_setting_leaves_it_to_istio),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
