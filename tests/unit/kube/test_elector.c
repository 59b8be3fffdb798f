/* pkg/kube/elector.c: what is asked about the Lease, and who is told what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_http.h"
#include "kube/elector.h"
#include "json/read.h"

#define COLLECTION "/apis/coordination.k8s.io/v1/namespaces/spillway-system/leases"
#define LEASE      COLLECTION "/reconciler"

static struct {
    int n_leading, n_lost;
    char why[SW_ERR_MESSAGE_SIZE];
    struct sw_elector *elector;
} heard;

static void on_leading(void *context)
{
    (void)context;
    assert_int_equal(heard.n_leading, heard.n_lost);
    heard.n_leading++;
}

static void on_lost(void *context, const char *why)
{
    (void)context;
    heard.n_lost++;
    assert_int_equal(heard.n_leading, heard.n_lost);
    snprintf(heard.why, sizeof(heard.why), "%s", why);
}

static struct sw_elector_options options_of(const char *identity)
{
    return (struct sw_elector_options){
        .client = fake_client(),
        .namespace_ = SW_STR("spillway-system"),
        .name = SW_STR("reconciler"),
        .identity = sw_str_from(identity),
        .sink = {NULL, on_leading, on_lost},
    };
}

static int setup(void **state)
{
    const struct sw_elector_options options = options_of("me");

    fake_setup(state);
    memset(&heard, 0, sizeof(heard));
    return sw_elector_new(&options, &heard.elector, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_elector_free(heard.elector);
    sw_elector_free(NULL);
    return 0;
}

static int64_t step(void)
{
    return sw_elector_step(heard.elector, fake.now_ms);
}

static void go_to(int64_t ms)
{
    fake.now_ms = ms;
    step();
}

static const char *lease(const char *holder, int version)
{
    static char text[512];

    snprintf(text, sizeof(text),
             "{\"metadata\":{\"name\":\"reconciler\",\"resourceVersion\":\"%d\","
             "\"annotations\":{\"team\":\"mesh\"}},\"spec\":{\"holderIdentity\":\"%s\","
             "\"acquireTime\":\"t1\",\"renewTime\":\"t%d\",\"leaseDurationSeconds\":15,"
             "\"leaseTransitions\":2}}",
             version, holder, version);
    return text;
}

static void become_leader(void)
{
    step();
    fake_answer(404, "{\"kind\":\"Status\"}");
    step();
    fake_answer(201, lease("me", 1));
    assert_int_equal(heard.n_leading, 1);
}

static void who_finds_none_makes_one_and_leads(void **state)
{
    (void)state;
    step();
    assert_string_equal(fake_last()->method, "GET");
    assert_string_equal(fake_last()->path, LEASE);
    fake_answer(404, "{\"kind\":\"Status\"}");
    assert_int_equal(heard.n_leading, 0);
    step();
    assert_string_equal(fake_last()->method, "POST");
    assert_string_equal(fake_last()->path, COLLECTION "?fieldManager=spillway");
    assert_non_null(strstr(fake_last()->body, "\"holderIdentity\":\"me\""));
    assert_non_null(strstr(fake_last()->body, "\"leaseDurationSeconds\":15"));
    fake_answer(201, lease("me", 1));
    assert_int_equal(heard.n_leading, 1);
    assert_true(sw_elector_leads(heard.elector, fake.now_ms));
    assert_string_equal(sw_elector_holder(heard.elector), "me");
}

static void a_renewal_writes_back_what_others_wrote(void **state)
{
    const int64_t began_ms = fake.now_ms;

    (void)state;
    become_leader();
    assert_int_equal(step(), began_ms + SW_LEASE_RETRY_MS);
    go_to(began_ms + SW_LEASE_RETRY_MS);
    assert_string_equal(fake_last()->method, "PUT");
    assert_string_equal(fake_last()->path, LEASE "?fieldManager=spillway");
    assert_non_null(strstr(fake_last()->body, "\"resourceVersion\":\"1\""));
    assert_non_null(strstr(fake_last()->body, "\"annotations\":{\"team\":\"mesh\"}"));
    assert_non_null(strstr(fake_last()->body, "\"acquireTime\":\"t1\""));
    assert_non_null(strstr(fake_last()->body, "\"renewTime\":\"2026-11-23T"));
    assert_non_null(strstr(fake_last()->body, "\"leaseTransitions\":2"));
    fake_answer(200, lease("me", 2));
    assert_true(sw_elector_leads(heard.elector, began_ms + 11000));
    assert_int_equal(heard.n_leading, 1);
}

static void who_cannot_renew_has_lost_before_others_can_lead(void **state)
{
    const int64_t began_ms = fake.now_ms;

    (void)state;
    become_leader();
    go_to(began_ms + 2000);
    fake_fail("connection refused");
    assert_int_equal(heard.n_lost, 0);
    assert_non_null(strstr(sw_elector_failure(heard.elector), "connection refused"));
    go_to(began_ms + SW_LEASE_RENEW_DEADLINE_MS - 1);
    assert_int_equal(heard.n_lost, 0);
    go_to(began_ms + SW_LEASE_RENEW_DEADLINE_MS);
    assert_int_equal(heard.n_lost, 1);
    assert_non_null(strstr(heard.why, "connection refused"));
    assert_false(sw_elector_leads(heard.elector, fake.now_ms));
}

static void who_leads_is_woken_in_time_to_step_down(void **state)
{
    const int64_t began_ms = fake.now_ms;

    (void)state;
    become_leader();
    go_to(began_ms + 2000);
    fake_answer_later(429, 60, "{\"kind\":\"Status\"}");
    assert_int_equal(step(), began_ms + SW_LEASE_RENEW_DEADLINE_MS);
}

static void a_process_that_stood_still_hears_that_it_lost_first(void **state)
{
    (void)state;
    become_leader();
    go_to(fake.now_ms + 2000);
    fake.now_ms += 60000;
    fake_answer(200, lease("me", 2));
    assert_int_equal(heard.n_lost, 1);
    assert_string_equal(heard.why, "the Lease was not renewed in time");
    assert_int_equal(heard.n_leading, 1);
}

static void another_holder_is_waited_for(void **state)
{
    (void)state;
    step();
    fake_answer(200, lease("other", 5));
    assert_string_equal(sw_elector_holder(heard.elector), "other");
    go_to(fake.now_ms + 5000);
    assert_string_equal(fake_last()->method, "GET");
    fake_answer(200, lease("other", 5));
    go_to(fake.now_ms + 20000);
    assert_string_equal(fake_last()->method, "PUT");
    assert_non_null(strstr(fake_last()->body, "\"holderIdentity\":\"me\""));
    assert_non_null(strstr(fake_last()->body, "\"leaseTransitions\":3"));
    fake_answer(409, "{\"kind\":\"Status\",\"reason\":\"Conflict\"}");
    assert_int_equal(heard.n_leading, 0);
}

/* What a write is made from is what was judged: on condition of that version it is refused. */
static void a_renewal_that_cannot_be_read_is_not_written_over(void **state)
{
    (void)state;
    step();
    fake_answer(200, lease("other", 5));
    go_to(fake.now_ms + 5000);
    assert_string_equal(fake_last()->method, "GET");
    fake_answer(200, "{\"metadata\":{\"resourceVersion\":\"6\"},\"spec\":{\"renewTime\":6}}");
    go_to(fake.now_ms + 20000);
    assert_string_equal(fake_last()->method, "PUT");
    assert_non_null(strstr(fake_last()->body, "\"resourceVersion\":\"5\""));
}

