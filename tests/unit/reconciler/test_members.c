/* reconciler/members.c: all clusters, as Secrets come, change and go. */
#include "members_fixture.h"

static void those_of_the_command_line_come_first_in_their_order(void **state)
{
    (void)state;
    clusters.items[clusters.n++] =
        (struct sw_cluster){.name = SW_STR("away"), .kubeconfig = SW_STR("away.yaml")};
    write_home(servers_kubeconfig(HOME));
    assert_int_equal(make(SW_STR("sys"), NULL), 0);
    put_secret("west", servers_kubeconfig(WEST));
    assert_int_equal(sw_members_count(members), 3);
    assert_true(sw_str_is(sw_member_name(sw_members_at(members, 0)), "home"));
    assert_true(sw_str_is(sw_member_name(sw_members_at(members, 1)), "away"));
    assert_true(sw_str_is(sw_member_name(sw_members_at(members, 2)), "west"));
}

/* What is only of use of the local cluster, or of that of the Workspaces, is asked of no other. */
static void each_has_the_role_that_it_was_given(void **state)
{
    const char *const deployments = "/apis/apps/v1/deployments";
    const char *const entries = "/apis/networking.istio.io/v1/workloadentries";

    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    assert_int_equal(servers_asked(HOME, deployments), 1);
    assert_int_equal(servers_asked(HOME, SERVERS_SETTINGS), 1);
    assert_int_equal(servers_asked(WEST, deployments), 0);
    assert_int_equal(servers_asked(WEST, SERVERS_SETTINGS), 0);
    assert_int_equal(servers_asked(WEST, SERVERS_PODS), 1);
    assert_non_null(strstr(servers_query(WEST, entries), "spillway.dev%2Fremote%3Dhome"));
    assert_null(strstr(servers_query(HOME, entries), "spillway.dev%2Fremote"));
}

static void without_secrets_all_are_known_at_once(void **state)
{
    struct sw_fleet_status fleet;

    (void)state;
    write_home(servers_kubeconfig(HOME));
    assert_int_equal(make((struct sw_str){NULL, 0}, NULL), 0);
    assert_true(sw_members_are_known(members));
    run();
    assert_int_equal(servers_asked(HOME, SECRETS), 0);
    sw_members_fleet(members, servers_now_ms, &fleet);
    assert_true(fleet.synced);
    assert_int_equal(fleet.n_clusters, 0);
}

static void a_secret_adds_a_cluster(void **state)
{
    uint64_t before;

    (void)state;
    servers_put(WEST, SERVERS_SERVICES, CART);
    begin();
    assert_true(sw_members_are_known(members));
    before = sw_members_changes(members);
    put_secret("west", servers_kubeconfig(WEST));
    assert_int_equal(sw_members_count(members), 2);
    assert_true(health_of("west").synced);
    assert_int_equal(n_services("west"), 1);
    assert_int_not_equal(sw_members_changes(members), before);
}

static void a_secret_that_changes_moves_its_cluster_without_a_gap(void **state)
{
    (void)state;
    servers_put(WEST, SERVERS_SERVICES, CART);
    servers_put(OTHER, SERVERS_SERVICES, CART);
    servers_put(OTHER, SERVERS_SERVICES, TILL);
    servers_answer(OTHER, SERVERS_PODS, SERVERS_SILENT);
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    put_secret("west", servers_kubeconfig(OTHER));
    assert_int_equal(servers_open(OTHER, SERVERS_SERVICES), 1);
    assert_int_equal(servers_open(WEST, SERVERS_SERVICES), 1);
    assert_int_equal(n_services("west"), 1);
    servers_answer(OTHER, SERVERS_PODS, 200);
    run();
    assert_int_equal(servers_open(WEST, NULL), 0);
    assert_int_equal(n_services("west"), 2);
    assert_int_equal(sw_members_count(members), 2);
    assert_string_equal(gone, "");
}

