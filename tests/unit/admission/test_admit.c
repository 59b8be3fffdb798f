/* pkg/admission/admit.c: limits, memory and borders; the answers themselves are in tests/golden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "admission/admit.h"
#include "base/cleanup.h"
#include "json/read.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define VERSION       "\"apiVersion\":\"admission.k8s.io/v1\""
#define HEAD          "{" VERSION ",\"kind\":\"AdmissionReview\",\"request\":"

#define KIND(group, version, kind)                                                                 \
    "{\"group\":\"" group "\",\"version\":\"" version "\",\"kind\":\"" kind "\"}"
#define SERVICE KIND("", "v1", "Service")
#define SETTING KIND("tsb.tetrate.io", "v2", "WorkspaceSetting")

/* A CREATE in namespace shop of a `kind` with these members beside its metadata. */
#define CREATE(kind, metadata, members)                                                            \
    HEAD "{\"uid\":\"u-1\",\"kind\":" kind ",\"namespace\":\"shop\",\"operation\":\"CREATE\","     \
         "\"object\":{\"metadata\":{" metadata "}" members "}}}"

#define PORTS                                                                                      \
    ",\"spec\":{\"selector\":{\"app\":\"cart\"},\"ports\":[{\"name\":\"http\",\"port\":80}]}"

/* One cluster whose namespace shop is exposed. */
static const char *const objects[] = {
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}",
    "{\"apiVersion\":\"tsb.tetrate.io/v2\",\"kind\":\"Workspace\",\"metadata\":{\"name\":\"ws\"},"
    "\"spec\":{\"namespaceSelector\":{\"names\":[\"*/shop\"]}}}",
    "{\"apiVersion\":\"tsb.tetrate.io/v2\",\"kind\":\"WorkspaceSetting\",\"metadata\":{\"name\":"
    "\"s\",\"annotations\":{\"tsb.tetrate.io/workspace\":\"ws\"}},\"spec\":{"
    "\"defaultEastWestGatewaySettings\":[{\"workloadSelector\":{\"namespace\":\"gw\",\"labels\":{"
    "\"app\":\"gw\"}}}]}}",
};

static struct sw_arena index_arena, arena;
static struct sw_view view;
static const struct sw_view *views[] = {&view};
static const struct sw_index one_cluster = {.views = views, .n_views = 1};
static struct sw_buf body;

static int add_objects(struct sw_view_builder *builder)
{
    SW_JSON_SCOPE(&index_arena);

    for (size_t i = 0; i < LENGTH(objects); i++) {
        json_t *object = NULL;

        if (sw_json_read(sw_str_from(objects[i]), &object, NULL) < 0 ||
            sw_view_builder_add(builder, object, NULL) != 1)
            return -1;
    }
    return sw_view_builder_finish(builder, &view, NULL);
}

static int build_index(void **state)
{
    const struct sw_view_source source = {.cluster = SW_STR("east"), .synced = true};
    struct sw_view_builder builder;

    (void)state;
    sw_arena_init(&index_arena, 4096, 1 << 20);
    sw_view_builder_init(&builder, source, &index_arena);
    return add_objects(&builder);
}

static int release_index(void **state)
{
    (void)state;
    sw_arena_release(&index_arena);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, SW_ADMIT_MAX_ARENA_BYTES);
    sw_buf_init(&body, SW_ADMIT_MAX_BODY_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sw_buf_release(&body);
    sw_arena_release(&arena);
    return 0;
}

static struct sw_admit_answer admit(enum sw_admit_path path, struct sw_str text)
{
    const struct sw_admit_input input = {.path = path, .body = text, .index = &one_cluster};
    struct sw_admit_answer answer;

    sw_admit(&input, &arena, &answer, &body);
    return answer;
}

static void assert_verdict(enum sw_admit_path path, const char *text, enum sw_verdict verdict)
{
    struct sw_admit_answer answer = admit(path, sw_str_from(text));

    if (answer.verdict != verdict)
        fail_msg("%s: %s", sw_verdict_word(answer.verdict), answer.error.message);
}

static void admit_replaces_what_was_in_the_buffer(void **state)
{
    (void)state;
    sw_buf_append_text(&body, "from the last request");
    assert_verdict(SW_ADMIT_MUTATE, CREATE(SERVICE, "", PORTS), SW_VERDICT_PATCHED);
    assert_int_equal(body.data[0], '{');
}

static void admit_leaves_no_json_scope_open(void **state)
{
    json_t *value;

    (void)state;
    assert_verdict(SW_ADMIT_MUTATE, CREATE(SERVICE, "", PORTS), SW_VERDICT_PATCHED);
    value = json_string("mine");
    sw_arena_release(&arena);
    assert_string_equal(json_string_value(value), "mine");
    json_decref(value);
}

