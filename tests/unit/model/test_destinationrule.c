/* pkg/model/destinationrule.c: every level at which a traffic policy stands, each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "lib/check.h"
#include "lib/world.h"
#include "model/destinationrule.h"

static struct sw_destinationrule rule_of(struct sw_world *world, const char *spec)
{
    struct sw_destinationrule rule = {0};
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(world, "{'spec':%s}", spec);

    if (sw_destinationrule_read(object, &world->arena, &rule, &err) < 0)
        fail_msg("%s", err.message);
    return rule;
}

/* The top level of a rule with this trafficPolicy. */
static struct sw_level top_of(struct sw_world *world, const char *policy)
{
    const char *spec = sw_arena_printf(&world->arena, "{'trafficPolicy':%s}", policy);

    return rule_of(world, spec).levels[0];
}

static struct sw_level balanced(struct sw_world *world, const char *balancer)
{
    return top_of(world, sw_arena_printf(&world->arena, "{'loadBalancer':%s}", balancer));
}

static struct sw_locality_lb locality_of(struct sw_world *world, const char *locality)
{
    const char *balancer = sw_arena_printf(&world->arena, "{'localityLbSetting':%s}", locality);

    return balanced(world, balancer).locality;
}

static void read_takes_host_and_names(void **state)
{
    struct sw_world *world = *state;
    struct sw_destinationrule rule;
    json_t *object =
        sw_world_json(world, "{'metadata':{'name':'r','namespace':'shop'},'spec':{'host':'cart'}}");

    assert_int_equal(sw_destinationrule_read(object, &world->arena, &rule, NULL), 0);
    sw_check_str(rule.meta.name, "r");
    sw_check_str(rule.meta.namespace_, "shop");
    sw_check_str(rule.host, "cart");
}

static void read_of_nothing_has_an_absent_top_level(void **state)
{
    static const char *const specs[] = {
        "null", "{}", "{'host':null,'trafficPolicy':null,'subsets':null}", "{'subsets':[]}",
        "{'subsets':[{},{'trafficPolicy':null}]}"};

    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct sw_destinationrule rule = rule_of(*state, specs[i]);

        sw_check_str(rule.host, NULL);
        assert_int_equal(rule.n_levels, 1);
        assert_int_equal(rule.levels[0].kind, SW_LEVEL_TOP);
        assert_false(rule.levels[0].present);
        assert_false(rule.levels[0].outlier.present);
        assert_false(rule.levels[0].has_load_balancer);
    }
}

static void read_lists_levels_in_document_order(void **state)
{
    struct sw_destinationrule rule =
        rule_of(*state, "{'trafficPolicy':{'portLevelSettings':[{},{}]},'subsets':[{'name':'none'},"
                        "{'trafficPolicy':{'portLevelSettings':[{}]}},{'trafficPolicy':{}},"
                        "{'trafficPolicy':{'portLevelSettings':null}}]}");
    static const struct {
        enum sw_level_kind kind;
        size_t subset, port;
    } expected[] = {
        {SW_LEVEL_TOP, 0, 0},    {SW_LEVEL_PORT, 0, 0},        {SW_LEVEL_PORT, 0, 1},
        {SW_LEVEL_SUBSET, 1, 0}, {SW_LEVEL_SUBSET_PORT, 1, 0}, {SW_LEVEL_SUBSET, 2, 0},
        {SW_LEVEL_SUBSET, 3, 0},
    };

    assert_int_equal(rule.n_levels, sizeof(expected) / sizeof(*expected));
    for (size_t i = 0; i < rule.n_levels; i++) {
        assert_int_equal(rule.levels[i].kind, expected[i].kind);
        assert_int_equal(rule.levels[i].subset, expected[i].subset);
        assert_int_equal(rule.levels[i].port, expected[i].port);
        assert_true(rule.levels[i].present);
    }
}

static void read_keeps_each_level_to_itself(void **state)
{
    struct sw_destinationrule rule = rule_of(
        *state, "{'trafficPolicy':{'outlierDetection':{},'loadBalancer':{'simple':'RANDOM'},"
                "'tls':{'mode':'SIMPLE'},'portLevelSettings':[{'port':{'number':80}}]},"
                "'subsets':[{'name':'v1','trafficPolicy':{'connectionPool':{}}}]}");

    assert_int_equal(rule.n_levels, 3);
    assert_true(rule.levels[0].outlier.present);
    for (size_t i = 1; i < 3; i++) {
        assert_false(rule.levels[i].outlier.present);
        assert_false(rule.levels[i].has_load_balancer);
        sw_check_str(rule.levels[i].simple, NULL);
        sw_check_str(rule.levels[i].tls_mode, NULL);
    }
}

