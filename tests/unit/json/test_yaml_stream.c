/* pkg/json/yaml_stream.c: scalars by style, keys, duplicates, aliases, merge keys, and where in the
 * text something is wrong. What is expected is what sigs.k8s.io/yaml 1.6.0 made of the same text,
 * but for what json/yaml.h says is stricter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/cleanup.h"
#include "json/scan.h"
#include "json/yaml_stream.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

/* Reads the first document of `text`, which must be there, as JSON into *ret, which the caller
 * frees; or fails. */
static int read_one(struct sw_str text, char **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_yaml_stream_release) struct sw_yaml_stream stream;
    struct sw_yaml_document document;
    int status;

    sw_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(sw_yaml_stream_init(&stream, text, &arena, err), 0);
    status = sw_yaml_stream_next(&stream, &document, err);
    if (status < 0)
        return status;
    assert_int_equal(status, 1);
    *ret = json_dumps(document.value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(document.value);
    return 0;
}

static void assert_reads(const char *text, const char *json)
{
    SW_CLEANUP(sw_cleanup_free) char *found = NULL;
    struct sw_err err = {0};

    if (read_one(sw_str_from(text), &found, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    if (strcmp(found, json) != 0)
        fail_msg("%s: %s, not %s", text, found, json);
}

static void assert_refused(struct sw_str text, int code, const char *message)
{
    struct sw_err err = {0};
    char *found = NULL;

    assert_int_equal(read_one(text, &found, &err), code);
    assert_null(found);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
}

static void assert_malformed(const char *text, const char *message)
{
    assert_refused(sw_str_from(text), SW_ESYNTAX, message);
}

static void next_reads_scalars_by_style(void **state)
{
    (void)state;
    assert_reads("[yes, 'yes', \"yes\", !!str yes, ! yes]",
                 "[true,\"yes\",\"yes\",\"yes\",\"yes\"]");
    assert_reads("a: |\n  yes\nb: >-\n  yes\n", "{\"a\":\"yes\\n\",\"b\":\"yes\"}");
    assert_reads("a: 2026-11-23\nb: 0x10\nc: 80.0\nd:\n",
                 "{\"a\":\"2026-11-23\",\"b\":16,\"c\":80,\"d\":null}");
    assert_reads("\"\\0\\u00e4\\U0001F600\"", "\"\\u0000\u00e4\U0001F600\"");
    assert_reads("--- null\n", "null");
}

static void next_keeps_the_order_of_members(void **state)
{
    (void)state;
    assert_reads("z: 1\na:\n- x\n- - 1\n  - {q: 1, b: [2]}\nm: {}\n",
                 "{\"z\":1,\"a\":[\"x\",[1,{\"q\":1,\"b\":[2]}]],\"m\":{}}");
    assert_reads("? a\n: !!map {b: !!seq [1]}\n", "{\"a\":{\"b\":[1]}}");
}

static void next_makes_names_of_keys(void **state)
{
    (void)state;
    assert_reads("yes: a\n1: b\n0.5: c\n.inf: d\n'~': e\n",
                 "{\"true\":\"a\",\"1\":\"b\",\"0.5\":\"c\",\".inf\":\"d\",\"~\":\"e\"}");
    assert_malformed("a: 1\n~: 2\n", "line 2, column 1: null cannot be a key");
    assert_malformed("? [1]\n: 2\n", "line 1, column 3: a key must be a scalar");
    assert_malformed("? {a: 1}\n: 2\n", "line 1, column 3: a key must be a scalar");
    assert_malformed("\"a\\0b\": 2\n", "line 1, column 1: a key cannot hold a NUL byte");
}

static void next_refuses_a_key_that_stands_twice(void **state)
{
    (void)state;
    assert_malformed("a: 1\nb: 2\na: 3\n",
                     "line 3, column 1: the key \"a\" stands twice in its mapping");
    assert_malformed("x: {1: a, '1': b}\n",
                     "line 1, column 11: the key \"1\" stands twice in its mapping");
    assert_reads("a: {b: 1}\nc: {b: 1}\n", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}");
}

static void next_writes_aliases_out(void **state)
{
    (void)state;
    assert_reads("a: &x {b: [1]}\nc: *x\n", "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]}}");
    assert_reads("a: &x\nb: *x\nc: &x 2\nd: *x\n", "{\"a\":null,\"b\":null,\"c\":2,\"d\":2}");
    assert_reads("a: &x [&x 2, *x]\nb: *x\n", "{\"a\":[2,2],\"b\":2}");
    assert_malformed("a:\n  *x\n", "line 2, column 3: the alias *x has no anchor before it");
    assert_malformed("a: &x [1, *x]\n", "line 1, column 11: the alias *x stands inside its own "
                                        "anchor");
}

static void next_takes_aliases_for_keys_and_anchors_on_keys(void **state)
{
    (void)state;
    assert_reads("a: &k yes\n*k : 1\n", "{\"a\":true,\"true\":1}");
    assert_reads("a: &k 1e6\n*k : 1\n", "{\"a\":1000000,\"1e+06\":1}");
    assert_reads("a: &k name\n*k : 1\n", "{\"a\":\"name\",\"name\":1}");
    assert_reads("&k yes: *k\n", "{\"true\":true}");
    assert_malformed("a: &k\n*k : 1\n", "line 2, column 1: null cannot be a key");
    assert_malformed("a: &k [1]\n*k : 1\n", "line 2, column 1: a key must be a scalar");
    assert_malformed("*k : 1\n", "line 1, column 1: the alias *k has no anchor before it");
}

static void next_alias_is_a_copy(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_yaml_stream_release) struct sw_yaml_stream stream;
    struct sw_yaml_document document;
    struct sw_err err = {0};
    json_t *a, *c;

    (void)state;
    sw_arena_init(&arena, 4096, 1 << 20);
    sw_yaml_stream_init(&stream, SW_STR("a: &x {b: 1}\nc: *x\n"), &arena, &err);
    assert_int_equal(sw_yaml_stream_next(&stream, &document, &err), 1);
    a = json_object_get(document.value, "a");
    c = json_object_get(document.value, "c");
    json_object_set_new(a, "more", json_integer(2));
    assert_int_equal(json_object_size(c), 1);
    assert_int_equal(a->refcount, 1);
    json_decref(document.value);
}

static void next_forgets_anchors_between_documents(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_yaml_stream_release) struct sw_yaml_stream stream;
    struct sw_yaml_document document;
    struct sw_err err = {0};

    (void)state;
    sw_arena_init(&arena, 4096, 1 << 20);
    sw_yaml_stream_init(&stream, SW_STR("a: &x 1\n---\nb: *x\n"), &arena, &err);
    assert_int_equal(sw_yaml_stream_next(&stream, &document, &err), 1);
    json_decref(document.value);
    assert_int_equal(sw_yaml_stream_next(&stream, &document, &err), SW_ESYNTAX);
    assert_string_equal(err.message, "line 3, column 4: the alias *x has no anchor before it");
}

