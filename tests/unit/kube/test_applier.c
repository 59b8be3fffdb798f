/* pkg/kube/applier.c: what each operation is in HTTP, and which are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_http.h"
#include "kube/applier.h"
#include "json/read.h"

static void on_done(void *context, const struct sw_answer *answer)
{
    *(struct sw_answer *)context = *answer;
}

static struct sw_applier_op cart(enum sw_applier_verb verb, const char *body)
{
    return (struct sw_applier_op){
        .verb = verb,
        .ref = {.gvr = sw_gvr(SW_GVR_SERVICE),
                .namespace_ = SW_STR("shop"),
                .name = SW_STR("cart")},
        .body = sw_str_from(body),
    };
}

#define PATH "/api/v1/namespaces/shop/services"

static void send_op(const struct sw_applier_op *op)
{
    static struct sw_answer answer;
    const struct sw_client client = fake_client();
    struct sw_call *call = NULL;
    struct sw_err err = {0};

    if (sw_applier_send(&client, op, (struct sw_call_sink){&answer, on_done}, &call, &err) < 0)
        fail_msg("%s", err.message);
    fake_answer(200, "{}");
}

static void expect_mistake(const struct sw_applier_op *op, const char *message)
{
    const struct sw_client client = fake_client();
    struct sw_call *call = NULL;
    struct sw_answer answer;
    struct sw_err err = {0};

    assert_int_equal(
        sw_applier_send(&client, op, (struct sw_call_sink){&answer, on_done}, &call, &err),
        SW_EUSAGE);
    assert_string_equal(err.message, message);
    assert_int_equal(fake.n_requests, 0);
}

static void each_verb_is_its_request(void **state)
{
    static const struct {
        enum sw_applier_verb verb;
        const char *body, *method, *path, *content_type;
    } cases[] = {
        {SW_APPLIER_GET, NULL, "GET", PATH "/cart", ""},
        {SW_APPLIER_CREATE, "{}", "POST", PATH "?fieldManager=spillway", "application/json"},
        {SW_APPLIER_APPLY, "{}", "PATCH", PATH "/cart?fieldManager=spillway",
         "application/apply-patch+yaml"},
        {SW_APPLIER_UPDATE, "{}", "PUT", PATH "/cart?fieldManager=spillway", "application/json"},
        {SW_APPLIER_MERGE_PATCH, "{}", "PATCH", PATH "/cart?fieldManager=spillway",
         "application/merge-patch+json"},
        {SW_APPLIER_JSON_PATCH, "[]", "PATCH", PATH "/cart?fieldManager=spillway",
         "application/json-patch+json"},
        {SW_APPLIER_DELETE, NULL, "DELETE", PATH "/cart", "application/json"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sw_applier_op op = cart(cases[i].verb, cases[i].body);

        send_op(&op);
        assert_string_equal(fake_last()->method, cases[i].method);
        assert_string_equal(fake_last()->path, cases[i].path);
        assert_string_equal(fake_last()->content_type, cases[i].content_type);
        if (cases[i].body)
            assert_string_equal(fake_last()->body, cases[i].body);
    }
}

static void an_apply_may_force_or_only_try(void **state)
{
    struct sw_applier_op op = cart(SW_APPLIER_APPLY, "{}");

    (void)state;
    op.force = true;
    op.dry_run = true;
    op.ref.subresource = "status";
    send_op(&op);
    assert_string_equal(fake_last()->path,
                        PATH "/cart/status?fieldManager=spillway&force=true&dryRun=All");
}

static void an_object_is_written_as_the_body(void **state)
{
    struct sw_applier_op op = cart(SW_APPLIER_APPLY, NULL);
    json_t *object = json_pack("{s:s}", "kind", "Service");

    (void)state;
    op.object = object;
    send_op(&op);
    json_decref(object);
    assert_string_equal(fake_last()->body, "{\"kind\":\"Service\"}");
}

static void a_token_is_created_below_its_account(void **state)
{
    struct sw_applier_op op = {
        .verb = SW_APPLIER_CREATE,
        .ref = {.gvr = sw_gvr(SW_GVR_SERVICE_ACCOUNT),
                .namespace_ = SW_STR("shop"),
                .name = SW_STR("reader"),
                .subresource = "token"},
        .body = SW_STR("{}"),
    };

    (void)state;
    send_op(&op);
    assert_string_equal(fake_last()->path, "/api/v1/namespaces/shop/serviceaccounts/reader/token"
                                           "?fieldManager=spillway");
}

static void a_delete_says_what_it_means_in_its_body(void **state)
{
    struct sw_applier_op op = cart(SW_APPLIER_DELETE, NULL);

    (void)state;
    send_op(&op);
    assert_string_equal(fake_last()->body, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
                                           "\"preconditions\":{}}");
    op.uid = SW_STR("u-1");
    op.resource_version = SW_STR("42");
    op.propagation = SW_APPLIER_FOREGROUND;
    op.dry_run = true;
    send_op(&op);
    assert_string_equal(fake_last()->path, PATH "/cart");
    assert_string_equal(fake_last()->body,
                        "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
                        "\"propagationPolicy\":\"Foreground\",\"dryRun\":[\"All\"],"
                        "\"preconditions\":{\"uid\":\"u-1\",\"resourceVersion\":\"42\"}}");
    op = cart(SW_APPLIER_DELETE, NULL);
    op.resource_version = SW_STR("42");
    send_op(&op);
    assert_string_equal(fake_last()->body, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
                                           "\"preconditions\":{\"resourceVersion\":\"42\"}}");
}

static void what_contradicts_itself_is_not_sent(void **state)
{
    struct sw_applier_op op = cart(SW_APPLIER_GET, "{}");

    (void)state;
    expect_mistake(&op, "get services \"shop/cart\": the operation has a body that has no place");
    op = cart(SW_APPLIER_APPLY, NULL);
    expect_mistake(&op, "apply services \"shop/cart\": the operation has no body");
    op = cart(SW_APPLIER_DELETE, NULL);
    op.ref.name = (struct sw_str){0};
    expect_mistake(&op, "delete services in \"shop\": the operation has no name");
    op = cart(SW_APPLIER_DELETE, NULL);
    op.ref.namespace_ = (struct sw_str){0};
    expect_mistake(&op, "delete services \"cart\": the operation has no namespace");
    op = cart(SW_APPLIER_UPDATE, "{}");
    op.force = true;
    expect_mistake(&op, "update services \"shop/cart\": the operation has force, which only an "
                        "apply knows");
    op = cart(SW_APPLIER_UPDATE, "{}");
    op.uid = SW_STR("u-1");
    expect_mistake(&op, "update services \"shop/cart\": the operation has preconditions, which "
                        "only a delete knows");
    op = cart(SW_APPLIER_GET, NULL);
    op.dry_run = true;
    expect_mistake(&op, "get services \"shop/cart\": the operation has a dry run, which a get "
                        "always is");
}

static void what_no_api_server_takes_is_not_sent(void **state)
{
    struct sw_applier_op op = cart(SW_APPLIER_APPLY, NULL);
    const size_t size = SW_APPLIER_MAX_BYTES + 1;
    char *bytes = malloc(size);
    const struct sw_client client = fake_client();
    struct sw_call *call = NULL;
    struct sw_answer answer;

    (void)state;
    assert_non_null(bytes);
    memset(bytes, ' ', size);
    op.body = (struct sw_str){bytes, size};
    assert_int_equal(
        sw_applier_send(&client, &op, (struct sw_call_sink){&answer, on_done}, &call, NULL),
        SW_ELIMIT);
    free(bytes);
    assert_int_equal(fake.n_requests, 0);
}

static int setup_waiter(struct sw_waiter *waiter, struct sw_arena *arena)
{
    static const struct sw_kube_config config;

    sw_arena_init(arena, 4096, 1 << 20);
    return sw_waiter_init(waiter, &config, NULL);
}

static void wait_gives_the_body_in_the_arena(void **state)
{
    const struct sw_applier_op op = cart(SW_APPLIER_GET, NULL);
    struct sw_waiter waiter;
    struct sw_answer answer;
    struct sw_arena arena;

    (void)state;
    assert_int_equal(setup_waiter(&waiter, &arena), 0);
    fake_will_answer(200, "{\"kind\":\"Service\"}");
    sw_applier_wait(&waiter, &op, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_OK);
    assert_true(sw_str_is(answer.body, "{\"kind\":\"Service\"}"));
    fake_will_answer(404, "{\"kind\":\"Status\"}");
    sw_applier_wait(&waiter, &op, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_NOT_FOUND);
    sw_waiter_release(&waiter);
    sw_arena_release(&arena);
}

static void wait_tells_of_a_mistake_as_an_answer(void **state)
{
    const struct sw_applier_op op = cart(SW_APPLIER_GET, "{}");
    struct sw_waiter waiter;
    struct sw_answer answer;
    struct sw_arena arena;

    (void)state;
    assert_int_equal(setup_waiter(&waiter, &arena), 0);
    sw_applier_wait(&waiter, &op, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_FAILED);
    assert_string_equal(answer.message, "get services \"shop/cart\": the operation has a body "
                                        "that has no place");
    sw_waiter_release(&waiter);
    sw_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_verb_is_its_request, fake_setup),
        cmocka_unit_test_setup(an_apply_may_force_or_only_try, fake_setup),
        cmocka_unit_test_setup(an_object_is_written_as_the_body, fake_setup),
        cmocka_unit_test_setup(a_token_is_created_below_its_account, fake_setup),
        cmocka_unit_test_setup(a_delete_says_what_it_means_in_its_body, fake_setup),
        cmocka_unit_test_setup(what_contradicts_itself_is_not_sent, fake_setup),
        cmocka_unit_test_setup(what_no_api_server_takes_is_not_sent, fake_setup),
        cmocka_unit_test_setup(wait_gives_the_body_in_the_arena, fake_setup),
        cmocka_unit_test_setup(wait_tells_of_a_mistake_as_an_answer, fake_setup),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