static void a_lease_taken_by_hand_is_lost(void **state)
{
    (void)state;
    become_leader();
    go_to(fake.now_ms + 2000);
    fake_answer(409, "{\"kind\":\"Status\",\"reason\":\"Conflict\"}");
    go_to(fake.now_ms + 2000);
    assert_string_equal(fake_last()->method, "GET");
    fake_answer(200, lease("other", 9));
    assert_int_equal(heard.n_lost, 1);
    assert_string_equal(heard.why, "another process holds the Lease");
}

static void a_lease_that_was_deleted_is_lost(void **state)
{
    (void)state;
    become_leader();
    go_to(fake.now_ms + 2000);
    fake_answer(404, "{\"kind\":\"Status\"}");
    assert_int_equal(heard.n_lost, 1);
    assert_string_equal(heard.why, "the Lease was deleted");
}

static void silence_is_given_up(void **state)
{
    (void)state;
    step();
    go_to(fake.now_ms + SW_LEASE_RENEW_DEADLINE_MS / 2);
    assert_true(fake_last()->cancelled);
    assert_non_null(strstr(sw_elector_failure(heard.elector), "does not answer"));
    go_to(fake.now_ms + 5000);
    assert_int_equal(fake.n_requests, 2);
}

static void what_is_no_lease_is_a_failure(void **state)
{
    (void)state;
    step();
    fake_answer(200, "{\"spec\":{\"holderIdentity\":1}}");
    assert_string_equal(sw_elector_failure(heard.elector),
                        "the Lease spillway-system/reconciler: spec.holderIdentity: expected a "
                        "string, found 1");
    assert_true(step() >= fake.now_ms + SW_LEASE_RETRY_MS);
}

static void a_namespace_that_is_not_there_is_a_failure(void **state)
{
    (void)state;
    step();
    fake_answer(404, "{\"kind\":\"Status\"}");
    step();
    fake_answer(404, "{\"kind\":\"Status\",\"message\":\"namespaces not found\"}");
    assert_non_null(strstr(sw_elector_failure(heard.elector), "namespaces not found"));
    assert_true(step() >= fake.now_ms + SW_LEASE_RETRY_MS);
}

