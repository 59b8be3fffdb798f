/* reconciler/member.c: how a cluster is reached, as that changes. */
#include "member_fixture.h"

static void nothing_is_read_before_the_first_step(void **state)
{
    (void)state;
    write_file(CONFIG_FILE, servers_kubeconfig(OLD));
    begin(&by_file);
    assert_int_equal(servers_asked(OLD, NULL), 0);
    assert_null(sw_member_target(member));
    assert_false(health().synced || health().readable);
    assert_int_equal(health().current_ms, -1);
}

static void a_file_leads_to_its_api_server(void **state)
{
    (void)state;
    servers_put(OLD, SERVERS_SERVICES, CART);
    write_file(CONFIG_FILE, servers_kubeconfig(OLD));
    begin(&by_file);
    run();
    assert_true(health().synced && health().readable);
    assert_int_equal(health().error.code, 0);
    assert_int_equal(health().current_ms, servers_now_ms);
    assert_int_equal(n_services(), 1);
    assert_int_equal(moves.n, 1);
    assert_ptr_equal(moves.target, sw_member_target(member));
}

static void a_kubeconfig_in_a_file_may_name_files(void **state)
{
    (void)state;
    write_file(CONFIG_FILE, kubeconfig_with("tokenFile: token"));
    begin(&by_file);
    run();
    assert_true(health().synced);
}

/* Of the Secret somebody else is the author. */
static void one_that_is_given_may_not(void **state)
{
    static const char *const unsafe[][2] = {
        {"tokenFile: /etc/shadow", "user.tokenFile"},
        {"client-key: /etc/key", "user.client-key"},
        {"exec: {command: rm}", "user.exec"},
        {"auth-provider: {name: gcp}", "user.auth-provider"},
    };

    (void)state;
    begin(NULL);
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
        give(kubeconfig_with(unsafe[i][0]));
        run();
        assert_says(unsafe[i][1]);
    }
    assert_int_equal(servers_asked(OLD, NULL), 0);
}

static void a_file_that_is_not_there_is_named_and_looked_for(void **state)
{
    (void)state;
    begin(&by_file);
    run();
    assert_says(CONFIG_FILE ": No such file");
    write_file(CONFIG_FILE, servers_kubeconfig(OLD));
    servers_now_ms += SW_MEMBER_RELOOK_MS - 1;
    run();
    assert_false(health().synced);
    servers_now_ms++;
    run();
    assert_true(health().synced);
    assert_int_equal(health().error.code, 0);
}

static void a_file_that_is_no_kubeconfig_is_named_and_the_one_before_stays(void **state)
{
    (void)state;
    servers_put(OLD, SERVERS_SERVICES, CART);
    write_file(CONFIG_FILE, servers_kubeconfig(OLD));
    begin(&by_file);
    run();
    write_file(CONFIG_FILE, "clusters: [");
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    assert_says(CONFIG_FILE ": ");
    assert_says("line 2");
    assert_true(health().synced && health().readable);
    servers_put(OLD, SERVERS_SERVICES, TILL);
    run();
    assert_int_equal(n_services(), 2);
}

/* What the new one leads to is tried whole; until then all is as it was. */
static void the_old_one_goes_on_until_the_new_one_is_synced(void **state)
{
    (void)state;
    servers_put(OLD, SERVERS_SERVICES, CART);
    servers_put(NEW, SERVERS_SERVICES, TILL);
    servers_put(NEW, SERVERS_SERVICES, BOOK);
    servers_answer(NEW, SERVERS_PODS, SERVERS_SILENT);
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    give(servers_kubeconfig(NEW));
    run();
    assert_int_equal(servers_open(NEW, SERVERS_SERVICES), 1);
    assert_int_equal(servers_open(OLD, SERVERS_SERVICES), 1);
    assert_int_equal(n_services(), 1);
    assert_int_equal(moves.n, 1);
    servers_delete(OLD, SERVERS_SERVICES, CART);
    run();
    assert_int_equal(n_services(), 0);
    servers_answer(NEW, SERVERS_PODS, 200);
    run();
    assert_int_equal(servers_open(OLD, NULL), 0);
    assert_int_equal(n_services(), 2);
    assert_true(health().synced);
}