static void admit_answers_from_a_cleared_arena(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    sw_arena_init(&arena, 64 << 10, SW_ADMIT_MAX_ARENA_BYTES);
    for (int i = 0; i < 100; i++) {
        assert_verdict(SW_ADMIT_MUTATE, CREATE(SERVICE, "", PORTS), SW_VERDICT_PATCHED);
        assert_int_equal(arena.held_bytes, 64 << 10);
        sw_arena_clear(&arena);
    }
}

static void admit_within_too_small_an_arena_fails(void **state)
{
    struct sw_admit_answer answer;

    (void)state;
    sw_arena_release(&arena);
    sw_arena_init(&arena, 64, 512);
    answer = admit(SW_ADMIT_MUTATE, SW_STR(CREATE(SERVICE, "", PORTS)));
    assert_int_equal(answer.verdict, SW_VERDICT_FAILED);
    assert_int_equal(answer.http_status, 500);
    assert_int_equal(answer.retry_after_s, 0);
    assert_int_equal(answer.error.code, SW_ENOMEM);
    sw_buf_append(&body, "", 1);
    assert_string_equal(body.data, "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":"
                                   "\"Failure\",\"code\":500,\"message\":\"out of memory\"}\n");
}

static void admit_into_too_small_a_buffer_fails_and_leaves_it_empty(void **state)
{
    struct sw_admit_answer answer;

    (void)state;
    sw_buf_release(&body);
    sw_buf_init(&body, 100);
    answer = admit(SW_ADMIT_MUTATE, SW_STR(CREATE(SERVICE, "", PORTS)));
    assert_int_equal(answer.verdict, SW_VERDICT_FAILED);
    assert_int_equal(answer.http_status, 500);
    assert_int_equal(answer.error.code, SW_ELIMIT);
    assert_int_equal(body.len, 0);
    assert_int_equal(sw_buf_status(&body, NULL), 0);
}

/* The largest review there is: its object is judged and patched all the same. */
static void admit_judges_seven_mebibytes(void **state)
{
    static char text[SW_ADMIT_MAX_BODY_BYTES];
    const char head[] = HEAD "{\"uid\":\"u-1\",\"kind\":" SERVICE ",\"namespace\":\"shop\","
                             "\"operation\":\"CREATE\",\"object\":{\"metadata\":{\"annotations\":"
                             "{\"kubectl.kubernetes.io/last-applied-configuration\":\"";
    const char tail[] = "\"}}" PORTS "}}}";
    struct sw_admit_answer answer;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + sizeof(text) - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
    answer = admit(SW_ADMIT_MUTATE, (struct sw_str){text, sizeof(text)});
    assert_int_equal(answer.verdict, SW_VERDICT_PATCHED);
    assert_true(arena.held_bytes < 64 << 10);
}

/* A Service with 200,000 labels is nothing that an API server sends, but memory holds. */
static void admit_judges_many_small_values(void **state)
{
    enum { N_LABELS = 200000 };
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    struct sw_admit_answer answer;

    (void)state;
    sw_buf_init(&text, SW_ADMIT_MAX_BODY_BYTES);
    sw_buf_append_text(&text,
                       HEAD "{\"uid\":\"u-1\",\"kind\":" SERVICE ",\"namespace\":\"shop\","
                            "\"operation\":\"CREATE\",\"object\":{\"metadata\":{\"labels\":{");
    for (int i = 0; i < N_LABELS; i++)
        sw_buf_printf(&text, "\"label-%d\":\"%d\",", i, i);
    sw_buf_append_text(&text, "\"app\":\"cart\"}}" PORTS "}}}");
    assert_int_equal(sw_buf_status(&text, NULL), 0);
    answer = admit(SW_ADMIT_MUTATE, sw_buf_str(&text));
    assert_int_equal(answer.verdict, SW_VERDICT_PATCHED);
}

/* Fills text with a Service whose spec has `depth` objects inside each other. */
static void nest(size_t depth, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "%s",
                                HEAD "{\"uid\":\"u-1\",\"kind\":" SERVICE ",\"namespace\":\"shop\","
                                     "\"operation\":\"CREATE\",\"object\":{\"metadata\":{},"
                                     "\"spec\":{\"selector\":{\"app\":\"c\"},\"ports\":[{\"name\":"
                                     "\"http\",\"port\":80}],\"x\":");

    for (size_t i = 0; i < depth; i++)
        n += (size_t)snprintf(text + n, size - n, "{\"x\":");
    n += (size_t)snprintf(text + n, size - n, "0");
    memset(text + n, '}', depth + 4);
    text[n + depth + 4] = '\0';
}

static void admit_judges_the_deepest_nesting_and_refuses_deeper(void **state)
{
    char text[2048];
    struct sw_admit_answer answer;

    (void)state;
    nest(SW_JSON_MAX_DEPTH - 4, text, sizeof(text));
    assert_verdict(SW_ADMIT_MUTATE, text, SW_VERDICT_PATCHED);
    nest(SW_JSON_MAX_DEPTH - 3, text, sizeof(text));
    answer = admit(SW_ADMIT_MUTATE, sw_str_from(text));
    assert_int_equal(answer.verdict, SW_VERDICT_MALFORMED);
    assert_int_equal(answer.error.code, SW_ELIMIT);
}

