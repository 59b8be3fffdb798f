/* pkg/failover/policy.c: what a DestinationRule gets, and what istiod would refuse in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/policy.h"
#include "lib/check.h"
#include "lib/world.h"

static struct sw_setting setting_of(struct sw_world *world, const char *spec)
{
    struct sw_setting setting;
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'spec':%s}", spec);

    if (sw_setting_read(object, &world->arena, &setting, &err) < 0)
        fail_msg("%s", err.message);
    return setting;
}

static void check_outlier(struct sw_world *world, const char *over, const char *expected)
{
    struct sw_setting setting = setting_of(
        world,
        sw_arena_printf(&world->arena, "{'defaultTrafficSetting':{'outlierDetection':%s}}", over));

    sw_check_json(sw_policy_outlier(&setting), expected);
}

/* `failover` is spec.failoverSettings. */
static void check_locality(struct sw_world *world, const char *failover, const char *expected)
{
    struct sw_setting setting =
        setting_of(world, sw_arena_printf(&world->arena, "{'failoverSettings':%s}", failover));

    assert_true(sw_policy_has_locality(&setting));
    sw_check_json(sw_policy_locality(&setting), expected);
}

static bool wins(struct sw_world *world, const char *failover)
{
    struct sw_setting setting =
        setting_of(world, sw_arena_printf(&world->arena, "{'failoverSettings':%s}", failover));

    return sw_policy_priority_wins(&setting);
}

static void outlier_without_a_setting_is_the_default(void **state)
{
    static const char defaults[] =
        "{'consecutiveGatewayErrors':5,'consecutive5xxErrors':0,'interval':'10s',"
        "'baseEjectionTime':'30s','maxEjectionPercent':100,'minHealthPercent':1}";

    check_outlier(*state, "null", defaults);
    check_outlier(*state, "{}", defaults);
}

static void outlier_of_the_setting_overrides_field_by_field(void **state)
{
    check_outlier(*state, "{'consecutive5xxErrors':7,'baseEjectionTime':'1m'}",
                  "{'consecutiveGatewayErrors':5,'consecutive5xxErrors':7,'interval':'10s',"
                  "'baseEjectionTime':'1m','maxEjectionPercent':100,'minHealthPercent':1}");
    check_outlier(*state,
                  "{'consecutiveGatewayErrors':0,'interval':'1s','maxEjectionPercent':50,"
                  "'minHealthPercent':0}",
                  "{'consecutiveGatewayErrors':0,'consecutive5xxErrors':0,'interval':'1s',"
                  "'baseEjectionTime':'30s','maxEjectionPercent':50,'minHealthPercent':0}");
}

static void outlier_takes_fields_that_have_no_default(void **state)
{
    check_outlier(*state,
                  "{'splitExternalLocalOriginErrors':true,"
                  "'consecutiveLocalOriginFailures':3}",
                  "{'consecutiveGatewayErrors':5,'consecutive5xxErrors':0,'interval':'10s',"
                  "'baseEjectionTime':'30s','maxEjectionPercent':100,'minHealthPercent':1,"
                  "'splitExternalLocalOriginErrors':true,'consecutiveLocalOriginFailures':3}");
}

static void locality_without_a_setting_keeps_to_the_network_first(void **state)
{
    static const char expected[] =
        "{'enabled':true,'failoverPriority':['topology.istio.io/network',"
        "'topology.kubernetes.io/region','topology.kubernetes.io/zone','spillway.dev/remote']}";

    check_locality(*state, "null", expected);
    check_locality(*state, "{}", expected);
    check_locality(*state, "{'topologyChoice':'CLUSTER'}", expected);
}

static void locality_by_nearness_has_the_network_behind_the_zone(void **state)
{
    check_locality(*state, "{'topologyChoice':'LOCALITY'}",
                   "{'enabled':true,'failoverPriority':['topology.kubernetes.io/region',"
                   "'topology.kubernetes.io/zone','topology.istio.io/network',"
                   "'spillway.dev/remote']}");
}

static void locality_of_none_is_left_to_istio(void **state)
{
    struct sw_setting setting =
        setting_of(*state, "{'failoverSettings':{'topologyChoice':'NONE'}}");

    assert_false(sw_policy_has_locality(&setting));
    check_locality(*state, "{'topologyChoice':'NONE','failoverPriority':['a']}",
                   "{'enabled':true,'failoverPriority':['a']}");
    check_locality(*state, "{'topologyChoice':'NONE','regionalFailover':[{'from':'a','to':'b'}]}",
                   "{'enabled':true,'failover':[{'from':'a','to':'b'}]}");
}

