/* pkg/failover/expose.c: may a Service be reached from other clusters, and by whose word? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/expose.h"
#include "lib/check.h"
#include "lib/world.h"

#define GATEWAY(namespace_, exposed)                                                               \
    "{'workloadSelector':{'namespace':'" namespace_ "','labels':{'app':'gw'}},"                    \
    "'exposedServices':" exposed "}"
#define GATEWAYS(list)  "{'defaultEastWestGatewaySettings':[" list "]}"
#define EXPOSE(exposed) GATEWAYS(GATEWAY("gw", exposed))
#define LABELS(labels)  "{'serviceLabels':" labels "}"

/* A world of one cluster, east, with workspace shop over namespace shop, and a setting of it. */
static void begin(struct sw_world *world, const char *spec)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_setting(world, "shop", spec);
}

/* Judges a Service of namespace shop with these labels and this spec, in the first cluster. Builds
 * the world if that has not been done. */
static struct sw_exposure expose_with(struct sw_world *world, const char *labels, const char *spec)
{
    struct sw_service service;
    struct sw_err err = {0};
    json_t *object = sw_world_jsonf(
        world, "{'metadata':{'name':'cart','namespace':'shop','labels':%s},'spec':%s}", labels,
        spec);

    if (sw_service_read(object, &world->arena, &service, &err) < 0)
        fail_msg("%s", err.message);
    if (!world->index.views)
        sw_world_build(world);
    return sw_expose(&world->index, world->list[0], &service);
}

static struct sw_exposure expose(struct sw_world *world, const char *labels)
{
    return expose_with(world, labels, SW_WORLD_SERVICE_SPEC);
}

static void check_reason(enum sw_reason actual, enum sw_reason expected)
{
    assert_string_equal(sw_reason_word(actual), sw_reason_word(expected));
}

static void expose_without_exposed_services_takes_every_service(void **state)
{
    struct sw_world *world = *state;
    struct sw_exposure exposure;

    begin(world, SW_WORLD_EXPOSE_ALL);
    exposure = expose(world, "{}");
    check_reason(exposure.reason, SW_EXPOSED);
    sw_check_str(exposure.workspace->meta.name, "shop");
    assert_ptr_equal(exposure.setting, world->views[0].settings[0]);
    assert_ptr_equal(exposure.gateways, &world->views[0].settings[0]->gateways[0]);
}

static void expose_outside_every_workspace_is_no_workspace(void **state)
{
    struct sw_exposure exposure;

    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['west/shop','east/shop2']");
    sw_world_setting(*state, "shop", SW_WORLD_EXPOSE_ALL);
    exposure = expose(*state, "{'failover':'enable'}");
    check_reason(exposure.reason, SW_NO_WORKSPACE);
    assert_null(exposure.workspace);
    assert_null(exposure.setting);
    assert_null(exposure.gateways);
}

static void expose_without_gateway_settings_is_no_setting(void **state)
{
    struct sw_exposure exposure;

    begin(*state, "{'regionalFailover':[{'from':'a','to':'b'}]}");
    exposure = expose(*state, "{}");
    check_reason(exposure.reason, SW_NO_SETTING);
    sw_check_str(exposure.workspace->meta.name, "shop");
    assert_null(exposure.setting);
}

static void expose_by_the_setting_of_another_workspace_is_not(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_workspace(*state, "bank", "['*/bank']");
    sw_world_setting(*state, "bank", SW_WORLD_EXPOSE_ALL);
    check_reason(expose(*state, "{}").reason, SW_NO_SETTING);
}

static void expose_by_the_setting_of_the_losing_workspace_is_not(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "a", "['*/shop']");
    sw_world_workspace(*state, "b", "['*/shop']");
    sw_world_setting(*state, "b", SW_WORLD_EXPOSE_ALL);
    check_reason(expose(*state, "{}").reason, SW_NO_SETTING);
}

static void expose_wants_all_labels_of_an_item(void **state)
{
    struct sw_exposure exposure;

    begin(*state, EXPOSE("[" LABELS("{'tier':'web','team':'a'}") "]"));
    check_reason(expose(*state, "{'tier':'web','team':'a','x':'y'}").reason, SW_EXPOSED);
    exposure = expose(*state, "{'tier':'web'}");
    check_reason(exposure.reason, SW_NOT_SELECTED);
    assert_null(exposure.setting);
    assert_null(exposure.gateways);
    check_reason(expose(*state, "{'tier':'web','team':'b'}").reason, SW_NOT_SELECTED);
    check_reason(expose(*state, "{}").reason, SW_NOT_SELECTED);
}

