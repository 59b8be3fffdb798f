/* pkg/model/setting.c: a WorkspaceSetting, with what istiod would refuse later refused at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/setting.h"

#define GATEWAY(more)                                                                              \
    "{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw',"                    \
    "'labels':{'app':'gw'}}" more "}]}"

static struct sw_setting setting_of(struct sw_world *world, const char *spec)
{
    struct sw_setting setting = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'spec':%s}", spec);

    if (sw_setting_read(object, &world->arena, &setting, &err) < 0)
        fail_msg("%s", err.message);
    return setting;
}

static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_setting setting = {.n_gateways = 7};
    struct sw_err err = {0};
    json_t *object = sw_world_json(world, text);

    sw_check_err(sw_setting_read(object, &world->arena, &setting, &err), &err, SW_ETYPE, message);
    assert_int_equal(setting.n_gateways, 7);
}

static void check_spec_unreadable(struct sw_world *world, const char *spec, const char *message)
{
    check_unreadable(world, sw_arena_printf(&world->arena, "{'spec':%s}", spec), message);
}

static void read_takes_names_and_hierarchy(void **state)
{
    struct sw_world *world = *state;
    struct sw_setting setting;
    json_t *object = sw_world_json(
        world, "{'metadata':{'name':'s','annotations':{'tsb.tetrate.io/organization':'acme',"
               "'tsb.tetrate.io/tenant':'prod','tsb.tetrate.io/workspace':'shop'}}}");

    assert_int_equal(sw_setting_read(object, &world->arena, &setting, NULL), 0);
    sw_check_str(setting.meta.name, "s");
    sw_check_str(setting.hierarchy.organization, "acme");
    sw_check_str(setting.hierarchy.tenant, "prod");
    sw_check_str(setting.hierarchy.workspace, "shop");
}

static void read_of_nothing_is_empty(void **state)
{
    static const char *const specs[] = {
        "null", "{}",
        "{'defaultEastWestGatewaySettings':null,'defaultTrafficSetting':null,"
        "'failoverSettings':null,'regionalFailover':null,'hostsReachability':7}",
        "{'defaultEastWestGatewaySettings':[],'defaultTrafficSetting':{},"
        "'failoverSettings':{'failoverPriority':[],'regionalFailover':[]}}"};

    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct sw_setting setting = setting_of(*state, specs[i]);

        assert_int_equal(setting.n_gateways, 0);
        assert_false(setting.outlier.present);
        assert_int_equal(setting.topology, SW_TOPOLOGY_CLUSTER);
        assert_int_equal(setting.n_priority, 0);
        assert_int_equal(setting.n_regional, 0);
        assert_false(setting.slipped_gateways);
    }
}

static void read_takes_gateways_in_order(void **state)
{
    struct sw_setting setting = setting_of(
        *state, "{'defaultEastWestGatewaySettings':["
                "{'workloadSelector':{'namespace':'gw1','labels':{'app':'gw','istio':'ew'}},"
                "'exposedServices':[{'serviceLabels':{'b':'2','a':'1'}},"
                "{'serviceLabels':{'failover':'enable'}}]},"
                "{'workloadSelector':{'namespace':'gw2','labels':{'app':'gw'}}}]}");

    assert_int_equal(setting.n_gateways, 2);
    sw_check_str(setting.gateways[0].namespace_, "gw1");
    sw_check_labels(&setting.gateways[0].labels, "app=gw, istio=ew");
    assert_int_equal(setting.gateways[0].n_exposed, 2);
    sw_check_labels(&setting.gateways[0].exposed[0], "a=1, b=2");
    sw_check_labels(&setting.gateways[0].exposed[1], "failover=enable");
    sw_check_str(setting.gateways[1].namespace_, "gw2");
    assert_int_equal(setting.gateways[1].n_exposed, 0);
}

static void read_takes_empty_exposed_services_for_all(void **state)
{
    assert_int_equal(setting_of(*state, GATEWAY(",'exposedServices':[]")).gateways[0].n_exposed, 0);
    assert_int_equal(setting_of(*state, GATEWAY(",'exposedServices':null")).gateways[0].n_exposed,
                     0);
}

static void read_refuses_gateways_without_a_selector(void **state)
{
    static const char *const cases[][2] = {
        {"[{}]", "[0].workloadSelector.namespace: expected the gateway's namespace, found nothing"},
        {"[{'workloadSelector':null}]",
         "[0].workloadSelector.namespace: expected the gateway's namespace, found nothing"},
        {"[{'workloadSelector':{'namespace':'','labels':{'app':'gw'}}}]",
         "[0].workloadSelector.namespace: expected the gateway's namespace, found ''"},
        {"[{'workloadSelector':{'namespace':'gw'}}]",
         "[0].workloadSelector.labels: expected at least one label of the gateway's pods, found "
         "nothing"},
        {"[{'workloadSelector':{'namespace':'gw','labels':{}}}]",
         "[0].workloadSelector.labels: expected at least one label of the gateway's pods, found "
         "an object"},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_spec_unreadable(
            world,
            sw_arena_printf(&world->arena, "{'defaultEastWestGatewaySettings':%s}", cases[i][0]),
            sw_arena_printf(&world->arena, "spec.defaultEastWestGatewaySettings%s", cases[i][1]));
}

static void read_refuses_an_empty_service_labels(void **state)
{
    static const char *const items[][2] = {
        {"{}", "nothing"},
        {"{'serviceLabels':{}}", "an object"},
        {"{'serviceLabels':null}", "null"},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++)
        check_spec_unreadable(
            world,
            sw_arena_printf(&world->arena,
                            GATEWAY(",'exposedServices':[{'serviceLabels':{'a':'b'}},%s]"),
                            items[i][0]),
            sw_arena_printf(&world->arena,
                            "spec.defaultEastWestGatewaySettings[0].exposedServices[1]"
                            ".serviceLabels: expected at least one label, found %s",
                            items[i][1]));
}

static void read_takes_outlier_detection(void **state)
{
    static const char spec[] = "{'defaultTrafficSetting':{'outlierDetection':{'interval':'5s'}}}";

    sw_check_str(setting_of(*state, spec).outlier.fields[SW_OUTLIER_INTERVAL].text, "5s");
}

/* istiod refuses a rule that counts local failures but does not tell them from the others. */
static void read_refuses_local_failures_that_are_not_split(void **state)
{
    static const char *const refused[][2] = {
        {"{'consecutiveLocalOriginFailures':5}", "5"},
        {"{'consecutiveLocalOriginFailures':1,'splitExternalLocalOriginErrors':null}", "1"},
    };
    static const char *const taken[] = {
        "{'consecutiveLocalOriginFailures':5,'splitExternalLocalOriginErrors':true}",
        "{'consecutiveLocalOriginFailures':0}",
    };
    static const char spec[] = "{'defaultTrafficSetting':{'outlierDetection':%s}}";
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
        check_spec_unreadable(
            world, sw_arena_printf(&world->arena, spec, refused[i][0]),
            sw_arena_printf(&world->arena,
                            "spec.defaultTrafficSetting.outlierDetection."
                            "consecutiveLocalOriginFailures: expected 0, or "
                            "splitExternalLocalOriginErrors: true beside it, found %s",
                            refused[i][1]));
    for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
        assert_true(
            setting_of(world, sw_arena_printf(&world->arena, spec, taken[i])).outlier.present);
}