static void a_move_is_told_while_the_old_target_lives(void **state)
{
    (void)state;
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    give(servers_kubeconfig(NEW));
    run();
    assert_int_equal(moves.n, 2);
    assert_true(moves.n_open_before > 0);
    assert_ptr_equal(moves.target, sw_member_target(member));
    sw_member_free(member);
    member = NULL;
    assert_int_equal(moves.n, 3);
    assert_null(moves.target);
}

/* Between two pictures nothing is lost from sight. */
static void a_move_never_shows_less_than_both_hold(void **state)
{
    size_t least = SIZE_MAX;

    (void)state;
    servers_put(OLD, SERVERS_SERVICES, CART);
    servers_put(OLD, SERVERS_SERVICES, TILL);
    servers_put(NEW, SERVERS_SERVICES, CART);
    servers_put(NEW, SERVERS_SERVICES, TILL);
    servers_page(NEW, 1);
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    give(servers_kubeconfig(NEW));
    for (int i = 0; i < 20; i++) {
        sw_member_step(member, servers_now_ms);
        sw_http_run(servers_http());
        least = n_services() < least ? n_services() : least;
        assert_true(health().readable);
    }
    assert_int_equal(servers_open(OLD, NULL), 0);
    assert_int_equal(least, 2);
}

static void one_that_leads_nowhere_is_never_moved_to(void **state)
{
    (void)state;
    servers_answer(NEW, NULL, SERVERS_REFUSED);
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    give(servers_kubeconfig(NEW));
    wait_for(60000);
    assert_true(servers_asked(NEW, NULL) > 0);
    assert_int_equal(moves.n, 1);
    assert_true(health().synced && health().readable);
}

/* There is nothing to be lost: it is not tried first. */
static void where_the_old_one_never_worked_the_new_one_is_taken_at_once(void **state)
{
    (void)state;
    servers_answer(OLD, NULL, SERVERS_REFUSED);
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    assert_false(health().synced);
    give(servers_kubeconfig(NEW));
    assert_int_equal(moves.n, 2);
    run();
    assert_true(health().synced);
    assert_int_equal(servers_asked(NEW, SERVERS_SERVICES), 1);
}

static void the_same_text_changes_nothing(void **state)
{
    unsigned int n_asked;

    (void)state;
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    n_asked = servers_asked(OLD, NULL);
    give(servers_kubeconfig(OLD));
    run();
    assert_int_equal(servers_asked(OLD, NULL), n_asked);
    assert_int_equal(moves.n, 1);
}

static void what_is_wrong_besides_is_told_and_forgotten(void **state)
{
    (void)state;
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    assert_int_equal(
        sw_member_give(member, (struct sw_str){NULL, 0}, "Secret a, key west: no", NULL), 0);
    run();
    assert_says("Secret a, key west: no");
    assert_true(health().synced && health().readable);
    give(servers_kubeconfig(OLD));
    assert_int_equal(health().error.code, 0);
}

static void one_out_of_reach_is_frozen_with_its_objects(void **state)
{
    int64_t seen_ms;

    (void)state;
    servers_put(OLD, SERVERS_SERVICES, CART);
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    seen_ms = servers_now_ms;
    servers_answer(OLD, NULL, SERVERS_REFUSED);
    wait_for(SW_READER_PATIENCE_MS / 2);
    assert_true(health().readable);
    wait_for(SW_READER_PATIENCE_MS);
    assert_false(health().readable);
    assert_true(health().synced);
    assert_int_equal(health().current_ms, seen_ms);
    assert_says("Connection refused");
    assert_int_equal(n_services(), 1);
}

static void its_changes_are_another_number_whenever_objects_are(void **state)
{
    uint64_t before;

    (void)state;
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    before = sw_member_changes(member);
    run();
    assert_int_equal(sw_member_changes(member), before);
    servers_put(OLD, SERVERS_SERVICES, CART);
    run();
    assert_int_not_equal(sw_member_changes(member), before);
}

