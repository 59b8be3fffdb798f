/* reconciler/events.c: how Events are written, beside an API server that is in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../kube/fake_http.h"
#include "reconciler/events.h"
#include "json/read.h"

#define CART                                                                                       \
    "{\"items\":[{\"metadata\":{\"name\":\"cart\",\"uid\":\"11-22\"},\"spec\":{}}],"               \
    "\"metadata\":{}}"
#define NOTHING "{\"items\":[],\"metadata\":{}}"

static struct sw_events *events;
static struct sw_ledger *ledger;
static struct sw_log quiet;

static int64_t due_in_ms(void)
{
    const int64_t due_ms = sw_events_due_ms(events, ledger);

    return due_ms == INT64_MAX ? INT64_MAX : due_ms - fake.now_ms;
}

/* True if something was sent. */
static bool step(void)
{
    const struct sw_events_turn turn = {.ledger = ledger, .now_ms = fake.now_ms};
    const unsigned int before = fake.n_requests;

    sw_events_step(events, &turn);
    return fake.n_requests > before;
}

static int setup(void **state)
{
    struct sw_events_options options = {.log = &quiet};

    if (fake_setup(state) < 0)
        return -1;
    options.http = fake_client().http;
    sw_log_init(&quiet, -1, SW_LOG_ERROR);
    if (sw_ledger_new(&ledger, NULL) < 0 || sw_events_new(&options, &events, NULL) < 0)
        return -1;
    sw_events_point(events, fake_client().target);
    step();
    fake.now_ms += SW_EVENT_SETTLE_MS; /* what comes from here on is news */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_events_free(events);
    sw_ledger_free(ledger);
    return 0;
}

static void say(enum sw_mesh_verdict verdict, enum sw_reason reason)
{
    struct sw_mesh_finding finding = {
        .verdict = verdict,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), SW_STR("west")},
    };
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .findings = {&finding, 1},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
}

static void say_withheld(void)
{
    say(SW_MESH_WITHHELD, SW_NO_READY_PODS);
}

/* The next step looks the object up and is answered with that, upon which the Event is sent. */
static void step_to_event(const char *found)
{
    fake.now_ms += SW_EVENT_SCAN_MS;
    assert_true(step());
    assert_string_equal(fake_last()->method, "GET");
    fake_answer(200, found);
    assert_string_equal(fake_last()->method, "PATCH");
}

static void an_event_is_about_the_object_as_it_is(void **state)
{
    (void)state;
    say_withheld();
    fake.now_ms += SW_EVENT_SCAN_MS;
    assert_true(step());
    assert_non_null(strstr(fake_last()->path, "/api/v1/namespaces/shop/services?"));
    assert_non_null(strstr(fake_last()->path, "fieldSelector=metadata.name%3Dcart"));
    fake_answer(200, CART);
    assert_non_null(strstr(fake_last()->path, "/api/v1/namespaces/shop/events/cart."));
    assert_string_equal(fake_last()->content_type, "application/apply-patch+yaml");
    assert_non_null(strstr(fake_last()->body,
                           "\"involvedObject\":{\"apiVersion\":\"v1\",\"kind\":\"Service\","
                           "\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":\"11-22\"}"));
    assert_non_null(strstr(fake_last()->body, "\"type\":\"Warning\",\"reason\":\"NoReadyPods\""));
    assert_non_null(strstr(fake_last()->body, "\"count\":1,\"firstTimestamp\":\""));
    assert_non_null(
        strstr(fake_last()->body, "\"source\":{\"component\":\"spillway-reconciler\"}"));
    assert_true(due_in_ms() == INT64_MAX);
    fake_answer(201, "{}");
    assert_int_equal(sw_events_stats(events)->n_sent, 1);
    assert_false(step());
}

static void without_the_object_it_is_written_all_the_same(void **state)
{
    (void)state;
    say_withheld();
    step_to_event(NOTHING);
    assert_null(strstr(fake_last()->body, "\"uid\""));
    assert_non_null(strstr(fake_last()->body, "\"kind\":\"Service\""));
    fake_answer(201, "{}");
    say(SW_MESH_WITHHELD, SW_NO_SIDECAR);
    fake.now_ms += SW_EVENT_SCAN_MS;
    assert_true(step());
    fake_answer(403, "{}"); /* who may not look may write, perhaps */
    assert_string_equal(fake_last()->method, "PATCH");
}

static void the_same_again_is_the_same_object(void **state)
{
    char path[sizeof(fake.requests[0].path)];

    (void)state;
    say_withheld();
    step_to_event(CART);
    memcpy(path, fake_last()->path, sizeof(path));
    fake_answer(201, "{}");
    say(SW_MESH_EMITTED, SW_PLANNED);
    step_to_event(CART);
    assert_string_not_equal(fake_last()->path, path);
    fake_answer(201, "{}");
    say_withheld();
    step_to_event(CART);
    assert_string_equal(fake_last()->path, path);
    assert_non_null(strstr(fake_last()->body, "\"count\":2,"));
}

static void what_is_refused_is_given_up(void **state)
{
    (void)state;
    say_withheld();
    step_to_event(CART);
    fake_answer(403, "{}");
    assert_int_equal(sw_events_stats(events)->n_dropped, 1);
    fake.now_ms += SW_EVENTS_MAX_PAUSE_MS;
    assert_false(step());
}

