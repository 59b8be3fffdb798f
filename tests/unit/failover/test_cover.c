/* pkg/failover/cover.c: which exposed Services a host covers, and whether it reaches too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failover/cover.h"
#include "lib/check.h"
#include "lib/world.h"

/* Two clusters, east (local) and west; workspace shop has namespaces shop and shop-2 of both,
 * workspace bank has namespace bank; both expose all they have. */
static void begin(struct sw_world *world)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop','*/shop-2']");
    sw_world_workspace(world, "bank", "['*/bank']");
    sw_world_setting(world, "shop", SW_WORLD_EXPOSE_ALL);
    sw_world_setting(world, "bank", SW_WORLD_EXPOSE_ALL);
}

/* What this host of a rule in namespace shop covers. Builds the world. */
static struct sw_cover find(struct sw_world *world, const char *text)
{
    struct sw_host host = sw_host_read(sw_str_from(text), SW_STR("shop"));

    if (!world->index.views)
        sw_world_build(world);
    return sw_cover_find(&world->index, &host);
}

/* The Service found is that very one of the cluster, not its namesake elsewhere. */
static void check_found(struct sw_world *world, const struct sw_cover *cover, const char *cluster,
                        const char *name)
{
    assert_non_null(cover->service);
    for (size_t i = 0; i < world->index.n_views; i++) {
        const struct sw_view *view = world->index.views[i];

        if (sw_str_is(view->source.cluster, cluster))
            assert_ptr_equal(cover->service, sw_view_service(view, cover->service->meta.namespace_,
                                                             cover->service->meta.name));
    }
    sw_check_str(cover->service->meta.name, name);
    assert_non_null(cover->setting);
    assert_non_null(cover->workspace);
}

static void find_of_a_local_service(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "cart", "{}");
    cover = find(*state, "cart");
    check_found(*state, &cover, "east", "cart");
    sw_check_str(cover.setting->meta.name, "shop");
    sw_check_str(cover.workspace->meta.name, "shop");
    assert_false(cover.spans);
}

static void find_of_a_service_that_only_another_cluster_has(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "shop", "cart", "{}");
    cover = find(*state, "cart.shop.svc.cluster.local");
    check_found(*state, &cover, "west", "cart");
}

static void find_prefers_the_local_cluster(void **state)
{
    struct sw_world *world = *state;
    struct sw_cover cover;

    begin(world);
    sw_world_service(world, "shop", "cart", "{}");
    sw_world_cluster(world, "west");
    sw_world_service(world, "shop", "cart", "{}");
    sw_world_build(world);
    world->index.local = 1;
    cover = find(world, "cart");
    check_found(*state, &cover, "west", "cart");
}

static void find_takes_the_first_that_is_exposed(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "a", "{'failover':'disable'}");
    sw_world_service(*state, "shop", "b", "{}");
    sw_world_service(*state, "shop", "c", "{}");
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "shop", "a", "{}");
    cover = find(*state, "*.shop.svc.cluster.local");
    check_found(*state, &cover, "east", "b");
    cover = find(*state, "a");
    check_found(*state, &cover, "west", "a");
}

static void find_of_nothing_exposed_finds_none(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "off", "{'failover':'disable'}");
    sw_world_service(*state, "other", "cart", "{}");
    cover = find(*state, "off");
    assert_null(cover.service);
    assert_null(cover.setting);
    assert_null(find(*state, "nothing").service);
    assert_null(find(*state, "cart.other.svc.cluster.local").service);
    assert_null(find(*state, "*.other.svc.cluster.local").service);
    assert_null(find(*state, "*.missing.svc.cluster.local").service);
    assert_null(find(*state, "").service);
    assert_null(find(*state, "www.example.com").service);
    assert_null(find(*state, "*.example.com").service);
}

static void find_reads_unexpanded_hosts_as_people_do(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "bank", "cart", "{}");
    cover = find(*state, "cart.bank");
    check_found(*state, &cover, "east", "cart");
    assert_false(cover.spans);
}

static void find_of_a_wildcard_by_name_suffix(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "cart-v1", "{}");
    sw_world_service(*state, "shop", "cart-v2", "{}");
    cover = find(*state, "*-v2.shop.svc.cluster.local");
    check_found(*state, &cover, "east", "cart-v2");
    assert_null(find(*state, "*-v3.shop.svc.cluster.local").service);
}

static void find_of_a_wildcard_within_a_workspace_does_not_span(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "cart", "{}");
    sw_world_service(*state, "shop-2", "cart", "{}");
    cover = find(*state, "*.svc.cluster.local");
    check_found(*state, &cover, "east", "cart");
    assert_false(cover.spans);
}

static void find_of_a_wildcard_over_two_workspaces_spans(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "cart", "{}");
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "bank", "till", "{'failover':'disable'}");
    cover = find(*state, "*.local");
    check_found(*state, &cover, "east", "cart");
    assert_true(cover.spans);
    assert_false(find(*state, "*.shop.svc.cluster.local").spans);
    assert_false(find(*state, "*.bank.svc.cluster.local").spans);
}

/* One namespace name, of one workspace here and of another there. */
static void find_of_a_wildcard_spans_by_cluster_too(void **state)
{
    struct sw_world *world = *state;

    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['east/shop']");
    sw_world_workspace(world, "bank", "['west/shop']");
    sw_world_setting(world, "shop", SW_WORLD_EXPOSE_ALL);
    sw_world_service(world, "shop", "cart", "{}");
    sw_world_cluster(world, "west");
    sw_world_service(world, "shop", "till", "{}");
    assert_true(find(world, "*.shop.svc.cluster.local").spans);
    assert_false(find(world, "cart").spans);
}

static void find_of_a_wildcard_over_local_services_of_no_workspace_spans(void **state)
{
    begin(*state);
    sw_world_service(*state, "shop", "cart", "{}");
    sw_world_service(*state, "kube-system", "dns", "{}");
    assert_true(find(*state, "*").spans);
    assert_false(find(*state, "*op.svc.cluster.local").spans);
}

static void find_of_a_wildcard_over_remote_services_of_no_workspace_does_not_span(void **state)
{
    struct sw_cover cover;

    begin(*state);
    sw_world_service(*state, "shop", "cart", "{}");
    sw_world_cluster(*state, "west");
    sw_world_service(*state, "kube-system", "dns", "{}");
    cover = find(*state, "*");
    check_found(*state, &cover, "east", "cart");
    assert_false(cover.spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(find_of_a_local_service),
        SW_WORLD_TEST(find_of_a_service_that_only_another_cluster_has),
        SW_WORLD_TEST(find_prefers_the_local_cluster),
        SW_WORLD_TEST(find_takes_the_first_that_is_exposed),
        SW_WORLD_TEST(find_of_nothing_exposed_finds_none),
        SW_WORLD_TEST(find_reads_unexpanded_hosts_as_people_do),
        SW_WORLD_TEST(find_of_a_wildcard_by_name_suffix),
        SW_WORLD_TEST(find_of_a_wildcard_within_a_workspace_does_not_span),
        SW_WORLD_TEST(find_of_a_wildcard_over_two_workspaces_spans),
        SW_WORLD_TEST(find_of_a_wildcard_spans_by_cluster_too),
        SW_WORLD_TEST(find_of_a_wildcard_over_local_services_of_no_workspace_spans),
        SW_WORLD_TEST(find_of_a_wildcard_over_remote_services_of_no_workspace_does_not_span),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
