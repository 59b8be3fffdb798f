/* pkg/cli/preflight_report.c: what is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/preflight_report.h"
#include "preflight_canned.h"
#include "json/read.h"

/* What others wrote comes out harmless, as text and as JSON. */
static void reports_escape_what_others_wrote(void **state)
{
    static const struct sw_preflight_finding finding = {SW_PREFLIGHT_ERROR, "ForeignCrd",
                                                        "by \"x\"\033[2J\n", NULL};
    struct sw_preflight found = {.kubernetes = SW_STR("v1\n\"2\""),
                                 .findings = &finding,
                                 .n_findings = 1,
                                 .n_of = {[SW_PREFLIGHT_ERROR] = 1}};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 4096);
    for (int json = 0; json <= 1; json++) {
        struct sw_preflight_report report = {.buf = &buf, .json = json};
        SW_JSON_SCOPE(&canned_arena);
        json_t *value;

        sw_buf_clear(&buf);
        sw_preflight_report_begin(&report);
        sw_preflight_report_cluster(&report, SW_STR("east"), &found);
        sw_preflight_report_end(&report);
        assert_int_equal(sw_buf_status(&buf, NULL), 0);
        assert_null(memchr(buf.data, '\033', buf.len));
        if (json)
            assert_int_equal(sw_json_read(sw_buf_str(&buf), &value, NULL), 0);
        else
            assert_non_null(memmem(buf.data, buf.len, "Kubernetes v1 \"2\"\n", 18));
    }
}

/* One line of facts, one a finding with its advice below, one that sums up. */
static void text_for_people(void **state)
{
    static const struct sw_preflight_istiod istiods[] = {
        {SW_STR("istio-system"), SW_STR("istiod"), SW_STR("1.31.0"), SW_STR("default")},
        {SW_STR("istio-system"), SW_STR("istiod-canary"), {NULL, 0}, SW_STR("canary")},
    };
    static const struct sw_preflight_finding findings[] = {
        {SW_PREFLIGHT_WARNING, "AmbientNamespaces", "in ambient mode: a", "use sidecars"},
        {SW_PREFLIGHT_NOTE, "IstiodElsewhere", "elsewhere", NULL},
    };
    static const char *const expected =
        "east: Kubernetes v1.30.0, Istio 1.31.0 (istio-system/istiod), Istio of unknown version "
        "(istio-system/istiod-canary), network n1, Spillway spillway-webhook:0.1.0\n"
        "    \033[33mwarning\033[0m: in ambient mode: a [AmbientNamespaces]\n"
        "        use sidecars\n"
        "    note: elsewhere [IstiodElsewhere]\n"
        "west: Kubernetes of unknown version\n"
        "\n"
        "2 clusters: 0 errors, 1 warning, 1 note\n";
    struct sw_preflight found = {.kubernetes = SW_STR("v1.30.0"),
                                 .installed = SW_STR("spillway-webhook:0.1.0"),
                                 .network = SW_STR("n1"),
                                 .istiods = istiods,
                                 .n_istiods = 2,
                                 .findings = findings,
                                 .n_findings = 2,
                                 .n_of = {[SW_PREFLIGHT_WARNING] = 1, [SW_PREFLIGHT_NOTE] = 1}};
    const struct sw_preflight nothing = {0};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_preflight_report report = {.buf = &buf, .colours = true};

    (void)state;
    sw_buf_init(&buf, 4096);
    sw_preflight_report_begin(&report);
    sw_preflight_report_cluster(&report, SW_STR("east"), &found);
    sw_preflight_report_cluster(&report, SW_STR("west"), &nothing);
    sw_preflight_report_end(&report);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_int_equal(buf.len, strlen(expected));
    assert_memory_equal(buf.data, expected, buf.len);
}

/* What is not known is null, and all of it is there. */
static void json_for_machines(void **state)
{
    static const struct sw_preflight_istiod istiod = {
        SW_STR("a"), SW_STR("b"), {NULL, 0}, SW_STR("c")};
    static const struct sw_preflight_finding finding = {SW_PREFLIGHT_ERROR, "ApiMissing", "m", "d"};
    static const char *const expected =
        "{\"schemaVersion\":1,\"clusters\":[\n{\"name\":\"east\",\"kubernetes\":\"v1\","
        "\"network\":null,\"installed\":null,\"istio\":[{\"namespace\":\"a\",\"name\":\"b\","
        "\"version\":null,\"revision\":\"c\"}],\"findings\":[{\"severity\":\"error\",\"code\":"
        "\"ApiMissing\",\"message\":\"m\",\"advice\":\"d\"}]}\n],\"summary\":{\"clusters\":1,"
        "\"errors\":1,\"warnings\":0,\"notes\":0}}\n";
    struct sw_preflight found = {.kubernetes = SW_STR("v1"),
                                 .istiods = &istiod,
                                 .n_istiods = 1,
                                 .findings = &finding,
                                 .n_findings = 1,
                                 .n_of = {[SW_PREFLIGHT_ERROR] = 1}};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_preflight_report report = {.buf = &buf, .json = true};

    (void)state;
    sw_buf_init(&buf, 4096);
    sw_preflight_report_begin(&report);
    sw_preflight_report_cluster(&report, SW_STR("east"), &found);
    sw_preflight_report_end(&report);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_int_equal(buf.len, strlen(expected));
    assert_memory_equal(buf.data, expected, buf.len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, canned_setup, canned_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_for_people),
        TEST(json_for_machines),
        TEST(reports_escape_what_others_wrote),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