static void admit_takes_escaped_names_for_what_they_say(void **state)
{
    (void)state;
    assert_verdict(
        SW_ADMIT_MUTATE,
        CREATE(SERVICE, "\"l\\u0061bels\":{\"f\\u0061ilover\":\"dis\\u0061ble\"}", PORTS),
        SW_VERDICT_ALLOWED);
}

/* The last of two equal labels counts, for the API server reads them so too. */
static void admit_judges_the_last_of_two_equal_labels(void **state)
{
    (void)state;
    assert_verdict(
        SW_ADMIT_MUTATE,
        CREATE(SERVICE, "\"labels\":{\"failover\":\"x\",\"failover\":\"disable\"}", PORTS),
        SW_VERDICT_ALLOWED);
    assert_verdict(
        SW_ADMIT_MUTATE,
        CREATE(SERVICE, "\"labels\":{\"failover\":\"disable\",\"failover\":\"x\"}", PORTS),
        SW_VERDICT_PATCHED);
}

/* A warning that rests on an old view says so. */
static void admit_says_what_is_stale(void **state)
{
    const uint64_t since_ms[] = {1000};
    struct sw_index index = one_cluster;
    const char *text = CREATE(SERVICE, "\"labels\":{\"failover\":\"x\"}", PORTS);
    struct sw_admit_input input = {
        .path = SW_ADMIT_MUTATE, .body = sw_str_from(text), .index = &index};
    struct sw_admit_answer answer;

    (void)state;
    sw_admit(&input, &arena, &answer, &body);
    assert_int_equal(answer.outcome.warnings.n, 1);
    index.stale_since_ms = since_ms;
    index.now_ms = 8000;
    sw_arena_clear(&arena);
    sw_admit(&input, &arena, &answer, &body);
    assert_int_equal(answer.outcome.warnings.n, 2);
    assert_int_equal(answer.outcome.warnings.items[1].reason, SW_VIEW_STALE);
    assert_non_null(strstr(answer.outcome.warnings.items[1].message, "(as it was 7 s ago)"));
}

static void admit_takes_null_for_absent(void **state)
{
    (void)state;
    assert_verdict(SW_ADMIT_MUTATE, CREATE(SERVICE, "\"labels\":null", PORTS), SW_VERDICT_PATCHED);
    assert_verdict(SW_ADMIT_MUTATE, CREATE(SERVICE, "", ",\"spec\":null"), SW_VERDICT_ALLOWED);
    assert_verdict(SW_ADMIT_VALIDATE, CREATE(SETTING, "\"annotations\":null", ",\"spec\":null"),
                   SW_VERDICT_REFUSED);
}

static void admit_without_an_object_is_malformed(void **state)
{
    struct sw_admit_answer answer =
        admit(SW_ADMIT_MUTATE, SW_STR(HEAD "{\"uid\":\"\",\"kind\":" SERVICE
                                           ",\"operation\":\"CREATE\",\"object\":null}}"));

    (void)state;
    assert_int_equal(answer.verdict, SW_VERDICT_MALFORMED);
    assert_int_equal(answer.http_status, 400);
    assert_string_equal(answer.error.message, "request.object: expected an object");
}

static void admit_gives_the_review_back(void **state)
{
    struct sw_admit_answer answer = admit(SW_ADMIT_MUTATE, SW_STR(CREATE(SERVICE, "", PORTS)));

    (void)state;
    assert_true(sw_str_is(answer.review.uid, "u-1"));
    assert_int_equal(answer.review.kind, SW_KIND_SERVICE);
    assert_int_equal(answer.outcome.patch.n_ops, 3);
    assert_int_equal(answer.error.code, 0);
}

static void verdict_word_names_each(void **state)
{
    static const char *const words[] = {"allowed",  "patched",   "refused", "again",
                                        "unsynced", "malformed", "failed"};

    (void)state;
    assert_int_equal(LENGTH(words), SW_N_VERDICTS);
    for (size_t i = 0; i < LENGTH(words); i++)
        assert_string_equal(sw_verdict_word((enum sw_verdict)i), words[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(admit_replaces_what_was_in_the_buffer),
        TEST(admit_leaves_no_json_scope_open),
        TEST(admit_answers_from_a_cleared_arena),
        TEST(admit_within_too_small_an_arena_fails),
        TEST(admit_into_too_small_a_buffer_fails_and_leaves_it_empty),
        TEST(admit_judges_seven_mebibytes),
        TEST(admit_judges_many_small_values),
        TEST(admit_judges_the_deepest_nesting_and_refuses_deeper),
        TEST(admit_takes_escaped_names_for_what_they_say),
        TEST(admit_judges_the_last_of_two_equal_labels),
        TEST(admit_says_what_is_stale),
        TEST(admit_takes_null_for_absent),
        TEST(admit_without_an_object_is_malformed),
        TEST(admit_gives_the_review_back),
        TEST(verdict_word_names_each),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, build_index, release_index);
}
