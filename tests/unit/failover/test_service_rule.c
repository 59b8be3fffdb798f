/* pkg/failover/service_rule.c: the namespace's label, the record, and warnings; nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/service_rule.h"
#include "lib/check.h"
#include "lib/judge.h"
#include "lib/world.h"

#define SPEC                SW_WORLD_SERVICE_SPEC

#define ADD(key, value)     "{'op':'add','path':'/metadata/labels" key "','value':" value "}"
#define REPLACE(key, value) "{'op':'replace','path':'/metadata/labels" key "','value':" value "}"
#define REMOVE(key)         "{'op':'remove','path':'/metadata/labels" key "'}"
#define FAILOVER            "/failover"
#define WORKSPACE           "/failover.tetrate.io~1workspace"
#define CLUSTER             "/failover.tetrate.io~1cluster"

/* The two labels as the rule writes them. */
#define RECORDED                                                                                   \
    "'failover.tetrate.io/workspace':'shop',"                                                      \
    "'failover.tetrate.io/cluster':'east'"

/* A world of one cluster, east, with workspace shop over namespace shop, and a setting of it. */
static void begin(struct sw_world *world, const char *setting)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_setting(world, "shop", setting);
}

static struct sw_outcome judge_object(struct sw_world *world, json_t *object)
{
    return sw_judge(world, sw_service_rule, object);
}

/* Judges a Service of namespace shop; `labels` is the value of metadata.labels. */
static struct sw_outcome judge(struct sw_world *world, const char *labels, const char *spec)
{
    return judge_object(world,
                        sw_world_jsonf(world,
                                       "{'apiVersion':'v1','kind':'Service','metadata':{'name':"
                                       "'cart','namespace':'shop','labels':%s},'spec':%s}",
                                       labels, spec));
}

static void rule_records_who_exposes_it(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "{'app':'cart'}", SPEC),
             "[" ADD(WORKSPACE, "'shop'") "," ADD(CLUSTER, "'east'") "]", "");
}

static void rule_makes_labels_where_there_are_none(void **state)
{
    static const char expected[] =
        "[" ADD("", "{}") "," ADD(WORKSPACE, "'shop'") "," ADD(CLUSTER, "'east'") "]";

    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "null", SPEC), expected, "");
    sw_check(judge_object(*state, sw_world_json(*state, "{'metadata':{'name':'cart','namespace':"
                                                        "'shop'},'spec':" SPEC "}")),
             expected, "");
}

static void rule_leaves_a_right_record_alone(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "{" RECORDED "}", SPEC), "[]", "");
}

static void rule_corrects_a_wrong_record(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state,
                   "{'failover.tetrate.io/workspace':'bank',"
                   "'failover.tetrate.io/cluster':''}",
                   SPEC),
             "[" REPLACE(WORKSPACE, "'shop'") "," REPLACE(CLUSTER, "'east'") "]", "");
}

static void rule_removes_the_record_of_what_is_no_longer_exposed(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "{" RECORDED ",'failover':'disable'}", SPEC),
             "[" REMOVE(WORKSPACE) "," REMOVE(CLUSTER) "]", "");
    sw_check(judge(*state, "{'failover.tetrate.io/cluster':'west','failover':'disable'}", SPEC),
             "[" REMOVE(CLUSTER) "]", "");
}

static void rule_removes_the_record_outside_every_workspace(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    sw_check(judge(*state, "{" RECORDED "}", SPEC), "[" REMOVE(WORKSPACE) "," REMOVE(CLUSTER) "]",
             "");
}

static void rule_outside_every_workspace_is_silent(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    sw_check(judge(*state, "{}", "{'clusterIP':'None'}"), "[]", "");
}

static void rule_leaves_the_users_own_labels_alone(void **state)
{
    static const char labels[] = "{" RECORDED ",'failover.tetrate.io/fault-domain':'a',"
                                 "'failover.tetrate.io/workspaces':'x'}";

    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, labels, SPEC), "[]", "");
}

static void rule_takes_the_namespaces_failover_label(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    sw_check(
        judge(*state, "{'app':'cart'}", SPEC),
        "[" ADD(FAILOVER, "'enable'") "," ADD(WORKSPACE, "'shop'") "," ADD(CLUSTER, "'east'") "]",
        "");
}

static void rule_takes_disable_from_the_namespace_too(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'failover':'disable'}");
    sw_check(judge(*state, "{" RECORDED "}", SPEC),
             "[" ADD(FAILOVER, "'disable'") "," REMOVE(WORKSPACE) "," REMOVE(CLUSTER) "]", "");
    sw_check(judge(*state, "null", SPEC), "[" ADD("", "{}") "," ADD(FAILOVER, "'disable'") "]", "");
}

static void rule_lets_an_explicit_value_stand(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'failover':'disable'}");
    sw_check(judge(*state, "{'failover':'enable'," RECORDED "}", SPEC), "[]", "");
    sw_check(judge(*state, "{'failover':'disabled'," RECORDED "}", SPEC), "[]",
             "FailoverLabel metadata.labels.failover: 'disabled' is neither enable nor disable, so "
             "it opts nothing out");
    sw_check(judge(*state, "{'failover':'disable'}", SPEC), "[]", "");
}

