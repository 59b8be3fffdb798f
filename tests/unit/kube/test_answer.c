/* pkg/kube/answer.c: what a request came to, and what is to be done about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kube/answer.h"
#include "json/read.h"

#define WHAT "apply services \"shop/cart\" at https://10.0.0.1:6443"

static struct sw_answer judge(int http_status, const char *body)
{
    const struct sw_answer_facts facts = {
        .what = SW_STR(WHAT),
        .http_status = http_status,
        .body = sw_str_from(body),
    };
    struct sw_answer answer;

    sw_answer_judge(&facts, &answer);
    return answer;
}

static void a_2xx_is_ok_with_its_body(void **state)
{
    const struct sw_answer answer = judge(201, "{\"kind\":\"Service\"}");

    (void)state;
    assert_int_equal(answer.verdict, SW_ANSWER_OK);
    assert_int_equal(answer.http_status, 201);
    assert_true(sw_str_is(answer.body, "{\"kind\":\"Service\"}"));
    assert_string_equal(answer.message, "");
    assert_int_equal(sw_answer_status(&answer, NULL), 0);
}

static void each_status_has_its_verdict(void **state)
{
    static const struct {
        int http_status;
        enum sw_answer_verdict verdict;
    } cases[] = {
        {400, SW_ANSWER_INVALID},    {401, SW_ANSWER_DENIED},   {403, SW_ANSWER_DENIED},
        {404, SW_ANSWER_NOT_FOUND},  {408, SW_ANSWER_LATER},    {409, SW_ANSWER_CONFLICT},
        {410, SW_ANSWER_EXPIRED},    {413, SW_ANSWER_INVALID},  {415, SW_ANSWER_INVALID},
        {422, SW_ANSWER_INVALID},    {429, SW_ANSWER_LATER},    {500, SW_ANSWER_LATER},
        {502, SW_ANSWER_LATER},      {503, SW_ANSWER_LATER},    {504, SW_ANSWER_LATER},
        {301, SW_ANSWER_UNREADABLE}, {0, SW_ANSWER_UNREADABLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sw_answer answer =
            judge(cases[i].http_status, "{\"kind\":\"Status\",\"message\":\"no\"}");

        assert_int_equal(answer.verdict, cases[i].verdict);
        assert_int_equal(answer.http_status, cases[i].http_status);
        assert_null(answer.body.data);
        assert_true(sw_answer_status(&answer, NULL) < 0);
    }
}

static void the_message_says_what_was_asked_and_what_came_back(void **state)
{
    const struct sw_answer answer =
        judge(422, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":"
                   "\"Service \\\"cart\\\" is invalid:\\n* spec.ports: Required value\\n\"}");
    struct sw_err err = {0};

    (void)state;
    assert_string_equal(answer.reason, "Invalid");
    assert_string_equal(answer.message,
                        WHAT ": 422 Invalid: Service \"cart\" is invalid: * spec.ports: Required "
                             "value");
    assert_int_equal(sw_answer_status(&answer, &err), SW_ETYPE);
    assert_string_equal(err.message, answer.message);
}

static void what_exists_already_is_told_from_a_conflict(void **state)
{
    (void)state;
    assert_int_equal(judge(409, "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\"}").verdict,
                     SW_ANSWER_ALREADY_EXISTS);
    assert_int_equal(judge(409, "{\"kind\":\"Status\",\"reason\":\"Conflict\"}").verdict,
                     SW_ANSWER_CONFLICT);
}

#define CAUSE(manager)                                                                             \
    "{\"reason\":\"FieldManagerConflict\",\"field\":\".spec.type\",\"message\":"                   \
    "\"conflict with \\\"" manager "\\\" with subresource \\\"status\\\" using v1\"}"

static void a_conflict_names_the_owners_once_each(void **state)
{
    const struct sw_answer answer =
        judge(409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"details\":{\"causes\":["
                   "{\"reason\":\"FieldValueInvalid\",\"message\":\"x \\\"y\\\"\"}," CAUSE(
                       "kubectl") "," CAUSE("argocd") "," CAUSE("kubectl") "]}}");

    (void)state;
    assert_string_equal(answer.owners, "kubectl, argocd");
}

static void owners_that_there_is_no_room_for_are_left_out(void **state)
{
    char name[SW_ANSWER_OWNERS_SIZE + 1], body[2048];
    struct sw_answer answer;

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    snprintf(body, sizeof(body),
             "{\"kind\":\"Status\",\"details\":{\"causes\":[{\"reason\":\"FieldManagerConflict\","
             "\"message\":\"conflict with \\\"%s\\\"\"}," CAUSE("b") "]}}",
             name);
    answer = judge(409, body);
    assert_string_equal(answer.owners, "b");
}

static void retry_after_comes_from_the_header_or_the_status(void **state)
{
    struct sw_answer_facts facts = {
        .what = SW_STR(WHAT),
        .http_status = 429,
        .body = SW_STR("{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":3}}"),
    };
    struct sw_answer answer;

    (void)state;
    sw_answer_judge(&facts, &answer);
    assert_int_equal(answer.retry_after_s, 3);
    facts.retry_after_s = 7;
    sw_answer_judge(&facts, &answer);
    assert_int_equal(answer.retry_after_s, 7);
}

static void what_is_no_status_is_shown_as_it_begins(void **state)
{
    char page[400];
    struct sw_answer answer = judge(502, "<html>\n<b>Bad gateway</b>");

    (void)state;
    assert_int_equal(answer.verdict, SW_ANSWER_LATER);
    assert_string_equal(answer.message, WHAT ": 502, not in the words of an API server: <html> "
                                             "<b>Bad gateway</b>");
    memset(page, 'x', sizeof(page) - 1);
    page[sizeof(page) - 1] = '\0';
    assert_true(strlen(judge(502, page).message) < 300);
    assert_string_equal(judge(404, "").message, WHAT ": 404, not in the words of an API server");
}

static void members_of_another_type_count_as_absent(void **state)
{
    const struct sw_answer answer =
        judge(409, "{\"kind\":\"Status\",\"reason\":5,\"message\":[],\"details\":{\"causes\":"
                   "[{\"reason\":\"FieldManagerConflict\",\"message\":{}}, {}],"
                   "\"retryAfterSeconds\":\"1\"}}");

    (void)state;
    assert_int_equal(answer.verdict, SW_ANSWER_CONFLICT);
    assert_string_equal(answer.owners, "");
    assert_string_equal(answer.message, WHAT ": 409");
    assert_int_equal(judge(403, "{\"kind\":\"Status\",\"details\":[]}").verdict, SW_ANSWER_DENIED);
}

static void a_status_too_large_to_read_is_judged_by_its_code(void **state)
{
    static const char head[] = "{\"kind\":\"Status\",\"message\":\"";
    const size_t size = (size_t)6 << 20;
    char *body = malloc(size);
    struct sw_answer answer;

    (void)state;
    assert_non_null(body);
    memset(body, 'm', size);
    memcpy(body, head, sizeof(head) - 1);
    memcpy(body + size - 3, "\"}", 3);
    answer = judge(404, body);
    free(body);
    assert_int_equal(answer.verdict, SW_ANSWER_NOT_FOUND);
    assert_string_equal(answer.message, WHAT ": 404, whose reason is too large to read");
}

static void no_whole_answer_is_unreachable_whatever_began(void **state)
{
    const struct sw_answer_facts facts = {
        .what = SW_STR(WHAT), .http_status = 200, .body = SW_STR("{"), .failure = "reset"};
    struct sw_answer answer;

    (void)state;
    sw_answer_judge(&facts, &answer);
    assert_int_equal(answer.verdict, SW_ANSWER_UNREACHABLE);
    assert_null(answer.body.data);
    assert_string_equal(answer.message, WHAT ": no answer: reset");
    assert_int_equal(sw_answer_status(&answer, NULL), SW_EIO);
}

static void make_says_what_and_why(void **state)
{
    struct sw_answer answer;

    (void)state;
    sw_answer_make(SW_ANSWER_FAILED, SW_STR("get x"), "no memory", &answer);
    assert_string_equal(answer.message, "get x: no memory");
    assert_int_equal(sw_answer_status(&answer, NULL), SW_EINTERNAL);
    sw_answer_make(SW_ANSWER_FAILED, (struct sw_str){0}, "no memory", &answer);
    assert_string_equal(answer.message, "no memory");
}

static void the_object_of_an_answer_is_of_the_arena(void **state)
{
    struct sw_answer answer = judge(200, "{\"kind\":\"Service\"}");
    struct sw_arena arena;
    json_t *object = NULL;
    struct sw_err err = {0};

    (void)state;
    sw_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(sw_answer_object(&answer, &arena, &object, &err), 0);
    assert_string_equal(json_string_value(json_object_get(object, "kind")), "Service");
    answer.body = SW_STR("[]");
    assert_int_equal(sw_answer_object(&answer, &arena, &object, &err), SW_ETYPE);
    answer.body = SW_STR("{\"a\":");
    assert_int_equal(sw_answer_object(&answer, &arena, &object, &err), SW_ESYNTAX);
    sw_arena_release(&arena);
}

static void every_verdict_has_its_word(void **state)
{
    (void)state;
    for (int v = SW_ANSWER_OK; v <= SW_ANSWER_FAILED; v++)
        for (int w = SW_ANSWER_OK; w < v; w++)
            assert_string_not_equal(sw_answer_word((enum sw_answer_verdict)v),
                                    sw_answer_word((enum sw_answer_verdict)w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_2xx_is_ok_with_its_body),
        cmocka_unit_test(each_status_has_its_verdict),
        cmocka_unit_test(the_message_says_what_was_asked_and_what_came_back),
        cmocka_unit_test(what_exists_already_is_told_from_a_conflict),
        cmocka_unit_test(a_conflict_names_the_owners_once_each),
        cmocka_unit_test(owners_that_there_is_no_room_for_are_left_out),
        cmocka_unit_test(retry_after_comes_from_the_header_or_the_status),
        cmocka_unit_test(what_is_no_status_is_shown_as_it_begins),
        cmocka_unit_test(members_of_another_type_count_as_absent),
        cmocka_unit_test(a_status_too_large_to_read_is_judged_by_its_code),
        cmocka_unit_test(no_whole_answer_is_unreachable_whatever_began),
        cmocka_unit_test(make_says_what_and_why),
        cmocka_unit_test(the_object_of_an_answer_is_of_the_arena),
        cmocka_unit_test(every_verdict_has_its_word),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
