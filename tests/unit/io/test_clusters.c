/* pkg/io/clusters.c: the options that name clusters, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "io/clusters.h"

#define CLUSTER SW_CLUSTERS_OPTION_CLUSTER
#define LOCAL   SW_CLUSTERS_OPTION_LOCAL
#define CONFIG  SW_CLUSTERS_OPTION_CONFIG_CLUSTER
#define NETWORK SW_CLUSTERS_OPTION_NETWORK

static struct sw_clusters clusters;

static int setup(void **state)
{
    (void)state;
    clusters = (struct sw_clusters){0};
    return 0;
}

static void take(int code, const char *value)
{
    struct sw_err err = {0};

    if (sw_clusters_option(&clusters, code, value, &err) != 1)
        fail_msg("%s: %s", value, err.message);
    assert_int_equal(err.code, 0);
}

static void assert_says(const struct sw_err *err, int code, const char *words)
{
    assert_int_equal(err->code, code);
    if (!strstr(err->message, words))
        fail_msg("'%s' does not say '%s'", err->message, words);
}

static void assert_refused(int code, const char *value, const char *words)
{
    struct sw_err err = {0};
    size_t n = clusters.n;

    assert_int_equal(sw_clusters_option(&clusters, code, value, &err), SW_EUSAGE);
    assert_says(&err, SW_EUSAGE, words);
    assert_int_equal(clusters.n, n);
}

static void check(void)
{
    struct sw_err err = {0};

    if (sw_clusters_check(&clusters, &err) != 0)
        fail_msg("%s", err.message);
}

static void assert_check_fails(const char *words)
{
    struct sw_err err = {0};

    assert_int_equal(sw_clusters_check(&clusters, &err), SW_EUSAGE);
    assert_says(&err, SW_EUSAGE, words);
}

static void option_takes_names_and_folders(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:clusters/east");
    take(CLUSTER, "Kubernetes=dir:/a=b");
    assert_int_equal(clusters.n, 2);
    assert_true(sw_str_is(clusters.items[0].name, "east"));
    assert_string_equal(clusters.items[0].dir, "clusters/east");
    assert_true(sw_str_is(clusters.items[1].name, "Kubernetes"));
    assert_string_equal(clusters.items[1].dir, "/a=b");
}

static void option_leaves_others_alone(void **state)
{
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_clusters_option(&clusters, 'f', "x", &err), 0);
    assert_int_equal(sw_clusters_option(&clusters, '?', NULL, &err), 0);
    assert_int_equal(err.code, 0);
    assert_int_equal(clusters.n, 0);
}

static void option_refuses_what_is_no_cluster(void **state)
{
    (void)state;
    assert_refused(CLUSTER, "east", "expected NAME=dir:PATH, found \"east\"");
    assert_refused(CLUSTER, "east=", "found \"\"");
    assert_refused(CLUSTER, "east=clusters/east", "found \"clusters/east\" behind the =");
    assert_refused(CLUSTER, "east=dir:", "found \"dir:\"");
    assert_refused(CLUSTER, "=dir:x", "found \"\"");
    assert_refused(CLUSTER, "a/b=dir:x", "found \"a/b\"");
    assert_refused(CLUSTER, "*=dir:x", "found \"*\"");
    assert_refused(CLUSTER, "-a=dir:x", "begin and end with a letter or digit");
}

static void option_refuses_api_servers_by_name(void **state)
{
    (void)state;
    assert_refused(CLUSTER, "east=kubeconfig:/k#east", "this version reads no API server");
    assert_refused(CLUSTER, "east=in-cluster", "this version reads no API server");
}

static void option_takes_api_servers_for_those_who_watch(void **state)
{
    (void)state;
    clusters.takes_api_servers = true;
    take(CLUSTER, "east=kubeconfig:/k.yaml");
    take(CLUSTER, "west=kubeconfig:k#admin@west#1");
    take(CLUSTER, "here=in-cluster");
    take(CLUSTER, "files=dir:x");
    assert_true(sw_str_is(clusters.items[0].kubeconfig, "/k.yaml"));
    assert_null(clusters.items[0].context.data);
    assert_null(clusters.items[0].dir);
    assert_true(sw_str_is(clusters.items[1].kubeconfig, "k"));
    assert_true(sw_str_is(clusters.items[1].context, "admin@west#1"));
    assert_null(clusters.items[2].kubeconfig.data);
    assert_null(clusters.items[2].dir);
    assert_string_equal(clusters.items[3].dir, "x");
    assert_refused(CLUSTER, "a=kubeconfig:", "NAME=kubeconfig:PATH[#CONTEXT]");
    assert_refused(CLUSTER, "a=kubeconfig:#c", "found \"kubeconfig:#c\"");
    assert_refused(CLUSTER, "a=ftp:x", "or NAME=in-cluster, found \"ftp:x\"");
    assert_refused(CLUSTER, "a", "expected NAME=SOURCE, found \"a\"");
    assert_refused(CLUSTER, "here=dir:b", "with in-cluster and dir:b");
}

static void option_refuses_a_name_twice(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:a");
    assert_refused(CLUSTER, "east=dir:b", "found east twice, with dir:a and dir:b");
}

static void option_stops_at_the_most(void **state)
{
    static char values[SW_CLUSTERS_MAX + 1][16];
    struct sw_err err = {0};

    (void)state;
    for (int i = 0; i <= SW_CLUSTERS_MAX; i++)
        snprintf(values[i], sizeof(values[i]), "c%d=dir:d", i);
    for (int i = 0; i < SW_CLUSTERS_MAX; i++)
        take(CLUSTER, values[i]);
    assert_int_equal(sw_clusters_option(&clusters, CLUSTER, values[SW_CLUSTERS_MAX], &err),
                     SW_ELIMIT);
    assert_says(&err, SW_ELIMIT, "at most 255 clusters");
    check();
}

static void option_refuses_what_is_no_network(void **state)
{
    (void)state;
    assert_refused(NETWORK, "east", "expected NAME=NETWORK, found \"east\"");
    assert_refused(NETWORK, "east=", "found \"\"");
    assert_refused(NETWORK, "east=a b", "found \"a b\"");
    take(NETWORK, "east=n1");
    assert_refused(NETWORK, "east=n2", "found n1 and n2 for east");
}

static void check_gives_defaults(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:a");
    take(CLUSTER, "west=dir:b");
    check();
    assert_int_equal(clusters.local, 0);
    assert_int_equal(clusters.config, 0);
    assert_true(sw_str_is(clusters.items[0].network, "east"));
    assert_true(sw_str_is(clusters.items[1].network, "west"));
}

static void check_finds_names_given_before_their_clusters(void **state)
{
    (void)state;
    take(LOCAL, "west");
    take(NETWORK, "west=n2");
    take(CLUSTER, "east=dir:a");
    take(CLUSTER, "west=dir:b");
    check();
    assert_int_equal(clusters.local, 1);
    assert_int_equal(clusters.config, 1); /* the local one, unless it is said */
    assert_true(sw_str_is(clusters.items[1].network, "n2"));
}

