/* pkg/json/yaml_write.c: the layout of a document, and that it reads back. How one string is
 * written is test_yaml_text's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/yaml.h"

SW_DEFINE_CLEANUP(json_cleanup, json_t, json_decref);

static json_t *value_of(const char *json)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);

    assert_non_null(value);
    return value;
}

static void assert_reads_back(json_t *value, struct sw_str yaml)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_yaml_documents documents;
    struct sw_err err = {0};

    sw_arena_init(&arena, 1024, 1 << 16);
    if (sw_yaml_read(yaml, &arena, &documents, &err) < 0)
        fail_msg("%.*s: %s", SW_STR_ARG(yaml), err.message);
    assert_int_equal(documents.n, !json_is_null(value));
    for (size_t i = 0; i < documents.n; i++) {
        assert_true(json_equal(documents.items[i].value, value));
        json_decref(documents.items[i].value);
    }
}

static void assert_writes(const char *json, const char *yaml)
{
    SW_CLEANUP(json_cleanup) json_t *value = value_of(json);
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, 1 << 16);
    sw_yaml_write(value, &buf);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    if (!sw_str_is(sw_buf_str(&buf), yaml))
        fail_msg("%.*s\nand not\n%s", SW_STR_ARG(sw_buf_str(&buf)), yaml);
    assert_reads_back(value, sw_buf_str(&buf));
}

static void write_scalar_documents(void **state)
{
    (void)state;
    assert_writes("null", "null\n");
    assert_writes("true", "true\n");
    assert_writes("false", "false\n");
    assert_writes("-12", "-12\n");
    assert_writes("1.5e-7", "1.5e-07\n");
    assert_writes("\"text\"", "text\n");
    assert_writes("\"12\"", "\"12\"\n");
    assert_writes("\"a\\n b\\n\"", "|\n  a\n   b\n");
    assert_writes("\" a\\nb\"", "|2-\n   a\n  b\n");
    assert_writes("{}", "{}\n");
    assert_writes("[]", "[]\n");
}

/* The layout of `kubectl get -o yaml`. */
static void write_collections_as_kubectl_does(void **state)
{
    (void)state;
    assert_writes(
        "{\"spec\":{\"namespaceSelector\":{\"names\":[\"*/bookinfo\"]},\"z\":{},\"a\":[]},"
        "\"last\":null}",
        "spec:\n"
        "  namespaceSelector:\n"
        "    names:\n"
        "    - \"*/bookinfo\"\n"
        "  z: {}\n"
        "  a: []\n"
        "last: null\n");
    assert_writes("[{\"name\":\"http\",\"port\":80},{\"nested\":{\"deep\":[1]},\"x\":2},{},[]]",
                  "- name: http\n"
                  "  port: 80\n"
                  "- nested:\n"
                  "    deep:\n"
                  "    - 1\n"
                  "  x: 2\n"
                  "- {}\n"
                  "- []\n");
    assert_writes("[[1,[2]],[[{\"a\":[[3]]}]]]", "- - 1\n"
                                                 "  - - 2\n"
                                                 "- - - a:\n"
                                                 "      - - 3\n");
}

static void write_blocks_at_their_depth(void **state)
{
    (void)state;
    assert_writes(
        "{\"a\":{\"b\":\"x\\ny\\n\",\"c\":\" x\\n\\ny\\n\\n\"},\"d\":[\"x\\ny\",[\"\\nx\\n\"]]}",
        "a:\n"
        "  b: |\n"
        "    x\n"
        "    y\n"
        "  c: |2+\n"
        "     x\n"
        "\n"
        "    y\n"
        "\n"
        "d:\n"
        "- |-\n"
        "  x\n"
        "  y\n"
        "- - |2\n"
        "\n"
        "    x\n");
}

static void write_keys_that_need_quotes(void **state)
{
    (void)state;
    assert_writes("{\"true\":1,\"1\":2,\"<<\":3,\"\":4,\"a: b\":5,\"x\\ny\":6,\"a/b.c\":7}",
                  "\"true\": 1\n"
                  "\"1\": 2\n"
                  "\"<<\": 3\n"
                  "\"\": 4\n"
                  "\"a: b\": 5\n"
                  "\"x\\ny\": 6\n"
                  "a/b.c: 7\n");
}

/* libyaml refuses a key of over 1,024 characters unless it is marked as one. */
static void write_keys_of_any_length(void **state)
{
    static const struct {
        size_t len;
        char fill;
        const char *begins;
    } cases[] = {{255, 'k', "kkk"},
                 {255, '\x01', "\"\\x01"},
                 {256, 'k', "? kkk"},
                 {2000, '\x01', "? \"\\x01"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        SW_CLEANUP(json_cleanup) json_t *value = value_of("[{\"first\":1},{}]");
        SW_CLEANUP(sw_buf_release) struct sw_buf buf;
        json_t *object = json_array_get(value, 0);
        char key[2001] = {0};

        memset(key, cases[i].fill, cases[i].len);
        json_object_set_new(object, key, value_of("[\"x\"]"));
        key[0] = 'm';
        json_object_set_new(object, key, value_of("{\"x\":1}"));
        sw_buf_init(&buf, 1 << 16);
        sw_yaml_write(value, &buf);
        assert_int_equal(sw_buf_status(&buf, NULL), 0);
        assert_true(sw_str_has_prefix(sw_str_slice(sw_buf_str(&buf), 13, buf.len),
                                      sw_str_from(cases[i].begins)));
        assert_reads_back(value, sw_buf_str(&buf));
    }
}

/* JSON's 80.0 has no other form in YAML than that of the integer. */
static void write_reals(void **state)
{
    SW_CLEANUP(json_cleanup) json_t *value = value_of("[80.0, 0.1, 1e20]");
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 1 << 16);
    sw_yaml_write(value, &buf);
    assert_true(sw_str_is(sw_buf_str(&buf), "- 80\n- 0.1\n- 1e+20\n"));
}

static void write_over_the_cap_fails(void **state)
{
    SW_CLEANUP(json_cleanup) json_t *value = value_of("{\"a\":{\"b\":\"x\\ny\"}}");
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    for (size_t max = 0; max < 23; max++) {
        sw_buf_init(&buf, max);
        sw_yaml_write(value, &buf);
        assert_int_equal(sw_buf_status(&buf, NULL), SW_ELIMIT);
        sw_buf_release(&buf);
    }
    sw_buf_init(&buf, 23);
    sw_yaml_write(value, &buf);
    assert_true(sw_str_is(sw_buf_str(&buf), "a:\n  b: |-\n    x\n    y\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_scalar_documents),
        cmocka_unit_test(write_collections_as_kubectl_does),
        cmocka_unit_test(write_blocks_at_their_depth),
        cmocka_unit_test(write_keys_that_need_quotes),
        cmocka_unit_test(write_keys_of_any_length),
        cmocka_unit_test(write_reals),
        cmocka_unit_test(write_over_the_cap_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
