/* reconciler/writer.c and lanes.c: what is sent when, beside an API server that is in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../kube/fake_http.h"
#include "reconciler/writer.h"
#include "json/read.h"

static struct sw_writer *writer;
static struct sw_log quiet;

/* What the planner is told. */
static struct {
    unsigned int n;
    char name[64];
    int64_t at_ms;
} again;
static unsigned int n_ended;

static void on_again(void *context, struct sw_str namespace_, struct sw_str name, int64_t at_ms)
{
    (void)context;
    (void)namespace_;
    again.n++;
    snprintf(again.name, sizeof(again.name), "%.*s", SW_STR_ARG(name));
    again.at_ms = at_ms;
}

static void on_ended(void *context, const struct sw_writer_result *result)
{
    (void)context;
    (void)result;
    n_ended++;
}

static int setup(void **state)
{
    const struct sw_writer_options options = {
        .http = fake_client().http,
        .rate_per_s = 10,
        .log = &quiet,
        .sink = {NULL, on_again, on_ended},
    };

    again.n = 0;
    n_ended = 0;
    sw_log_init(&quiet, -1, SW_LOG_ERROR);
    if (fake_setup(state) < 0 || sw_writer_new(&options, &writer, NULL) < 0)
        return -1;
    sw_writer_point(writer, fake_client().target);
    sw_writer_allow(writer, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_writer_free(writer);
    return 0;
}

static struct sw_op op_of(enum sw_op_verb verb, enum sw_mesh_kind kind, const char *service)
{
    return (struct sw_op){
        .verb = verb,
        .kind = kind,
        .namespace_ = SW_STR("shop"),
        .name = sw_str_from(service),
        .uid = SW_STR("u1"),
        .resource_version = SW_STR("7"),
        .for_namespace = SW_STR("shop"),
        .for_service = sw_str_from(service),
    };
}

static void take(struct sw_op *ops, size_t n)
{
    struct sw_diff diff = {.ops = ops, .n_ops = n};

    assert_int_equal(sw_writer_take(writer, &diff, false, fake.now_ms, NULL), 0);
}

static void step(void)
{
    sw_writer_step(writer, fake.now_ms);
}

/* Answers the request of that number. */
static void answer(unsigned int i, int http_status, const char *body)
{
    struct sw_http_transfer *to = &fake.requests[i];

    assert_true(i < fake.n_requests && !to->closed && !to->cancelled);
    to->closed = true;
    to->sink.response(to->sink.context, http_status, 0);
    to->sink.data(to->sink.context, sw_str_from(body));
    to->sink.closed(to->sink.context, NULL);
}

static void a_deletion_names_what_it_means(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_WORKLOADENTRY, "cart");

    (void)state;
    take(&op, 1);
    assert_int_equal(fake.n_requests, 0);
    step();
    assert_string_equal(fake_last()->method, "DELETE");
    assert_string_equal(fake_last()->path,
                        "/apis/networking.istio.io/v1/namespaces/shop/workloadentries/cart");
    assert_non_null(strstr(fake_last()->body, "\"uid\":\"u1\""));
    assert_non_null(strstr(fake_last()->body, "\"resourceVersion\":\"7\""));
    assert_int_equal(sw_writer_under_way(writer), 1);
    fake_answer(200, "{}");
    assert_int_equal(sw_writer_under_way(writer), 0);
    assert_int_equal(n_ended, 1);
}

static void letting_go_is_a_merge_patch(void **state)
{
    struct sw_op op = op_of(SW_OP_RELEASE, SW_MESH_STUB, "cart");

    (void)state;
    take(&op, 1);
    step();
    assert_string_equal(fake_last()->method, "PATCH");
    assert_string_equal(fake_last()->content_type, "application/merge-patch+json");
    assert_non_null(strstr(fake_last()->body, "\"resourceVersion\":\"7\""));
}

static void one_of_a_plan_waits_for_what_comes_before_it(void **state)
{
    struct sw_op ops[] = {op_of(SW_OP_DELETE, SW_MESH_WORKLOADENTRY, "cart"),
                          op_of(SW_OP_DELETE, SW_MESH_WORKLOADENTRY, "cart"),
                          op_of(SW_OP_DELETE, SW_MESH_STUB, "cart"),
                          op_of(SW_OP_DELETE, SW_MESH_STUB, "other")};

    (void)state;
    ops[1].name = SW_STR("cart-2");
    take(ops, 4);
    step();
    assert_int_equal(fake.n_requests, 3); /* both entries, and what is of another plan */
    answer(0, 200, "{}");
    step();
    assert_int_equal(fake.n_requests, 3);
    answer(1, 200, "{}");
    step();
    assert_int_equal(fake.n_requests, 4);
    assert_non_null(strstr(fake_last()->path, "/services/cart"));
}

static void where_one_fails_the_rest_of_its_plan_is_dropped(void **state)
{
    struct sw_op ops[] = {op_of(SW_OP_DELETE, SW_MESH_WORKLOADENTRY, "cart"),
                          op_of(SW_OP_DELETE, SW_MESH_STUB, "cart")};

    (void)state;
    take(ops, 2);
    step();
    answer(0, 403, "{\"kind\":\"Status\",\"message\":\"no right\"}");
    step();
    assert_int_equal(fake.n_requests, 1);
    assert_int_equal(sw_writer_queued(writer), 0);
    assert_int_equal(again.n, 1);
    assert_string_equal(again.name, "cart");
    assert_int_equal(again.at_ms, fake.now_ms + SW_RETRIES_REFUSED_MS);
    assert_int_equal(sw_writer_retries(writer)->n_failing, 1);
    assert_non_null(strstr(sw_retries_next(sw_writer_retries(writer), NULL)->failure, "no right"));
}

