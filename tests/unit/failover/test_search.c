/* pkg/failover/search.c: what selectors match, and what comes nearest where they match nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/search.h"
#include "lib/check.h"
#include "lib/world.h"

#define PORT "'ports':[{'port':15443}]"

/* Adds a Service with these labels and this spec. */
static void add_service(struct sw_world *world, const char *namespace_, const char *name,
                        const char *labels, const char *spec)
{
    sw_world_addf(world,
                  "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'%s','name':'%s',"
                  "'labels':%s},'spec':%s}",
                  namespace_, name, labels, spec);
}

/* Gateway settings for namespace gw and these labels. */
static struct sw_gateway_setting wanted(struct sw_world *world, const char *labels)
{
    struct sw_gateway_setting gateways = {.namespace_ = SW_STR("gw")};
    json_t *object = sw_world_jsonf(world, "{'labels':%s}", labels);

    assert_int_equal(sw_labels_read(object, "labels", NULL, &world->arena, &gateways.labels, NULL),
                     0);
    return gateways;
}

static bool is_gateway(struct sw_world *world, const char *namespace_, const char *labels,
                       const char *spec)
{
    struct sw_gateway_setting gateways = wanted(world, "{'app':'gw','istio':'ew'}");
    struct sw_service service;
    json_t *object =
        sw_world_jsonf(world, "{'metadata':{'name':'x','namespace':'%s','labels':%s},'spec':%s}",
                       namespace_, labels, spec);

    assert_int_equal(sw_service_read(object, &world->arena, &service, NULL), 0);
    return sw_search_is_gateway(&gateways, &service);
}

static void check_nearest_gateway(struct sw_world *world, const char *labels, const char *expected)
{
    struct sw_gateway_setting gateways = wanted(world, labels);
    struct sw_buf buf;

    if (!world->index.views)
        sw_world_build(world);
    sw_buf_init(&buf, 4096);
    sw_search_nearest_gateway(&world->index, &gateways, &buf);
    sw_check_buf(&buf, expected);
}

/* What the workspace of that rank owns in the view. */
static struct sw_owned owned_by(struct sw_world *world, size_t view, size_t workspace)
{
    const struct sw_view *config = sw_index_config(&world->index);
    struct sw_owned owned = {0};
    struct sw_err err = {0};

    if (sw_search_owned(&world->index, world->index.views[view], config->workspaces[workspace],
                        &world->arena, &owned, &err) < 0)
        fail_msg("%s", err.message);
    return owned;
}

static bool finds(struct sw_world *world, size_t view, size_t workspace,
                  const struct sw_labels *selector)
{
    struct sw_owned owned = owned_by(world, view, workspace);

    return sw_search_service(&owned, selector);
}

static void check_nearest_service(struct sw_world *world, const char *labels, const char *expected)
{
    struct sw_gateway_setting selector = wanted(world, labels);
    struct sw_owned owned[8];
    struct sw_buf buf;

    if (!world->index.views)
        sw_world_build(world);
    assert_true(world->index.n_views <= 8);
    for (size_t i = 0; i < world->index.n_views; i++)
        owned[i] = owned_by(world, i, 0);
    sw_buf_init(&buf, 4096);
    sw_search_nearest_service(owned, world->index.n_views, &selector.labels, &buf);
    sw_check_buf(&buf, expected);
}

static void check_nearest_workspace(struct sw_world *world, const char *name, const char *expected)
{
    struct sw_hierarchy hierarchy = {.workspace = sw_str_from(name)};
    struct sw_buf buf;

    if (!world->index.views)
        sw_world_build(world);
    sw_buf_init(&buf, 4096);
    sw_search_nearest_workspace(&world->index, &hierarchy, &buf);
    sw_check_buf(&buf, expected);
}

static void is_gateway_by_selector_or_by_labels(void **state)
{
    assert_true(
        is_gateway(*state, "gw", "{}", "{'selector':{'app':'gw','istio':'ew','x':'y'}," PORT "}"));
    assert_true(is_gateway(*state, "gw", "{'app':'gw','istio':'ew'}",
                           "{'selector':{'app':'other'}," PORT "}"));
    assert_true(is_gateway(*state, "gw", "{'app':'gw','istio':'ew'}", "{" PORT "}"));
    assert_false(is_gateway(*state, "gw", "{'istio':'ew'}", "{'selector':{'app':'gw'}," PORT "}"));
    assert_false(is_gateway(*state, "gw", "{}", "{'selector':{'app':'gw'}," PORT "}"));
    assert_false(is_gateway(*state, "gw", "{}", "{" PORT "}"));
}

static void is_gateway_in_its_namespace_only(void **state)
{
    assert_false(is_gateway(*state, "gw2", "{'app':'gw','istio':'ew'}", "{" PORT "}"));
    assert_false(is_gateway(*state, "", "{'app':'gw','istio':'ew'}", "{" PORT "}"));
}