static void read_takes_many_subsets(void **state)
{
    struct sw_world *world = *state;
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    struct sw_destinationrule rule;

    sw_buf_init(&text, 1 << 20);
    for (int i = 0; i < 100; i++)
        sw_buf_printf(&text, "%s{'trafficPolicy':{'tls':{'sni':'s%d'}}}", i ? "," : "", i);
    sw_buf_append(&text, "", 1);
    rule = rule_of(world, sw_arena_printf(&world->arena, "{'subsets':[%s]}", text.data));
    assert_int_equal(rule.n_levels, 101);
    sw_check_str(rule.levels[1].sni, "s0");
    sw_check_str(rule.levels[100].sni, "s99");
    assert_int_equal(rule.levels[100].subset, 99);
}

static void read_refuses_more_levels_than_anyone_writes(void **state)
{
    struct sw_world *world = *state;
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    struct sw_destinationrule rule;
    struct sw_err err = {0};
    int r;

    sw_buf_init(&text, 1 << 20);
    sw_buf_append_text(&text, "{'spec':{'trafficPolicy':{'portLevelSettings':[{}");
    for (int i = 1; i < SW_DESTINATIONRULE_MAX_LEVELS; i++)
        sw_buf_append_text(&text, ",{}");
    sw_buf_append(&text, "]}}}", sizeof("]}}}"));
    r = sw_destinationrule_read(sw_world_json(world, text.data), &world->arena, &rule, &err);
    sw_check_err(r, &err, SW_ETYPE, "spec: expected at most 2048 traffic policies");
}

static void read_takes_the_load_balancer(void **state)
{
    struct sw_level level = balanced(*state, "{'simple':'ROUND_ROBIN'}");

    assert_true(level.has_load_balancer);
    sw_check_str(level.simple, "ROUND_ROBIN");
    assert_false(level.locality.present);
    assert_false(level.zone_aware);
    level = balanced(*state, "{}");
    assert_true(level.has_load_balancer);
    sw_check_str(level.simple, NULL);
    level = balanced(*state, "null");
    assert_false(level.has_load_balancer);
    level = balanced(*state, "{'zoneAwareLbSetting':{}}");
    assert_true(level.zone_aware);
    level = balanced(*state, "{'zoneAwareLbSetting':null,'localityLbSetting':null}");
    assert_false(level.zone_aware);
    assert_false(level.locality.present);
}

static void read_takes_locality(void **state)
{
    struct sw_locality_lb locality = locality_of(*state, "{}");

    assert_true(locality.present);
    assert_false(locality.disabled || locality.distributes || locality.prioritizes);
    locality = locality_of(*state, "{'enabled':false}");
    assert_true(locality.disabled);
    locality = locality_of(*state, "{'enabled':true,'distribute':[{'from':'a'}]}");
    assert_false(locality.disabled);
    assert_true(locality.distributes);
    assert_false(locality.prioritizes);
    locality = locality_of(*state, "{'enabled':null,'distribute':null,'failoverPriority':['a']}");
    assert_false(locality.disabled);
    assert_false(locality.distributes);
    assert_true(locality.prioritizes);
    locality = locality_of(*state, "{'failover':[{'from':'a','to':'b'}],'failoverPriority':null}");
    assert_false(locality.prioritizes);
}

static void read_takes_an_empty_list_for_absent(void **state)
{
    struct sw_locality_lb locality = locality_of(*state, "{'distribute':[],'failoverPriority':[]}");

    assert_true(locality.present);
    assert_false(locality.distributes || locality.prioritizes);
}

static void read_takes_tls(void **state)
{
    struct sw_level level = top_of(*state, "{'tls':{'mode':'ISTIO_MUTUAL','sni':'x.y'}}");

    sw_check_str(level.tls_mode, "ISTIO_MUTUAL");
    sw_check_str(level.sni, "x.y");
}

/* Istio's enum has DISABLE at 0, so that is what an absent mode means. */
static void read_takes_an_absent_tls_mode_for_disable(void **state)
{
    sw_check_str(top_of(*state, "{'tls':{}}").tls_mode, "DISABLE");
    sw_check_str(top_of(*state, "{'tls':{'mode':null,'sni':null}}").tls_mode, "DISABLE");
    sw_check_str(top_of(*state, "{'tls':{'mode':null,'sni':null}}").sni, NULL);
    sw_check_str(top_of(*state, "{'tls':null}").tls_mode, NULL);
    sw_check_str(top_of(*state, "{}").tls_mode, NULL);
}

static void read_takes_the_inject_annotation_for_false_alone(void **state)
{
    static const struct {
        const char *value;
        bool off;
    } cases[] = {{"'false'", true}, {"'true'", false}, {"'False'", false},
                 {"''", false},     {"null", false},   {"'0'", false}};
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_destinationrule rule;
        json_t *object = sw_world_jsonf(
            world, "{'metadata':{'annotations':{'spillway.dev/inject':%s}}}", cases[i].value);

        assert_int_equal(sw_destinationrule_read(object, &world->arena, &rule, NULL), 0);
        assert_int_equal(rule.inject_off, cases[i].off);
    }
}