/* Others are held back meanwhile, ever longer. */
static void after_a_refusal_there_is_a_pause(void **state)
{
    (void)state;
    say_withheld();
    step_to_event(CART);
    fake_answer(403, "{}");
    say(SW_MESH_EMITTED, SW_PLANNED);
    fake.now_ms += SW_EVENTS_PAUSE_MS - 1;
    assert_false(step());
    fake.now_ms += 1;
    step_to_event(CART);
    fake_answer(403, "{}");
    say_withheld();
    fake.now_ms += 2 * SW_EVENTS_PAUSE_MS - 1;
    assert_false(step());
    step_to_event(CART);
    fake_answer(201, "{}");
    assert_int_equal(sw_events_stats(events)->n_sent, 1);
    say(SW_MESH_EMITTED, SW_PLANNED);
    step_to_event(CART);
}

static void a_namespace_that_is_gone_is_no_reason_to_wait(void **state)
{
    (void)state;
    say_withheld();
    step_to_event(NOTHING);
    fake_answer(404, "{}");
    assert_int_equal(sw_events_stats(events)->n_dropped, 1);
    say(SW_MESH_EMITTED, SW_PLANNED);
    step_to_event(CART);
}

static void what_there_was_no_time_for_is_tried_again_a_few_times(void **state)
{
    (void)state;
    say_withheld();
    for (unsigned int i = 1; i < SW_EVENTS_TRIES; i++) {
        step_to_event(CART);
        fake_answer_later(429, 7, "{}");
        assert_int_equal(due_in_ms(), 7000);
        assert_int_equal(sw_events_stats(events)->n_dropped, 0);
        fake.now_ms += 7000;
    }
    step_to_event(CART);
    fake_fail("connection reset");
    assert_int_equal(sw_events_stats(events)->n_dropped, 1);
    fake.now_ms += SW_EVENTS_MAX_PAUSE_MS;
    assert_false(step());
}

static void an_object_that_cannot_be_asked_for_waits_too(void **state)
{
    (void)state;
    say_withheld();
    for (unsigned int i = 0; i < SW_EVENTS_TRIES; i++) {
        fake.now_ms += SW_EVENTS_MAX_PAUSE_MS;
        assert_true(step());
        fake_answer(503, "{}");
        assert_string_equal(fake_last()->method, "GET");
    }
    assert_int_equal(sw_events_stats(events)->n_dropped, 1);
}

static void what_cannot_be_sent_is_tried_again(void **state)
{
    (void)state;
    say_withheld();
    fake.fails = SW_ENOMEM;
    fake.now_ms += SW_EVENT_SCAN_MS;
    assert_false(step());
    fake.fails = 0;
    fake.now_ms += SW_EVENTS_PAUSE_MS;
    step_to_event(CART);
}

static void another_way_there_is_taken_with_the_same_event(void **state)
{
    (void)state;
    say_withheld();
    step_to_event(CART);
    sw_events_point(events, NULL);
    assert_true(fake_last()->cancelled);
    assert_true(due_in_ms() == INT64_MAX);
    sw_events_point(events, fake_client().target);
    step_to_event(CART);
    assert_non_null(strstr(fake_last()->body, "\"count\":1,"));
}

static void who_leads_no_more_sends_nothing_more(void **state)
{
    (void)state;
    say_withheld();
    step_to_event(CART);
    sw_events_forget(events);
    assert_true(fake_last()->cancelled);
    fake.now_ms += SW_EVENT_SETTLE_MS;
    assert_false(step());
    fake.now_ms += SW_EVENT_SETTLE_MS;
    assert_false(step());
}

/* There is room for so many only. */
static void forget_requests(void)
{
    memset(fake.requests, 0, sizeof(fake.requests));
    fake.n_requests = 0;
}

/* Thousands at once are sent one by one, and slowly. */
static void all_together_have_a_bound(void **state)
{
    struct sw_mesh_finding finding = {
        .verdict = SW_MESH_EMITTED,
        .reason = SW_PLANNED,
        .about = {SW_STR("shop"), SW_STR("s"), SW_STR("west")},
    };
    struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .findings = {&finding, 1},
    };
    char name[16];

    (void)state;
    for (unsigned int i = 0; i < 2 * SW_EVENTS_BURST; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        plan.service = sw_str_from(name);
        assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
    }
    fake.now_ms += SW_EVENT_SCAN_MS;
    for (unsigned int i = 0; i < SW_EVENTS_BURST; i++) {
        forget_requests();
        assert_true(step());
        assert_false(step()); /* one at a time */
        fake_answer(200, NOTHING);
        fake_answer(201, "{}");
    }
    assert_false(step());
    assert_in_range(due_in_ms(), 1, 1000 / SW_EVENTS_RATE_PER_S + 1);
    forget_requests();
    fake.now_ms += 1000 / SW_EVENTS_RATE_PER_S + 1;
    assert_true(step());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_about_the_object_as_it_is),
        TEST(without_the_object_it_is_written_all_the_same),
        TEST(the_same_again_is_the_same_object),
        TEST(what_is_refused_is_given_up),
        TEST(after_a_refusal_there_is_a_pause),
        TEST(a_namespace_that_is_gone_is_no_reason_to_wait),
        TEST(what_there_was_no_time_for_is_tried_again_a_few_times),
        TEST(an_object_that_cannot_be_asked_for_waits_too),
        TEST(what_cannot_be_sent_is_tried_again),
        TEST(another_way_there_is_taken_with_the_same_event),
        TEST(who_leads_no_more_sends_nothing_more),
        TEST(all_together_have_a_bound),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
