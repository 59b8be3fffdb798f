/* pkg/cli/remote_secret.c and remote_options.c: what the Secret holds, and how it is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "cli/remote_options.h"
#include "cli/remote_secret.h"
#include "json/read.h"
#include "json/yaml.h"

static struct sw_arena arena;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static void addresses_of_this_machine(void **state)
{
    static const struct {
        const char *server;
        bool loopback;
    } cases[] = {
        {"https://127.0.0.1:6443", true},
        {"https://127.8.9.1", true},
        {"https://localhost:6443/x", true},
        {"https://a.localhost", true},
        {"https://[::1]:6443", true},
        {"https://0.0.0.0:6443", true},
        {"https://[::]:6443", true},
        {"https://192.0.2.1:6443", false},
        {"https://api.example/127.0.0.1", false},
        {"https://localhost.example", false},
        {"https://[2001:db8::1]:6443", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (sw_remote_is_loopback(sw_str_from(cases[i].server)) != cases[i].loopback)
            fail_msg("%s", cases[i].server);
    }
}

static void servers_that_are_taken(void **state)
{
    static const char *const good[] = {
        "https://a",     "https://a.example:6443/x", "https://[2001:db8::1]:6443",
        "https://[::1]", "https://a:65535",          "https://a:1/x:y"};
    static const char *const bad[] = {"",
                                      "a.example",
                                      "http://a",
                                      "https://",
                                      "https:///x",
                                      "https://a b",
                                      "https://u@a",
                                      "https://a\n",
                                      "https://a?b",
                                      "https://a#b",
                                      "https://\"a",
                                      "https://a:",
                                      "https://a:0",
                                      "https://a:65536",
                                      "https://a:b",
                                      "https://a:1:2",
                                      "https://2001:db8::1",
                                      "https://[::1",
                                      "https://[::1]6443",
                                      "https://[::1]:"};
    struct sw_err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(sw_remote_check_server(sw_str_from(good[i]), &err), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (sw_remote_check_server(sw_str_from(bad[i]), &err) != SW_EUSAGE)
            fail_msg("%s", bad[i]);
        assert_non_null(strstr(err.message, "--server: expected https://HOST"));
    }
}

static void names_of_secrets(void **state)
{
    const char *upper, *lower, *dotted, *longest;

    (void)state;
    assert_string_equal(sw_remote_secret_name(SW_STR("east"), &arena), "spillway-cluster-east");
    assert_string_equal(sw_remote_secret_name(SW_STR("eu-1"), &arena), "spillway-cluster-eu-1");
    lower = sw_remote_secret_name(SW_STR("a-b"), &arena);
    upper = sw_remote_secret_name(SW_STR("A-b"), &arena);
    dotted = sw_remote_secret_name(SW_STR("a.b"), &arena);
    assert_string_equal(lower, "spillway-cluster-a-b");
    /* No two clusters have one Secret. */
    assert_non_null(strstr(upper, "spillway-cluster-a-b-"));
    assert_non_null(strstr(dotted, "spillway-cluster-a-b-"));
    assert_string_not_equal(upper, dotted);
    longest = sw_remote_secret_name(
        SW_STR("A12345678901234567890123456789012345678901234567890123456789012"), &arena);
    assert_int_equal(strlen(longest), strlen("spillway-cluster-") + 63 + 9);
}

/* The kubeconfig in a Secret that was written. */
static void read_back(const struct sw_remote_secret *secret, bool json, struct sw_kube_config *ret,
                      json_t **ret_object)
{
    const struct sw_kube_config_reading how = {.trust = SW_KUBE_INLINE_ONLY, .folder = ""};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_yaml_documents documents;
    struct sw_err err = {0};
    struct sw_str text;
    const char *key = sw_arena_copy(&arena, secret->cluster).data;

    sw_buf_init(&buf, 65536);
    assert_int_equal(sw_remote_secret_write(secret, json, &arena, &buf, &err), 0);
    assert_int_equal(sw_buf_status(&buf, &err), 0);
    assert_int_equal(buf.data[buf.len - 1], '\n');
    if (json)
        assert_int_equal(buf.data[0], '{');
    assert_int_equal(sw_yaml_read(sw_buf_str(&buf), &arena, &documents, &err), 0);
    assert_int_equal(documents.n, 1);
    *ret_object = documents.items[0].value;
    text =
        sw_str_from(json_string_value(json_object_get(json_object_get(*ret_object, "data"), key)));
    assert_int_equal(sw_base64_decode(text, &arena, &text, &err), 0);
    if (sw_kube_config_read(text, &how, &arena, ret, &err) < 0)
        fail_msg("%s", err.message);
}