static void check_takes_the_last_local_and_config_cluster(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:a");
    take(CLUSTER, "west=dir:b");
    take(LOCAL, "east");
    take(LOCAL, "west");
    take(CONFIG, "west");
    take(CONFIG, "east");
    check();
    assert_int_equal(clusters.local, 1);
    assert_int_equal(clusters.config, 0);
}

static void check_refuses_no_cluster(void **state)
{
    (void)state;
    assert_check_fails("--cluster: expected at least one NAME=dir:PATH, found none");
}

static void check_refuses_unknown_names_with_the_nearest(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:a");
    take(CLUSTER, "west=dir:b");
    take(LOCAL, "wset");
    assert_check_fails("--local: expected the name of a --cluster (east, west), found \"wset\": "
                       "did you mean west?");
    take(LOCAL, "");
    assert_check_fails("found \"\"");
    take(LOCAL, "east");
    take(CONFIG, "somewhere");
    assert_check_fails("--config-cluster: expected the name of a --cluster (east, west), found "
                       "\"somewhere\"");
    take(CONFIG, "east");
    take(NETWORK, "north=n");
    assert_check_fails("--network: expected the name of a --cluster");
}

static void check_refuses_one_network_for_two(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:a");
    take(CLUSTER, "west=dir:b");
    take(NETWORK, "east=n");
    take(NETWORK, "west=n");
    assert_check_fails("found n for both east and west");
}

static void check_compares_given_networks_with_default_ones(void **state)
{
    (void)state;
    take(CLUSTER, "east=dir:a");
    take(CLUSTER, "west=dir:b");
    take(NETWORK, "west=east");
    assert_check_fails("found east for both east and west");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(option_takes_names_and_folders, setup),
        cmocka_unit_test_setup(option_leaves_others_alone, setup),
        cmocka_unit_test_setup(option_refuses_what_is_no_cluster, setup),
        cmocka_unit_test_setup(option_refuses_api_servers_by_name, setup),
        cmocka_unit_test_setup(option_takes_api_servers_for_those_who_watch, setup),
        cmocka_unit_test_setup(option_refuses_a_name_twice, setup),
        cmocka_unit_test_setup(option_stops_at_the_most, setup),
        cmocka_unit_test_setup(option_refuses_what_is_no_network, setup),
        cmocka_unit_test_setup(check_gives_defaults, setup),
        cmocka_unit_test_setup(check_finds_names_given_before_their_clusters, setup),
        cmocka_unit_test_setup(check_takes_the_last_local_and_config_cluster, setup),
        cmocka_unit_test_setup(check_refuses_no_cluster, setup),
        cmocka_unit_test_setup(check_refuses_unknown_names_with_the_nearest, setup),
        cmocka_unit_test_setup(check_refuses_one_network_for_two, setup),
        cmocka_unit_test_setup(check_compares_given_networks_with_default_ones, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
