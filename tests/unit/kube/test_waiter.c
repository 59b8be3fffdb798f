/* pkg/kube/waiter.c: a thread that waits, what goes on meanwhile, and how it is called back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_http.h"
#include "kube/waiter.h"
#include "json/read.h"

static struct sw_waiter waiter;
static struct sw_arena arena;

static const struct sw_call_request get = {
    .method = "GET", .what = SW_STR("get the version"), .path = SW_STR("/version")};

static int setup(void **state)
{
    static const struct sw_kube_config config;

    fake_setup(state);
    sw_arena_init(&arena, 4096, 1 << 20);
    return sw_waiter_init(&waiter, &config, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_waiter_release(&waiter);
    sw_waiter_release(&waiter); /* it is a zeroed one now */
    sw_arena_release(&arena);
    return 0;
}

static void interrupt(void *context)
{
    sw_waiter_interrupt(context);
}

static void call_waits_for_the_answer(void **state)
{
    struct sw_answer answer;

    (void)state;
    fake_will_answer(200, "{}");
    sw_waiter_call(&waiter, &get, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_OK);
    assert_true(sw_str_is(answer.body, "{}"));
    assert_string_equal(fake_last()->path, "/version");
}

static void without_an_arena_the_body_is_dropped(void **state)
{
    struct sw_answer answer;

    (void)state;
    fake_will_answer(200, "{}");
    sw_waiter_call(&waiter, &get, NULL, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_OK);
    assert_null(answer.body.data);
}

static void a_body_that_the_arena_cannot_hold_is_unreadable(void **state)
{
    struct sw_answer answer;
    struct sw_arena small;

    (void)state;
    sw_arena_init(&small, 1, 1);
    fake_will_answer(200, "{\"kind\":\"Service\"}");
    sw_waiter_call(&waiter, &get, &small, &answer);
    sw_arena_release(&small);
    assert_int_equal(answer.verdict, SW_ANSWER_UNREADABLE);
    assert_int_equal(answer.http_status, 200);
    assert_string_equal(answer.message, "get the version: out of memory for the answer");
}

static void what_cannot_be_sent_is_failed(void **state)
{
    struct sw_answer answer;

    (void)state;
    fake.fails = SW_EIO;
    sw_waiter_call(&waiter, &get, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_FAILED);
    assert_string_equal(answer.message, "get the version: the token file cannot be read");
}

static void an_interrupt_ends_a_call_and_every_later_one(void **state)
{
    struct sw_answer answer;

    (void)state;
    fake.on_wait = interrupt;
    fake.context = &waiter;
    sw_waiter_call(&waiter, &get, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_INTERRUPTED);
    assert_string_equal(answer.message, "get the version: interrupted");
    assert_true(fake_last()->cancelled);
    assert_true(fake.n_wakeups > 0);
    fake.on_wait = NULL;
    sw_waiter_call(&waiter, &get, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_INTERRUPTED);
    assert_false(sw_waiter_pause(&waiter, 1000));
}

static void resume_lets_it_wait_again(void **state)
{
    struct sw_answer answer;

    (void)state;
    sw_waiter_interrupt(&waiter);
    sw_waiter_resume(&waiter);
    fake_will_answer(200, "{}");
    sw_waiter_call(&waiter, &get, &arena, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_OK);
}

static void pause_lasts_as_long_as_it_is_told_to(void **state)
{
    const int64_t began_ms = fake.now_ms;

    (void)state;
    assert_true(sw_waiter_pause(&waiter, 12345));
    assert_int_equal(fake.now_ms - began_ms, 12345);
    assert_true(sw_waiter_pause(&waiter, 0));
    assert_int_equal(fake.now_ms - began_ms, 12345);
}

static void pause_ends_when_interrupted(void **state)
{
    (void)state;
    fake.on_wait = interrupt;
    fake.context = &waiter;
    assert_false(sw_waiter_pause(&waiter, 1000000));
    assert_int_equal(fake.n_waits, 1);
}

/* Wants to be called every second. */
static int64_t tick(void *context, int64_t now_ms)
{
    unsigned int *n_ticks = context;

    assert_int_equal(now_ms, fake.now_ms);
    (*n_ticks)++;
    return now_ms + 1000;
}

static void the_background_goes_on_when_it_wants_to(void **state)
{
    unsigned int n_ticks = 0;

    (void)state;
    waiter.background = (struct sw_waiter_background){&n_ticks, tick};
    assert_true(sw_waiter_pause(&waiter, 10500));
    assert_int_equal(n_ticks, 11);
}

/* Sets *context, which a wait is for. */
static int64_t finish(void *context, int64_t now_ms)
{
    *(bool *)context = true;
    return now_ms + 1000;
}

static void until_ends_when_it_is_done(void **state)
{
    bool done = false;

    (void)state;
    waiter.background = (struct sw_waiter_background){&done, finish};
    assert_true(sw_waiter_until(&waiter, &done));
    assert_int_equal(fake.n_waits, 0); /* what is done is not waited for */
    done = false;
    sw_waiter_interrupt(&waiter);
    assert_false(sw_waiter_until(&waiter, &done));
}

#define WAITER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAITER_TEST(call_waits_for_the_answer),
        WAITER_TEST(without_an_arena_the_body_is_dropped),
        WAITER_TEST(a_body_that_the_arena_cannot_hold_is_unreadable),
        WAITER_TEST(what_cannot_be_sent_is_failed),
        WAITER_TEST(an_interrupt_ends_a_call_and_every_later_one),
        WAITER_TEST(resume_lets_it_wait_again),
        WAITER_TEST(pause_lasts_as_long_as_it_is_told_to),
        WAITER_TEST(pause_ends_when_interrupted),
        WAITER_TEST(the_background_goes_on_when_it_wants_to),
        WAITER_TEST(until_ends_when_it_is_done),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