static void rule_takes_the_label_without_any_setting(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    sw_check(judge(*state, "{}", SPEC), "[" ADD(FAILOVER, "'enable'") "]", "");
}

/* A setting never causes the label, so that narrowing it later still narrows. */
static void rule_takes_no_label_from_a_setting(void **state)
{
    begin(*state,
          "{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw','labels':"
          "{'app':'gw'}},'exposedServices':[{'serviceLabels':{'failover':'enable'}}]}]}");
    sw_world_namespace(*state, "shop", "{}");
    sw_check(judge(*state, "{}", SPEC), "[]", "");
}

static void rule_exposes_a_namespace_that_opted_in(void **state)
{
    begin(*state,
          "{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw','labels':"
          "{'app':'gw'}},'exposedServices':[{'serviceLabels':{'failover':'enable'}}]}]}");
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    sw_check(
        judge(*state, "{}", SPEC),
        "[" ADD(FAILOVER, "'enable'") "," ADD(WORKSPACE, "'shop'") "," ADD(CLUSTER, "'east'") "]",
        "");
}

static void rule_warns_of_a_namespace_label_that_it_does_not_know(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'failover':'Enabled'}");
    sw_check(
        judge(*state, "{" RECORDED "}", SPEC), "[]",
        "NamespaceLabel metadata.labels.failover: namespace shop has failover=Enabled, neither "
        "enable nor disable: not set");
    sw_check(judge(*state, "{'failover':'enable'," RECORDED "}", SPEC), "[]", "");
}

static void rule_in_a_namespace_that_is_not_in_the_view_inherits_nothing(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "{" RECORDED "}", SPEC), "[]", "");
}

static void rule_warns_of_what_will_not_fail_over(void **state)
{
    static const char *const cases[][2] = {
        {"{'type':'ExternalName'}",
         "ExternalName spec: will not fail over: an ExternalName Service has no endpoints"},
        {"{'clusterIP':'None'}",
         "Headless spec: will not fail over: Istio gives a headless Service no WorkloadEntries"},
        {"{'ports':[{'name':'a','port':1}]}",
         "NoSelector spec: will not fail over: a Service without a selector takes no "
         "WorkloadEntries"},
        {"{'selector':{'a':'b'},'internalTrafficPolicy':'Local'}",
         "LocalTrafficPolicy spec: will not fail over: internalTrafficPolicy: Local keeps traffic "
         "on the node"},
        {"{'selector':{'a':'b'},'ports':[{'port':80}]}",
         "NoNamedTCPPort spec: will not fail over: it has no named TCP port, and an unnamed port "
         "cannot go through a WorkloadEntry"},
    };

    begin(*state, SW_WORLD_EXPOSE_ALL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        sw_check(judge(*state, "{}", cases[i][0]), "[]", cases[i][1]);
}

static void rule_warns_in_an_ambient_namespace(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'istio.io/dataplane-mode':'ambient'}");
    sw_check(
        judge(*state, "{}", SPEC), "[]",
        "Ambient spec: will not fail over: its namespace is in the ambient data plane, which has "
        "no sidecars");
}

/* Not to be exposed is the user's own choice there, and the stub is ours. */
static void rule_does_not_warn_of_what_was_never_asked_to_fail_over(void **state)
{
    begin(*state,
          "{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw','labels':"
          "{'app':'gw'}},'exposedServices':[{'serviceLabels':{'tier':'web'}}]}]}");
    sw_check(judge(*state, "{}", "{'clusterIP':'None'}"), "[]", "");
    sw_check(judge(*state, "{'tier':'web','failover':'disable'}", "{'clusterIP':'None'}"), "[]",
             "");
    sw_check(judge(*state, "{'tier':'web','app.kubernetes.io/managed-by':'spillway'}",
                   "{'clusterIP':'None'}"),
             "[]", "");
}

static void rule_warns_of_each_unnamed_port(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "{" RECORDED "}",
                   "{'selector':{'a':'b'},'ports':[{'port':80},{'name':'a','port':81},"
                   "{'name':'','port':82},{'port':53,'protocol':'UDP'}]}"),
             "[]",
             "UnnamedPort spec.ports[0]: port 80 will not fail over: an unnamed port cannot go "
             "through a WorkloadEntry\n"
             "UnnamedPort spec.ports[2]: port 82 will not fail over: an unnamed port cannot go "
             "through a WorkloadEntry");
}

static void rule_does_not_record_a_name_that_is_no_label_value(void **state)
{
    /* 63 bytes are a label value, 64 are none. */
    static const char fits[] = "c23456789012345678901234567890123456789012345678901234567890123";
    static const char long_[] = "c234567890123456789012345678901234567890123456789012345678901234";
    struct sw_world *world = *state;

    sw_world_cluster(world, fits);
    sw_world_workspace(world, long_, "['*/shop']");
    sw_world_setting(world, long_, SW_WORLD_EXPOSE_ALL);
    sw_check(judge(world, "{}", SPEC),
             sw_arena_printf(&world->arena,
                             "[{'op':'add','path':'/metadata/labels" CLUSTER "','value':'%s'}]",
                             fits),
             sw_arena_printf(&world->arena,
                             "LabelValue metadata.labels['failover.tetrate.io/workspace']: '%s' "
                             "cannot be a label value",
                             long_));
}

