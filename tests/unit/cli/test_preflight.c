/* pkg/cli/preflight.c, _cluster.c, _rights.c: what is made of the answers of an API server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "preflight_canned.h"
#include "json/read.h"

static void nothing_stands_in_the_way(void **state)
{
    struct asking asking = {0};
    struct sw_preflight found = {0};
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(canned_run(&asking, &found, &err), 0);
    assert_int_equal(found.n_findings, 0);
    assert_true(sw_str_is(found.kubernetes, "v1.30.0"));
    assert_int_equal(found.n_istiods, 1);
    assert_true(sw_str_is(found.istiods[0].version, "1.31.0"));
    assert_true(sw_str_is(found.istiods[0].revision, "default"));
    assert_int_equal(found.installed.len, 0);
    assert_int_equal(asking.n_reviews, 1); /* an administrator need not be asked one by one */
}

static void old_kubernetes(void **state)
{
    static const struct {
        const char *minor;
        bool old;
    } cases[] = {{"29", true},   {"29+", true}, {"9", true},  {"30", false},
                 {"30+", false}, {"36", false}, {"x", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[128];
        struct sw_preflight found;

        snprintf(body, sizeof(body), "{\"major\":\"1\",\"minor\":\"%s\",\"gitVersion\":\"v9\"}",
                 cases[i].minor);
        found = found_with("/version", 200, body);
        assert_int_equal(found.n_of[SW_PREFLIGHT_ERROR], cases[i].old);
        if (cases[i].old)
            assert_string_equal(only(&found)->code, "KubernetesTooOld");
    }
}

static void apis_that_are_not_served(void **state)
{
    struct sw_preflight found;

    (void)state;
    found = found_with(ADMISSION, 200,
                       "{\"resources\":[{\"name\":\"mutatingwebhookconfigurations\"},"
                       "{\"name\":\"validatingwebhookconfigurations\"},"
                       "{\"name\":\"validatingadmissionpolicybindings\"}]}");
    assert_string_equal(only(&found)->code, "ApiMissing");
    assert_non_null(strstr(only(&found)->message, "validatingadmissionpolicies is not served"));
    found = found_with(ADMISSION, 404, "");
    assert_int_equal(found.n_of[SW_PREFLIGHT_ERROR], 4);
}

static void a_tsb_is_told(void **state)
{
    struct sw_preflight found;

    (void)state;
    found = found_with("/apis", 200,
                       "{\"groups\":[{\"name\":\"xcp.tetrate.io\"},{\"name\":\"networking.istio.io"
                       "\",\"versions\":[{\"version\":\"v1\"}]}]}");
    assert_string_equal(only(&found)->code, "TsbPresent");
    assert_int_equal(only(&found)->severity, SW_PREFLIGHT_WARNING);
}

static void whose_a_crd_is(void **state)
{
    static const char *const path = CRDS "workspaces.tsb.tetrate.io";
    struct sw_preflight found;

    (void)state;
    found = found_with(path, 200,
                       "{\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"spillway\"},"
                       "\"managedFields\":[{\"manager\":\"kubectl\"}]}}");
    assert_int_equal(found.n_findings, 0);
    found = found_with(path, 200,
                       "{\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"Helm\"},"
                       "\"managedFields\":[{\"manager\":\"kube-apiserver\",\"subresource\":"
                       "\"status\"},{\"manager\":\"tsb-operator\"}]}}");
    assert_string_equal(only(&found)->code, "ForeignCrd");
    assert_int_equal(only(&found)->severity, SW_PREFLIGHT_ERROR);
    assert_non_null(strstr(only(&found)->message, "written by tsb-operator"));
    found = found_with(path, 200, "{\"metadata\":{}}");
    assert_non_null(strstr(only(&found)->message, "written by somebody unknown"));
}

static void what_is_hidden_is_told_with_the_answer(void **state)
{
    struct sw_preflight found = found_with(CRDS "workspaces.tsb.tetrate.io", 403,
                                           "{\"kind\":\"Status\",\"reason\":\"Forbidden\","
                                           "\"message\":\"you cannot\"}");

    (void)state;
    assert_string_equal(only(&found)->code, "Hidden");
    assert_int_equal(only(&found)->severity, SW_PREFLIGHT_WARNING);
    assert_non_null(strstr(only(&found)->message, "whose workspaces.tsb.tetrate.io is"));
    assert_non_null(strstr(only(&found)->message, "you cannot"));
    /* And is not taken for what is not served. */
    found = found_with(ADMISSION, 403, "");
    assert_string_equal(only(&found)->code, "Hidden");
    found = found_with(ISTIODS, 403, "");
    assert_string_equal(only(&found)->code, "Hidden");
}

/* A question that cannot be answered ends it: half a report is none. */
static void failures(void **state)
{
    static const struct {
        struct canned other;
        int code;
        const char *said;
    } cases[] = {
        {{"/version", 0, ""}, SW_EIO, "/version: no answer: refused"},
        {{"/version", 401, ""}, SW_EIO, "401"},
        {{"/version", 500, ""}, SW_EIO, "500"},
        {{"/version", 200, "<html>"}, SW_ESYNTAX, "GET /version: "},
        {{"/version", 200, "[]"}, SW_ETYPE, "GET /version: "},
        {{"/version", 200, "{\"major\":1}"}, SW_ETYPE, "GET /version: major: expected a string"},
        {{"/apis", 200, "{\"groups\":{}}"}, SW_ETYPE, "groups: expected"},
        {{ISTIODS, 200, "{\"items\":[1]}"}, SW_ETYPE, "GET /apis/apps/v1/deployments"},
        {{AMBIENT, 429, ""}, SW_EIO, "429"},
        {{"\"*\"", 403, ""}, SW_EIO, "403"},
        {{"\"*\"", 200, "{\"status\":{\"allowed\":\"yes\"}}"}, SW_ETYPE, "allowed: expected"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct canned other[] = {cases[i].other, {NULL, 0, NULL}};
        struct asking asking = {.other = other};
        struct sw_preflight found = {.n_findings = 77};
        struct sw_err err = {0};

        assert_int_equal(canned_run(&asking, &found, &err), cases[i].code);
        if (!strstr(err.message, cases[i].said))
            fail_msg("expected %s, found %s", cases[i].said, err.message);
        assert_int_equal(found.n_findings, 77);
    }
}

static void rights_are_asked_for_one_by_one(void **state)
{
    static const struct canned other[] = {
        {"\"verb\":\"patch\",\"group\":\"apps\"", 201, "{\"status\":{\"allowed\":false}}"},
        {"\"resource\":\"namespaces\"", 201, "{\"status\":{}}"},
        {NULL, 0, NULL},
    };
    struct asking asking = {.other = other, .no_administrator = true};
    struct sw_preflight found = {0};
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(canned_run(&asking, &found, &err), 0);
    assert_string_equal(only(&found)->code, "RightsMissing");
    assert_string_equal(only(&found)->message,
                        "you may not: get namespaces, create namespaces, patch namespaces, "
                        "patch deployments.apps in spillway-system");
}

static void out_of_memory(void **state)
{
    struct asking asking = {0};
    struct sw_preflight found = {0};
    struct sw_err err = {0};
    int r = SW_ENOMEM;

    (void)state;
    for (size_t max_bytes = 256; r < 0; max_bytes += 256) {
        sw_arena_release(&canned_arena);
        sw_arena_init(&canned_arena, 128, max_bytes);
        r = canned_run(&asking, &found, &err);
        /* An answer that found no memory is one that cannot be read. */
        assert_true(r == 0 || r == SW_ENOMEM || r == SW_ESYNTAX);
    }
    assert_int_equal(found.n_findings, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, canned_setup, canned_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_stands_in_the_way),
        TEST(old_kubernetes),
        TEST(apis_that_are_not_served),
        TEST(a_tsb_is_told),
        TEST(whose_a_crd_is),
        TEST(what_is_hidden_is_told_with_the_answer),
        TEST(failures),
        TEST(rights_are_asked_for_one_by_one),
        TEST(out_of_memory),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
