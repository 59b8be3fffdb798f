/* webhook/cert_secret.c: between a Secret's JSON and PEM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "webhook/cert_secret.h"
#include "json/read.h"

static struct sw_arena arena;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static json_t *parse(const char *text)
{
    json_t *object = NULL;

    assert_int_equal(sw_json_read(sw_str_from(text), &object, NULL), 0);
    return object;
}

static struct sw_cert_secret read_secret(const json_t *object)
{
    struct sw_cert_secret secret;

    assert_int_equal(sw_cert_secret_read(object, &arena, &secret, NULL), 0);
    return secret;
}

#define OURS "{\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"spillway\"}},"

static void what_is_there_is_decoded(void **state)
{
    struct sw_cert_secret secret;

    (void)state;
    SW_JSON_SCOPE(&arena);
    secret = read_secret(parse(OURS "\"data\":{\"ca.crt\":\"YQ==\",\"ca.key\":\"Yg==\","
                                    "\"tls.crt\":\"Yw==\",\"tls.key\":\"ZA==\"}}"));
    assert_true(secret.exists);
    assert_false(secret.foreign);
    assert_true(sw_str_is(secret.texts.ca_cert, "a"));
    assert_true(sw_str_is(secret.texts.ca_key, "b"));
    assert_true(sw_str_is(secret.texts.cert, "c"));
    assert_true(sw_str_is(secret.texts.key, "d"));
}

static void what_cannot_be_decoded_is_not_there(void **state)
{
    struct sw_cert_secret secret;

    (void)state;
    SW_JSON_SCOPE(&arena);
    secret =
        read_secret(parse(OURS "\"data\":{\"ca.crt\":\"???\",\"ca.key\":7,\"tls.crt\":null}}"));
    assert_null(secret.texts.ca_cert.data);
    assert_null(secret.texts.ca_key.data);
    assert_null(secret.texts.cert.data);
    assert_null(secret.texts.key.data);
    assert_false(read_secret(NULL).exists);
    assert_true(read_secret(parse("{\"data\":[]}")).exists);
}

static void data_without_our_label_is_somebody_else_s(void **state)
{
    (void)state;
    SW_JSON_SCOPE(&arena);
    assert_true(read_secret(parse("{\"data\":{\"tls.crt\":\"YQ==\"}}")).foreign);
    assert_true(read_secret(parse("{\"data\":{\"other\":\"YQ==\"}}")).foreign);
    assert_true(read_secret(parse("{\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":"
                                  "\"Helm\"}},\"data\":{\"a\":\"\"}}"))
                    .foreign);
    assert_false(read_secret(parse("{\"data\":{}}")).foreign);
    assert_false(read_secret(parse("{}")).foreign);
}

static const struct sw_cert_secret_change change = {
    .namespace_ = SW_STR("ns"),
    .name = SW_STR("certs"),
    .texts = {.ca_cert = SW_STR("a"), .ca_key = SW_STR("b")},
};

static void assert_member(const json_t *object, const char *a, const char *b, const char *expected)
{
    const json_t *value = json_object_get(json_object_get(object, a), b);

    assert_string_equal(json_string_value(value), expected);
}

static void a_new_one_is_ours_and_names_both_texts_of_its_type(void **state)
{
    json_t *object = NULL;

    (void)state;
    SW_JSON_SCOPE(&arena);
    assert_int_equal(sw_cert_secret_write(NULL, &change, &arena, &object, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(object, "type")), "kubernetes.io/tls");
    assert_member(object, "metadata", "name", "certs");
    assert_member(object, "metadata", "namespace", "ns");
    assert_member(object, "data", "ca.crt", "YQ==");
    assert_member(object, "data", "ca.key", "Yg==");
    assert_member(object, "data", "tls.crt", "");
    assert_member(object, "data", "tls.key", "");
    assert_false(read_secret(object).foreign);
}

static void one_that_is_there_keeps_the_rest(void **state)
{
    json_t *object = NULL;

    (void)state;
    SW_JSON_SCOPE(&arena);
    assert_int_equal(sw_cert_secret_write(parse("{\"metadata\":{\"resourceVersion\":\"5\","
                                                "\"annotations\":{\"x\":\"y\"}},\"data\":{"
                                                "\"tls.crt\":\"Yw==\",\"mine\":\"eA==\"}}"),
                                          &change, &arena, &object, NULL),
                     0);
    assert_member(object, "metadata", "resourceVersion", "5");
    assert_member(object, "data", "tls.crt", "Yw==");
    assert_member(object, "data", "mine", "eA==");
    assert_member(object, "data", "ca.crt", "YQ==");
    assert_false(read_secret(object).foreign);
    assert_int_equal(sw_cert_secret_write(parse("{\"metadata\":null,\"data\":null}"), &change,
                                          &arena, &object, NULL),
                     0);
    assert_member(object, "data", "ca.crt", "YQ==");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(what_is_there_is_decoded),
        TEST(what_cannot_be_decoded_is_not_there),
        TEST(data_without_our_label_is_somebody_else_s),
        TEST(a_new_one_is_ours_and_names_both_texts_of_its_type),
        TEST(one_that_is_there_keeps_the_rest),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
