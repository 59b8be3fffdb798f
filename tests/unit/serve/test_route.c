/* pkg/serve/route.c: which handler, or which refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "serve/route.h"

static void count(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)request;
    ++*(int *)ctx;
    sw_buf_append_text(&response->body, "{}");
}

static void overflow(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)ctx;
    (void)request;
    sw_buf_append_text(&response->body, "part");
    sw_buf_extend(&response->body, SW_RESPONSE_MAX_BYTES + 1);
}

static int n_calls;

static const struct sw_route items[] = {
    {.path = "/a",
     .method = "POST",
     .content_type = "application/json",
     .handle = count,
     .ctx = &n_calls},
    {.path = "/b", .method = "GET", .handle = count, .ctx = &n_calls},
    {.path = "/c", .method = "POST", .handle = overflow},
};

static const struct sw_routes table = {.items = items, .n_items = 3, .max_body_bytes = 10};

/* Answers a request for `path`, and returns the index of its route. */
static size_t answer(struct sw_request request, struct sw_response *ret)
{
    n_calls = 0;
    sw_response_init(ret);
    return sw_routes_answer(&table, &request, ret);
}

static void assert_refused(struct sw_request request, int status, const char *line)
{
    SW_CLEANUP(sw_response_release) struct sw_response response;

    answer(request, &response);
    assert_int_equal(response.status, status);
    assert_int_equal(n_calls, 0);
    assert_string_equal(response.content_type, "text/plain; charset=utf-8");
    if (!sw_str_is(sw_buf_str(&response.body), line))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(sw_buf_str(&response.body)), line);
}

static void answer_calls_the_handler(void **state)
{
    struct sw_request request = {.method = SW_STR("POST"),
                                 .path = SW_STR("/a"),
                                 .content_type = SW_STR("application/json"),
                                 .body = SW_STR("0123456789")};
    SW_CLEANUP(sw_response_release) struct sw_response response;

    (void)state;
    assert_int_equal(answer(request, &response), 0);
    assert_int_equal(n_calls, 1);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "application/json");
    assert_true(sw_str_is(sw_buf_str(&response.body), "{}"));
    assert_int_equal(response.retry_after_s, 0);
    assert_false(response.close);
    assert_null(response.allow);
}

static void answer_takes_every_spelling_of_a_media_type(void **state)
{
    static const char *const good[] = {"application/json", "APPLICATION/JSON",
                                       "application/json;charset=utf-8",
                                       " application/json\t; charset=\"utf-8\""};
    static const char *const bad[] = {"", "application/jsonx", "application/json-patch+json",
                                      "text/plain; application/json", "application / json"};
    struct sw_request request = {.method = SW_STR("POST"), .path = SW_STR("/a")};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        SW_CLEANUP(sw_response_release) struct sw_response response;

        request.content_type = sw_str_from(good[i]);
        answer(request, &response);
        assert_int_equal(response.status, 200);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        SW_CLEANUP(sw_response_release) struct sw_response response;

        request.content_type = sw_str_from(bad[i]);
        answer(request, &response);
        assert_int_equal(response.status, 415);
    }
}

static void answer_says_what_it_expected(void **state)
{
    struct sw_request request = {.method = SW_STR("PUT"), .path = SW_STR("/A")};

    (void)state;
    assert_refused(request, 404, "no such path: expected /a, /b, /c\n");
    request.path = SW_STR("/a");
    assert_refused(request, 405, "method PUT is not allowed on /a: expected POST\n");
    request.path = SW_STR("/b");
    assert_refused(request, 405, "method PUT is not allowed on /b: expected GET, HEAD\n");
    request = (struct sw_request){.method = SW_STR("POST"), .path = SW_STR("/a")};
    assert_refused(request, 415, "Content-Type '': expected application/json\n");
    request.body = SW_STR("01234567890");
    assert_refused(request, 413, "body of 11 bytes: expected at most 10\n");
}

static void answer_of_a_refusal_has_its_headers(void **state)
{
    SW_CLEANUP(sw_response_release) struct sw_response method, body;

    (void)state;
    answer((struct sw_request){.method = SW_STR("GET"), .path = SW_STR("/a")}, &method);
    assert_string_equal(method.allow, "POST");
    assert_false(method.close);
    answer((struct sw_request){.method = SW_STR("POST"),
                               .path = SW_STR("/a"),
                               .body = SW_STR("01234567890")},
           &body);
    assert_true(body.close);
}

