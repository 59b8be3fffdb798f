/* reconciler/bulletin.c: when the report is written, beside an API server that is in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../kube/fake_http.h"
#include "reconciler/bulletin.h"
#include "json/read.h"

static struct sw_bulletin *bulletin;
static struct sw_ledger *ledger;
static struct sw_log quiet;
static struct sw_report report;

static int begin(struct sw_str namespace_)
{
    const struct sw_bulletin_options options = {
        .http = fake_client().http, .namespace_ = namespace_, .log = &quiet};

    sw_log_init(&quiet, -1, SW_LOG_ERROR);
    if (sw_ledger_new(&ledger, NULL) < 0 || sw_bulletin_new(&options, &bulletin, NULL) < 0)
        return -1;
    report = (struct sw_report){.local = SW_STR("east"), .ledger = ledger};
    sw_bulletin_point(bulletin, fake_client().target);
    return 0;
}

static int setup(void **state)
{
    return fake_setup(state) < 0 ? -1 : begin(SW_STR("spillway-system"));
}

static int teardown(void **state)
{
    (void)state;
    sw_bulletin_free(bulletin);
    sw_ledger_free(ledger);
    return 0;
}

/* Time passes, and the report is handed over; true if it was sent. */
static bool post_after(int64_t ms)
{
    const unsigned int before = fake.n_requests;

    fake.now_ms += ms;
    sw_bulletin_post(bulletin, &report, fake.now_ms);
    return fake.n_requests > before;
}

static void it_is_applied_to_a_config_map(void **state)
{
    (void)state;
    assert_true(post_after(0));
    assert_string_equal(fake_last()->method, "PATCH");
    assert_string_equal(fake_last()->content_type, "application/apply-patch+yaml");
    assert_non_null(strstr(fake_last()->path,
                           "/api/v1/namespaces/spillway-system/configmaps/spillway-status?"));
    assert_non_null(strstr(fake_last()->path, "force=true"));
    assert_non_null(strstr(fake_last()->body, "\"name\":\"spillway-status\""));
    assert_non_null(
        strstr(fake_last()->body,
               "\"status.json\":\"{\\\"schemaVersion\\\":1,\\\"local\\\":\\\"east\\\""));
}

static void the_same_is_not_written_again(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(200, "{}");
    assert_false(post_after(SW_BULLETIN_GAP_MS + 100));
    assert_false(post_after(SW_BULLETIN_GAP_MS + 100));
    report.native = true;
    assert_true(post_after(SW_BULLETIN_GAP_MS + 100));
}

static void news_wait_for_the_gap(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(200, "{}");
    report.native = true;
    assert_false(post_after(SW_BULLETIN_GAP_MS - 1));
    assert_true(sw_bulletin_due_ms(bulletin) > fake.now_ms);
    assert_true(post_after(SW_BULLETIN_GAP_MS));
}

static void a_sign_of_life_comes_every_minute(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(201, "{}");
    assert_false(post_after(SW_BULLETIN_RENEW_MS - 1));
    assert_true(post_after(SW_BULLETIN_GAP_MS + 100));
}

static void nothing_is_due_while_one_is_under_way(void **state)
{
    (void)state;
    assert_true(post_after(0));
    assert_true(sw_bulletin_due_ms(bulletin) == INT64_MAX);
    report.native = true;
    assert_false(post_after(SW_BULLETIN_RENEW_MS));
    fake_answer(200, "{}");
    assert_true(post_after(0));
}

static void failures_are_tried_again_ever_later(void **state)
{
    int64_t wait_ms = SW_BULLETIN_GAP_MS;

    (void)state;
    assert_true(post_after(0));
    for (unsigned int i = 0; i < 8; i++) {
        fake_answer(403, "{}");
        assert_int_equal(sw_bulletin_due_ms(bulletin), fake.now_ms + wait_ms);
        assert_false(post_after(wait_ms - 1));
        assert_true(post_after(1));
        wait_ms = wait_ms * 2 < SW_BULLETIN_MAX_RETRY_MS ? wait_ms * 2 : SW_BULLETIN_MAX_RETRY_MS;
    }
    fake_answer(200, "{}");
    assert_false(post_after(SW_BULLETIN_GAP_MS + 100));
}

