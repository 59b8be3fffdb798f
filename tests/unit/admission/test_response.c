/* pkg/admission/response.c: the answer byte for byte, and what may never be in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "admission/response.h"
#include "base/cleanup.h"
#include "json/read.h"

#define HEAD                                                                                       \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":"           \
    "{\"uid\":\"u-1\","

static const struct sw_review review = {.uid_json = {"\"u-1\"", 5}, .uid = {"u-1", 3}};

static struct sw_arena arena;
static struct sw_outcome outcome;
static struct sw_buf buf;

static int set_up(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)64 << 20);
    sw_outcome_init(&outcome, &arena);
    sw_buf_init(&buf, (size_t)64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sw_buf_release(&buf);
    sw_arena_release(&arena);
    return 0;
}

static void warn(const char *message)
{
    assert_int_equal(sw_outcome_find(&outcome, &outcome.warnings, SW_HEADLESS,
                                     SW_AT_KEY(NULL, "spec"), NULL, "%s", message),
                     0);
}

static void refuse(const char *key, const char *message)
{
    assert_int_equal(sw_outcome_find(&outcome, &outcome.refusals, SW_GATEWAY_UNKNOWN,
                                     SW_AT_KEY(NULL, key), NULL, "%s", message),
                     0);
}

static void write_ok(void)
{
    struct sw_err err = {0};

    sw_response_write(&review, &outcome, &buf);
    assert_int_equal(sw_buf_status(&buf, &err), 0);
}

static void assert_response(const char *expected)
{
    write_ok();
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data, expected);
}

static void write_of_an_empty_outcome_allows(void **state)
{
    (void)state;
    assert_response(HEAD "\"allowed\":true}}");
}

static void write_appends(void **state)
{
    (void)state;
    sw_buf_append_text(&buf, "before");
    assert_response("before" HEAD "\"allowed\":true}}");
}

static void write_encodes_the_patch(void **state)
{
    struct sw_json_scope scope = sw_json_scope_begin(&arena);
    int r = sw_outcome_change(&outcome, SW_PATCH_ADD, SW_AT_KEY(SW_AT_KEY(NULL, "a/b"), "c"),
                              json_integer(7), NULL);

    (void)state;
    if (r == 0)
        r = sw_outcome_change(&outcome, SW_PATCH_REMOVE, SW_AT_KEY(NULL, "d"), NULL, NULL);
    sw_json_scope_end(&scope);
    assert_int_equal(r, 0);
    /* [{"op":"add","path":"/a~1b/c","value":7},{"op":"remove","path":"/d"}] */
    assert_response(HEAD "\"allowed\":true,\"patchType\":\"JSONPatch\",\"patch\":\""
                         "W3sib3AiOiJhZGQiLCJwYXRoIjoiL2F+MWIvYyIsInZhbHVlIjo3fSx7Im9wIjoicmVtb3Zl"
                         "IiwicGF0aCI6Ii9kIn1d\"}}");
}

static void write_tells_warnings_in_their_order(void **state)
{
    (void)state;
    warn("first");
    warn("second \"quoted\"");
    assert_response(HEAD "\"allowed\":true,\"warnings\":[\"spec: first\","
                         "\"spec: second \\\"quoted\\\"\"]}}");
}

static void write_of_one_refusal_denies_with_it(void **state)
{
    (void)state;
    refuse("spec", "no");
    assert_response(HEAD "\"allowed\":false,\"status\":{\"code\":422,\"reason\":\"Invalid\","
                         "\"message\":\"spec: no\"}}}");
}

static void write_of_many_refusals_tells_all_and_the_advice(void **state)
{
    (void)state;
    refuse("spec", "no");
    refuse("metadata", "neither");
    outcome.advice = "Do this";
    warn("w");
    assert_response(HEAD
                    "\"allowed\":false,\"status\":{\"code\":422,\"reason\":\"Invalid\","
                    "\"message\":\"2 findings:\\n  spec: no\\n  metadata: neither\\nDo this\"},"
                    "\"warnings\":[\"spec: w\"]}}");
}

/* A patch beside a denial is nothing the API server expects. */
static void write_of_a_refusal_leaves_the_patch_out(void **state)
{
    (void)state;
    assert_int_equal(sw_outcome_change(&outcome, SW_PATCH_REMOVE, SW_AT_KEY(NULL, "d"), NULL, NULL),
                     0);
    refuse("spec", "no");
    assert_response(HEAD "\"allowed\":false,\"status\":{\"code\":422,\"reason\":\"Invalid\","
                         "\"message\":\"spec: no\"}}}");
}

/* apimachinery NewWarningHeader refuses a text with any of them, and the warning would vanish. */
static void write_makes_blanks_of_control_characters(void **state)
{
    (void)state;
    warn("a\nb\tc\rd\x01"
         "e\x7f"
         "f\xc2\x85g\xc2\xa0h");
    refuse("spec", "x\ny\xc2\x9fz");
    assert_response(HEAD "\"allowed\":false,\"status\":{\"code\":422,\"reason\":\"Invalid\","
                         "\"message\":\"spec: x y  z\"},"
                         "\"warnings\":[\"spec: a b c d e f  g\xc2\xa0h\"]}}");
}

static void write_mends_what_is_not_utf8(void **state)
{
    (void)state;
    warn("a\xff\xc2");
    assert_response(HEAD "\"allowed\":true,\"warnings\":[\"spec: a\xef\xbf\xbd\xef\xbf\xbd\"]}}");
}

