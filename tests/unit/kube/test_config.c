/* pkg/kube/config.c: kubeconfigs as people have them, and what is not taken from a stranger's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kube/config.h"
#include "json/read.h"

static const char kubeconfig[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: east\n"
    "clusters:\n"
    "- name: e\n"
    "  cluster:\n"
    "    server: https://east.example:6443/\n"
    "    certificate-authority-data: Q0E=\n"
    "    tls-server-name: kubernetes\n"
    "- name: w\n"
    "  cluster:\n"
    "    server: https://[::1]:6443/k8s/clusters/c-1\n"
    "    certificate-authority: pki/ca.crt\n"
    "    proxy-url: http://proxy:3128\n"
    "    insecure-skip-tls-verify: true\n"
    "users:\n"
    "- name: token\n"
    "  user: {token: s3cret}\n"
    "- name: files\n"
    "  user: {client-certificate: c.crt, client-key: /k.key, tokenFile: t}\n"
    "- name: inline\n"
    "  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ, client-key: /k.key}\n"
    "- name: program\n"
    "  user: {exec: {command: aws}}\n"
    "- name: both\n"
    "  user: {token: old, tokenFile: /t}\n"
    "contexts:\n"
    "- name: east\n"
    "  context: {cluster: e, user: token, namespace: shop}\n"
    "- name: west\n"
    "  context: {cluster: w, user: files}\n"
    "- name: inline\n"
    "  context: {cluster: e, user: inline}\n"
    "- name: program\n"
    "  context: {cluster: e, user: program}\n"
    "- name: both\n"
    "  context: {cluster: e, user: both}\n"
    "- name: lost\n"
    "  context: {cluster: x, user: token}\n"
    "- name: stranger\n"
    "  context: {cluster: e, user: nobody}\n";

static int setup(void **state)
{
    struct sw_arena *arena = malloc(sizeof(*arena));

    if (!arena)
        return -1;
    sw_arena_init(arena, 4096, 8 << 20);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    sw_arena_release(*state);
    free(*state);
    return 0;
}

static int read_text(struct sw_arena *arena, const char *text, const char *context,
                     enum sw_kube_trust trust, struct sw_kube_config *ret, struct sw_err *reterr)
{
    struct sw_kube_config_reading how = {trust, sw_str_from(context), "/etc/kube"};

    return sw_kube_config_read(sw_str_from(text), &how, arena, ret, reterr);
}

static struct sw_kube_config read_context(void **state, const char *context)
{
    struct sw_kube_config config;
    struct sw_err err = {0};

    if (read_text(*state, kubeconfig, context, SW_KUBE_FILES_TOO, &config, &err) < 0)
        fail_msg("%s", err.message);
    return config;
}

static void assert_str(struct sw_str s, const char *expected)
{
    if (!expected) {
        assert_null(s.data);
        return;
    }
    assert_int_equal(s.len, strlen(expected));
    assert_string_equal(s.data, expected); /* and NUL-terminated */
}

static void assert_refused(void **state, const char *text, const char *context,
                           enum sw_kube_trust trust, int code, const char *message)
{
    struct sw_kube_config config;
    struct sw_err err = {0};

    if (read_text(*state, text, context, trust, &config, &err) != code)
        fail_msg("%s", err.message);
    assert_string_equal(err.message, message);
}

static void read_takes_the_current_context(void **state)
{
    struct sw_kube_config config = read_context(state, NULL);

    assert_str(config.server, "https://east.example:6443");
    assert_str(config.ca_pem, "CA");
    assert_str(config.tls_server_name, "kubernetes");
    assert_str(config.token, "s3cret");
    assert_str(config.namespace_, "shop");
    assert_str(config.proxy_url, NULL);
    assert_str(config.ca_file, NULL);
    assert_str(config.token_file, NULL);
    assert_false(config.insecure);
}

static void read_of_paths_starts_from_the_folder(void **state)
{
    struct sw_kube_config config = read_context(state, "west");

    assert_str(config.server, "https://[::1]:6443/k8s/clusters/c-1");
    assert_str(config.ca_file, "/etc/kube/pki/ca.crt");
    assert_str(config.cert_file, "/etc/kube/c.crt");
    assert_str(config.key_file, "/k.key");
    assert_str(config.token_file, "/etc/kube/t");
    assert_str(config.proxy_url, "http://proxy:3128");
    assert_true(config.insecure);
}

static void read_prefers_what_is_inline_to_a_file(void **state)
{
    struct sw_kube_config config = read_context(state, "inline");

    assert_str(config.cert_pem, "CERT");
    assert_str(config.key_pem, "KEY");
    assert_str(config.key_file, NULL);
}

static void read_prefers_a_token_file_to_a_token(void **state)
{
    struct sw_kube_config config = read_context(state, "both");

    assert_str(config.token_file, "/t");
    assert_str(config.token, NULL);
}

