/* reconciler/reader.c: from one API server's lists and watches to its part of the state. */
#include "reader_fixture.h"

static void what_a_streamed_list_shows_is_in_the_state(void **state)
{
    (void)state;
    servers_put(EAST, SERVERS_SERVICES, CART);
    servers_put(EAST, SERVERS_SERVICES, TILL);
    begin();
    assert_false(health().synced);
    run();
    assert_true(health().synced);
    assert_int_equal(health().error.code, 0);
    assert_int_equal(n_services(), 2);
}

static void what_pages_show_is_in_the_state(void **state)
{
    (void)state;
    servers_page(EAST, 1);
    servers_put(EAST, SERVERS_SERVICES, CART);
    servers_put(EAST, SERVERS_SERVICES, TILL);
    begin();
    run();
    assert_true(health().synced);
    assert_int_equal(n_services(), 2);
    /* Asked for a stream, for two pages, and for what follows. */
    assert_int_equal(servers_asked(EAST, SERVERS_SERVICES), 4);
    assert_int_equal(servers_open(EAST, SERVERS_SERVICES), 1);
}

static void what_a_watch_tells_changes_the_state(void **state)
{
    (void)state;
    servers_put(EAST, SERVERS_SERVICES, CART);
    begin();
    run();
    servers_put(EAST, SERVERS_SERVICES, TILL);
    run();
    assert_int_equal(n_services(), 2);
    servers_delete(EAST, SERVERS_SERVICES, CART);
    run();
    assert_int_equal(n_services(), 1);
}

static void an_object_that_cannot_be_read_is_counted_and_passed_over(void **state)
{
    const struct sw_intake_stats *stats;

    (void)state;
    servers_put(EAST, SERVERS_SERVICES, ODD);
    servers_put(EAST, SERVERS_SERVICES, CART);
    begin();
    run();
    stats = sw_state_stats(cluster, SW_RESOURCE_SERVICE);
    assert_int_equal(n_services(), 1);
    assert_int_equal(stats->n_unreadable, 1);
    assert_non_null(strstr(stats->unreadable.message, "Service shop/odd"));
    assert_true(health().synced);
}

static void only_what_its_role_needs_is_asked_for(void **state)
{
    (void)state;
    begin_as(false, false);
    run();
    assert_int_equal(servers_asked(EAST, SERVERS_PODS), 1);
    assert_int_equal(servers_asked(EAST, SERVERS_SETTINGS), 0);
    assert_int_equal(servers_asked(EAST, "/apis/apps/v1/deployments"), 0);
    assert_true(health().synced);
}

static void of_what_only_ours_is_of_use_only_ours_is_asked_for(void **state)
{
    const char *const ours = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dspillway";

    (void)state;
    begin();
    run();
    assert_non_null(strstr(servers_query(EAST, "/apis/apps/v1/deployments"), ours));
    assert_null(strstr(servers_query(EAST, SERVERS_SERVICES), "labelSelector"));
}

static void of_configmaps_one_is_asked_for(void **state)
{
    (void)state;
    begin();
    run();
    assert_non_null(strstr(servers_query(EAST, "/api/v1/namespaces/istio-system/configmaps"),
                           "fieldSelector=metadata.name%3Distio-ca-root-cert&watch=1"));
}

static void one_on_trial_keeps_nothing(void **state)
{
    const struct sw_reader_options options = options_of(servers_kubeconfig(EAST));

    (void)state;
    servers_put(EAST, SERVERS_SERVICES, CART);
    assert_int_equal(sw_reader_new(&options, &reader, NULL), 0);
    run();
    assert_true(health().synced);
    assert_int_equal(n_services(), 0);
    assert_int_equal(sw_reader_attach(reader, cluster, NULL), 0);
    assert_false(health().synced);
    run();
    assert_true(health().synced);
    assert_int_equal(n_services(), 1);
}

/* The state holds what another reader has seen: what this one does not see any more is gone, and
 * not before its own picture is whole. */
static void the_first_picture_replaces_what_there_was(void **state)
{
    (void)state;
    servers_put(EAST, SERVERS_SERVICES, CART);
    begin();
    run();
    sw_reader_free(reader);
    servers_delete(EAST, SERVERS_SERVICES, CART);
    servers_put(EAST, SERVERS_SERVICES, TILL);
    servers_put(EAST, SERVERS_SERVICES, ODD);
    servers_answer(EAST, SERVERS_SERVICES, SERVERS_SILENT);
    begin();
    run();
    assert_int_equal(n_services(), 1);
    assert_int_equal(sw_state_stats(cluster, SW_RESOURCE_SERVICE)->n_unreadable, 0);
    servers_answer(EAST, SERVERS_SERVICES, 200);
    run();
    assert_int_equal(n_services(), 1);
    assert_int_equal(sw_state_stats(cluster, SW_RESOURCE_SERVICE)->n_unreadable, 1);
    assert_true(health().synced);
}

static void a_right_that_is_dispensable_is_done_without(void **state)
{
    (void)state;
    servers_put(EAST, SERVERS_SERVICES, CART);
    servers_answer(EAST, SERVERS_NODES, 403);
    begin();
    run();
    assert_true(health().synced);
    assert_int_equal(health().n_denied, 1);
    assert_int_equal(health().denied, 1u << SW_RESOURCE_NODE);
    assert_true(sw_state_stats(cluster, SW_RESOURCE_NODE)->synced); /* as an empty list */
    servers_answer(EAST, SERVERS_NODES, 200);
    servers_put(EAST, SERVERS_NODES, "{'metadata':{'name':'n1'}}");
    wait_for(120000);
    assert_int_equal(health().n_denied, 0);
    assert_int_equal(sw_state_count(cluster, SW_RESOURCE_NODE), 1);
}