static void the_same_is_not_sent_twice(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_STUB, "cart");

    (void)state;
    take(&op, 1);
    take(&op, 1); /* it waits to be sent */
    step();
    take(&op, 1); /* it is under way */
    step();
    assert_int_equal(fake.n_requests, 1);
    fake_answer(200, "{}");
    take(&op, 1); /* the watch has not shown it yet */
    step();
    assert_int_equal(fake.n_requests, 1);
    assert_int_equal(again.at_ms, fake.now_ms + SW_RETRIES_UNSEEN_MS);
    op.resource_version = SW_STR("9"); /* there is another by now */
    take(&op, 1);
    step();
    assert_int_equal(fake.n_requests, 2);
}

static void no_more_than_so_many_are_under_way(void **state)
{
    static struct sw_op ops[SW_WRITER_MAX_CALLS - 1 + 8];
    static char names[SW_WRITER_MAX_CALLS - 1 + 8][8];
    const unsigned int n = sizeof(ops) / sizeof(ops[0]);

    (void)state;
    for (unsigned int i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "s%u", i);
        ops[i] = op_of(SW_OP_DELETE, SW_MESH_STUB, names[i]);
    }
    take(ops, n);
    step();
    assert_int_equal(fake.n_requests, SW_WRITER_MAX_CALLS);
    assert_int_equal(sw_writer_queued(writer), n - SW_WRITER_MAX_CALLS);
}

static void one_that_may_not_write_sends_nothing_and_takes_nothing(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_STUB, "cart");

    (void)state;
    take(&op, 1);
    sw_writer_allow(writer, false);
    step();
    take(&op, 1);
    step();
    assert_int_equal(fake.n_requests, 0);
    assert_int_equal(sw_writer_queued(writer), 0);
    sw_writer_allow(writer, true);
    take(&op, 1);
    step();
    assert_int_equal(fake.n_requests, 1);
}

static void a_newer_plan_replaces_what_was_not_sent(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_STUB, "cart");

    (void)state;
    take(&op, 1);
    sw_writer_supersede(writer, SW_STR("shop"), SW_STR("cart"));
    step();
    assert_int_equal(fake.n_requests, 0);
    take(&op, 1);
    step();
    assert_int_equal(fake.n_requests, 1);
}

static void what_is_under_way_elsewhere_is_given_up_and_planned_again(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_STUB, "cart");

    (void)state;
    take(&op, 1);
    step();
    sw_writer_point(writer, NULL);
    assert_true(fake_last()->cancelled);
    assert_int_equal(again.n, 1);
    assert_int_equal(sw_writer_under_way(writer), 0);
    take(&op, 1);
    step();
    assert_int_equal(fake.n_requests, 1); /* there is nowhere to */
}

static void an_overrun_api_server_is_not_asked_for_anything_else(void **state)
{
    struct sw_op a = op_of(SW_OP_DELETE, SW_MESH_STUB, "a"),
                 b = op_of(SW_OP_DELETE, SW_MESH_STUB, "b");

    (void)state;
    take(&a, 1);
    step();
    fake_answer_later(429, 2, "{}");
    take(&b, 1);
    step();
    assert_int_equal(fake.n_requests, 1);
    assert_int_equal(sw_writer_step(writer, fake.now_ms), fake.now_ms + 2000);
    fake.now_ms += 2000;
    step();
    assert_int_equal(fake.n_requests, 2);
}

static void what_the_whole_plan_does_not_want_is_no_failure_any_more(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_STUB, "cart");
    struct sw_diff nothing = {.n_ops = 0};

    (void)state;
    take(&op, 1);
    step();
    fake_answer(403, "{}");
    assert_int_equal(sw_writer_take(writer, &nothing, false, fake.now_ms, NULL), 0);
    assert_int_equal(sw_writer_retries(writer)->n_failing, 1);
    assert_int_equal(sw_writer_take(writer, &nothing, true, fake.now_ms, NULL), 0);
    assert_int_equal(sw_writer_retries(writer)->n_failing, 0);
}

static void what_cannot_be_sent_is_a_failure(void **state)
{
    struct sw_op op = op_of(SW_OP_DELETE, SW_MESH_STUB, "cart");

    (void)state;
    fake.fails = SW_EIO;
    take(&op, 1);
    step();
    assert_int_equal(sw_writer_retries(writer)->n_failing, 1);
    assert_int_equal(again.n, 1);
    assert_int_equal(sw_writer_queued(writer), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deletion_names_what_it_means),
        TEST(letting_go_is_a_merge_patch),
        TEST(one_of_a_plan_waits_for_what_comes_before_it),
        TEST(where_one_fails_the_rest_of_its_plan_is_dropped),
        TEST(the_same_is_not_sent_twice),
        TEST(no_more_than_so_many_are_under_way),
        TEST(one_that_may_not_write_sends_nothing_and_takes_nothing),
        TEST(a_newer_plan_replaces_what_was_not_sent),
        TEST(what_is_under_way_elsewhere_is_given_up_and_planned_again),
        TEST(an_overrun_api_server_is_not_asked_for_anything_else),
        TEST(what_the_whole_plan_does_not_want_is_no_failure_any_more),
        TEST(what_cannot_be_sent_is_a_failure),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