static void read_says_what_there_is_instead(void **state)
{
    assert_refused(state, kubeconfig, "north", SW_KUBE_FILES_TOO, SW_ENOENT,
                   "no north in contexts (there is: east, west, inline, program, both, lost, "
                   "stranger)");
    assert_refused(state, kubeconfig, "lost", SW_KUBE_FILES_TOO, SW_ENOENT,
                   "no x in clusters (there is: e, w)");
    assert_refused(state, kubeconfig, "stranger", SW_KUBE_FILES_TOO, SW_ENOENT,
                   "no nobody in users (there is: token, files, inline, program, both)");
    assert_refused(state, "{}", NULL, SW_KUBE_FILES_TOO, SW_ENOENT,
                   "expected a kubeconfig, found no contexts in it: `kubectl config view --raw "
                   "--minify --flatten` prints one");
}

static void read_without_a_current_context_tells_what_there_is(void **state)
{
    static const char text[] = "{'contexts':[{'name':'a','context':{}},{'name':'b','context':{}}]}";

    assert_refused(state, text, NULL, SW_KUBE_FILES_TOO, SW_ENOENT,
                   "current-context: expected a context's name, found none: set it, or name one "
                   "behind the path as #CONTEXT (there is: a, b)");
    assert_refused(
        state, text, NULL, SW_KUBE_INLINE_ONLY, SW_ENOENT,
        "current-context: expected a context's name, found none: set it (there is: a, b)");
}

static void read_runs_no_program(void **state)
{
    assert_refused(state, kubeconfig, "program", SW_KUBE_FILES_TOO, SW_EUSAGE,
                   "user.exec: not supported; use a token or a client certificate");
}

static void read_of_a_strangers_kubeconfig_follows_no_path(void **state)
{
    struct sw_kube_config config;

    assert_int_equal(read_text(*state, kubeconfig, "east", SW_KUBE_INLINE_ONLY, &config, NULL), 0);
    assert_refused(state, kubeconfig, "west", SW_KUBE_INLINE_ONLY, SW_EUSAGE,
                   "cluster.certificate-authority: a path is not followed here; put the content "
                   "in inline");
    assert_refused(state, kubeconfig, "both", SW_KUBE_INLINE_ONLY, SW_EUSAGE,
                   "user.tokenFile: a path is not followed here; put the content in inline");
    assert_refused(state, kubeconfig, "program", SW_KUBE_INLINE_ONLY, SW_EUSAGE,
                   "user.exec: not supported; use a token or a client certificate");
}

/* A kubeconfig of one cluster and one user, given as JSON with ' for ". */
static char *one(struct sw_arena *arena, const char *cluster, const char *user)
{
    char *text = sw_arena_printf(
        arena,
        "{'current-context':'c','contexts':[{'name':'c','context':{'cluster':'c','user':'u'}}],"
        "'clusters':[{'name':'c','cluster':%s}],'users':[{'name':'u','user':%s}]}",
        cluster, user);

    assert_non_null(text);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return text;
}