static void expose_wants_any_of_the_items(void **state)
{
    begin(*state, EXPOSE("[" LABELS("{'tier':'web'}") "," LABELS("{'tier':'api'}") "]"));
    check_reason(expose(*state, "{'tier':'web'}").reason, SW_EXPOSED);
    check_reason(expose(*state, "{'tier':'api'}").reason, SW_EXPOSED);
    check_reason(expose(*state, "{'tier':'db'}").reason, SW_NOT_SELECTED);
}

static void expose_by_the_first_gateway_setting_that_matches(void **state)
{
    struct sw_world *world = *state;
    const struct sw_gateway_setting *gateways;

    begin(world, GATEWAYS(GATEWAY("one", "[" LABELS("{'tier':'web'}") "]") "," GATEWAY(
                     "two", "[" LABELS("{'team':'a'}") "]") "," GATEWAY("three", "[]")));
    gateways = expose(world, "{'team':'a','tier':'web'}").gateways;
    sw_check_str(gateways->namespace_, "one");
    sw_check_str(expose(world, "{'team':'a'}").gateways->namespace_, "two");
    sw_check_str(expose(world, "{}").gateways->namespace_, "three");
}

static void expose_by_the_first_setting_that_matches(void **state)
{
    static const char setting[] =
        "{'apiVersion':'tsb.tetrate.io/v2','kind':'WorkspaceSetting','metadata':{'name':'%s',"
        "'creationTimestamp':'%s','annotations':{'tsb.tetrate.io/organization':'acme',"
        "'tsb.tetrate.io/tenant':'prod','tsb.tetrate.io/workspace':'shop'}},'spec':%s}";
    struct sw_world *world = *state;

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_add(world, sw_arena_printf(&world->arena, setting, "young", "2026-03-01T00:00:00Z",
                                        EXPOSE("[]")));
    sw_world_add(world, sw_arena_printf(&world->arena, setting, "old", "2026-01-01T00:00:00Z",
                                        EXPOSE("[" LABELS("{'tier':'web'}") "]")));
    sw_world_add(world,
                 sw_arena_printf(&world->arena, setting, "none", "2025-01-01T00:00:00Z", "{}"));
    sw_check_str(expose(world, "{'tier':'web'}").setting->meta.name, "old");
    sw_check_str(expose(world, "{}").setting->meta.name, "young");
}

static void expose_counts_the_namespaces_failover_label_as_the_services(void **state)
{
    begin(*state, EXPOSE("[" LABELS("{'failover':'enable'}") "]"));
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    check_reason(expose(*state, "{}").reason, SW_EXPOSED);
    check_reason(expose(*state, "{'failover':'disable'}").reason, SW_NOT_SELECTED);
    check_reason(expose(*state, "{'failover':''}").reason, SW_NOT_SELECTED);
    check_reason(expose(*state, "{'failover':'enable'}").reason, SW_EXPOSED);
}

static void expose_counts_no_other_label_of_the_namespace(void **state)
{
    begin(*state, EXPOSE("[" LABELS("{'failover':'enable','tier':'web'}") "]"));
    sw_world_namespace(*state, "shop", "{'failover':'enable','tier':'web'}");
    check_reason(expose(*state, "{}").reason, SW_NOT_SELECTED);
    check_reason(expose(*state, "{'tier':'web'}").reason, SW_EXPOSED);
    check_reason(expose(*state, "{'tier':'web','failover':'no'}").reason, SW_NOT_SELECTED);
}

static void expose_of_a_namespace_that_is_not_in_the_view_inherits_nothing(void **state)
{
    begin(*state, EXPOSE("[" LABELS("{'failover':'enable'}") "]"));
    sw_world_namespace(*state, "other", "{'failover':'enable'}");
    check_reason(expose(*state, "{}").reason, SW_NOT_SELECTED);
    check_reason(expose(*state, "{'failover':'enable'}").reason, SW_EXPOSED);
}

/* The two labels that the webhook records are for people. */
static void expose_decides_nothing_from_the_record(void **state)
{
    static const char record[] = "{'failover.tetrate.io/workspace':'%s',"
                                 "'failover.tetrate.io/cluster':'west'}";
    struct sw_world *world = *state;

    begin(world, EXPOSE("[" LABELS("{'failover':'enable'}") "]"));
    check_reason(expose(world, sw_arena_printf(&world->arena, record, "shop")).reason,
                 SW_NOT_SELECTED);
    sw_world_teardown(state);
    sw_world_setup(state);
    world = *state;
    begin(world, SW_WORLD_EXPOSE_ALL);
    check_reason(expose(world, sw_arena_printf(&world->arena, record, "bank")).reason, SW_EXPOSED);
}