static void is_gateway_on_tcp_15443_only(void **state)
{
    static const char labels[] = "{'app':'gw','istio':'ew'}";

    assert_true(is_gateway(*state, "gw", labels, "{'ports':[{'port':80},{'port':15443}]}"));
    assert_false(is_gateway(*state, "gw", labels, "{'ports':[{'port':443}]}"));
    assert_false(is_gateway(*state, "gw", labels, "{'ports':[{'port':15443,'protocol':'UDP'}]}"));
    assert_false(is_gateway(*state, "gw", labels, "{'ports':[{'port':443,'targetPort':15443}]}"));
    assert_false(is_gateway(*state, "gw", labels, "{}"));
}

static void gateway_looks_through_its_namespace(void **state)
{
    struct sw_world *world = *state;
    struct sw_gateway_setting gateways = wanted(world, "{'app':'gw'}");

    sw_world_cluster(world, "east");
    add_service(world, "gw", "a", "{}", "{" PORT "}");
    add_service(world, "gw", "b", "{'app':'gw'}", "{" PORT "}");
    sw_world_cluster(world, "west");
    add_service(world, "gw2", "b", "{'app':'gw'}", "{" PORT "}");
    sw_world_build(world);
    assert_true(sw_search_gateway(world->list[0], &gateways));
    assert_false(sw_search_gateway(world->list[1], &gateways));
}

static void service_looks_through_the_workspaces_namespaces(void **state)
{
    struct sw_world *world = *state;
    struct sw_gateway_setting web = wanted(world, "{'tier':'web'}");
    struct sw_gateway_setting bank = wanted(world, "{'tier':'bank'}");

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop','*/empty']");
    sw_world_service(world, "bank", "a", "{'tier':'bank'}");
    sw_world_service(world, "shop", "a", "{'tier':'db'}");
    sw_world_service(world, "shop", "b", "{'tier':'web','x':'y'}");
    sw_world_cluster(world, "west");
    sw_world_service(world, "bank", "a", "{'tier':'web'}");
    sw_world_build(world);
    assert_true(finds(world, 0, 0, &web.labels));
    assert_false(finds(world, 0, 0, &bank.labels));
    assert_true(finds(world, 0, 0, NULL));
    assert_false(finds(world, 1, 0, &web.labels));
    assert_false(finds(world, 1, 0, NULL));
}

static void service_counts_what_the_workspace_owns(void **state)
{
    struct sw_world *world = *state;

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "a", "['*/shop']");
    sw_world_workspace(world, "b", "['*/*']");
    sw_world_service(world, "shop", "cart", "{}");
    sw_world_build(world);
    assert_true(finds(world, 0, 0, NULL));
    assert_false(finds(world, 0, 1, NULL));
}

static void service_counts_the_namespaces_failover_label(void **state)
{
    struct sw_world *world = *state;
    struct sw_gateway_setting enabled = wanted(world, "{'failover':'enable'}");

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_namespace(world, "shop", "{'failover':'enable'}");
    sw_world_service(world, "shop", "cart", "{}");
    sw_world_build(world);
    assert_true(finds(world, 0, 0, &enabled.labels));
}

static void nearest_workspace_is_the_closest_name(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "bookinfo", "[]");
    sw_world_workspace(*state, "bookings", "[]");
    check_nearest_workspace(*state, "bokinfo",
                            "the nearest is workspace bookinfo of organization 'acme', tenant "
                            "'prod'");
    check_nearest_workspace(*state, "booking",
                            "the nearest is workspace bookings of organization 'acme', tenant "
                            "'prod'");
    check_nearest_workspace(*state, "something-else-altogether",
                            "the nearest is workspace bookinfo of organization 'acme', tenant "
                            "'prod'");
}

static void nearest_workspace_of_the_same_name_shows_its_hierarchy(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "cart", "[]");
    sw_world_add(*state, "{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{'name':"
                         "'shop','annotations':{'tsb.tetrate.io/tenant':'test'}}}");
    check_nearest_workspace(*state, "shop",
                            "the nearest is workspace shop of organization '', tenant 'test'");
}

static void nearest_workspace_of_none_says_so(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_cluster(*state, "west");
    sw_world_workspace(*state, "shop", "[]");
    check_nearest_workspace(*state, "shop", "there is no Workspace at all: apply it first");
}

static void nearest_gateway_is_a_slip_of_the_pen_away(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{'app':'ingress'}", "{" PORT "}");
    sw_world_cluster(*state, "west");
    add_service(*state, "gw", "b", "{'app':'eastwest'}", "{" PORT "}");
    check_nearest_gateway(*state, "{'app':'eastwset'}",
                          "the nearest is Service gw/b in cluster west, which has app=eastwest");
}

static void nearest_gateway_shows_the_labels_that_come_nearer(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{'app':'wg'}", "{'selector':{'x':'y'}," PORT "}");
    check_nearest_gateway(*state, "{'app':'gw'}",
                          "the nearest is Service gw/a in cluster east, which has app=wg");
    check_nearest_gateway(*state, "{'x':'z'}",
                          "the nearest is Service gw/a in cluster east, which has x=y");
}