static void what_cannot_be_sent_is_tried_again_later(void **state)
{
    (void)state;
    fake.fails = SW_EIO;
    assert_true(step() >= fake.now_ms + SW_LEASE_RETRY_MS);
    assert_string_equal(sw_elector_failure(heard.elector), "the token file cannot be read");
    fake.fails = 0;
    go_to(fake.now_ms + 5000);
    assert_int_equal(fake.n_requests, 1);
}

static void who_resigns_hands_the_lease_back(void **state)
{
    (void)state;
    become_leader();
    sw_elector_resign(heard.elector, fake.now_ms);
    assert_int_equal(heard.n_lost, 1);
    assert_string_equal(heard.why, "resigned");
    assert_false(sw_elector_is_done(heard.elector));
    step();
    assert_string_equal(fake_last()->method, "PUT");
    assert_non_null(strstr(fake_last()->body, "\"holderIdentity\":\"\""));
    assert_non_null(strstr(fake_last()->body, "\"leaseDurationSeconds\":1"));
    fake_answer(200, lease("", 2));
    step();
    assert_true(sw_elector_is_done(heard.elector));
}

static void leave_hands_it_back_and_waits(void **state)
{
    (void)state;
    become_leader();
    fake_will_answer(200, lease("", 2));
    sw_elector_leave(heard.elector);
    assert_true(sw_elector_is_done(heard.elector));
    assert_int_equal(heard.n_lost, 1);
}

static void leave_does_not_wait_for_ever(void **state)
{
    int64_t began_ms;

    (void)state;
    become_leader();
    began_ms = fake.now_ms;
    sw_elector_leave(heard.elector);
    assert_true(sw_elector_is_done(heard.elector));
    assert_int_equal(fake.now_ms - began_ms, SW_LEASE_RELEASE_MS);
}

static void free_tells_of_the_loss(void **state)
{
    (void)state;
    become_leader();
    sw_elector_free(heard.elector);
    heard.elector = NULL;
    assert_int_equal(heard.n_lost, 1);
}

static void an_identity_is_made_where_there_is_none(void **state)
{
    const struct sw_elector_options options = options_of(NULL);
    struct sw_elector *a, *b;

    (void)state;
    assert_int_equal(sw_elector_new(&options, &a, NULL), 0);
    assert_int_equal(sw_elector_new(&options, &b, NULL), 0);
    assert_true(strlen(sw_elector_identity(a)) > 16);
    assert_string_not_equal(sw_elector_identity(a), sw_elector_identity(b));
    sw_elector_free(a);
    sw_elector_free(b);
}

static void names_that_cannot_be_are_refused(void **state)
{
    struct sw_elector_options options = options_of("me");
    struct sw_elector *elector;
    struct sw_err err = {0};

    (void)state;
    options.name = (struct sw_str){0};
    assert_int_equal(sw_elector_new(&options, &elector, &err), SW_ELIMIT);
    assert_string_equal(err.message, "the Lease's name: 0 bytes, expected 1 to 253");
    options = options_of("me");
    options.times.duration_ms = 1;
    assert_int_equal(sw_elector_new(&options, &elector, &err), SW_ETYPE);
}

#define ELECTOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELECTOR_TEST(who_finds_none_makes_one_and_leads),
        ELECTOR_TEST(a_renewal_writes_back_what_others_wrote),
        ELECTOR_TEST(who_cannot_renew_has_lost_before_others_can_lead),
        ELECTOR_TEST(who_leads_is_woken_in_time_to_step_down),
        ELECTOR_TEST(a_process_that_stood_still_hears_that_it_lost_first),
        ELECTOR_TEST(another_holder_is_waited_for),
        ELECTOR_TEST(a_renewal_that_cannot_be_read_is_not_written_over),
        ELECTOR_TEST(a_lease_taken_by_hand_is_lost),
        ELECTOR_TEST(a_lease_that_was_deleted_is_lost),
        ELECTOR_TEST(silence_is_given_up),
        ELECTOR_TEST(what_is_no_lease_is_a_failure),
        ELECTOR_TEST(a_namespace_that_is_not_there_is_a_failure),
        ELECTOR_TEST(what_cannot_be_sent_is_tried_again_later),
        ELECTOR_TEST(who_resigns_hands_the_lease_back),
        ELECTOR_TEST(leave_hands_it_back_and_waits),
        ELECTOR_TEST(leave_does_not_wait_for_ever),
        ELECTOR_TEST(free_tells_of_the_loss),
        ELECTOR_TEST(an_identity_is_made_where_there_is_none),
        ELECTOR_TEST(names_that_cannot_be_are_refused),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
