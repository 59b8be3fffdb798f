/* webhook/options.c: what is understood, what it defaults to, and what is said of wrong usage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "webhook/options.h"

#define MAX_ARGS 64
#define TLS      "--tls-cert-file=/c", "--tls-key-file=/k"
#define CLUSTER  "--cluster=east=dir:/e"
#define LIVE     "--cluster=east=kubeconfig:/k"

static struct sw_options options; /* some 20 KiB */
static struct sw_err err;

static int parse_list(size_t n_cpus, const char *const *words, size_t n_words)
{
    char *argv[MAX_ARGS] = {(char *)"spillway-webhook"};

    assert_true(n_words + 2 <= MAX_ARGS);
    for (size_t i = 0; i < n_words; i++)
        argv[i + 1] = (char *)words[i];
    err = (struct sw_err){0};
    return sw_options_parse((int)n_words + 1, argv, n_cpus, &options, &err);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__})
#define PARSE_ON(cpus, ...)                                                                        \
    parse_list((cpus), LIST(__VA_ARGS__), sizeof(LIST(__VA_ARGS__)) / sizeof(char *))
#define PARSE(...) PARSE_ON(2, __VA_ARGS__)

static void assert_refused(int r, int code, const char *said)
{
    assert_int_equal(r, code);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, said))
        fail_msg("expected \"%s\" in: %s", said, err.message);
}

static void parse_fills_in_the_defaults(void **state)
{
    (void)state;
    assert_int_equal(PARSE(TLS, CLUSTER), 0);
    assert_int_equal(options.action, SW_OPTIONS_RUN);
    assert_string_equal(options.listen, ":8443");
    assert_string_equal(options.probe_listen, ":8081");
    assert_string_equal(options.tls.cert_file, "/c");
    assert_string_equal(options.tls.key_file, "/k");
    assert_null(options.tls.client_ca_file);
    assert_null(options.tls.client_names[0]);
    assert_int_equal(options.n_threads, 2);
    assert_int_equal(options.drain_s, 10);
    assert_int_equal(options.log_level, SW_LOG_INFO);
    assert_int_equal(options.clusters.n, 1);
    assert_string_equal(options.clusters.items[0].dir, "/e");
}

static void parse_takes_every_option(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--listen", "127.0.0.1:1", "--tls-cert-file", "a", "--tls-key-file", "b",
                           "--client-ca-file", "c", "--client-name", "one", "--client-name", "two",
                           "--probe-listen", "[::1]:2", "--threads", "3", "--drain-seconds", "0",
                           "--log-level", "debug", "--cluster", "east=dir:/e", "--cluster",
                           "west=dir:/w", "--local", "west", "--config-cluster", "east",
                           "--network", "east=n1"),
                     0);
    assert_string_equal(options.listen, "127.0.0.1:1");
    assert_string_equal(options.probe_listen, "[::1]:2");
    assert_string_equal(options.tls.client_ca_file, "c");
    assert_string_equal(options.tls.client_names[0], "one");
    assert_string_equal(options.tls.client_names[1], "two");
    assert_null(options.tls.client_names[2]);
    assert_int_equal(options.n_threads, 3);
    assert_int_equal(options.drain_s, 0);
    assert_int_equal(options.log_level, SW_LOG_DEBUG);
    assert_int_equal(options.clusters.local, 1);
    assert_int_equal(options.clusters.config, 0);
    assert_true(sw_str_is(options.clusters.items[0].network, "n1"));
}

static void parse_starts_a_thread_a_processor_up_to_eight(void **state)
{
    (void)state;
    assert_int_equal(PARSE_ON(0, TLS, CLUSTER), 0);
    assert_int_equal(options.n_threads, 1);
    assert_int_equal(PARSE_ON(8, TLS, CLUSTER), 0);
    assert_int_equal(options.n_threads, 8);
    assert_int_equal(PARSE_ON(96, TLS, CLUSTER), 0);
    assert_int_equal(options.n_threads, SW_OPTIONS_THREADS_DEFAULT_MAX);
    assert_int_equal(PARSE_ON(96, TLS, CLUSTER, "--threads=64"), 0);
    assert_int_equal(options.n_threads, 64);
}