static void nearest_gateway_may_stand_in_another_namespace(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "istio-system", "a", "{'app':'gw'}", "{" PORT "}");
    check_nearest_gateway(
        *state, "{'app':'gw'}",
        "the nearest is Service istio-system/a in cluster east, which has app=gw");
}

static void nearest_gateway_may_lack_the_port(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{'app':'gw'}", "{'ports':[{'port':443}]}");
    add_service(*state, "istio-system", "a", "{'app':'gw'}", "{" PORT "}");
    check_nearest_gateway(*state, "{'app':'gw'}",
                          "the nearest is Service gw/a in cluster east, which has app=gw but no "
                          "TCP port 15443");
}

static void nearest_gateway_may_have_no_labels(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{}", "{" PORT "}");
    check_nearest_gateway(*state, "{'app':'gw'}",
                          "the nearest is Service gw/a in cluster east, which has no labels");
}

/* However many labels are wanted, what has the port is a neighbour, and so is what lacks it but
 * shares a label. */
static void nearest_gateway_of_many_labels_may_share_none(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{'app':'reviews'}", "{'ports':[{'port':80}]}");
    add_service(*state, "istio-system", "b", "{'app':'ingress'}", "{" PORT "}");
    check_nearest_gateway(
        *state, "{'app':'eastwestgateway','istio':'ew','x':'y'}",
        "the nearest is Service istio-system/b in cluster east, which has app=ingress");
}

static void nearest_gateway_of_many_labels_may_lack_the_port(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{'app':'gw'}", "{'ports':[{'port':443}]}");
    check_nearest_gateway(*state, "{'app':'gw','istio':'ew'}",
                          "the nearest is Service gw/a in cluster east, which has app=gw but no "
                          "TCP port 15443");
}

#define NO_GATEWAY "there is none: an IngressGateway with eastWestOnly: true makes one"

static void nearest_gateway_of_nothing_is_none(void **state)
{
    sw_world_cluster(*state, "east");
    check_nearest_gateway(*state, "{'app':'gw'}", NO_GATEWAY);
}

static void nearest_gateway_of_strangers_is_none(void **state)
{
    sw_world_cluster(*state, "east");
    add_service(*state, "gw", "a", "{'app':'reviews'}", "{'ports':[{'port':80}]}");
    add_service(*state, "gw", "b", "{}", "{'ports':[{'port':80}]}");
    check_nearest_gateway(*state, "{'app':'gw'}", NO_GATEWAY);
}

static void nearest_service_has_the_closest_labels(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_service(*state, "bank", "a", "{'tier':'web'}");
    sw_world_service(*state, "shop", "b", "{'team':'web'}");
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "shop", "c", "{'tier':'wbe','a':'b'}");
    check_nearest_service(*state, "{'tier':'web'}",
                          "the nearest is Service shop/c in cluster west, which has a=b, tier=wbe");
}

static void nearest_service_may_have_no_labels(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_service(*state, "shop", "a", "{}");
    check_nearest_service(*state, "{'tier':'web'}",
                          "the nearest is Service shop/a in cluster east, which has no labels");
}

static void nearest_service_of_an_empty_workspace_says_so(void **state)
{
    sw_world_cluster(*state, "east");
    sw_world_workspace(*state, "shop", "['*/shop']");
    sw_world_service(*state, "bank", "a", "{'tier':'web'}");
    check_nearest_service(*state, "{'tier':'web'}", "the workspace has no Service at all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(is_gateway_by_selector_or_by_labels),
        SW_WORLD_TEST(is_gateway_in_its_namespace_only),
        SW_WORLD_TEST(is_gateway_on_tcp_15443_only),
        SW_WORLD_TEST(gateway_looks_through_its_namespace),
        SW_WORLD_TEST(service_looks_through_the_workspaces_namespaces),
        SW_WORLD_TEST(service_counts_what_the_workspace_owns),
        SW_WORLD_TEST(service_counts_the_namespaces_failover_label),
        SW_WORLD_TEST(nearest_workspace_is_the_closest_name),
        SW_WORLD_TEST(nearest_workspace_of_the_same_name_shows_its_hierarchy),
        SW_WORLD_TEST(nearest_workspace_of_none_says_so),
        SW_WORLD_TEST(nearest_gateway_is_a_slip_of_the_pen_away),
        SW_WORLD_TEST(nearest_gateway_shows_the_labels_that_come_nearer),
        SW_WORLD_TEST(nearest_gateway_may_stand_in_another_namespace),
        SW_WORLD_TEST(nearest_gateway_may_lack_the_port),
        SW_WORLD_TEST(nearest_gateway_may_have_no_labels),
        SW_WORLD_TEST(nearest_gateway_of_many_labels_may_share_none),
        SW_WORLD_TEST(nearest_gateway_of_many_labels_may_lack_the_port),
        SW_WORLD_TEST(nearest_gateway_of_nothing_is_none),
        SW_WORLD_TEST(nearest_gateway_of_strangers_is_none),
        SW_WORLD_TEST(nearest_service_has_the_closest_labels),
        SW_WORLD_TEST(nearest_service_may_have_no_labels),
        SW_WORLD_TEST(nearest_service_of_an_empty_workspace_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