static void locality_takes_the_given_priority_as_it_stands(void **state)
{
    check_locality(*state,
                   "{'topologyChoice':'LOCALITY','failoverPriority':['failover.tetrate.io/x=1',"
                   "'topology.kubernetes.io/zone']}",
                   "{'enabled':true,'failoverPriority':['failover.tetrate.io/x=1',"
                   "'topology.kubernetes.io/zone']}");
}

/* istiod refuses failover beside a failoverPriority by region, zone or subzone. */
static void locality_beside_regions_leaves_region_and_zone_out(void **state)
{
    check_locality(*state, "{'regionalFailover':[{'from':'a','to':'b'},{'from':'b','to':'a'}]}",
                   "{'enabled':true,'failover':[{'from':'a','to':'b'},{'from':'b','to':'a'}],"
                   "'failoverPriority':['topology.istio.io/network','spillway.dev/remote']}");
    check_locality(*state,
                   "{'topologyChoice':'LOCALITY','regionalFailover':[{'from':'a','to':'b'}]}",
                   "{'enabled':true,'failover':[{'from':'a','to':'b'}]}");
}

static void locality_takes_regions_of_the_spec(void **state)
{
    struct sw_setting setting =
        setting_of(*state, "{'regionalFailover':[{'from':'us-east','to':'us-west'}]}");

    sw_check_json(sw_policy_locality(&setting),
                  "{'enabled':true,'failover':[{'from':'us-east','to':'us-west'}],"
                  "'failoverPriority':['topology.istio.io/network','spillway.dev/remote']}");
}

static void locality_with_other_priorities_keeps_regions(void **state)
{
    check_locality(*state,
                   "{'failoverPriority':['topology.istio.io/network','version'],"
                   "'regionalFailover':[{'from':'a','to':'b'}]}",
                   "{'enabled':true,'failover':[{'from':'a','to':'b'}],"
                   "'failoverPriority':['topology.istio.io/network','version']}");
}

static void locality_with_priorities_by_region_drops_regions(void **state)
{
    static const char *const labels[] = {"topology.kubernetes.io/region",
                                         "topology.kubernetes.io/zone",
                                         "topology.istio.io/subzone"};
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
        check_locality(world,
                       sw_arena_printf(&world->arena,
                                       "{'failoverPriority':['version','%s'],"
                                       "'regionalFailover':[{'from':'a','to':'b'}]}",
                                       labels[i]),
                       sw_arena_printf(&world->arena,
                                       "{'enabled':true,'failoverPriority':['version','%s']}",
                                       labels[i]));
}

static void priority_wins_only_where_both_are_given(void **state)
{
    assert_false(wins(*state, "{}"));
    assert_false(wins(*state, "{'regionalFailover':[{'from':'a','to':'b'}]}"));
    assert_false(wins(*state, "{'failoverPriority':['topology.kubernetes.io/region']}"));
    assert_false(wins(*state, "{'failoverPriority':['version','x/region'],"
                              "'regionalFailover':[{'from':'a','to':'b'}]}"));
    assert_true(wins(*state, "{'failoverPriority':['x','topology.kubernetes.io/region=us'],"
                             "'regionalFailover':[{'from':'a','to':'b'}]}"));
    assert_true(wins(*state, "{'failoverPriority':['topology.istio.io/subzone'],"
                             "'regionalFailover':[{'from':'a','to':'b'}]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(outlier_without_a_setting_is_the_default),
        SW_WORLD_TEST(outlier_of_the_setting_overrides_field_by_field),
        SW_WORLD_TEST(outlier_takes_fields_that_have_no_default),
        SW_WORLD_TEST(locality_without_a_setting_keeps_to_the_network_first),
        SW_WORLD_TEST(locality_by_nearness_has_the_network_behind_the_zone),
        SW_WORLD_TEST(locality_of_none_is_left_to_istio),
        SW_WORLD_TEST(locality_takes_the_given_priority_as_it_stands),
        SW_WORLD_TEST(locality_beside_regions_leaves_region_and_zone_out),
        SW_WORLD_TEST(locality_takes_regions_of_the_spec),
        SW_WORLD_TEST(locality_with_other_priorities_keeps_regions),
        SW_WORLD_TEST(locality_with_priorities_by_region_drops_regions),
        SW_WORLD_TEST(priority_wins_only_where_both_are_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