/* One long text must not keep the others, or itself, from being seen. */
static void write_cuts_a_long_warning(void **state)
{
    char text[5000];
    json_t *document, *warnings;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    warn(text);
    warn("short");
    write_ok();
    document = json_loadb(buf.data, buf.len, 0, NULL);
    warnings = json_object_get(json_object_get(document, "response"), "warnings");
    assert_int_equal(json_array_size(warnings), 2);
    assert_int_equal(json_string_length(json_array_get(warnings, 0)), SW_RESPONSE_MAX_WARNING_LEN);
    assert_string_equal(
        json_string_value(json_array_get(warnings, 0)) + SW_RESPONSE_MAX_WARNING_LEN - 4, "x...");
    assert_string_equal(json_string_value(json_array_get(warnings, 1)), "spec: short");
    json_decref(document);
}

static void write_cuts_between_characters(void **state)
{
    char text[3001];
    json_t *document, *first;

    (void)state;
    for (size_t i = 0; i < 3000; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 4);
    for (int shift = 0; shift < 3; shift++) {
        sw_outcome_init(&outcome, &arena);
        sw_buf_clear(&buf);
        warn(text + 3000 - 3 * 900);
        outcome.warnings.items[0].path = &"xyz"[shift];
        write_ok();
        document = json_loadb(buf.data, buf.len, 0, NULL);
        first =
            json_array_get(json_object_get(json_object_get(document, "response"), "warnings"), 0);
        assert_non_null(first);
        assert_null(strstr(json_string_value(first), "\xef\xbf\xbd"));
        assert_true(json_string_length(first) > SW_RESPONSE_MAX_WARNING_LEN - 4);
        assert_true(json_string_length(first) <= SW_RESPONSE_MAX_WARNING_LEN);
        json_decref(document);
    }
}

/* The number of warnings that came through of `n` with 94 + 6 characters each; *ret_last is the
 * last one. */
static size_t count_warnings(size_t n, char *ret_last, size_t size)
{
    char text[95];
    json_t *document, *warnings;
    size_t count, total = 0;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < n; i++)
        warn(text);
    write_ok();
    document = json_loadb(buf.data, buf.len, 0, NULL);
    warnings = json_object_get(json_object_get(document, "response"), "warnings");
    count = json_array_size(warnings);
    for (size_t i = 0; i < count; i++)
        total += json_string_length(json_array_get(warnings, i));
    assert_true(total <= SW_RESPONSE_MAX_WARNING_BYTES);
    snprintf(ret_last, size, "%s", json_string_value(json_array_get(warnings, count - 1)));
    json_decref(document);
    return count;
}

static void write_counts_the_warnings_that_do_not_fit(void **state)
{
    char last[200];

    (void)state;
    assert_int_equal(count_warnings(100, last, sizeof(last)), 41);
    assert_string_equal(last, "and 60 more warnings");
}

static void write_counts_a_single_one_in_words_of_its_own(void **state)
{
    char last[200];

    (void)state;
    assert_int_equal(count_warnings(41, last, sizeof(last)), 41);
    assert_string_equal(last, "and 1 more warning");
}

static void write_of_as_many_warnings_as_fit_counts_none(void **state)
{
    char last[200];

    (void)state;
    assert_int_equal(count_warnings(40, last, sizeof(last)), 40);
    assert_int_equal(strlen(last), 100);
}

static void write_past_the_cap_fails(void **state)
{
    struct sw_err err = {0};

    (void)state;
    sw_buf_release(&buf);
    sw_buf_init(&buf, 40);
    sw_response_write(&review, &outcome, &buf);
    assert_int_equal(sw_buf_status(&buf, &err), SW_ELIMIT);
}

static void write_refusals_is_the_message_of_the_denial(void **state)
{
    (void)state;
    refuse("spec", "no");
    sw_response_write_refusals(&outcome, &buf);
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data, "spec: no");
}

static void write_refusals_counts_what_is_too_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_RESPONSE_MAX_REFUSALS + 2; i++)
        refuse("spec", "no");
    sw_response_write_refusals(&outcome, &buf);
    assert_true(sw_str_has_prefix(sw_buf_str(&buf), SW_STR("102 findings:\n  spec: no\n")));
    assert_true(sw_str_has_suffix(sw_buf_str(&buf), SW_STR("  spec: no\n  and 2 more")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(write_of_an_empty_outcome_allows),
        TEST(write_appends),
        TEST(write_encodes_the_patch),
        TEST(write_tells_warnings_in_their_order),
        TEST(write_of_one_refusal_denies_with_it),
        TEST(write_of_many_refusals_tells_all_and_the_advice),
        TEST(write_of_a_refusal_leaves_the_patch_out),
        TEST(write_makes_blanks_of_control_characters),
        TEST(write_mends_what_is_not_utf8),
        TEST(write_cuts_a_long_warning),
        TEST(write_cuts_between_characters),
        TEST(write_counts_the_warnings_that_do_not_fit),
        TEST(write_counts_a_single_one_in_words_of_its_own),
        TEST(write_of_as_many_warnings_as_fit_counts_none),
        TEST(write_past_the_cap_fails),
        TEST(write_refusals_is_the_message_of_the_denial),
        TEST(write_refusals_counts_what_is_too_many),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
