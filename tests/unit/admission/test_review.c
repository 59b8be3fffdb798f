/* pkg/admission/review.c: what is read of a review, what is refused, what is kept of an object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admission/review.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "json/read.h"
#include "json/write.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define VERSION       "\"apiVersion\":\"admission.k8s.io/v1\""
#define HEAD          "{" VERSION ",\"kind\":\"AdmissionReview\",\"request\":"
#define KIND          "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Service\"}"

/* A review whose request has the given members beside uid, kind and operation. */
#define REVIEW(members) HEAD "{\"uid\":\"u-1\"," KIND ",\"operation\":\"CREATE\"" members "}}"

static struct sw_arena arena;

static int set_up(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static struct sw_review read_ok(const char *text)
{
    struct sw_review review = {0};
    struct sw_err err = {0};

    if (sw_review_read(sw_str_from(text), &arena, &review, &err) < 0)
        fail_msg("%s", err.message);
    return review;
}

static void assert_refused(const char *text, int code, const char *message)
{
    struct sw_review review = {.operation = SW_CONNECT};
    struct sw_err err = {0};

    assert_int_equal(sw_review_read(sw_str_from(text), &arena, &review, &err), code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
    assert_int_equal(review.operation, SW_CONNECT);
    assert_int_equal(sw_review_read(sw_str_from(text), &arena, &review, NULL), code);
}

/* The trimmed object as canonical JSON. */
static void assert_object(const char *text, enum sw_review_which which, const char *expected)
{
    struct sw_review review = read_ok(text);
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_json_scope scope = sw_json_scope_begin(&arena);
    struct sw_err err = {0};
    json_t *object = NULL;
    int r = sw_review_object(&review, which, &object, &err);

    sw_buf_init(&buf, 1 << 20);
    if (r == 0 && object)
        sw_json_write_canonical(object, &buf);
    sw_json_scope_end(&scope);
    sw_buf_append(&buf, "", 1);
    assert_string_equal(err.message, "");
    assert_string_equal(buf.data, expected);
}

static void read_takes_what_a_rule_needs(void **state)
{
    struct sw_review review = read_ok(
        HEAD "{\"uid\":\"705ab4f5\",\"kind\":{\"group\":\"tsb.tetrate.io\",\"version\":\"v2\","
             "\"kind\":\"WorkspaceSetting\"},\"resource\":{},\"name\":\"s\",\"namespace\":\"n\","
             "\"operation\":\"UPDATE\",\"userInfo\":{\"username\":\"u\"},\"object\":{},"
             "\"oldObject\":{},\"dryRun\":true,\"options\":null}}");

    (void)state;
    assert_true(sw_str_is(review.uid, "705ab4f5"));
    assert_true(sw_str_is(review.uid_json, "\"705ab4f5\""));
    assert_true(sw_str_is(review.kind_name, "WorkspaceSetting"));
    assert_int_equal(review.kind, SW_KIND_SETTING);
    assert_true(sw_str_is(review.name, "s"));
    assert_true(sw_str_is(review.namespace_, "n"));
    assert_int_equal(review.operation, SW_UPDATE);
    assert_false(review.sub_resource);
}

static void read_leaves_unset_what_is_absent_or_null(void **state)
{
    struct sw_review review = read_ok(REVIEW(",\"name\":null"));

    (void)state;
    assert_null(review.name.data);
    assert_null(review.namespace_.data);
    assert_false(review.sub_resource);
}

static void read_knows_every_operation(void **state)
{
    static const struct {
        const char *text;
        enum sw_operation operation;
    } all[] = {
        {HEAD "{\"uid\":\"\"," KIND ",\"operation\":\"CREATE\"}}", SW_CREATE},
        {HEAD "{\"uid\":\"\"," KIND ",\"operation\":\"UPDATE\"}}", SW_UPDATE},
        {HEAD "{\"uid\":\"\"," KIND ",\"operation\":\"DELETE\"}}", SW_DELETE},
        {HEAD "{\"uid\":\"\"," KIND ",\"operation\":\"CONNECT\"}}", SW_CONNECT},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(all); i++)
        assert_int_equal(read_ok(all[i].text).operation, all[i].operation);
}

static void read_tells_a_subresource(void **state)
{
    (void)state;
    assert_true(read_ok(REVIEW(",\"subResource\":\"status\"")).sub_resource);
    assert_false(read_ok(REVIEW(",\"subResource\":\"\"")).sub_resource);
}

static void read_keeps_the_uid_as_it_came(void **state)
{
    struct sw_review review =
        read_ok(HEAD "{\"uid\":\"a\\u0062\\\"\\n\"," KIND ",\"operation\":\"CREATE\"}}");

    (void)state;
    assert_true(sw_str_is(review.uid, "ab\"\n"));
    assert_true(sw_str_is(review.uid_json, "\"a\\u0062\\\"\\n\""));
}

static void read_takes_escaped_names_for_what_they_say(void **state)
{
    struct sw_review review =
        read_ok("{\"api\\u0056ersion\":\"admission.k8s.io/v1\",\"\\u006bind\":\"AdmissionReview\","
                "\"r\\u0065quest\":{\"\\u0075id\":\"u\"," KIND ",\"operation\":\"\\u0043REATE\"}}");

    (void)state;
    assert_true(sw_str_is(review.uid, "u"));
    assert_int_equal(review.operation, SW_CREATE);
}

static void read_refuses_what_is_no_review(void **state)
{
    static const struct {
        const char *text, *message;
    } all[] = {
        {"{}", "apiVersion: expected a string, found nothing"},
        {"{\"apiVersion\":1}", "apiVersion: expected a string, found a number"},
        {"{\"apiVersion\":\"v1\",\"kind\":null}", "kind: expected a string, found null"},
        {"{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\"}",
         "expected an AdmissionReview of admission.k8s.io/v1, found AdmissionReview of "
         "admission.k8s.io/v1beta1"},
        {"{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"Review\"}",
         "expected an AdmissionReview of admission.k8s.io/v1, found Review of "
         "admission.k8s.io/v1"},
        {"{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}",
         "request: expected an object, found nothing"},
        {HEAD "[]}", "request: expected an object, found an array"},
        {HEAD "{}}", "request.uid: expected a string, found nothing"},
        {HEAD "{\"uid\":true}}", "request.uid: expected a string, found true"},
        {HEAD "{\"uid\":\"\"}}", "request.kind.version: expected a string, found nothing"},
        {HEAD "{\"uid\":\"\",\"kind\":\"Service\"}}",
         "request.kind.version: expected a string, found nothing"},
        {HEAD "{\"uid\":\"\",\"kind\":{\"group\":0}}}",
         "request.kind.group: expected a string, found a number"},
        {HEAD "{\"uid\":\"\",\"kind\":{\"version\":\"v1\"}}}",
         "request.kind.kind: expected a string, found nothing"},
        {HEAD "{\"uid\":\"\"," KIND "}}", "request.operation: expected a string, found nothing"},
        {HEAD "{\"uid\":\"\"," KIND ",\"operation\":\"create\"}}",
         "request.operation: expected CREATE, UPDATE, DELETE or CONNECT, found create"},
        {REVIEW(",\"subResource\":{}"), "request.subResource: expected a string, found an object"},
        {REVIEW(",\"name\":[]"), "request.name: expected a string, found an array"},
        {REVIEW(",\"namespace\":7"), "request.namespace: expected a string, found a number"},
        {REVIEW(",\"object\":\"{}\""), "request.object: expected an object, found a string"},
        {REVIEW(",\"oldObject\":[]"), "request.oldObject: expected an object, found an array"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(all); i++)
        assert_refused(all[i].text, SW_ETYPE, all[i].message);
}

static void read_refuses_what_is_not_json(void **state)
{
    struct sw_review review;

    (void)state;
    assert_int_equal(sw_review_read((struct sw_str){NULL, 0}, &arena, &review, NULL), SW_ESYNTAX);
    assert_int_equal(sw_review_read(SW_STR("[]"), &arena, &review, NULL), SW_ESYNTAX);
    assert_int_equal(sw_review_read(SW_STR(REVIEW("") "x"), &arena, &review, NULL), SW_ESYNTAX);
    assert_int_equal(sw_review_read(SW_STR(REVIEW(",\"x\":\"\xff\"")), &arena, &review, NULL),
                     SW_ESYNTAX);
    assert_int_equal(sw_review_read(SW_STR(REVIEW(",\"x\":\"\\ud800\"")), &arena, &review, NULL),
                     SW_ESYNTAX);
}

/* Two readers of one review must never see different things. */
static void read_refuses_a_second_one_of_what_is_read(void **state)
{
    static const char *const all[] = {
        REVIEW(",\"uid\":\"u-2\""),
        REVIEW(",\"\\u0075id\":\"u-2\""),
        REVIEW(",\"object\":{},\"object\":{}"),
        REVIEW(",\"object\":{\"spec\":{},\"spec\":{}}"),
        REVIEW(",\"object\":{\"metadata\":{},\"metadata\":{}}"),
        REVIEW(",\"object\":{\"metadata\":{\"labels\":{},\"labels\":{}}}"),
        REVIEW(",\"object\":{\"metadata\":{\"annotations\":{\"spillway.dev/inject\":\"true\","
               "\"spillway.dev/inject\":\"false\"}}}"),
    };
    struct sw_review review;

    (void)state;
    for (size_t i = 0; i < LENGTH(all); i++)
        assert_int_equal(sw_review_read(sw_str_from(all[i]), &arena, &review, NULL), SW_ESYNTAX);
}

/* Fills text with a review whose object has `depth` arrays inside each other. */
static void nest(size_t depth, char *text)
{
    size_t n = (size_t)sprintf(
        text, "%s", HEAD "{\"uid\":\"\"," KIND ",\"operation\":\"CREATE\",\"object\":{\"x\":");

    memset(text + n, '[', depth);
    memset(text + n + depth, ']', depth);
    sprintf(text + n + 2 * depth, "}}}");
}

static void read_takes_the_deepest_nesting_and_no_deeper(void **state)
{
    char text[1024];
    struct sw_review review;

    (void)state;
    nest(SW_JSON_MAX_DEPTH - 3, text);
    read_ok(text);
    nest(SW_JSON_MAX_DEPTH - 2, text);
    assert_int_equal(sw_review_read(sw_str_from(text), &arena, &review, NULL), SW_ELIMIT);
}

/* What no rule reads costs no memory, however much of it there is. */
static void read_skips_seven_mebibytes_without_memory(void **state)
{
    static char text[7 << 20];
    const char head[] = HEAD "{\"uid\":\"u-1\"," KIND ",\"operation\":\"CREATE\",\"object\":{"
                             "\"metadata\":{\"managedFields\":[{\"manager\":\"";
    const char tail[] = "\"}]}}}}";
    struct sw_review review;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + sizeof(text) - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
    assert_int_equal(sw_review_read((struct sw_str){text, sizeof(text)}, &arena, &review, NULL), 0);
    assert_int_equal(arena.held_bytes, 0);
}

static void object_keeps_what_rules_read_and_nothing_else(void **state)
{
    (void)state;
    assert_object(
        REVIEW(",\"namespace\":\"shop\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Service\","
               "\"metadata\":{\"name\":\"cart\",\"uid\":\"1\",\"creationTimestamp\":null,"
               "\"labels\":{\"a\":\"b\"},\"managedFields\":[{}],\"deletionTimestamp\":\"t\","
               "\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\","
               "\"tsb.tetrate.io/organization\":\"o\",\"tsb.tetrate.io/tenant\":\"t\","
               "\"tsb.tetrate.io/workspace\":\"w\",\"spillway.dev/inject\":\"false\","
               "\"spillway.dev/allow-unmatched\":\"true\","
               "\"spillway.dev/always-refuse\":\"true\"}},\"spec\":{\"ports\":[{\"port\":80}]},"
               "\"defaultEastWestGatewaySettings\":[],\"status\":{}}"),
        SW_REVIEW_OBJECT,
        "{\"defaultEastWestGatewaySettings\":[],\"metadata\":{\"annotations\":{"
        "\"spillway.dev/allow-unmatched\":\"true\",\"spillway.dev/always-refuse\":\"true\","
        "\"spillway.dev/inject\":\"false\","
        "\"tsb.tetrate.io/organization\":\"o\",\"tsb.tetrate.io/tenant\":\"t\","
        "\"tsb.tetrate.io/workspace\":\"w\"},\"creationTimestamp\":null,"
        "\"deletionTimestamp\":\"t\",\"labels\":{\"a\":\"b\"},\"name\":\"cart\","
        "\"namespace\":\"shop\"},\"spec\":{\"ports\":[{\"port\":80}]}}");
}

static void object_is_in_the_namespace_of_the_request(void **state)
{
    (void)state;
    assert_object(
        REVIEW(",\"namespace\":\"a\\\"b\",\"object\":{\"metadata\":{\"namespace\":\"x\"}}"),
        SW_REVIEW_OBJECT, "{\"metadata\":{\"annotations\":{},\"namespace\":\"a\\\"b\"}}");
}

static void object_and_old_object_are_told_apart(void **state)
{
    static const char text[] = REVIEW(",\"oldObject\":{\"metadata\":{\"name\":\"old\"},\"spec\":1},"
                                      "\"object\":{\"metadata\":{\"name\":\"new\"},\"spec\":2}");

    (void)state;
    assert_object(text, SW_REVIEW_OBJECT,
                  "{\"metadata\":{\"annotations\":{},\"name\":\"new\",\"namespace\":\"\"},"
                  "\"spec\":2}");
    assert_object(text, SW_REVIEW_OLD_OBJECT,
                  "{\"metadata\":{\"annotations\":{},\"name\":\"old\",\"namespace\":\"\"},"
                  "\"spec\":1}");
}

static void object_is_null_where_there_is_none(void **state)
{
    (void)state;
    assert_object(REVIEW(""), SW_REVIEW_OBJECT, "");
    assert_object(REVIEW(",\"object\":null"), SW_REVIEW_OBJECT, "");
    assert_object(REVIEW(",\"object\":{\"metadata\":{}}"), SW_REVIEW_OLD_OBJECT, "");
}

/* A patch of the labels would not apply to it. */
static void object_without_metadata_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } all[] = {
        {REVIEW(",\"object\":{}"), "request.object.metadata: expected an object, found nothing"},
        {REVIEW(",\"object\":{\"metadata\":null}"),
         "request.object.metadata: expected an object, found null"},
        {REVIEW(",\"object\":{\"metadata\":[]}"),
         "request.object.metadata: expected an object, found an array"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(all); i++) {
        struct sw_review review = read_ok(all[i].text);
        struct sw_err err = {0};
        json_t *object = NULL;

        assert_int_equal(sw_review_object(&review, SW_REVIEW_OBJECT, &object, &err), SW_ETYPE);
        assert_string_equal(err.message, all[i].message);
        assert_null(object);
    }
}

static void object_takes_the_last_of_two_equal_members_within(void **state)
{
    (void)state;
    assert_object(REVIEW(",\"object\":{\"metadata\":{\"labels\":{\"a\":\"1\",\"a\":\"2\"}}}"),
                  SW_REVIEW_OBJECT,
                  "{\"metadata\":{\"annotations\":{},\"labels\":{\"a\":\"2\"},"
                  "\"namespace\":\"\"}}");
}

static void object_finds_members_by_escaped_names(void **state)
{
    (void)state;
    assert_object(REVIEW(",\"object\":{\"m\\u0065tadata\":{\"labels\":{\"\\u0061\":\"\\u0062\"},"
                         "\"\\u006eame\":\"n\"}}"),
                  SW_REVIEW_OBJECT,
                  "{\"metadata\":{\"annotations\":{},\"labels\":{\"a\":\"b\"},\"name\":\"n\","
                  "\"namespace\":\"\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(read_takes_what_a_rule_needs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_leaves_unset_what_is_absent_or_null, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(read_knows_every_operation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_tells_a_subresource, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_keeps_the_uid_as_it_came, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_takes_escaped_names_for_what_they_say, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(read_refuses_what_is_no_review, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_refuses_what_is_not_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(read_refuses_a_second_one_of_what_is_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(read_takes_the_deepest_nesting_and_no_deeper, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(read_skips_seven_mebibytes_without_memory, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(object_keeps_what_rules_read_and_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(object_is_in_the_namespace_of_the_request, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(object_and_old_object_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(object_is_null_where_there_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(object_without_metadata_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(object_takes_the_last_of_two_equal_members_within, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(object_finds_members_by_escaped_names, set_up, tear_down),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