static void read_takes_each_topology(void **state)
{
    static const struct {
        const char *text;
        enum sw_topology topology;
    } cases[] = {
        {"'CLUSTER'", SW_TOPOLOGY_CLUSTER},
        {"'LOCALITY'", SW_TOPOLOGY_LOCALITY},
        {"'NONE'", SW_TOPOLOGY_NONE},
        {"null", SW_TOPOLOGY_CLUSTER},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *spec = sw_arena_printf(
            &world->arena, "{'failoverSettings':{'topologyChoice':%s}}", cases[i].text);

        assert_int_equal(setting_of(world, spec).topology, cases[i].topology);
    }
}

static void read_takes_priority_in_order(void **state)
{
    struct sw_setting setting =
        setting_of(*state, "{'failoverSettings':{'failoverPriority':['b','a=1','b']}}");

    assert_int_equal(setting.n_priority, 3);
    sw_check_str(setting.priority[0], "b");
    sw_check_str(setting.priority[1], "a=1");
    sw_check_str(setting.priority[2], "b");
}

static void read_takes_regions_of_the_spec(void **state)
{
    struct sw_setting setting = setting_of(
        *state, "{'regionalFailover':[{'from':'us-east','to':'us-west'},{'from':'a','to':'b'}]}");

    assert_int_equal(setting.n_regional, 2);
    sw_check_str(setting.regional[0].from, "us-east");
    sw_check_str(setting.regional[0].to, "us-west");
    sw_check_str(setting.regional[1].from, "a");
}

