/* pkg/model/view.c: what is known of a cluster, sorted, each object once, and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"

#define SERVICE(namespace_, name)                                                                  \
    "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'" namespace_ "','name':'" name   \
    "'}}"
#define TSB(kind, name, created, more)                                                             \
    "{'apiVersion':'tsb.tetrate.io/v2','kind':'" kind "','metadata':{'name':'" name                \
    "','creationTimestamp':'" created "'" more "}}"

/* The view of the first cluster. */
static const struct sw_view *built(struct sw_world *world)
{
    return sw_world_build(world)->views[0];
}

static int add(struct sw_world *world, const char *text, struct sw_err *err)
{
    return sw_view_builder_add(&world->builders[0], sw_world_json(world, text), err);
}

static void finish_of_nothing_is_empty(void **state)
{
    const struct sw_view *view;
    size_t n = 7;

    sw_world_cluster(*state, "east");
    view = built(*state);
    sw_check_str(view->source.cluster, "east");
    assert_true(view->source.synced);
    assert_false(view->source.live);
    assert_int_equal(view->n_namespaces + view->n_services, 0);
    assert_int_equal(view->n_workspaces + view->n_settings, 0);
    assert_null(sw_view_namespace(view, SW_STR("shop")));
    assert_null(sw_view_service(view, SW_STR("shop"), SW_STR("cart")));
    sw_view_services_in(view, SW_STR("shop"), &n);
    assert_int_equal(n, 0);
}

static void finish_keeps_the_source(void **state)
{
    struct sw_view_source source = {.cluster = SW_STR("west"), .live = true};
    const struct sw_view *view;

    sw_world_cluster_from(*state, source);
    view = built(*state);
    sw_check_str(view->source.cluster, "west");
    assert_true(view->source.live);
    assert_false(view->source.synced);
}

static void add_passes_over_what_no_rule_reads(void **state)
{
    struct sw_err err = {0};
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    assert_int_equal(add(*state, "{'apiVersion':'v1','kind':'Pod','metadata':7}", &err), 0);
    assert_int_equal(add(*state,
                         "{'apiVersion':'networking.istio.io/v1','kind':"
                         "'DestinationRule','spec':7}",
                         &err),
                     0);
    assert_int_equal(add(*state, "[]", &err), 0);
    assert_int_equal(err.code, 0);
    view = built(*state);
    assert_int_equal(view->n_services, 0);
}

static void add_of_an_unreadable_object_adds_nothing(void **state)
{
    static const char *const cases[][2] = {
        {"{'apiVersion':'v1','kind':'Namespace','metadata':1}",
         "metadata: expected an object, found 1"},
        {"{'apiVersion':'v1','kind':'Service','spec':1}", "spec: expected an object, found 1"},
        {"{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','spec':1}",
         "spec: expected an object, found 1"},
        {"{'apiVersion':'tsb.tetrate.io/v2','kind':'WorkspaceSetting','spec':1}",
         "spec: expected an object, found 1"},
    };
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sw_err err = {0};

        sw_check_err(add(*state, cases[i][0], &err), &err, SW_ETYPE, cases[i][1]);
    }
    view = built(*state);
    assert_int_equal(view->n_namespaces + view->n_services, 0);
    assert_int_equal(view->n_workspaces + view->n_settings, 0);
}

static void finish_sorts_services_by_namespace_then_name(void **state)
{
    static const char *const order[][2] = {{"a", "z"}, {"ab", "a"}, {"b", ""},
                                           {"b", "a"}, {"b", "aa"}, {"b", "b"}};
    size_t n = sizeof(order) / sizeof(*order);
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    for (size_t i = n; i-- > 0;)
        sw_world_service(*state, order[i][0], order[i][1], "{}");
    view = built(*state);
    assert_int_equal(view->n_services, n);
    for (size_t i = 0; i < n; i++) {
        sw_check_str(view->services[i]->meta.namespace_, order[i][0]);
        sw_check_str(view->services[i]->meta.name, order[i][1]);
    }
}

static void finish_keeps_the_later_of_two(void **state)
{
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    sw_world_service(*state, "shop", "cart", "{'v':'1'}");
    sw_world_namespace(*state, "shop", "{'v':'1'}");
    sw_world_service(*state, "shop", "bill", "{}");
    sw_world_service(*state, "shop", "cart", "{'v':'2'}");
    sw_world_namespace(*state, "shop", "{'v':'2'}");
    sw_world_service(*state, "shop2", "cart", "{'v':'4'}");
    sw_world_service(*state, "shop", "cart", "{'v':'3'}");
    view = built(*state);
    assert_int_equal(view->n_services, 3);
    assert_int_equal(view->n_namespaces, 1);
    sw_check_labels(&sw_view_service(view, SW_STR("shop"), SW_STR("cart"))->meta.labels, "v=3");
    sw_check_labels(&sw_view_namespace(view, SW_STR("shop"))->meta.labels, "v=2");
}

static void add_puts_what_has_no_namespace_into_default(void **state)
{
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    sw_world_add(*state, "{'apiVersion':'v1','kind':'Service','metadata':{'name':'cart'}}");
    sw_world_add(*state, "{'apiVersion':'v1','kind':'Service','metadata':{'name':'cart',"
                         "'namespace':''}}");
    sw_world_add(*state, TSB("Workspace", "w", "", ""));
    sw_world_add(*state, TSB("WorkspaceSetting", "s", "", ""));
    sw_world_add(*state, "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'shop'}}");
    view = built(*state);
    assert_int_equal(view->n_services, 1);
    assert_non_null(sw_view_service(view, SW_STR("default"), SW_STR("cart")));
    sw_check_str(view->workspaces[0]->meta.namespace_, "default");
    sw_check_str(view->settings[0]->meta.namespace_, "default");
    sw_check_str(view->namespaces[0]->meta.namespace_, NULL);
}