static void what_is_written_is_read_by_those_it_is_for(void **state)
{
    const struct sw_remote_secret secret = {
        .namespace_ = SW_STR("spillway-system"),
        .cluster = SW_STR("east"),
        .way = {SW_STR("https://api.example:6443"), SW_STR("kubernetes"), SW_STR("a\nPEM\n")},
        .token = {.text = SW_STR("a.token"), .expires = SW_STR("2026-01-02T03:04:05Z")},
    };

    (void)state;
    for (int json = 0; json < 2; json++) {
        SW_JSON_SCOPE(&arena);
        struct sw_kube_config config;
        json_t *object, *metadata;

        read_back(&secret, json, &config, &object);
        assert_true(sw_str_is(config.server, "https://api.example:6443"));
        assert_true(sw_str_is(config.tls_server_name, "kubernetes"));
        assert_true(sw_str_is(config.ca_pem, "a\nPEM\n"));
        assert_true(sw_str_is(config.token, "a.token"));
        metadata = json_object_get(object, "metadata");
        assert_string_equal(json_string_value(json_object_get(metadata, "name")),
                            "spillway-cluster-east");
        assert_string_equal(json_string_value(json_object_get(metadata, "namespace")),
                            "spillway-system");
        assert_string_equal(json_string_value(json_object_get(json_object_get(metadata, "labels"),
                                                              "spillway.dev/cluster")),
                            "true");
        assert_string_equal(
            json_string_value(json_object_get(json_object_get(metadata, "annotations"),
                                              "spillway.dev/token-expires")),
            "2026-01-02T03:04:05Z");
    }
}

static void what_is_not_said_is_not_written(void **state)
{
    /* A name that YAML would take for something else. */
    const struct sw_remote_secret secret = {
        .namespace_ = SW_STR("spillway-system"),
        .cluster = SW_STR("1e3"),
        .way = {.server = SW_STR("https://api.example")},
        .token = {.text = SW_STR("t")},
    };
    struct sw_kube_config config;
    json_t *object;
    SW_JSON_SCOPE(&arena);

    (void)state;
    read_back(&secret, false, &config, &object);
    assert_int_equal(config.ca_pem.len, 0);
    assert_int_equal(config.tls_server_name.len, 0);
    assert_false(config.insecure);
    assert_null(json_object_get(json_object_get(object, "metadata"), "annotations"));
}

static void the_authority_of_a_file(void **state)
{
    const struct sw_kube_config none = {0}, inlined = {.ca_pem = SW_STR("PEM")},
                                missing = {.ca_file = SW_STR("/nowhere/ca.crt")};
    char path[] = "/tmp/remote-ca-XXXXXX";
    struct sw_kube_config file = {.ca_file = SW_STR("")};
    struct sw_err err = {0};
    struct sw_str pem;
    int fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");

    (void)state;
    assert_non_null(out);
    fputs("of a file", out);
    fclose(out);
    file.ca_file = sw_str_from(path);
    assert_int_equal(sw_remote_config_ca(&file, &arena, &pem, &err), 0);
    assert_true(sw_str_is(pem, "of a file"));
    remove(path);
    assert_int_equal(sw_remote_config_ca(&inlined, &arena, &pem, &err), 0);
    assert_true(sw_str_is(pem, "PEM"));
    assert_int_equal(sw_remote_config_ca(&none, &arena, &pem, &err), 0);
    assert_int_equal(pem.len, 0);
    assert_int_equal(sw_remote_config_ca(&missing, &arena, &pem, &err), SW_ENOENT);
    assert_non_null(strstr(err.message, "/nowhere/ca.crt"));
}

static void when_to_renew(void **state)
{
    char at[SW_UTC_SIZE];

    (void)state;
    /* 1767225600 is 2026-01-01T00:00:00Z. */
    assert_true(sw_remote_renewal(SW_STR("2026-01-01T03:00:00Z"), 1767225600, at));
    assert_string_equal(at, "2026-01-01T02:00:00Z");
    assert_true(sw_remote_renewal(SW_STR("2026-01-31T00:00:00Z"), 1767225600, at));
    assert_string_equal(at, "2026-01-21T00:00:00Z");
    assert_false(sw_remote_renewal(SW_STR("2025-01-01T00:00:00Z"), 1767225600, at));
    assert_false(sw_remote_renewal(SW_STR("tomorrow"), 1767225600, at));
}

static void lengths_of_time(void **state)
{
    static const struct {
        const char *text;
        uint64_t life_s; /* 0: refused */
    } cases[] = {
        {"600s", 600},
        {"10m", 600},
        {"24h", 86400},
        {"30d", 2592000},
        {"49710d", 4294944000},
        {"599s", 0},
        {"9m", 0},
        {"", 0},
        {"h", 0},
        {"24", 0},
        {"24H", 0},
        {"-24h", 0},
        {"1.5h", 0},
        {"1h30m", 0},
        {"24 h", 0},
        {"0d", 0},
        {"49711d", 0},
        {"99999999999999999999d", 0},
    };
    struct sw_err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t life_s = 0;
        int r = sw_remote_read_duration(cases[i].text, SW_REMOTE_MIN_LIFE_S, &life_s, &err);

        if (cases[i].life_s ? r != 0 || life_s != cases[i].life_s : r != SW_EUSAGE)
            fail_msg("%s: %d, %ju", cases[i].text, r, (uintmax_t)life_s);
        if (!cases[i].life_s)
            assert_non_null(strstr(err.message, "--duration: expected"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_this_machine),
        cmocka_unit_test(servers_that_are_taken),
        cmocka_unit_test_setup_teardown(names_of_secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_written_is_read_by_those_it_is_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_not_said_is_not_written, setup, teardown),
        cmocka_unit_test_setup_teardown(the_authority_of_a_file, setup, teardown),
        cmocka_unit_test(when_to_renew),
        cmocka_unit_test(lengths_of_time),
    };

    sw_json_setup();
    return cmocka_run_group_tests_name("remote_secret", tests, NULL, NULL);
}