static void parse_begins_anew_each_time(void **state)
{
    (void)state;
    assert_int_equal(PARSE(TLS, CLUSTER, "--client-ca-file=c", "--client-name=n"), 0);
    assert_int_equal(PARSE(TLS, CLUSTER), 0);
    assert_int_equal(options.n_client_names, 0);
    assert_null(options.tls.client_ca_file);
}

static void parse_stops_at_help_and_version(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--help"), 0);
    assert_int_equal(options.action, SW_OPTIONS_HELP);
    assert_int_equal(PARSE("--version", "--bogus"), 0);
    assert_int_equal(options.action, SW_OPTIONS_VERSION);
}

static void parse_wants_addresses_to_listen_on(void **state)
{
    (void)state;
    assert_refused(PARSE(CLUSTER, "--listen=8443"), SW_EUSAGE,
                   "--listen: '8443': expected ADDRESS:PORT");
    assert_refused(PARSE(CLUSTER, "--probe-listen=localhost:8081"), SW_EUSAGE,
                   "--probe-listen: 'localhost:8081': expected the number of an address");
}

static void parse_wants_a_certificate_and_its_key(void **state)
{
    (void)state;
    assert_refused(PARSE(CLUSTER, "--tls-key-file=k"), SW_EUSAGE, "found no --tls-cert-file");
    assert_refused(PARSE(CLUSTER, "--tls-cert-file=c"), SW_EUSAGE, "found no --tls-key-file");
    assert_refused(PARSE(CLUSTER, "--tls-key-file=k", "--tls-cert-file="), SW_EUSAGE,
                   "--tls-cert-file=: expected a value, found \"\"");
}

static void parse_without_files_keeps_a_certificate_itself(void **state)
{
    (void)state;
    assert_int_equal(PARSE(LIVE), 0);
    assert_true(options.tls.late);
    assert_null(options.certs.namespace_.data);
    assert_true(sw_str_is(options.certs.secret, "spillway-webhook-certs"));
    assert_string_equal(options.certs.configuration, "spillway");
    assert_string_equal(options.certs.service, "spillway-webhook");
    assert_int_equal(options.certs.cert_lifetime_s, 90 * 24 * 3600);
    assert_int_equal(options.certs.ca_lifetime_s, 365 * 24 * 3600);
    assert_int_equal(PARSE("--cluster=east=in-cluster"), 0);
    assert_true(options.tls.late);
    assert_int_equal(PARSE(TLS, LIVE), 0);
    assert_false(options.tls.late);
}

static void parse_takes_how_a_certificate_is_kept(void **state)
{
    (void)state;
    assert_int_equal(PARSE(LIVE, "--cert-secret=certs", "--service-name=hook",
                           "--webhook-configuration=ours", "--cert-lifetime=150s",
                           "--ca-lifetime=3m"),
                     0);
    assert_null(options.certs.namespace_.data);
    assert_true(sw_str_is(options.certs.secret, "certs"));
    assert_string_equal(options.certs.service, "hook");
    assert_string_equal(options.certs.configuration, "ours");
    assert_int_equal(options.certs.cert_lifetime_s, 150);
    assert_int_equal(options.certs.ca_lifetime_s, 180);
    assert_int_equal(PARSE(LIVE, "--cert-secret=shop/certs"), 0);
    assert_true(sw_str_is(options.certs.namespace_, "shop"));
    assert_true(sw_str_is(options.certs.secret, "certs"));
}

