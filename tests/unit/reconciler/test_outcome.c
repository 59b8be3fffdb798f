/* reconciler/outcome.c: what the answer to a write means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "reconciler/outcome.h"
#include "json/read.h"

static struct sw_arena arena;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 1024, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static struct sw_outcome judge(struct sw_answer answer, enum sw_op_verb verb)
{
    return sw_outcome_judge(&answer, verb, SW_STR("7"), &arena);
}

static struct sw_answer ok(const char *body)
{
    return (struct sw_answer){.verdict = SW_ANSWER_OK, .body = sw_str_from(body)};
}

static void what_was_taken_is_done(void **state)
{
    (void)state;
    assert_true(judge(ok("{}"), SW_OP_CREATE).done);
    assert_true(judge(ok("{}"), SW_OP_DELETE).done);
    assert_true(judge(ok("{\"metadata\":{\"resourceVersion\":\"8\"}}"), SW_OP_APPLY).done);
}

/* The next plan would want the same, and so on without end. */
static void an_apply_that_changed_nothing_is_a_failure(void **state)
{
    struct sw_outcome outcome =
        judge(ok("{\"metadata\":{\"resourceVersion\":\"7\"}}"), SW_OP_APPLY);

    (void)state;
    assert_false(outcome.done);
    assert_int_equal(outcome.failure.first_ms, SW_RETRIES_REFUSED_MS);
    assert_non_null(strstr(outcome.failure.why, "changed nothing"));
}

static void what_is_gone_already_is_removed(void **state)
{
    const struct sw_answer gone = {.verdict = SW_ANSWER_NOT_FOUND, .message = "no such"};

    (void)state;
    assert_true(judge(gone, SW_OP_DELETE).done);
    assert_true(judge(gone, SW_OP_RELEASE).done);
    assert_false(judge(gone, SW_OP_CREATE).done); /* the namespace is not there */
}

static void a_refusal_waits_longer_than_a_conflict(void **state)
{
    (void)state;
    assert_int_equal(
        judge((struct sw_answer){.verdict = SW_ANSWER_DENIED}, SW_OP_CREATE).failure.first_ms,
        SW_RETRIES_REFUSED_MS);
    assert_int_equal(
        judge((struct sw_answer){.verdict = SW_ANSWER_CONFLICT}, SW_OP_DELETE).failure.first_ms,
        SW_RETRIES_FIRST_MS);
}

/* An API server says so in two ways, of which one names those who have its fields. */
static void a_name_that_is_taken_is_somebody_elses(void **state)
{
    struct sw_answer answer = {.verdict = SW_ANSWER_CONFLICT, .message = "changed meanwhile"};
    struct sw_outcome outcome = judge(answer, SW_OP_CREATE);

    (void)state;
    assert_false(outcome.done);
    assert_int_equal(outcome.failure.reason, SW_FOREIGN);
    assert_int_equal(outcome.failure.first_ms, SW_RETRIES_REFUSED_MS);
    assert_non_null(strstr(outcome.failure.why, "not ours"));
    snprintf(answer.owners, sizeof(answer.owners), "kubectl");
    assert_int_equal(judge(answer, SW_OP_CREATE).failure.reason, SW_FOREIGN);
    outcome = judge(answer, SW_OP_APPLY);
    assert_int_equal(outcome.failure.reason, SW_NOT_WRITTEN);
    assert_string_equal(outcome.failure.why, "changed meanwhile");
}

static void an_overrun_api_server_is_left_alone_as_long_as_it_asks(void **state)
{
    struct sw_answer later = {.verdict = SW_ANSWER_LATER, .retry_after_s = 3};

    (void)state;
    assert_int_equal(judge(later, SW_OP_CREATE).pause_ms, 3000);
    assert_int_equal(judge(later, SW_OP_CREATE).failure.least_ms, 3000);
    later.retry_after_s = INT64_MAX / 1000;
    assert_int_equal(judge(later, SW_OP_CREATE).pause_ms, SW_OUTCOME_MAX_PAUSE_MS);
}

static void one_out_of_reach_is_not_asked_at_once_again(void **state)
{
    (void)state;
    assert_int_equal(
        judge((struct sw_answer){.verdict = SW_ANSWER_UNREACHABLE}, SW_OP_CREATE).pause_ms,
        SW_OUTCOME_UNREACHED_PAUSE_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_taken_is_done),
        TEST(an_apply_that_changed_nothing_is_a_failure),
        TEST(what_is_gone_already_is_removed),
        TEST(a_refusal_waits_longer_than_a_conflict),
        TEST(a_name_that_is_taken_is_somebody_elses),
        TEST(an_overrun_api_server_is_left_alone_as_long_as_it_asks),
        TEST(one_out_of_reach_is_not_asked_at_once_again),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