static void a_folder_is_a_cluster_too(void **state)
{
    const char *const service = "{apiVersion: v1, kind: Service, metadata: {name: %s, namespace: "
                                "shop}, spec: {selector: {app: x}}}\n";
    char text[512];

    (void)state;
    snprintf(text, sizeof(text), service, "cart");
    write_file(MANIFEST_FILE, text);
    begin(&by_folder);
    assert_false(health().synced);
    run();
    assert_true(health().synced && health().readable);
    assert_int_equal(n_services(), 1);
    assert_null(sw_member_target(member));
    snprintf(text, sizeof(text),
             "%s---\n{apiVersion: v1, kind: Service, metadata: {name: till, "
             "namespace: shop}}\n",
             "{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}}\n");
    write_file(MANIFEST_FILE, text);
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    assert_int_equal(n_services(), 2);
}

static void a_folder_that_cannot_be_read_stays_as_it_was(void **state)
{
    int64_t seen_ms;

    (void)state;
    write_file(MANIFEST_FILE, "{apiVersion: v1, kind: Service, metadata: {name: a, "
                              "namespace: shop}}\n");
    begin(&by_folder);
    run();
    seen_ms = servers_now_ms;
    write_file(MANIFEST_FILE, "{apiVersion: v1, kind: Service, metadata: [\n");
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    assert_says(MANIFEST_FILE ":");
    assert_int_equal(n_services(), 1);
    assert_int_equal(health().current_ms, seen_ms);
}

static void outside_of_a_pod_there_is_no_own_cluster(void **state)
{
    static const struct sw_cluster in_cluster = {.source = "in-cluster"};
    struct sw_err err = {0};

    (void)state;
    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(make(&in_cluster, &member, &err), SW_ENOENT);
    assert_true(err.message[0]);
    assert_null(member);
}

static void a_name_is_had_once(void **state)
{
    struct sw_member *other = NULL;
    struct sw_err err = {0};

    (void)state;
    begin(NULL);
    assert_int_equal(make(NULL, &other, &err), SW_EUSAGE);
    assert_null(other);
    sw_member_free(member); /* its part of the state goes with it */
    member = NULL;
    begin(NULL);
}

static void a_text_that_is_too_long_is_not_taken_in(void **state)
{
    char *text = malloc(((size_t)1 << 20) + 2);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', ((size_t)1 << 20) + 1);
    begin(NULL);
    give(servers_kubeconfig(OLD));
    assert_int_equal(
        sw_member_give(member, (struct sw_str){text, ((size_t)1 << 20) + 1}, NULL, NULL),
        SW_ELIMIT);
    free(text);
    run();
    assert_true(health().synced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_read_before_the_first_step),
        TEST(a_file_leads_to_its_api_server),
        TEST(a_kubeconfig_in_a_file_may_name_files),
        TEST(one_that_is_given_may_not),
        TEST(a_file_that_is_not_there_is_named_and_looked_for),
        TEST(a_file_that_is_no_kubeconfig_is_named_and_the_one_before_stays),
        TEST(the_old_one_goes_on_until_the_new_one_is_synced),
        TEST(a_move_is_told_while_the_old_target_lives),
        TEST(a_move_never_shows_less_than_both_hold),
        TEST(one_that_leads_nowhere_is_never_moved_to),
        TEST(where_the_old_one_never_worked_the_new_one_is_taken_at_once),
        TEST(the_same_text_changes_nothing),
        TEST(what_is_wrong_besides_is_told_and_forgotten),
        TEST(one_out_of_reach_is_frozen_with_its_objects),
        TEST(its_changes_are_another_number_whenever_objects_are),
        TEST(a_folder_is_a_cluster_too),
        TEST(a_folder_that_cannot_be_read_stays_as_it_was),
        TEST(outside_of_a_pod_there_is_no_own_cluster),
        TEST(a_name_is_had_once),
        TEST(a_text_that_is_too_long_is_not_taken_in),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