static void read_refuses_each_wrong_type_by_its_path(void **state)
{
    static const char *const cases[][2] = {
        {"{'metadata':{'name':1}}", "metadata.name: expected a string, found 1"},
        {"{'metadata':{'annotations':{'spillway.dev/inject':false}}}",
         "metadata.annotations['spillway.dev/inject']: expected a string, found false"},
        {"{'spec':1}", "spec: expected an object, found 1"},
        {"{'spec':{'host':{}}}", "spec.host: expected a string, found an object"},
        {"{'spec':{'trafficPolicy':[]}}", "spec.trafficPolicy: expected an object, found an array"},
        {"{'spec':{'trafficPolicy':{'outlierDetection':{'interval':'x'}}}}",
         "spec.trafficPolicy.outlierDetection.interval: expected a duration of at least 1ms, in "
         "whole ms, such as '10s', found 'x'"},
        {"{'spec':{'trafficPolicy':{'loadBalancer':'x'}}}",
         "spec.trafficPolicy.loadBalancer: expected an object, found 'x'"},
        {"{'spec':{'trafficPolicy':{'loadBalancer':{'simple':1}}}}",
         "spec.trafficPolicy.loadBalancer.simple: expected a string, found 1"},
        {"{'spec':{'trafficPolicy':{'loadBalancer':{'localityLbSetting':true}}}}",
         "spec.trafficPolicy.loadBalancer.localityLbSetting: expected an object, found true"},
        {"{'spec':{'trafficPolicy':{'loadBalancer':{'localityLbSetting':{'enabled':1}}}}}",
         "spec.trafficPolicy.loadBalancer.localityLbSetting.enabled: expected true or false, found "
         "1"},
        {"{'spec':{'trafficPolicy':{'tls':'SIMPLE'}}}",
         "spec.trafficPolicy.tls: expected an object, found 'SIMPLE'"},
        {"{'spec':{'trafficPolicy':{'tls':{'mode':2}}}}",
         "spec.trafficPolicy.tls.mode: expected a string, found 2"},
        {"{'spec':{'trafficPolicy':{'tls':{'sni':[]}}}}",
         "spec.trafficPolicy.tls.sni: expected a string, found an array"},
        {"{'spec':{'trafficPolicy':{'portLevelSettings':{}}}}",
         "spec.trafficPolicy.portLevelSettings: expected an array, found an object"},
        {"{'spec':{'trafficPolicy':{'portLevelSettings':[{},null]}}}",
         "spec.trafficPolicy.portLevelSettings[1]: expected an object, found null"},
        {"{'spec':{'trafficPolicy':{'portLevelSettings':[{},{'tls':1}]}}}",
         "spec.trafficPolicy.portLevelSettings[1].tls: expected an object, found 1"},
        {"{'spec':{'subsets':{}}}", "spec.subsets: expected an array, found an object"},
        {"{'spec':{'subsets':[1]}}", "spec.subsets[0]: expected an object, found 1"},
        {"{'spec':{'subsets':[{},{'trafficPolicy':1}]}}",
         "spec.subsets[1].trafficPolicy: expected an object, found 1"},
        {"{'spec':{'subsets':[{'trafficPolicy':{'portLevelSettings':[{'loadBalancer':3}]}}]}}",
         "spec.subsets[0].trafficPolicy.portLevelSettings[0].loadBalancer: expected an object, "
         "found 3"},
    };
    struct sw_world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_destinationrule rule = {.n_levels = 7};
        struct sw_err err = {0};
        int r =
            sw_destinationrule_read(sw_world_json(world, cases[i][0]), &world->arena, &rule, &err);

        sw_check_err(r, &err, SW_ETYPE, cases[i][1]);
        assert_int_equal(rule.n_levels, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_host_and_names),
        SW_WORLD_TEST(read_of_nothing_has_an_absent_top_level),
        SW_WORLD_TEST(read_lists_levels_in_document_order),
        SW_WORLD_TEST(read_keeps_each_level_to_itself),
        SW_WORLD_TEST(read_takes_many_subsets),
        SW_WORLD_TEST(read_refuses_more_levels_than_anyone_writes),
        SW_WORLD_TEST(read_takes_the_load_balancer),
        SW_WORLD_TEST(read_takes_locality),
        SW_WORLD_TEST(read_takes_an_empty_list_for_absent),
        SW_WORLD_TEST(read_takes_tls),
        SW_WORLD_TEST(read_takes_an_absent_tls_mode_for_disable),
        SW_WORLD_TEST(read_takes_the_inject_annotation_for_false_alone),
        SW_WORLD_TEST(read_refuses_each_wrong_type_by_its_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