/* A key may not be in both data and binaryData. */
static void what_stands_in_binary_data_is_cleared(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(422, "{}");
    assert_true(post_after(0));
    assert_string_equal(fake_last()->content_type, "application/merge-patch+json");
    assert_string_equal(fake_last()->body, "{\"binaryData\":null}");
    assert_null(strstr(fake_last()->path, "force"));
    assert_false(post_after(0));
    fake_answer(200, "{}");
    assert_true(post_after(0));
    assert_string_equal(fake_last()->content_type, "application/apply-patch+yaml");
    fake_answer(200, "{}");
    assert_false(post_after(SW_BULLETIN_GAP_MS + 100));
}

/* Such as one that is immutable: it is not asked for without end. */
static void clearing_that_does_not_help_is_not_repeated_at_once(void **state)
{
    (void)state;
    assert_true(post_after(0));
    for (int64_t wait_ms = SW_BULLETIN_GAP_MS; wait_ms < 4 * SW_BULLETIN_GAP_MS; wait_ms *= 2) {
        fake_answer(422, "{}");
        assert_true(post_after(0));
        fake_answer(200, "{}");
        assert_true(post_after(0));
        fake_answer(422, "{}");
        assert_false(post_after(wait_ms - 1));
        assert_true(post_after(1));
        assert_string_equal(fake_last()->content_type, "application/apply-patch+yaml");
    }
}

static void clearing_may_fail(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(422, "{}");
    assert_true(post_after(0));
    fake_answer(422, "{}");
    assert_false(post_after(SW_BULLETIN_GAP_MS - 1));
    assert_true(post_after(1));
    assert_string_equal(fake_last()->content_type, "application/apply-patch+yaml");
    fake_answer(200, "{}");
    assert_false(post_after(SW_BULLETIN_GAP_MS + 100));
}

static void the_api_server_may_ask_for_more_time(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer_later(429, 30, "{}");
    assert_int_equal(sw_bulletin_due_ms(bulletin), fake.now_ms + 30000);
}

static void what_cannot_be_sent_is_put_off(void **state)
{
    (void)state;
    fake.fails = SW_ENOMEM;
    assert_false(post_after(0));
    assert_int_equal(sw_bulletin_due_ms(bulletin), fake.now_ms + SW_BULLETIN_GAP_MS);
    fake.fails = 0;
    assert_true(post_after(SW_BULLETIN_GAP_MS));
}

static void who_leads_again_writes_again(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(200, "{}");
    sw_bulletin_forget(bulletin);
    assert_true(post_after(SW_BULLETIN_GAP_MS + 100));
    sw_bulletin_forget(bulletin);
    assert_true(fake_last()->cancelled);
}

static void another_api_server_is_told_at_once(void **state)
{
    (void)state;
    assert_true(post_after(0));
    fake_answer(200, "{}");
    sw_bulletin_point(bulletin, NULL);
    assert_true(sw_bulletin_due_ms(bulletin) == INT64_MAX);
    sw_bulletin_point(bulletin, fake_client().target);
    assert_true(post_after(0));
}

static void without_a_namespace_nothing_is_written(void **state)
{
    (void)state;
    teardown(state);
    assert_int_equal(begin((struct sw_str){0}), 0);
    assert_false(post_after(SW_BULLETIN_RENEW_MS));
}

/* Clocks are corrected by little all the time. */
static void times_do_not_tremble(void **state)
{
    const struct sw_report_cluster west = {SW_STR("west"), true, false, 999999, ""};

    (void)state;
    report.clusters = &west;
    report.n_clusters = 1;
    assert_true(post_after(0));
    fake_answer(200, "{}");
    fake.now_ms += SW_BULLETIN_GAP_MS + 2000; /* of which the wall clock has 1,500 too many */
    sw_bulletin_post(bulletin, &report, fake.now_ms - 1500);
    assert_int_equal(fake.n_requests, 1);
    fake.now_ms += SW_BULLETIN_GAP_MS + 3000; /* that is another time */
    sw_bulletin_post(bulletin, &report, fake.now_ms - 3000);
    assert_int_equal(fake.n_requests, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_applied_to_a_config_map),
        TEST(the_same_is_not_written_again),
        TEST(news_wait_for_the_gap),
        TEST(a_sign_of_life_comes_every_minute),
        TEST(nothing_is_due_while_one_is_under_way),
        TEST(failures_are_tried_again_ever_later),
        TEST(what_stands_in_binary_data_is_cleared),
        TEST(clearing_that_does_not_help_is_not_repeated_at_once),
        TEST(clearing_may_fail),
        TEST(the_api_server_may_ask_for_more_time),
        TEST(what_cannot_be_sent_is_put_off),
        TEST(who_leads_again_writes_again),
        TEST(another_api_server_is_told_at_once),
        TEST(without_a_namespace_nothing_is_written),
        TEST(times_do_not_tremble),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
