/* pkg/kube/call.c: one request, answered whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_http.h"
#include "json/read.h"

/* What was heard of the last call. */
static struct {
    unsigned int n_done;
    struct sw_answer answer;
    char body[256];
} heard;

static void on_done(void *context, const struct sw_answer *answer)
{
    assert_ptr_equal(context, &heard);
    heard.n_done++;
    heard.answer = *answer;
    assert_true(answer->body.len < sizeof(heard.body));
    if (answer->body.len)
        memcpy(heard.body, answer->body.data, answer->body.len);
    heard.body[answer->body.len] = '\0';
}

static int setup(void **state)
{
    memset(&heard, 0, sizeof(heard));
    return fake_setup(state);
}

static const struct sw_call_request patch = {
    .method = "PATCH",
    .what = SW_STR("apply services \"shop/cart\""),
    .path = SW_STR("/api/v1/namespaces/shop/services/cart?fieldManager=spillway"),
    .content_type = "application/apply-patch+yaml",
    .body = SW_STR("{\"a\":1}"),
    .max_bytes = 100,
};

static struct sw_call *send_call(const struct sw_call_request *request)
{
    const struct sw_client client = fake_client();
    struct sw_call *call = NULL;

    assert_int_equal(
        sw_call_send(&client, request, (struct sw_call_sink){&heard, on_done}, &call, NULL), 0);
    assert_non_null(call);
    return call;
}

static void send_sends_what_it_was_told_to(void **state)
{
    (void)state;
    send_call(&patch);
    assert_string_equal(fake_last()->method, "PATCH");
    assert_string_equal(fake_last()->path,
                        "/api/v1/namespaces/shop/services/cart?fieldManager=spillway");
    assert_string_equal(fake_last()->content_type, "application/apply-patch+yaml");
    assert_string_equal(fake_last()->body, "{\"a\":1}");
    assert_int_equal(fake_last()->timeout_ms, SW_CALL_TIMEOUT_MS);
    assert_int_equal(heard.n_done, 0);
    fake_answer(200, "{}");
    assert_int_equal(heard.n_done, 1);
}

static void the_answer_comes_whole(void **state)
{
    struct sw_call_request request = patch;

    (void)state;
    request.timeout_ms = 5000;
    send_call(&request);
    assert_int_equal(fake_last()->timeout_ms, 5000);
    fake_answer(200, "{\"kind\":\"Service\"}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_OK);
    assert_string_equal(heard.body, "{\"kind\":\"Service\"}");
}

static void a_refusal_names_what_and_the_server(void **state)
{
    (void)state;
    send_call(&patch);
    fake_answer_later(429, 4, "{\"kind\":\"Status\",\"message\":\"slow down\"}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_LATER);
    assert_int_equal(heard.answer.retry_after_s, 4);
    assert_string_equal(heard.answer.message,
                        "apply services \"shop/cart\" at " FAKE_SERVER ": 429: slow down");
}

static void a_connection_that_ends_is_unreachable(void **state)
{
    (void)state;
    send_call(&patch);
    fake_fail("Could not resolve host");
    assert_int_equal(heard.n_done, 1);
    assert_int_equal(heard.answer.verdict, SW_ANSWER_UNREACHABLE);
    assert_int_equal(heard.answer.http_status, 0);
    assert_non_null(strstr(heard.answer.message, "Could not resolve host"));
}

static void an_answer_at_the_cap_is_taken_and_one_over_it_not(void **state)
{
    struct sw_call_request request = patch;

    (void)state;
    request.max_bytes = 8;
    send_call(&request);
    fake_answer(200, "{\"a\":12}");
    assert_int_equal(heard.answer.verdict, SW_ANSWER_OK);
    send_call(&request);
    fake_answer(200, "{\"a\":123}");
    assert_true(fake_last()->broken);
    assert_int_equal(heard.n_done, 2);
    assert_int_equal(heard.answer.verdict, SW_ANSWER_UNREADABLE);
    assert_int_equal(heard.answer.http_status, 200);
    assert_non_null(strstr(heard.answer.message, "larger than 8 bytes"));
}

static void cancel_ends_it_unheard(void **state)
{
    (void)state;
    sw_call_cancel(send_call(&patch));
    assert_true(fake_last()->cancelled);
    assert_int_equal(heard.n_done, 0);
    sw_call_cancel(NULL);
}

static void what_cannot_be_sent_fails_at_once(void **state)
{
    const struct sw_client client = fake_client();
    struct sw_call *call = NULL;
    struct sw_err err = {0};

    (void)state;
    fake.fails = SW_EIO;
    assert_int_equal(
        sw_call_send(&client, &patch, (struct sw_call_sink){&heard, on_done}, &call, &err), SW_EIO);
    assert_string_equal(err.message, "the token file cannot be read");
    assert_null(call);
    assert_int_equal(heard.n_done, 0);
}

static void what_is_too_long_to_be_said_is_not_sent(void **state)
{
    static char what[5000];
    const struct sw_client client = fake_client();
    struct sw_call_request request = patch;
    struct sw_call *call = NULL;

    (void)state;
    memset(what, 'w', sizeof(what));
    request.what = (struct sw_str){what, sizeof(what)};
    assert_int_equal(
        sw_call_send(&client, &request, (struct sw_call_sink){&heard, on_done}, &call, NULL),
        SW_ELIMIT);
    assert_int_equal(fake.n_requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(send_sends_what_it_was_told_to, setup),
        cmocka_unit_test_setup(the_answer_comes_whole, setup),
        cmocka_unit_test_setup(a_refusal_names_what_and_the_server, setup),
        cmocka_unit_test_setup(a_connection_that_ends_is_unreachable, setup),
        cmocka_unit_test_setup(an_answer_at_the_cap_is_taken_and_one_over_it_not, setup),
        cmocka_unit_test_setup(cancel_ends_it_unheard, setup),
        cmocka_unit_test_setup(what_cannot_be_sent_fails_at_once, setup),
        cmocka_unit_test_setup(what_is_too_long_to_be_said_is_not_sent, setup),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
