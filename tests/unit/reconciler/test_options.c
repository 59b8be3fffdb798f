/* reconciler/options.c: what is understood, what it defaults to, and what is said of wrong usage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reconciler/options.h"

#define MAX_ARGS 16
#define LOCAL    "--cluster=east=kubeconfig:/k"

static struct sw_reconciler_options options; /* tens of KiB */
static struct sw_err err;

static int parse_list(const char *const *words, size_t n_words)
{
    char *argv[MAX_ARGS] = {(char *)"spillway-reconciler"};

    assert_true(n_words + 2 <= MAX_ARGS);
    for (size_t i = 0; i < n_words; i++)
        argv[i + 1] = (char *)words[i];
    err = (struct sw_err){0};
    return sw_reconciler_options_parse((int)n_words + 1, argv, &options, &err);
}

#define LIST(...)  ((const char *const[]){__VA_ARGS__})
#define PARSE(...) parse_list(LIST(__VA_ARGS__), sizeof(LIST(__VA_ARGS__)) / sizeof(char *))

static void assert_refused(int r, const char *said)
{
    assert_int_equal(r, SW_EUSAGE);
    if (!strstr(err.message, said))
        fail_msg("expected \"%s\" in: %s", said, err.message);
}

static void defaults_are_filled_in(void **state)
{
    (void)state;
    assert_int_equal(PARSE(LOCAL, "--cluster=west=kubeconfig:/w"), 0);
    assert_int_equal(options.action, SW_RECONCILER_RUN);
    assert_string_equal(options.probe_listen, ":8081");
    assert_true(sw_str_is(options.root_namespace, "istio-system"));
    assert_null(options.namespace_.data);
    assert_false(options.leader_elect);
    assert_false(options.no_cluster_secrets);
    assert_int_equal(options.remote_ttl_s, 0);
    assert_int_equal(options.write_rate, 200);
    assert_null(options.dns_servers);
    assert_int_equal(options.log_level, SW_LOG_INFO);
    assert_int_equal(options.clusters.n, 2);
}

static void every_option_is_taken(void **state)
{
    (void)state;
    assert_int_equal(PARSE(LOCAL, "--namespace=ours", "--root-namespace=mesh", "--leader-elect",
                           "--no-cluster-secrets", "--remote-ttl=600", "--write-rate=50",
                           "--dns-servers=192.0.2.1:53", "--probe-listen=127.0.0.1:0",
                           "--log-level=debug"),
                     0);
    assert_true(sw_str_is(options.namespace_, "ours"));
    assert_true(sw_str_is(options.root_namespace, "mesh"));
    assert_true(options.leader_elect);
    assert_true(options.no_cluster_secrets);
    assert_int_equal(options.remote_ttl_s, 600);
    assert_int_equal(options.write_rate, 50);
    assert_string_equal(options.dns_servers, "192.0.2.1:53");
    assert_string_equal(options.probe_listen, "127.0.0.1:0");
    assert_int_equal(options.log_level, SW_LOG_DEBUG);
}

static void in_a_pod_there_is_an_election_unless_it_is_declined(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--cluster=east=in-cluster"), 0);
    assert_true(options.leader_elect);
    assert_int_equal(PARSE("--cluster=east=in-cluster", "--no-leader-elect"), 0);
    assert_false(options.leader_elect);
}

static void wrong_usage_is_told(void **state)
{
    (void)state;
    assert_refused(PARSE("--log-level=info"), "--cluster");
    assert_refused(PARSE("--cluster=east=dir:/e"), "expected an API server as local cluster");
    assert_refused(PARSE(LOCAL, "--leader-elect"), "expected --namespace with it");
    assert_refused(PARSE(LOCAL, "--leader-elect", "--no-leader-elect", "--namespace=a"),
                   "expected either");
    assert_refused(PARSE(LOCAL, "--namespace="), "--namespace: expected the name");
    assert_refused(PARSE(LOCAL, "--remote-ttl=1h"), "expected seconds");
    assert_refused(PARSE(LOCAL, "--write-rate=0"), "1 to 10000, found \"0\"");
    assert_refused(PARSE(LOCAL, "--write-rate=10001"), "found \"10001\"");
    assert_refused(PARSE(LOCAL, "--dns-servers="), "expected ADDRESS[:PORT],...");
    assert_refused(PARSE(LOCAL, "--dns-servers=foo"), "found \"foo\"");
    assert_refused(PARSE(LOCAL, "--dns-servers=192.0.2.1,dns.example"), "found \"dns.example\"");
    assert_refused(PARSE(LOCAL, "--dns-servers=192.0.2.1:"), "expected ADDRESS[:PORT],...");
    assert_refused(PARSE(LOCAL, "--dns-servers=192.0.2.1:0"), "expected ADDRESS[:PORT],...");
    assert_refused(PARSE(LOCAL, "--dns-servers=192.0.2.1:65536"), "expected ADDRESS[:PORT],...");
    assert_refused(PARSE(LOCAL, "--dns-servers=[192.0.2.1]:53"), "expected ADDRESS[:PORT],...");
    assert_refused(PARSE(LOCAL, "--dns-servers=[2001:db8::1"), "expected ADDRESS[:PORT],...");
    assert_refused(PARSE(LOCAL, "--dns-servers=[2001:db8::1]53"), "expected ADDRESS[:PORT],...");
    assert_int_equal(
        PARSE(LOCAL, "--dns-servers=192.0.2.1,192.0.2.2:53,2001:db8::1,[2001:db8::1]:5353"), 0);
    assert_refused(PARSE(LOCAL, "--log-level=loud"), "found \"loud\"");
    assert_refused(PARSE(LOCAL, "--nothing"), "found --nothing");
    assert_refused(PARSE(LOCAL, "--namespace"), "expected a value behind it");
    assert_refused(PARSE(LOCAL, "file"), "expected options only, found file");
}

static void help_and_version_need_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--help"), 0);
    assert_int_equal(options.action, SW_RECONCILER_HELP);
    assert_int_equal(PARSE("--version"), 0);
    assert_int_equal(options.action, SW_RECONCILER_VERSION);
}

static void an_address_to_listen_on_is_checked(void **state)
{
    (void)state;
    assert_refused(PARSE(LOCAL, "--probe-listen=8081"), "--probe-listen: '8081': expected ADDRESS");
}

static void help_fits_a_terminal(void **state)
{
    struct sw_str text = sw_str_from(sw_reconciler_options_help());

    (void)state;
    while (text.len) {
        struct sw_str line = sw_str_cut(&text, '\n');

        if (line.len > 80)
            fail_msg("%zu columns: %.*s", line.len, SW_STR_ARG(line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(every_option_is_taken),
        cmocka_unit_test(in_a_pod_there_is_an_election_unless_it_is_declined),
        cmocka_unit_test(wrong_usage_is_told),
        cmocka_unit_test(help_and_version_need_nothing_else),
        cmocka_unit_test(an_address_to_listen_on_is_checked),
        cmocka_unit_test(help_fits_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