static void a_secret_that_goes_takes_its_cluster_with_it(void **state)
{
    uint64_t before;

    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    assert_true(servers_open(WEST, NULL) > 0);
    before = sw_members_changes(members);
    servers_delete(HOME, SECRETS, OF_SYS);
    run();
    assert_int_equal(sw_members_count(members), 1);
    assert_null(find("west"));
    assert_int_equal(servers_open(WEST, NULL), 0);
    assert_string_equal(gone, "west");
    assert_true(sw_members_changes(members) > before);
}

static void a_key_that_goes_takes_its_cluster_with_it(void **state)
{
    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    put_secret("other", servers_kubeconfig(OTHER));
    assert_null(find("west"));
    assert_true(health_of("other").synced);
    assert_string_equal(gone, "west");
}

static void a_cluster_that_comes_back_is_seen_anew(void **state)
{
    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    servers_delete(HOME, SECRETS, OF_SYS);
    run();
    servers_put(WEST, SERVERS_SERVICES, CART);
    put_secret("west", servers_kubeconfig(WEST));
    assert_true(health_of("west").synced);
    assert_int_equal(n_services("west"), 1);
}

static void an_unsafe_kubeconfig_is_refused_and_says_where_it_stands(void **state)
{
    (void)state;
    begin();
    put_secret("west", "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],"
                       " clusters: [{name: c, cluster: {server: 'https://west:6443'}}],"
                       " users: [{name: u, user: {exec: {command: rm}}}]}");
    assert_says(health_of("west").error, "Secret sys/a, key west: user.exec: ");
    assert_false(health_of("west").synced);
    assert_int_equal(servers_asked(WEST, NULL), 0);
    put_secret("west", servers_kubeconfig(WEST));
    assert_int_equal(health_of("west").error.code, 0);
    assert_true(health_of("west").synced);
}

static void one_that_became_bad_leaves_the_last_good_one_in_use(void **state)
{
    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    put_secret("west", "clusters: [");
    assert_says(health_of("west").error, "Secret sys/a, key west: ");
    assert_true(health_of("west").synced && health_of("west").readable);
    servers_put(WEST, SERVERS_SERVICES, CART);
    run();
    assert_int_equal(n_services("west"), 1);
}

static void names_that_the_command_line_has_are_passed_over(void **state)
{
    struct sw_fleet_status fleet;

    (void)state;
    clusters.items[clusters.n++] =
        (struct sw_cluster){.name = SW_STR("away"), .kubeconfig = SW_STR("away.yaml")};
    begin();
    put_secret("home", servers_kubeconfig(WEST));
    put_secret("away", servers_kubeconfig(WEST));
    assert_int_equal(sw_members_count(members), 2);
    assert_int_equal(servers_asked(WEST, NULL), 0);
    sw_members_fleet(members, servers_now_ms, &fleet);
    assert_int_equal(fleet.n_findings, 1);
}

static void secrets_are_looked_for_where_the_local_cluster_is(void **state)
{
    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    write_home(servers_kubeconfig(AWAY));
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    assert_int_equal(n_moves, 2);
    assert_int_equal(servers_open(HOME, NULL), 0);
    assert_int_equal(servers_open(AWAY, SECRETS), 1);
    assert_null(find("west")); /* it is in no Secret there */
}

/* What is known stays, and the rest goes on. */
static void secrets_that_cannot_be_listed_are_told_of(void **state)
{
    struct sw_fleet_status fleet;

    (void)state;
    servers_answer(HOME, SECRETS, 403);
    begin();
    sw_members_fleet(members, servers_now_ms, &fleet);
    assert_false(fleet.synced);
    assert_non_null(strstr(fleet.error.message, "403: grant this program's ServiceAccount"));
}

static void secrets_that_cannot_be_seen_any_more_change_nothing(void **state)
{
    struct sw_fleet_status fleet;

    (void)state;
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    servers_answer(HOME, SECRETS, 403);
    wait_for(SW_FLEET_PATIENCE_MS + 10000);
    sw_members_fleet(members, servers_now_ms, &fleet);
    assert_says(fleet.error, "Secrets of namespace sys");
    assert_true(sw_members_are_known(members));
    assert_true(health_of("west").readable);
}