static void a_right_that_is_needed_is_missed(void **state)
{
    (void)state;
    servers_answer(EAST, SERVERS_PODS, 403);
    begin();
    run();
    assert_false(health().synced);
    assert_int_equal(health().n_denied, 0);
    assert_int_equal(health().error.code, SW_EIO);
    assert_non_null(strstr(health().error.message, EAST SERVERS_PODS ": "));
    assert_non_null(strstr(health().error.message, "403"));
}

/* Of the local cluster Istio's rules say what users have; of a remote one they only inform. */
static void rules_may_be_missing_of_a_remote_cluster_only(void **state)
{
    (void)state;
    servers_answer(EAST, SERVERS_RULES, 403);
    begin_as(true, true);
    run();
    assert_false(health().synced);
    sw_reader_free(reader);
    begin_as(false, false);
    run();
    assert_true(health().synced);
    assert_int_equal(health().denied, 1u << SW_RESOURCE_DESTINATIONRULE);
}

static void what_a_server_does_not_have_is_an_empty_list(void **state)
{
    (void)state;
    servers_answer(EAST, SERVERS_SETTINGS, 404);
    begin();
    run();
    assert_true(health().synced);
    assert_int_equal(health().n_denied, 0);
}

static void a_failure_is_told_of_when_it_lasts(void **state)
{
    int64_t began_ms;

    (void)state;
    begin();
    run();
    servers_answer(EAST, NULL, SERVERS_REFUSED);
    wait_for(1000);
    began_ms = health().failing_ms;
    assert_true(began_ms >= 0);
    assert_true(health().synced);
    assert_int_equal(health().error.code, 0);
    wait_for(SW_READER_PATIENCE_MS);
    assert_int_equal(health().failing_ms, began_ms);
    assert_int_equal(health().error.code, SW_EIO);
    assert_non_null(strstr(health().error.message, "Connection refused"));
    servers_answer(EAST, NULL, 200);
    wait_for(120000);
    assert_int_equal(health().error.code, 0);
    assert_int_equal(health().failing_ms, -1);
}

/* However long the others would still have rested. */
static void where_one_gets_through_all_try_at_once(void **state)
{
    (void)state;
    begin();
    run();
    servers_answer(EAST, NULL, SERVERS_REFUSED);
    wait_for(300000);
    servers_answer(EAST, NULL, 200);
    for (int64_t wake_ms = run(); !servers_open(EAST, NULL); wake_ms = run())
        servers_now_ms = wake_ms;
    assert_int_equal(health().failing_ms, -1);
}

static void a_kubeconfig_that_cannot_be_used_is_refused(void **state)
{
    struct sw_reader_options options = options_of("{clusters: []}");
    struct sw_err err = {0};

    (void)state;
    assert_int_equal(sw_reader_new(&options, &reader, &err), SW_ENOENT);
    options = options_of("clusters: [");
    assert_int_equal(sw_reader_new(&options, &reader, &err), SW_ESYNTAX);
    options =
        options_of("{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], "
                   "clusters: [{name: c, cluster: {server: 'https://a'}}], "
                   "users: [{name: u, user: {tokenFile: /etc/passwd}}]}");
    assert_int_equal(sw_reader_new(&options, &reader, &err), SW_EUSAGE);
    assert_non_null(strstr(err.message, "tokenFile"));
    assert_null(reader);
}

static void outside_of_a_pod_there_is_no_own_api_server(void **state)
{
    struct sw_reader_options options = options_of("");
    struct sw_err err = {0};

    (void)state;
    unsetenv("KUBERNETES_SERVICE_HOST");
    options.kubeconfig = (struct sw_str){NULL, 0};
    assert_int_equal(sw_reader_new(&options, &reader, &err), SW_ENOENT);
}

static void a_root_namespace_that_is_no_name_is_refused(void **state)
{
    struct sw_reader_options options = options_of(servers_kubeconfig(EAST));
    static char name[2000];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    options.root_namespace = sw_str_from(name);
    assert_int_equal(sw_reader_new(&options, &reader, NULL), SW_ELIMIT);
    assert_null(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_streamed_list_shows_is_in_the_state),
        TEST(what_pages_show_is_in_the_state),
        TEST(what_a_watch_tells_changes_the_state),
        TEST(an_object_that_cannot_be_read_is_counted_and_passed_over),
        TEST(only_what_its_role_needs_is_asked_for),
        TEST(of_what_only_ours_is_of_use_only_ours_is_asked_for),
        TEST(of_configmaps_one_is_asked_for),
        TEST(one_on_trial_keeps_nothing),
        TEST(the_first_picture_replaces_what_there_was),
        TEST(a_right_that_is_dispensable_is_done_without),
        TEST(a_right_that_is_needed_is_missed),
        TEST(rules_may_be_missing_of_a_remote_cluster_only),
        TEST(what_a_server_does_not_have_is_an_empty_list),
        TEST(a_failure_is_told_of_when_it_lasts),
        TEST(where_one_gets_through_all_try_at_once),
        TEST(a_kubeconfig_that_cannot_be_used_is_refused),
        TEST(outside_of_a_pod_there_is_no_own_api_server),
        TEST(a_root_namespace_that_is_no_name_is_refused),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