static void answer_returns_the_route_of_the_path(void **state)
{
    SW_CLEANUP(sw_response_release) struct sw_response b, none;

    (void)state;
    assert_int_equal(answer((struct sw_request){.method = SW_STR("PUT"), .path = SW_STR("/b")}, &b),
                     1);
    assert_int_equal(answer((struct sw_request){.path = SW_STR("/")}, &none), 3);
}

static void answer_lets_head_go_where_get_goes(void **state)
{
    SW_CLEANUP(sw_response_release) struct sw_response get, post;

    (void)state;
    answer((struct sw_request){.method = SW_STR("HEAD"), .path = SW_STR("/b")}, &get);
    assert_int_equal(get.status, 200);
    answer((struct sw_request){.method = SW_STR("HEAD"), .path = SW_STR("/a")}, &post);
    assert_int_equal(post.status, 405);
}

static void answer_that_does_not_fit_is_500(void **state)
{
    assert_refused((struct sw_request){.method = SW_STR("POST"), .path = SW_STR("/c")}, 500,
                   "the answer could not be written: the text would be over 16777216 bytes\n");
    (void)state;
}

static void answer_repeats_little_of_what_was_sent(void **state)
{
    static char longest[5000];
    SW_CLEANUP(sw_response_release) struct sw_response response;

    (void)state;
    memset(longest, 'M', sizeof(longest));
    answer((struct sw_request){.method = {longest, sizeof(longest)}, .path = SW_STR("/a")},
           &response);
    assert_int_equal(response.status, 405);
    assert_true(response.body.len < 150);
}

static void text_replaces_what_was_there(void **state)
{
    SW_CLEANUP(sw_response_release) struct sw_response response;

    (void)state;
    sw_response_init(&response);
    sw_buf_append_text(&response.body, "{\"half\":");
    response.retry_after_s = 1;
    sw_response_text(&response, 503, "index: %d of %d clusters", 1, 2);
    assert_int_equal(response.status, 503);
    assert_int_equal(response.retry_after_s, 1);
    assert_true(sw_str_is(sw_buf_str(&response.body), "index: 1 of 2 clusters\n"));
}

static void assert_target(const char *target, const char *path, const char *query)
{
    struct sw_str got_path = {NULL, 0}, got_query = {NULL, 0};

    sw_request_target(sw_str_from(target), &got_path, &got_query);
    if (!sw_str_is(got_path, path))
        fail_msg("path '%.*s' of '%s'", SW_STR_ARG(got_path), target);
    if (!sw_str_is(got_query, query))
        fail_msg("query '%.*s' of '%s'", SW_STR_ARG(got_query), target);
}

static void target_in_every_form(void **state)
{
    (void)state;
    assert_target("/a", "/a", "");
    assert_target("/a?timeout=5s", "/a", "timeout=5s");
    assert_target("/a??b?c", "/a", "?b?c");
    assert_target("/a?", "/a", "");
    assert_target("/?a=http://b/c", "/", "a=http://b/c");
    assert_target("http://host:1/a/b?c", "/a/b", "c");
    assert_target("HTTPS://[::1]:1/a", "/a", "");
    assert_target("http://host", "/", "");
    assert_target("http://host?a/b", "/", "a/b");
    assert_target("*", "*", "");
    assert_target("host:443", "host:443", "");
    assert_target("", "", "");
}

static void reason_of_a_status(void **state)
{
    (void)state;
    assert_string_equal(sw_status_reason(429), "Too Many Requests");
    assert_string_equal(sw_status_reason(299), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_calls_the_handler),
        cmocka_unit_test(answer_takes_every_spelling_of_a_media_type),
        cmocka_unit_test(answer_says_what_it_expected),
        cmocka_unit_test(answer_of_a_refusal_has_its_headers),
        cmocka_unit_test(answer_returns_the_route_of_the_path),
        cmocka_unit_test(answer_lets_head_go_where_get_goes),
        cmocka_unit_test(answer_that_does_not_fit_is_500),
        cmocka_unit_test(answer_repeats_little_of_what_was_sent),
        cmocka_unit_test(text_replaces_what_was_there),
        cmocka_unit_test(target_in_every_form),
        cmocka_unit_test(reason_of_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