static void finish_ranks_workspaces_and_settings(void **state)
{
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    sw_world_add(*state, TSB("Workspace", "a", "2026-03-01T00:00:00Z", ""));
    sw_world_add(*state, TSB("Workspace", "c", "2026-01-01T00:00:00Z", ""));
    sw_world_add(*state, TSB("Workspace", "b", "2026-01-01T00:00:00Z", ""));
    sw_world_add(*state, TSB("WorkspaceSetting", "a", "2026-03-01T00:00:00Z", ""));
    sw_world_add(*state, TSB("WorkspaceSetting", "c", "2026-01-01T00:00:00Z", ""));
    sw_world_add(*state, TSB("WorkspaceSetting", "b", "2026-01-01T00:00:00Z", ""));
    view = built(*state);
    assert_int_equal(view->n_workspaces, 3);
    sw_check_str(view->workspaces[0]->meta.name, "b");
    sw_check_str(view->workspaces[1]->meta.name, "c");
    sw_check_str(view->workspaces[2]->meta.name, "a");
    assert_int_equal(view->n_settings, 3);
    sw_check_str(view->settings[0]->meta.name, "b");
    sw_check_str(view->settings[1]->meta.name, "c");
    sw_check_str(view->settings[2]->meta.name, "a");
}

static void lookups_find_each_of_many_and_nothing_else(void **state)
{
    const struct sw_view *view;
    char name[16];

    sw_world_cluster(*state, "east");
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "s%d", i * 2 * 7919 % 600);
        sw_world_service(*state, i % 2 ? "odd" : "even", name, "{}");
        sw_world_namespace(*state, name, "{}");
    }
    view = built(*state);
    for (int i = 0; i < 600; i++) {
        bool odd;

        snprintf(name, sizeof(name), "s%d", i);
        odd = sw_view_service(view, SW_STR("odd"), sw_str_from(name));
        assert_int_equal(odd || sw_view_service(view, SW_STR("even"), sw_str_from(name)),
                         i % 2 == 0);
        assert_int_equal(sw_view_namespace(view, sw_str_from(name)) != NULL, i % 2 == 0);
        assert_null(sw_view_service(view, SW_STR("other"), sw_str_from(name)));
    }
    assert_null(sw_view_service(view, SW_STR("odd"), SW_STR("")));
    assert_null(sw_view_service(view, SW_STR("zzz"), SW_STR("s1")));
    assert_null(sw_view_namespace(view, SW_STR("")));
    assert_null(sw_view_namespace(view, SW_STR("zzz")));
}

/* A file may give a Namespace a namespace, which means nothing: it is sorted and found by name. */
static void lookup_finds_a_namespace_that_claims_to_be_in_another(void **state)
{
    const struct sw_view *view;

    sw_world_cluster(*state, "east");
    sw_world_namespace(*state, "b", "{}");
    sw_world_add(*state, "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'a',"
                         "'namespace':'z'}}");
    sw_world_namespace(*state, "c", "{}");
    sw_world_namespace(*state, "a", "{'v':'2'}");
    view = built(*state);
    assert_int_equal(view->n_namespaces, 3);
    sw_check_labels(&sw_view_namespace(view, SW_STR("a"))->meta.labels, "v=2");
    assert_non_null(sw_view_namespace(view, SW_STR("b")));
    assert_non_null(sw_view_namespace(view, SW_STR("c")));
}

static void services_in_gives_one_namespace(void **state)
{
    const struct sw_view *view;
    size_t n = 7, first;

    sw_world_cluster(*state, "east");
    sw_world_add(*state, SERVICE("b", "x"));
    sw_world_add(*state, SERVICE("a", "x"));
    sw_world_add(*state, SERVICE("b", "y"));
    sw_world_add(*state, SERVICE("bb", "x"));
    view = built(*state);
    first = sw_view_services_in(view, SW_STR("b"), &n);
    assert_int_equal(first, 1);
    assert_int_equal(n, 2);
    first = sw_view_services_in(view, SW_STR("bb"), &n);
    assert_int_equal(first, 3);
    assert_int_equal(n, 1);
    sw_view_services_in(view, SW_STR("aa"), &n);
    assert_int_equal(n, 0);
    sw_view_services_in(view, SW_STR("c"), &n);
    assert_int_equal(n, 0);
    sw_view_services_in(view, SW_STR(""), &n);
    assert_int_equal(n, 0);
}

static void index_knows_local_and_config(void **state)
{
    struct sw_world *world = *state;
    const struct sw_index *index;

    sw_world_cluster(world, "east");
    sw_world_cluster(world, "west");
    sw_world_build(world);
    world->index.local = 1;
    index = &world->index;
    sw_check_str(sw_index_local(index)->source.cluster, "west");
    sw_check_str(sw_index_config(index)->source.cluster, "east");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(finish_of_nothing_is_empty),
        SW_WORLD_TEST(finish_keeps_the_source),
        SW_WORLD_TEST(add_passes_over_what_no_rule_reads),
        SW_WORLD_TEST(add_of_an_unreadable_object_adds_nothing),
        SW_WORLD_TEST(finish_sorts_services_by_namespace_then_name),
        SW_WORLD_TEST(finish_keeps_the_later_of_two),
        SW_WORLD_TEST(add_puts_what_has_no_namespace_into_default),
        SW_WORLD_TEST(finish_ranks_workspaces_and_settings),
        SW_WORLD_TEST(lookups_find_each_of_many_and_nothing_else),
        SW_WORLD_TEST(lookup_finds_a_namespace_that_claims_to_be_in_another),
        SW_WORLD_TEST(services_in_gives_one_namespace),
        SW_WORLD_TEST(index_knows_local_and_config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