/* go-yaml sets what is merged where the << stands, so what comes later wins. */
static void next_merges_where_the_merge_key_stands(void **state)
{
    (void)state;
    assert_reads("x: &x {a: 1, b: 2}\nw: {<<: *x, b: 3, c: 4}\n",
                 "{\"x\":{\"a\":1,\"b\":2},\"w\":{\"a\":1,\"b\":3,\"c\":4}}");
    assert_reads("x: &x {a: 1, b: 2}\nw: {b: 3, c: 4, <<: *x}\n",
                 "{\"x\":{\"a\":1,\"b\":2},\"w\":{\"b\":2,\"c\":4,\"a\":1}}");
    assert_reads("<<: {a: 1}\n<<: {a: 2, b: 1}\n", "{\"a\":2,\"b\":1}");
    assert_reads("<<: {<<: {a: 1, b: 1}, a: 2}\n", "{\"a\":2,\"b\":1}");
    assert_reads("!!merge <<: {a: 1}\n", "{\"a\":1}");
}

static void next_merges_lists_the_first_winning(void **state)
{
    (void)state;
    assert_reads("<<: [{a: 1}, {a: 2, b: 3}]\n", "{\"a\":1,\"b\":3}");
    assert_reads("x: &x {a: 1}\nw:\n  <<: [*x, {a: 2}]\n", "{\"x\":{\"a\":1},\"w\":{\"a\":1}}");
    assert_reads("<<: []\n", "{}");
}

static void next_merge_is_no_duplicate(void **state)
{
    (void)state;
    assert_malformed("<<: {a: 1}\na: 2\na: 3\n",
                     "line 3, column 1: the key \"a\" stands twice in its mapping");
    assert_malformed("a: 1\n<<: {a: 2}\na: 3\n",
                     "line 3, column 1: the key \"a\" stands twice in its mapping");
}