static void who_is_patient_waits_for_the_secrets(void **state)
{
    struct sw_err missing = {0};

    (void)state;
    servers_answer(HOME, SECRETS, SERVERS_SILENT);
    begin();
    assert_false(sw_members_are_known(members));
    assert_true(sw_members_are_ready(members, false, servers_now_ms, &missing));
    assert_false(sw_members_are_ready(members, true, servers_now_ms, &missing));
    assert_says(missing, "the Secrets that name remote clusters");
    servers_answer(HOME, SECRETS, 200);
    run();
    assert_true(sw_members_are_ready(members, true, servers_now_ms, &missing));
}

static void who_is_patient_waits_for_remote_clusters(void **state)
{
    struct sw_err missing = {0};

    (void)state;
    servers_answer(WEST, SERVERS_PODS, SERVERS_REFUSED);
    begin();
    put_secret("west", servers_kubeconfig(WEST));
    assert_true(sw_members_are_seen(members, servers_now_ms));
    assert_true(sw_members_are_ready(members, false, servers_now_ms, &missing));
    assert_false(sw_members_are_ready(members, true, servers_now_ms, &missing));
    assert_says(missing, "cluster west: " WEST SERVERS_PODS ": Connection refused");
}

static void nobody_plans_without_the_local_cluster(void **state)
{
    struct sw_err missing = {0};

    (void)state;
    assert_int_equal(make(SW_STR("sys"), NULL), 0);
    run();
    assert_false(sw_members_are_seen(members, servers_now_ms));
    assert_false(sw_members_are_ready(members, false, servers_now_ms, &missing));
    assert_says(missing, "cluster home: " HOME_FILE ": No such file");
}

static void nobody_plans_without_the_cluster_of_the_workspaces(void **state)
{
    struct sw_err missing = {0};

    (void)state;
    clusters.items[clusters.n++] =
        (struct sw_cluster){.name = SW_STR("away"), .kubeconfig = SW_STR("away.yaml")};
    clusters.config = 1;
    begin();
    assert_true(health_of("home").synced);
    assert_false(sw_members_are_seen(members, servers_now_ms));
    assert_false(sw_members_are_ready(members, false, servers_now_ms, &missing));
    assert_says(missing, "cluster away: away.yaml: No such file");
}

static void one_that_cannot_begin_is_named(void **state)
{
    struct sw_err err = {0};

    (void)state;
    unsetenv("KUBERNETES_SERVICE_HOST");
    clusters.items[clusters.n++] = (struct sw_cluster){.name = SW_STR("own")};
    assert_int_equal(make(SW_STR("sys"), &err), SW_ENOENT);
    assert_says(err, "cluster own: ");
    assert_null(members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_of_the_command_line_come_first_in_their_order),
        TEST(each_has_the_role_that_it_was_given),
        TEST(without_secrets_all_are_known_at_once),
        TEST(a_secret_adds_a_cluster),
        TEST(a_secret_that_changes_moves_its_cluster_without_a_gap),
        TEST(a_secret_that_goes_takes_its_cluster_with_it),
        TEST(a_key_that_goes_takes_its_cluster_with_it),
        TEST(a_cluster_that_comes_back_is_seen_anew),
        TEST(an_unsafe_kubeconfig_is_refused_and_says_where_it_stands),
        TEST(one_that_became_bad_leaves_the_last_good_one_in_use),
        TEST(names_that_the_command_line_has_are_passed_over),
        TEST(secrets_are_looked_for_where_the_local_cluster_is),
        TEST(secrets_that_cannot_be_listed_are_told_of),
        TEST(secrets_that_cannot_be_seen_any_more_change_nothing),
        TEST(who_is_patient_waits_for_the_secrets),
        TEST(who_is_patient_waits_for_remote_clusters),
        TEST(nobody_plans_without_the_local_cluster),
        TEST(nobody_plans_without_the_cluster_of_the_workspaces),
        TEST(one_that_cannot_begin_is_named),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