static void parse_refuses_a_certificate_that_cannot_be_kept(void **state)
{
    static const char *const secrets[] = {"", "/", "/a", "a/", "a/b/c", "UPPER", "../x", "a/UPPER"};
    static const char *const lifetimes[] = {"", "90", "119s", "-1h", "87601h", "soon"};

    (void)state;
    assert_refused(PARSE(CLUSTER), SW_EUSAGE, "the local cluster is east=dir:/e");
    assert_refused(PARSE(LIVE, "--cluster=west=dir:/w", "--local=west"), SW_EUSAGE,
                   "or an API server as local cluster");
    assert_refused(PARSE(TLS, LIVE, "--cert-lifetime=1h"), SW_EUSAGE, "found both");
    assert_refused(PARSE(TLS, LIVE, "--service-name=a"), SW_EUSAGE, "found both");
    assert_refused(PARSE(LIVE, "--ca-lifetime=2159h"), SW_EUSAGE,
                   "--ca-lifetime: expected no less than");
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        assert_refused(PARSE(LIVE, "--cert-secret", secrets[i]), SW_EUSAGE,
                       "--cert-secret: expected NAME or NAMESPACE/NAME");
    assert_refused(PARSE(LIVE, "--service-name=a b"), SW_EUSAGE, "--service-name: expected");
    assert_refused(PARSE(LIVE, "--service-name=a.b"), SW_EUSAGE, "--service-name: expected");
    assert_refused(PARSE(LIVE, "--webhook-configuration=A/B"), SW_EUSAGE,
                   "--webhook-configuration: expected");
    for (size_t i = 0; i < sizeof(lifetimes) / sizeof(lifetimes[0]); i++) {
        assert_refused(PARSE(LIVE, "--cert-lifetime", lifetimes[i]), SW_EUSAGE,
                       "--cert-lifetime: expected a duration from 2m to 87600h");
        assert_refused(PARSE(LIVE, "--ca-lifetime", lifetimes[i]), SW_EUSAGE,
                       "--ca-lifetime: expected a duration");
    }
}

static void parse_wants_a_cluster(void **state)
{
    (void)state;
    assert_refused(PARSE(TLS), SW_EUSAGE, "--cluster");
    assert_refused(PARSE(TLS, "--cluster=east"), SW_EUSAGE, "east");
    assert_refused(PARSE(TLS, CLUSTER, "--local=west"), SW_EUSAGE, "west");
}

static void parse_refuses_numbers_out_of_range(void **state)
{
    static const char *const wrong[] = {"0", "65", "-1", "two", "", "1.5", "99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char said[128];

        snprintf(said, sizeof(said), "--threads: expected a number from 1 to 64, found \"%s\"",
                 wrong[i]);
        assert_refused(PARSE(TLS, CLUSTER, "--threads", wrong[i]), SW_EUSAGE, said);
    }
    assert_refused(PARSE(TLS, CLUSTER, "--drain-seconds=3601"), SW_EUSAGE,
                   "--drain-seconds: expected a number from 0 to 3600, found \"3601\"");
}

static void parse_refuses_unknown_log_levels(void **state)
{
    (void)state;
    assert_refused(PARSE(TLS, CLUSTER, "--log-level=loud"), SW_EUSAGE,
                   "--log-level: expected debug, info, warn or error, found \"loud\"");
}

static void parse_refuses_client_names_without_a_ca(void **state)
{
    (void)state;
    assert_refused(PARSE(TLS, CLUSTER, "--client-name=n"), SW_EUSAGE, "--client-ca-file");
    assert_refused(PARSE(TLS, CLUSTER, "--client-ca-file=c", "--client-name="), SW_EUSAGE,
                   "--client-name: expected a name");
}