static void read_lets_failover_settings_win_over_the_specs_regions(void **state)
{
    struct sw_setting setting =
        setting_of(*state, "{'regionalFailover':[{'from':'a','to':'b'}],"
                           "'failoverSettings':{'regionalFailover':[{'from':'c','to':'d'}]}}");

    assert_int_equal(setting.n_regional, 1);
    sw_check_str(setting.regional[0].from, "c");
    setting =
        setting_of(*state, "{'regionalFailover':[{'from':'a','to':'b'}],'failoverSettings':{}}");
    assert_int_equal(setting.n_regional, 0);
    setting =
        setting_of(*state, "{'regionalFailover':[{'from':'a','to':'b'}],'failoverSettings':null}");
    assert_int_equal(setting.n_regional, 1);
}

static void read_refuses_regions_that_istiod_would(void **state)
{
    static const char *const cases[][2] = {
        {"{}", ".from: expected a region, without / or *, found nothing"},
        {"{'from':'','to':'b'}", ".from: expected a region, without / or *, found ''"},
        {"{'from':'a/z','to':'b'}", ".from: expected a region, without / or *, found 'a/z'"},
        {"{'from':'*','to':'b'}", ".from: expected a region, without / or *, found '*'"},
        {"{'from':'a'}", ".to: expected a region, without / or *, found nothing"},
        {"{'from':'a','to':'b/z'}", ".to: expected a region, without / or *, found 'b/z'"},
        {"{'from':'a','to':'b*'}", ".to: expected a region, without / or *, found 'b*'"},
        {"{'from':'a','to':'a'}", ".to: expected another region than `from`, found 'a'"},
        {"{'from':1,'to':'a'}", ".from: expected a string, found 1"},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_spec_unreadable(
            world, sw_arena_printf(&world->arena, "{'regionalFailover':[%s]}", cases[i][0]),
            sw_arena_printf(&world->arena, "spec.regionalFailover[0]%s", cases[i][1]));
        check_spec_unreadable(
            world,
            sw_arena_printf(&world->arena, "{'failoverSettings':{'regionalFailover':[%s]}}",
                            cases[i][0]),
            sw_arena_printf(&world->arena, "spec.failoverSettings.regionalFailover[0]%s",
                            cases[i][1]));
    }
}

static void read_sees_gateways_beside_spec(void **state)
{
    static const struct {
        const char *text;
        bool slipped;
    } cases[] = {
        {"{'spec':null,'defaultEastWestGatewaySettings':[{'x':1}]}", true},
        {"{'defaultEastWestGatewaySettings':[]}", true},
        {"{'defaultEastWestGatewaySettings':'x','spec':{}}", true},
        {"{'defaultEastWestGatewaySettings':null,'spec':{}}", false},
        {"{'spec':{'defaultEastWestGatewaySettings':[]}}", false},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_setting setting;

        assert_int_equal(
            sw_setting_read(sw_world_json(world, cases[i].text), &world->arena, &setting, NULL), 0);
        assert_int_equal(setting.slipped_gateways, cases[i].slipped);
    }
}