/* Of what stands in a Secret nothing is in a message but where it is wrong. */
static void read_of_a_strangers_kubeconfig_shows_nothing_of_it(void **state)
{
    const char *good = "{'server':'https://a'}";
    const struct {
        const char *cluster, *user, *message;
    } cases[] = {
        {good, "{'token':5315}", "user.token: expected a string"},
        {good, "{'token':['s3cret']}", "user.token: expected a string"},
        {good, "{'client-key-data':true}", "user.client-key-data: expected a string"},
        {good, "{'client-key-data':'s3cret!'}", "user.client-key-data: not base64 at byte 6"},
        {"{'server':'http://a:s3cret@b'}", "{}", "cluster.server: expected an https:// URL"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(state, one(*state, cases[i].cluster, cases[i].user), NULL,
                       SW_KUBE_INLINE_ONLY, SW_ETYPE, cases[i].message);
    assert_refused(state, "token: *s3cret\n", NULL, SW_KUBE_INLINE_ONLY, SW_ESYNTAX,
                   "line 1, column 8: expected YAML or JSON");
    assert_refused(state, "s3cret: 99999999999999999999", NULL, SW_KUBE_INLINE_ONLY, SW_ESYNTAX,
                   "line 1, column 9: expected YAML or JSON");
}

static void assert_cluster_refused(void **state, const char *cluster, const char *message)
{
    assert_refused(state, one(*state, cluster, "{}"), NULL, SW_KUBE_FILES_TOO, SW_ETYPE, message);
}

static void read_refuses_what_is_not_https(void **state)
{
    assert_cluster_refused(state, "{'server':'http://a'}",
                           "cluster.server: expected an https:// URL, found \"http://a\"");
    assert_cluster_refused(state, "{'server':'https://'}",
                           "cluster.server: expected an https:// URL, found \"https://\"");
    assert_cluster_refused(state, "{}", "cluster.server: expected an https:// URL, found nothing");
    assert_cluster_refused(state, "{'server':7}", "cluster.server: expected a string, found 7");
}

static void read_refuses_a_server_of_slashes(void **state)
{
    assert_cluster_refused(state, "{'server':'https:////'}",
                           "cluster.server: expected an https:// URL, found \"https:////\"");
}

static void read_refuses_a_server_that_says_more_than_where(void **state)
{
    static const char *const servers[] = {"https://u:s3cret@h", "https://h/x?y", "https://h#a",
                                          "https://h h"};

    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        char *cluster = sw_arena_printf(*state, "{'server':'%s'}", servers[i]);

        assert_refused(state, one(*state, cluster, "{}"), NULL, SW_KUBE_FILES_TOO, SW_EUSAGE,
                       "cluster.server: expected https://HOST[:PORT][/PATH], found a password, a "
                       "query or a blank in it");
    }
}

static void read_refuses_control_characters(void **state)
{
    assert_refused(state, one(*state, "{'server':'https://a'}", "{'token':'a\\r\\nX-Evil: 1'}"),
                   NULL, SW_KUBE_INLINE_ONLY, SW_EUSAGE,
                   "user.token: expected no control characters, found one");
}

static void read_refuses_what_is_not_base64(void **state)
{
    struct sw_kube_config config;
    struct sw_err err = {0};
    char *text = one(*state, "{'server':'https://a','certificate-authority-data':'?'}", "{}");

    assert_int_equal(read_text(*state, text, NULL, SW_KUBE_FILES_TOO, &config, &err), SW_ETYPE);
    assert_string_equal(err.message, "cluster.certificate-authority-data: not base64 at byte 0");
}

static void read_refuses_passwords(void **state)
{
    assert_refused(state, one(*state, "{'server':'https://a'}", "{'username':'a','password':'b'}"),
                   NULL, SW_KUBE_FILES_TOO, SW_EUSAGE,
                   "user.username: not supported; use a token or a client certificate");
}

static void read_of_a_user_without_credentials_is_fine(void **state)
{
    struct sw_kube_config config;
    char *text = one(*state, "{'server':'https://a'}", "{'exec':null}");

    assert_int_equal(read_text(*state, text, NULL, SW_KUBE_FILES_TOO, &config, NULL), 0);
    assert_str(config.token, NULL);
}

static void read_refuses_what_is_no_kubeconfig(void **state)
{
    struct sw_kube_config config;
    struct sw_kube_config_reading how = {.folder = ""};
    char *huge = malloc(SW_KUBE_CONFIG_MAX_BYTES + 1);

    assert_refused(state, "- a\n", NULL, SW_KUBE_FILES_TOO, SW_ETYPE,
                   "expected a kubeconfig, found no mapping");
    assert_refused(state, "{}\n---\n{}\n", NULL, SW_KUBE_FILES_TOO, SW_ETYPE,
                   "expected one kubeconfig, found 2 documents");
    assert_int_equal(read_text(*state, "{", NULL, SW_KUBE_FILES_TOO, &config, NULL), SW_ESYNTAX);
    if (!huge)
        fail();
    memset(huge, ' ', SW_KUBE_CONFIG_MAX_BYTES + 1);
    assert_int_equal(sw_kube_config_read((struct sw_str){huge, SW_KUBE_CONFIG_MAX_BYTES + 1}, &how,
                                         *state, &config, NULL),
                     SW_ELIMIT);
    free(huge);
}

static void in_cluster_takes_the_address_from_the_environment(void **state)
{
    struct sw_kube_config config;

    setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    assert_int_equal(sw_kube_config_in_cluster("/sa", *state, &config, NULL), 0);
    assert_str(config.server, "https://10.96.0.1:443");
    assert_str(config.token_file, "/sa/token");
    assert_str(config.ca_file, "/sa/ca.crt");
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    assert_int_equal(sw_kube_config_in_cluster("/sa", *state, &config, NULL), 0);
    assert_str(config.server, "https://[fd00::1]:443");
}

static void in_cluster_outside_of_one_says_so(void **state)
{
    struct sw_kube_config config;
    struct sw_err err = {0};

    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(sw_kube_config_in_cluster("/sa", *state, &config, &err), SW_ENOENT);
    assert_non_null(strstr(err.message, "KUBERNETES_SERVICE_HOST"));
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(read_takes_the_current_context),
        CONFIG_TEST(read_of_paths_starts_from_the_folder),
        CONFIG_TEST(read_prefers_what_is_inline_to_a_file),
        CONFIG_TEST(read_prefers_a_token_file_to_a_token),
        CONFIG_TEST(read_says_what_there_is_instead),
        CONFIG_TEST(read_without_a_current_context_tells_what_there_is),
        CONFIG_TEST(read_runs_no_program),
        CONFIG_TEST(read_of_a_strangers_kubeconfig_follows_no_path),
        CONFIG_TEST(read_of_a_strangers_kubeconfig_shows_nothing_of_it),
        CONFIG_TEST(read_refuses_what_is_not_https),
        CONFIG_TEST(read_refuses_a_server_of_slashes),
        CONFIG_TEST(read_refuses_a_server_that_says_more_than_where),
        CONFIG_TEST(read_refuses_control_characters),
        CONFIG_TEST(read_refuses_what_is_not_base64),
        CONFIG_TEST(read_refuses_passwords),
        CONFIG_TEST(read_of_a_user_without_credentials_is_fine),
        CONFIG_TEST(read_refuses_what_is_no_kubeconfig),
        CONFIG_TEST(in_cluster_takes_the_address_from_the_environment),
        CONFIG_TEST(in_cluster_outside_of_one_says_so),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