static void expose_of_a_disabled_service_is_disabled(void **state)
{
    struct sw_exposure exposure;

    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'failover':'enable'}");
    exposure = expose(*state, "{'failover':'disable'}");
    check_reason(exposure.reason, SW_DISABLED);
    assert_non_null(exposure.setting);
    check_reason(expose(*state, "{'failover':'Disable'}").reason, SW_EXPOSED);
}

static void expose_in_a_disabled_namespace_is_disabled_unless_the_service_says_otherwise(
    void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'failover':'disable'}");
    check_reason(expose(*state, "{}").reason, SW_DISABLED);
    check_reason(expose(*state, "{'failover':'disable'}").reason, SW_DISABLED);
    check_reason(expose(*state, "{'failover':'enable'}").reason, SW_EXPOSED);
    check_reason(expose(*state, "{'failover':'maybe'}").reason, SW_EXPOSED);
    check_reason(expose(*state, "{'failover':''}").reason, SW_EXPOSED);
}

static void expose_disables_before_it_asks_what_istio_can_do(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    check_reason(expose_with(*state, "{'failover':'disable'}", "{}").reason, SW_DISABLED);
}

static void expose_refuses_what_takes_no_workloadentry(void **state)
{
    static const struct {
        const char *spec;
        enum sw_reason reason;
    } cases[] = {
        {"{'type':'ExternalName','externalName':'x.y'}", SW_EXTERNAL_NAME},
        {"{'type':'ExternalName','clusterIP':'None'}", SW_EXTERNAL_NAME},
        {"{'clusterIP':'None','selector':{'app':'x'},'ports':[{'name':'a','port':1}]}",
         SW_HEADLESS},
        {"{'clusterIP':'None'}", SW_HEADLESS},
        {"{'ports':[{'name':'a','port':1}]}", SW_NO_SELECTOR},
        {"{'selector':{},'ports':[{'name':'a','port':1}]}", SW_NO_SELECTOR},
        {"null", SW_NO_SELECTOR},
        {"{'selector':{'app':'x'},'ports':[{'name':'a','port':1}],"
         "'internalTrafficPolicy':'Local'}",
         SW_LOCAL_ONLY},
        {"{'selector':{'app':'x'}}", SW_NO_NAMED_TCP_PORT},
        {"{'selector':{'app':'x'},'ports':[]}", SW_NO_NAMED_TCP_PORT},
        {"{'selector':{'app':'x'},'ports':[{'port':80}]}", SW_NO_NAMED_TCP_PORT},
        {"{'selector':{'app':'x'},'ports':[{'name':'','port':80}]}", SW_NO_NAMED_TCP_PORT},
        {"{'selector':{'app':'x'},'ports':[{'name':'dns','port':53,'protocol':'UDP'},"
         "{'port':80}]}",
         SW_NO_NAMED_TCP_PORT},
        {"{'selector':{'app':'x'},'ports':[{'name':'dns','port':53,'protocol':'UDP'},"
         "{'port':80},{'name':'a','port':81}]}",
         SW_EXPOSED},
    };

    begin(*state, SW_WORLD_EXPOSE_ALL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_exposure exposure = expose_with(*state, "{}", cases[i].spec);

        check_reason(exposure.reason, cases[i].reason);
        assert_non_null(exposure.setting);
    }
}

/* A workspace of everything holds the gateways too, and one gateway behind another leads nowhere.
 */
static void expose_of_a_gateway_of_any_setting_is_a_gateway(void **state)
{
    static const struct {
        const char *labels, *spec;
        enum sw_reason reason;
    } cases[] = {
        {"{}", "{'selector':{'app':'gw'},'ports':[{'name':'a','port':15443}]}", SW_IS_GATEWAY},
        {"{'app':'gw'}", "{'ports':[{'name':'a','port':15443}]}", SW_IS_GATEWAY},
        {"{}", "{'selector':{'app':'gw'},'ports':[{'name':'a','port':443}]}", SW_EXPOSED},
        {"{}", "{'selector':{'app':'x'},'ports':[{'name':'a','port':15443}]}", SW_EXPOSED},
    };

    begin(*state, GATEWAYS(GATEWAY("elsewhere", "[]") "," GATEWAY("shop", "[]")));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_reason(expose_with(*state, cases[i].labels, cases[i].spec).reason, cases[i].reason);
}

static void expose_of_a_stub_of_ours_is_a_stub(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    check_reason(expose(*state, "{'app.kubernetes.io/managed-by':'spillway'}").reason, SW_STUB);
    check_reason(expose(*state, "{'app.kubernetes.io/managed-by':'Helm'}").reason, SW_EXPOSED);
}

static void expose_in_an_ambient_namespace_is_ambient(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'istio.io/dataplane-mode':'ambient'}");
    check_reason(expose(*state, "{}").reason, SW_AMBIENT);
    check_reason(expose(*state, "{'failover':'enable'}").reason, SW_AMBIENT);
}

