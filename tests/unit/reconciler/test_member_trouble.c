/* reconciler/member.c: what people are told of a cluster that cannot be read. */
#include "member_fixture.h"

/* What people are told of, once each. */
static struct sw_err trouble(void)
{
    struct sw_err err;

    assert_true(sw_member_trouble(member, servers_now_ms, &err));
    return err;
}

static void no_trouble(void)
{
    struct sw_err err;

    assert_false(sw_member_trouble(member, servers_now_ms, &err));
}

static void a_file_s_trouble_is_told_once_until_it_is_over(void **state)
{
    (void)state;
    begin(&by_file);
    run();
    assert_non_null(strstr(trouble().message, CONFIG_FILE ": No such file"));
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    no_trouble();
    write_file(CONFIG_FILE, "clusters: [");
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    assert_non_null(strstr(trouble().message, "line 2"));
    write_file(CONFIG_FILE, servers_kubeconfig(OLD));
    servers_now_ms += SW_MEMBER_RELOOK_MS;
    run();
    assert_int_equal(trouble().code, 0);
    no_trouble();
}

static void an_api_server_that_is_away_for_a_moment_is_no_trouble(void **state)
{
    (void)state;
    begin(NULL);
    give(servers_kubeconfig(OLD));
    run();
    no_trouble();
    servers_answer(OLD, NULL, SERVERS_REFUSED);
    for (int64_t end_ms = servers_now_ms + SW_READER_PATIENCE_MS - 1000; servers_now_ms < end_ms;
         servers_now_ms += 500) {
        run();
        no_trouble();
    }
    servers_now_ms += 60000;
    run();
    assert_int_not_equal(trouble().code, 0);
    servers_now_ms += 60000;
    run();
    no_trouble();
}

/* As every cluster is when we begin. */
static void one_that_is_being_listed_is_no_trouble(void **state)
{
    (void)state;
    begin(NULL);
    give(servers_kubeconfig(OLD));
    no_trouble();
    servers_now_ms += SW_READER_PATIENCE_MS - 1;
    no_trouble();
    servers_now_ms++;
    assert_non_null(strstr(trouble().message, "not listed yet"));
}

static void one_that_cannot_be_listed_is_trouble_at_once(void **state)
{
    (void)state;
    begin(NULL);
    servers_answer(OLD, NULL, SERVERS_REFUSED);
    give(servers_kubeconfig(OLD));
    run();
    assert_int_not_equal(trouble().code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_s_trouble_is_told_once_until_it_is_over),
        TEST(an_api_server_that_is_away_for_a_moment_is_no_trouble),
        TEST(one_that_is_being_listed_is_no_trouble),
        TEST(one_that_cannot_be_listed_is_trouble_at_once),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