static void next_merge_takes_mappings_only(void **state)
{
    static const char *const cases[] = {
        "x: &x 1\n<<: 1\n",           "x: &x\n<<: ~\n",    "x: &x 1\n<<: [1]\n",
        "x: &x 1\n<<: [{a: 1}, 1]\n", "x: &x 1\n<<: *x\n", "x: &x [{a: 1}]\n<<: *x\n",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++)
        assert_malformed(cases[i], "line 2, column 5: << takes a mapping or a list of mappings");
}

static void next_quoted_merge_key_is_a_key(void **state)
{
    (void)state;
    assert_reads("'<<': {a: 1}\n", "{\"<<\":{\"a\":1}}");
    assert_reads("!!str <<: {a: 1}\n", "{\"<<\":{\"a\":1}}");
    assert_reads("[<<]", "[\"<<\"]");
}

static void next_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    assert_malformed("a: !mine x\n", "line 1, column 4: the tag !mine is not known here");
    assert_malformed("!mine a: x\n", "line 1, column 1: the tag !mine is not known here");
    assert_malformed("a: !!set {x}\n",
                     "line 1, column 4: the tag tag:yaml.org,2002:set is not known here");
    assert_malformed("a: !!map [x]\n",
                     "line 1, column 4: the tag tag:yaml.org,2002:map is not known here");
    assert_malformed("a: !!int x\n", "line 1, column 4: \"x\" has the tag tag:yaml.org,2002:int "
                                     "but is a string");
    assert_malformed("a: [.inf]\n", "line 1, column 5: .inf is not a number that JSON can hold");
    assert_malformed("%YAML 1.2\n---\na: 1\n",
                     "line 1, column 1: only YAML 1.1 is read, as by kubectl");
    assert_reads("%YAML 1.1\n---\na: 1\n", "{\"a\":1}");
}

static void next_tells_where_the_syntax_breaks(void **state)
{
    (void)state;
    assert_malformed("a: 1\nb: [1\nc: 2\n", "line 3, column 2: did not find expected ',' or ']', "
                                            "while parsing a flow sequence");
    assert_malformed("a:\n\tb: 1\n", "line 2, column 1: found character that cannot start any "
                                     "token, while scanning for the next token");
    assert_refused(SW_STR("a: 1\n\u00e4: \0\n"), SW_ESYNTAX,
                   "line 2, column 4: control characters are not allowed");
    assert_malformed("a: 1\nbc: \xff\n", "line 2, column 5: invalid leading UTF-8 octet");
}

static void next_reads_up_to_the_depth_limit(void **state)
{
    char text[2 * SW_JSON_MAX_DEPTH + 3] = {0};
    SW_CLEANUP(sw_cleanup_free) char *found = NULL;
    struct sw_err err = {0};

    (void)state;
    memset(text, '[', SW_JSON_MAX_DEPTH);
    memset(text + SW_JSON_MAX_DEPTH, ']', SW_JSON_MAX_DEPTH);
    assert_reads(text, text);
    memset(text, '[', SW_JSON_MAX_DEPTH + 1);
    memset(text + SW_JSON_MAX_DEPTH + 1, ']', SW_JSON_MAX_DEPTH + 1);
    assert_int_equal(read_one(sw_str_from(text), &found, &err), SW_ELIMIT);
    assert_string_equal(err.message, "line 1, column 65: nested deeper than 64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_reads_scalars_by_style),
        cmocka_unit_test(next_keeps_the_order_of_members),
        cmocka_unit_test(next_makes_names_of_keys),
        cmocka_unit_test(next_refuses_a_key_that_stands_twice),
        cmocka_unit_test(next_writes_aliases_out),
        cmocka_unit_test(next_takes_aliases_for_keys_and_anchors_on_keys),
        cmocka_unit_test(next_alias_is_a_copy),
        cmocka_unit_test(next_forgets_anchors_between_documents),
        cmocka_unit_test(next_merges_where_the_merge_key_stands),
        cmocka_unit_test(next_merges_lists_the_first_winning),
        cmocka_unit_test(next_merge_is_no_duplicate),
        cmocka_unit_test(next_merge_takes_mappings_only),
        cmocka_unit_test(next_quoted_merge_key_is_a_key),
        cmocka_unit_test(next_refuses_what_it_does_not_know),
        cmocka_unit_test(next_tells_where_the_syntax_breaks),
        cmocka_unit_test(next_reads_up_to_the_depth_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