static void expose_in_a_namespace_of_another_data_plane_mode_is_exposed(void **state)
{
    begin(*state, SW_WORLD_EXPOSE_ALL);
    sw_world_namespace(*state, "shop", "{'istio.io/dataplane-mode':'none'}");
    check_reason(expose(*state, "{}").reason, SW_EXPOSED);
}

static void expose_judges_by_the_cluster_of_the_view(void **state)
{
    struct sw_world *world = *state;
    struct sw_service service;
    json_t *object = sw_world_json(world, "{'metadata':{'name':'cart','namespace':'shop'},"
                                          "'spec':" SW_WORLD_SERVICE_SPEC "}");

    assert_int_equal(sw_service_read(object, &world->arena, &service, NULL), 0);
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['west/shop','north/shop']");
    sw_world_setting(world, "shop", SW_WORLD_EXPOSE_ALL);
    sw_world_cluster(world, "west");
    sw_world_cluster(world, "north");
    sw_world_namespace(world, "shop", "{'failover':'disable'}");
    sw_world_build(world);
    check_reason(sw_expose(&world->index, world->list[0], &service).reason, SW_NO_WORKSPACE);
    check_reason(sw_expose(&world->index, world->list[1], &service).reason, SW_EXPOSED);
    check_reason(sw_expose(&world->index, world->list[2], &service).reason, SW_DISABLED);
}

static void failover_label_is_the_services_or_its_namespaces(void **state)
{
    struct sw_world *world = *state;
    const struct sw_view *view;
    struct sw_str label;

    sw_world_cluster(world, "east");
    sw_world_namespace(world, "shop", "{'failover':'enable'}");
    sw_world_namespace(world, "bare", "{}");
    sw_world_service(world, "shop", "inherits", "{}");
    sw_world_service(world, "shop", "own", "{'failover':''}");
    sw_world_service(world, "bare", "none", "{}");
    sw_world_service(world, "lost", "none", "{}");
    view = sw_world_build(world)->views[0];
    label =
        sw_expose_failover_label(view, sw_view_service(view, SW_STR("shop"), SW_STR("inherits")));
    sw_check_str(label, "enable");
    label = sw_expose_failover_label(view, sw_view_service(view, SW_STR("shop"), SW_STR("own")));
    sw_check_str(label, "");
    label = sw_expose_failover_label(view, sw_view_service(view, SW_STR("bare"), SW_STR("none")));
    sw_check_str(label, NULL);
    label = sw_expose_failover_label(view, sw_view_service(view, SW_STR("lost"), SW_STR("none")));
    sw_check_str(label, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(expose_without_exposed_services_takes_every_service),
        SW_WORLD_TEST(expose_outside_every_workspace_is_no_workspace),
        SW_WORLD_TEST(expose_without_gateway_settings_is_no_setting),
        SW_WORLD_TEST(expose_by_the_setting_of_another_workspace_is_not),
        SW_WORLD_TEST(expose_by_the_setting_of_the_losing_workspace_is_not),
        SW_WORLD_TEST(expose_wants_all_labels_of_an_item),
        SW_WORLD_TEST(expose_wants_any_of_the_items),
        SW_WORLD_TEST(expose_by_the_first_gateway_setting_that_matches),
        SW_WORLD_TEST(expose_by_the_first_setting_that_matches),
        SW_WORLD_TEST(expose_counts_the_namespaces_failover_label_as_the_services),
        SW_WORLD_TEST(expose_counts_no_other_label_of_the_namespace),
        SW_WORLD_TEST(expose_of_a_namespace_that_is_not_in_the_view_inherits_nothing),
        SW_WORLD_TEST(expose_decides_nothing_from_the_record),
        SW_WORLD_TEST(expose_of_a_disabled_service_is_disabled),
        SW_WORLD_TEST(expose_in_a_disabled_namespace_is_disabled_unless_the_service_says_otherwise),
        SW_WORLD_TEST(expose_disables_before_it_asks_what_istio_can_do),
        SW_WORLD_TEST(expose_refuses_what_takes_no_workloadentry),
        SW_WORLD_TEST(expose_of_a_gateway_of_any_setting_is_a_gateway),
        SW_WORLD_TEST(expose_of_a_stub_of_ours_is_a_stub),
        SW_WORLD_TEST(expose_in_an_ambient_namespace_is_ambient),
        SW_WORLD_TEST(expose_in_a_namespace_of_another_data_plane_mode_is_exposed),
        SW_WORLD_TEST(expose_judges_by_the_cluster_of_the_view),
        SW_WORLD_TEST(failover_label_is_the_services_or_its_namespaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
