/* pkg/model/kind.c: what a rule reads is told apart by group, version and kind, and by no less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/world.h"
#include "model/kind.h"

static enum sw_kind kind_of(struct sw_world *world, const char *version, const char *kind)
{
    return sw_kind_of_object(
        sw_world_jsonf(world, "{'apiVersion':'%s','kind':'%s'}", version, kind));
}

static void of_object_knows_what_rules_read(void **state)
{
    assert_int_equal(kind_of(*state, "v1", "Namespace"), SW_KIND_NAMESPACE);
    assert_int_equal(kind_of(*state, "v1", "Service"), SW_KIND_SERVICE);
    assert_int_equal(kind_of(*state, "tsb.tetrate.io/v2", "Workspace"), SW_KIND_WORKSPACE);
    assert_int_equal(kind_of(*state, "tsb.tetrate.io/v2", "WorkspaceSetting"), SW_KIND_SETTING);
}

static void of_object_takes_every_version_of_a_destinationrule(void **state)
{
    static const char *const versions[] = {"v1", "v1beta1", "v1alpha3"};

    for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
        json_t *object = sw_world_jsonf(
            *state, "{'apiVersion':'networking.istio.io/%s','kind':'DestinationRule'}",
            versions[i]);

        assert_int_equal(sw_kind_of_object(object), SW_KIND_DESTINATIONRULE);
    }
}

static void of_object_passes_over_the_like(void **state)
{
    assert_int_equal(kind_of(*state, "serving.knative.dev/v1", "Service"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "core/v1", "Service"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "v2", "Service"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "v1", "service"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "v1", "DestinationRule"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "api.tsb.tetrate.io/v2", "Workspace"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "tsb.tetrate.io/v1", "Workspace"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "tsb.tetrate.io/v2", "Workspaces"), SW_KIND_OTHER);
    assert_int_equal(kind_of(*state, "networking.istio.io/v1", "VirtualService"), SW_KIND_OTHER);
}

static void of_object_without_words_is_other(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{'kind':'Service'}",
        "{'apiVersion':'v1'}",
        "{'apiVersion':1,'kind':'Service'}",
        "{'apiVersion':'v1','kind':['Service']}",
        "{'apiVersion':null,'kind':null}",
        "{'apiVersion':'','kind':''}",
        "{'apiVersion':'/','kind':'Service'}",
        "[]",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(sw_kind_of_object(sw_world_json(*state, texts[i])), SW_KIND_OTHER);
    assert_int_equal(sw_kind_of_object(NULL), SW_KIND_OTHER);
}

static void of_takes_an_unset_group_for_core(void **state)
{
    struct sw_str unset = {NULL, 0};

    (void)state;
    assert_int_equal(sw_kind_of(unset, SW_STR("v1"), SW_STR("Service")), SW_KIND_SERVICE);
    assert_int_equal(sw_kind_of(SW_STR(""), SW_STR("v1"), SW_STR("Service")), SW_KIND_SERVICE);
    assert_int_equal(sw_kind_of(unset, unset, unset), SW_KIND_OTHER);
}

static void name_of_each_kind_is_the_one_it_is_read_by(void **state)
{
    (void)state;
    assert_string_equal(sw_kind_name(SW_KIND_NAMESPACE), "Namespace");
    assert_string_equal(sw_kind_name(SW_KIND_SERVICE), "Service");
    assert_string_equal(sw_kind_name(SW_KIND_DESTINATIONRULE), "DestinationRule");
    assert_string_equal(sw_kind_name(SW_KIND_WORKSPACE), "Workspace");
    assert_string_equal(sw_kind_name(SW_KIND_SETTING), "WorkspaceSetting");
    assert_string_equal(sw_kind_name(SW_KIND_OTHER), "object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(of_object_knows_what_rules_read),
        SW_WORLD_TEST(of_object_takes_every_version_of_a_destinationrule),
        SW_WORLD_TEST(of_object_passes_over_the_like),
        SW_WORLD_TEST(of_object_without_words_is_other),
        SW_WORLD_TEST(of_takes_an_unset_group_for_core),
        SW_WORLD_TEST(name_of_each_kind_is_the_one_it_is_read_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