static void parse_refuses_more_client_names_than_there_is_room_for(void **state)
{
    const char *words[SW_OPTIONS_CLIENT_NAMES_MAX + 5] = {TLS, CLUSTER, "--client-ca-file=c"};

    (void)state;
    for (size_t i = 4; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = "--client-name=n";
    assert_int_equal(parse_list(2, words, SW_OPTIONS_CLIENT_NAMES_MAX + 4), 0);
    assert_int_equal(options.n_client_names, SW_OPTIONS_CLIENT_NAMES_MAX);
    assert_null(options.client_names[SW_OPTIONS_CLIENT_NAMES_MAX]);
    assert_refused(parse_list(2, words, SW_OPTIONS_CLIENT_NAMES_MAX + 5), SW_ELIMIT,
                   "--client-name: expected at most 16");
}

static void parse_names_what_it_does_not_understand(void **state)
{
    (void)state;
    assert_refused(PARSE(TLS, CLUSTER, "--bogus=1"), SW_EUSAGE, "found --bogus=1");
    assert_refused(PARSE(TLS, CLUSTER, "-x"), SW_EUSAGE, "found -x");
    assert_refused(PARSE("--help=yes"), SW_EUSAGE, "found --help=yes");
    assert_refused(PARSE(TLS, CLUSTER, "stray"), SW_EUSAGE, "expected options only, found stray");
    assert_refused(PARSE(TLS, CLUSTER, "--listen"), SW_EUSAGE,
                   "--listen: expected a value behind it, found nothing");
}

static void help_fits_a_terminal_and_names_every_option(void **state)
{
    static const char *const names[] = {
        "--listen",
        "--tls-cert-file",
        "--tls-key-file",
        "--client-ca-file",
        "--cert-secret",
        "--service-name",
        "--webhook-configuration",
        "--cert-lifetime",
        "--ca-lifetime",
        "--client-name",
        "--probe-listen",
        "--threads",
        "--drain-seconds",
        "--log-level",
        "--cluster",
        "--local",
        "--config-cluster",
        "--network",
        "--help",
        "--version",
        "--cluster-secrets",
        "--no-cluster-secrets",
    };
    struct sw_str rest = sw_str_from(sw_options_help());

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(strstr(rest.data, names[i]));
    assert_true(sw_str_has_suffix(rest, SW_STR("\n")));
    while (rest.len)
        assert_true(sw_str_cut(&rest, '\n').len <= 80);
}

static void parse_takes_where_secrets_are(void **state)
{
    (void)state;
    assert_int_equal(PARSE(TLS, LIVE), 0);
    assert_null(options.cluster_secrets);
    assert_false(options.no_cluster_secrets);
    assert_int_equal(PARSE(TLS, LIVE, "--cluster-secrets", "spillway-system"), 0);
    assert_string_equal(options.cluster_secrets, "spillway-system");
    assert_int_equal(PARSE(TLS, "--no-cluster-secrets", "--cluster=east=in-cluster"), 0);
    assert_true(options.no_cluster_secrets);
}

static void parse_refuses_secrets_that_cannot_be(void **state)
{
    (void)state;
    assert_refused(PARSE(TLS, CLUSTER, "--cluster-secrets=sys"), SW_EUSAGE,
                   "--cluster-secrets: expected an API server as local cluster to read them from, "
                   "found east=dir:/e");
    assert_refused(PARSE(TLS, LIVE, "--cluster-secrets=a/b"), SW_EUSAGE,
                   "--cluster-secrets: expected the name of a namespace, found \"a/b\"");
    assert_refused(PARSE(TLS, LIVE, "--cluster-secrets="), SW_EUSAGE, "expected a value");
    assert_refused(PARSE(TLS, LIVE, "--cluster-secrets=a", "--no-cluster-secrets"), SW_EUSAGE,
                   "expected either --cluster-secrets or --no-cluster-secrets, found both");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_fills_in_the_defaults),
        cmocka_unit_test(parse_takes_every_option),
        cmocka_unit_test(parse_starts_a_thread_a_processor_up_to_eight),
        cmocka_unit_test(parse_begins_anew_each_time),
        cmocka_unit_test(parse_stops_at_help_and_version),
        cmocka_unit_test(parse_wants_addresses_to_listen_on),
        cmocka_unit_test(parse_wants_a_certificate_and_its_key),
        cmocka_unit_test(parse_without_files_keeps_a_certificate_itself),
        cmocka_unit_test(parse_takes_how_a_certificate_is_kept),
        cmocka_unit_test(parse_refuses_a_certificate_that_cannot_be_kept),
        cmocka_unit_test(parse_wants_a_cluster),
        cmocka_unit_test(parse_refuses_numbers_out_of_range),
        cmocka_unit_test(parse_refuses_unknown_log_levels),
        cmocka_unit_test(parse_refuses_client_names_without_a_ca),
        cmocka_unit_test(parse_refuses_more_client_names_than_there_is_room_for),
        cmocka_unit_test(parse_names_what_it_does_not_understand),
        cmocka_unit_test(help_fits_a_terminal_and_names_every_option),
        cmocka_unit_test(parse_takes_where_secrets_are),
        cmocka_unit_test(parse_refuses_secrets_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