static void rule_removes_a_record_that_can_no_longer_be_made(void **state)
{
    sw_world_cluster(*state, "-east");
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_setting(*state, "shop", SW_WORLD_EXPOSE_ALL);
    sw_check(judge(*state, "{" RECORDED "}", SPEC), "[" REMOVE(CLUSTER) "]",
             "LabelValue metadata.labels['failover.tetrate.io/cluster']: '-east' cannot be a label "
             "value");
}

static void rule_leaves_what_it_cannot_read(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(
        judge(*state, "{'a':1}", SPEC), "[]",
        "Unreadable left as it is: metadata.labels.a: expected a string, found 1");
    sw_check(
        judge(*state, "{}", "{'ports':[{'port':0}]}"), "[]",
        "Unreadable left as it is: spec.ports[0].port: expected an integer from 1 "
        "to 65535, found 0");
    sw_check(judge_object(*state, sw_world_json(*state, "[]")), "[]", "");
}

static void rule_leaves_what_is_being_deleted(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(
        judge_object(*state, sw_world_json(*state, "{'metadata':{'name':'cart','namespace':'shop',"
                                                   "'deletionTimestamp':'2026-01-01T00:00:00Z'},"
                                                   "'spec':" SPEC "}")),
        "[]", "");
}

/* An object that generateName will name has no name yet. */
static void rule_needs_no_name(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_check(judge_object(
                 *state, sw_world_json(*state, "{'metadata':{'generateName':'cart-',"
                                               "'namespace':'shop','labels':{}},'spec':" SPEC "}")),
             "[" ADD(WORKSPACE, "'shop'") "," ADD(CLUSTER, "'east'") "]", "");
}

static void rule_judges_by_the_local_cluster_and_the_config_clusters_workspaces(void **state)
{
    struct sw_world *world = *state;

    sw_world_cluster(world, "mgmt");
    sw_world_workspace(world, "shop", "['west/shop']");
    sw_world_setting(world, "shop", SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(world, "shop", "{'failover':'disable'}");
    sw_world_cluster(world, "west");
    sw_world_namespace(world, "shop", "{'failover':'enable'}");
    sw_world_build(world);
    sw_check(judge(world, "{" RECORDED "}", SPEC), "[" REMOVE(WORKSPACE) "," REMOVE(CLUSTER) "]",
             "");
    world->index.local = 1;
    sw_check(judge(world, "{" RECORDED "}", SPEC),
             "[" ADD(FAILOVER, "'enable'") "," REPLACE(CLUSTER, "'west'") "]", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(rule_records_who_exposes_it),
        SW_WORLD_TEST(rule_makes_labels_where_there_are_none),
        SW_WORLD_TEST(rule_leaves_a_right_record_alone),
        SW_WORLD_TEST(rule_corrects_a_wrong_record),
        SW_WORLD_TEST(rule_removes_the_record_of_what_is_no_longer_exposed),
        SW_WORLD_TEST(rule_removes_the_record_outside_every_workspace),
        SW_WORLD_TEST(rule_outside_every_workspace_is_silent),
        SW_WORLD_TEST(rule_leaves_the_users_own_labels_alone),
        SW_WORLD_TEST(rule_takes_the_namespaces_failover_label),
        SW_WORLD_TEST(rule_takes_disable_from_the_namespace_too),
        SW_WORLD_TEST(rule_lets_an_explicit_value_stand),
        SW_WORLD_TEST(rule_takes_the_label_without_any_setting),
        SW_WORLD_TEST(rule_takes_no_label_from_a_setting),
        SW_WORLD_TEST(rule_exposes_a_namespace_that_opted_in),
        SW_WORLD_TEST(rule_warns_of_a_namespace_label_that_it_does_not_know),
        SW_WORLD_TEST(rule_in_a_namespace_that_is_not_in_the_view_inherits_nothing),
        SW_WORLD_TEST(rule_warns_of_what_will_not_fail_over),
        SW_WORLD_TEST(rule_warns_in_an_ambient_namespace),
        SW_WORLD_TEST(rule_does_not_warn_of_what_was_never_asked_to_fail_over),
        SW_WORLD_TEST(rule_warns_of_each_unnamed_port),
        SW_WORLD_TEST(rule_does_not_record_a_name_that_is_no_label_value),
        SW_WORLD_TEST(rule_removes_a_record_that_can_no_longer_be_made),
        SW_WORLD_TEST(rule_leaves_what_it_cannot_read),
        SW_WORLD_TEST(rule_leaves_what_is_being_deleted),
        SW_WORLD_TEST(rule_needs_no_name),
        SW_WORLD_TEST(rule_judges_by_the_local_cluster_and_the_config_clusters_workspaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