static void read_refuses_each_wrong_type_by_its_path(void **state)
{
    static const char *const cases[][2] = {
        {"{'metadata':{'name':1}}", "metadata.name: expected a string, found 1"},
        {"{'metadata':{'annotations':{'tsb.tetrate.io/workspace':true}}}",
         "metadata.annotations['tsb.tetrate.io/workspace']: expected a string, found true"},
        {"{'spec':[]}", "spec: expected an object, found an array"},
        {"{'spec':{'defaultEastWestGatewaySettings':{}}}",
         "spec.defaultEastWestGatewaySettings: expected an array, found an object"},
        {"{'spec':{'defaultEastWestGatewaySettings':[[]]}}",
         "spec.defaultEastWestGatewaySettings[0]: expected an object, found an array"},
        {"{'spec':{'defaultEastWestGatewaySettings':[{'workloadSelector':'gw'}]}}",
         "spec.defaultEastWestGatewaySettings[0].workloadSelector: expected an object, found 'gw'"},
        {"{'spec':{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':1}}]}}",
         "spec.defaultEastWestGatewaySettings[0].workloadSelector.namespace: expected a string, "
         "found 1"},
        {"{'spec':{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'a',"
         "'labels':{'app':2}}}]}}",
         "spec.defaultEastWestGatewaySettings[0].workloadSelector.labels.app: expected a string, "
         "found 2"},
        {"{'spec':" GATEWAY(",'exposedServices':'x'") "}",
         "spec.defaultEastWestGatewaySettings[0].exposedServices: expected an array, found 'x'"},
        {"{'spec':" GATEWAY(",'exposedServices':[null]") "}",
         "spec.defaultEastWestGatewaySettings[0].exposedServices[0]: expected an object, found "
         "null"},
        {"{'spec':" GATEWAY(",'exposedServices':[{'serviceLabels':{'a':false}}]") "}",
         "spec.defaultEastWestGatewaySettings[0].exposedServices[0].serviceLabels.a: expected a "
         "string, found false"},
        {"{'spec':{'defaultTrafficSetting':1}}",
         "spec.defaultTrafficSetting: expected an object, found 1"},
        {"{'spec':{'defaultTrafficSetting':{'outlierDetection':{'interval':1}}}}",
         "spec.defaultTrafficSetting.outlierDetection.interval: expected a string, found 1"},
        {"{'spec':{'failoverSettings':'x'}}",
         "spec.failoverSettings: expected an object, found 'x'"},
        {"{'spec':{'failoverSettings':{'topologyChoice':1}}}",
         "spec.failoverSettings.topologyChoice: expected a string, found 1"},
        {"{'spec':{'failoverSettings':{'topologyChoice':'cluster'}}}",
         "spec.failoverSettings.topologyChoice: expected CLUSTER, LOCALITY or NONE, found "
         "'cluster'"},
        {"{'spec':{'failoverSettings':{'failoverPriority':'a'}}}",
         "spec.failoverSettings.failoverPriority: expected an array, found 'a'"},
        {"{'spec':{'failoverSettings':{'failoverPriority':['a',2]}}}",
         "spec.failoverSettings.failoverPriority[1]: expected a string, found 2"},
        {"{'spec':{'failoverSettings':{'failoverPriority':['a','']}}}",
         "spec.failoverSettings.failoverPriority[1]: expected a label key, or key=value, found "
         "''"},
        {"{'spec':{'regionalFailover':{}}}",
         "spec.regionalFailover: expected an array, found an object"},
        {"{'spec':{'regionalFailover':[1]}}",
         "spec.regionalFailover[0]: expected an object, found 1"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_unreadable(*state, cases[i][0], cases[i][1]);
}

static struct sw_setting ranked(const char *created, const char *namespace_, const char *name)
{
    return (struct sw_setting){.meta = {.created = sw_str_from(created),
                                        .namespace_ = sw_str_from(namespace_),
                                        .name = sw_str_from(name)}};
}

static void cmp_ranks_by_age_then_name(void **state)
{
    struct sw_setting order[] = {
        ranked("2026-01-01T00:00:00Z", "z", "z"), ranked("2026-01-02T00:00:00Z", "a", "z"),
        ranked("2026-01-02T00:00:00Z", "b", "a"), ranked("2026-01-02T00:00:00Z", "b", "b"),
        ranked(NULL, "a", "a"),
    };
    size_t n = sizeof(order) / sizeof(*order);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(sw_setting_cmp(&order[i], &order[i]), 0);
        for (size_t j = i + 1; j < n; j++) {
            assert_true(sw_setting_cmp(&order[i], &order[j]) < 0);
            assert_true(sw_setting_cmp(&order[j], &order[i]) > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_names_and_hierarchy),
        SW_WORLD_TEST(read_of_nothing_is_empty),
        SW_WORLD_TEST(read_takes_gateways_in_order),
        SW_WORLD_TEST(read_takes_empty_exposed_services_for_all),
        SW_WORLD_TEST(read_refuses_gateways_without_a_selector),
        SW_WORLD_TEST(read_refuses_an_empty_service_labels),
        SW_WORLD_TEST(read_takes_outlier_detection),
        SW_WORLD_TEST(read_refuses_local_failures_that_are_not_split),
        SW_WORLD_TEST(read_takes_each_topology),
        SW_WORLD_TEST(read_takes_priority_in_order),
        SW_WORLD_TEST(read_takes_regions_of_the_spec),
        SW_WORLD_TEST(read_lets_failover_settings_win_over_the_specs_regions),
        SW_WORLD_TEST(read_refuses_regions_that_istiod_would),
        SW_WORLD_TEST(read_sees_gateways_beside_spec),
        SW_WORLD_TEST(read_refuses_each_wrong_type_by_its_path),
        SW_WORLD_TEST(cmp_ranks_by_age_then_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
