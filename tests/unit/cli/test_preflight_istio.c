/* pkg/cli/preflight_istio.c: what is made of an istiod. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "preflight_canned.h"
#include "json/read.h"

static void istio_s_apis(void **state)
{
    struct sw_preflight found;

    (void)state;
    found = found_with("/apis", 200, "{\"groups\":[]}");
    assert_string_equal(only(&found)->code, "IstioMissing");
    assert_int_equal(found.n_istiods, 0);
    found = found_with("/apis", 200,
                       "{\"groups\":[{\"name\":\"networking.istio.io\","
                       "\"versions\":[{\"version\":\"v1beta1\"}]}]}");
    assert_string_equal(only(&found)->code, "IstioTooOld");
    assert_int_equal(found.n_istiods, 1);
}

static void versions_of_images(void **state)
{
    static const struct {
        const char *body;
        const char *version;
    } cases[] = {
        {DEPLOYMENT("pilot"), ""},
        {DEPLOYMENT("hub:5000/pilot"), ""},
        {DEPLOYMENT("hub:5000/a/pilot:1.30.2-debug"), "1.30.2"},
        {DEPLOYMENT("hub/pilot:1.31.0-distroless"), "1.31.0"},
        {DEPLOYMENT("hub/pilot:1.31.0@sha256:abc"), "1.31.0"},
        {DEPLOYMENT("hub/pilot@sha256:abc"), ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sw_preflight found = found_with(ISTIODS, 200, cases[i].body);

        assert_int_equal(found.n_istiods, 1);
        if (!sw_str_is(found.istiods[0].version, cases[i].version))
            fail_msg("%s: %.*s", cases[i].body, SW_STR_ARG(found.istiods[0].version));
    }
}

static void clusters_that_istiod_reads(void **state)
{
    static const struct {
        int http_status;
        const char *body;
        const char *code; /* NULL: no finding */
    } cases[] = {
        {200, ALONE, NULL},
        {200,
         "istiod_managed_clusters{cluster_type=\"local\"} 1\n"
         "istiod_managed_clusters{cluster_type=\"remote\"} 2",
         "NativeMultiCluster"},
        {200, "istiod_managed_clusters{cluster_type=\"local\"} 1\n", "NativeMultiClusterUnknown"},
        {200, "istiod_managed_clusters{cluster_type=\"remote\"} many\n",
         "NativeMultiClusterUnknown"},
        {200, "", "NativeMultiClusterUnknown"},
        {403, "", "NativeMultiClusterUnknown"},
        {503, "", "NativeMultiClusterUnknown"},
        {0, "", "NativeMultiClusterUnknown"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sw_preflight found = found_with(METRICS, cases[i].http_status, cases[i].body);

        assert_int_equal(found.n_findings, cases[i].code ? 1 : 0);
        if (cases[i].code)
            assert_string_equal(only(&found)->code, cases[i].code);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, canned_setup, canned_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(istio_s_apis),
        TEST(versions_of_images),
        TEST(clusters_that_istiod_reads),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
