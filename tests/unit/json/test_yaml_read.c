/* pkg/json/yaml_read.c: streams of documents, JSON among them, and running out of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/cleanup.h"
#include "json/read.h"
#include "json/yaml.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

/* Something of everything that allocates, arrays that grow among them, and JSON. */
static const char *const rich[] = {
    "a: &x {b: [1, 2.5, text, 4, 5, 6, 7, 8, 9], 0.25: \"q\\n\"}\n? &k 7\n: *x\n"
    "<<: [*x, {m: 1}]\nlast: *k\n---\n- &y z\n- *y\n--- {\"j\": 1}\n",
    "{\"a\": [1, 2.5, \"text\", {}]}\n{\"b\": \"\\n\"}\n{}",
};

static struct sw_arena arena_of(size_t max_bytes)
{
    struct sw_arena arena;

    sw_arena_init(&arena, 64, max_bytes);
    return arena;
}

static void drop(struct sw_yaml_documents *documents)
{
    for (size_t i = 0; i < documents->n; i++)
        json_decref(documents->items[i].value);
    documents->n = 0;
}

static void assert_reads(const char *text, const char *json)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(1 << 20);
    SW_CLEANUP(drop) struct sw_yaml_documents documents = {0};
    SW_CLEANUP(sw_buf_release) struct sw_buf found;
    struct sw_err err = {0};

    sw_buf_init(&found, 1 << 20);
    if (sw_yaml_read(sw_str_from(text), &arena, &documents, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    for (size_t i = 0; i < documents.n; i++) {
        SW_CLEANUP(sw_cleanup_free)
        char *line = json_dumps(documents.items[i].value, JSON_COMPACT | JSON_ENCODE_ANY);

        sw_buf_printf(&found, "%s\n", line);
    }
    if (!sw_str_is(sw_buf_str(&found), json))
        fail_msg("%s: %.*s, not %s", text, SW_STR_ARG(sw_buf_str(&found)), json);
}

static void assert_refused(const char *text, int code, const char *message)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(1 << 20);
    struct sw_yaml_documents documents = {.n = 77};
    struct sw_err err = {0};

    assert_int_equal(sw_yaml_read(sw_str_from(text), &arena, &documents, &err), code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
    assert_int_equal(documents.n, 77);
    assert_int_equal(sw_yaml_read(sw_str_from(text), &arena, &documents, NULL), code);
}

static void read_leaves_empty_documents_out(void **state)
{
    (void)state;
    assert_reads("", "");
    assert_reads(" \n\n", "");
    assert_reads("# nothing\n---\n# more\n", "");
    assert_reads("---\na: 1\n---\n\n--- null\n--- ~\n---\nb: 2\n...\n--- [c]\n",
                 "{\"a\":1}\n{\"b\":2}\n[\"c\"]\n");
    assert_reads("--- text\n--- ''\n", "\"text\"\n\"\"\n");
    assert_reads("\xef\xbb\xbf"
                 "a: 1\n",
                 "{\"a\":1}\n");
}

static void read_tells_the_line_of_each_document(void **state)
{
    static const struct {
        const char *text;
        size_t lines[2];
    } cases[] = {
        {"\n# comment\na: 1\n---\n\n  # another\n  b: 2\n", {3, 7}},
        {"--- {a: 1}\n--- |\n text\n", {1, 2}},
        {"\n{\"a\":\n1}\n {\"b\": 2}\n", {2, 4}},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(1 << 16);
        SW_CLEANUP(drop) struct sw_yaml_documents documents = {0};

        assert_int_equal(sw_yaml_read(sw_str_from(cases[i].text), &arena, &documents, NULL), 0);
        assert_int_equal(documents.n, 2);
        assert_int_equal(documents.items[0].line, cases[i].lines[0]);
        assert_int_equal(documents.items[1].line, cases[i].lines[1]);
    }
}

/* In YAML 1e2 is an integer and surrogates are refused. */
static void read_json_objects_as_json(void **state)
{
    (void)state;
    assert_reads(" {\"a\": \"\\ud83d\\ude00\", \"b\": 1e2, \"c\": {\"d}\": \"\\\"{:\"}}\n",
                 "{\"a\":\"\U0001F600\",\"b\":100.0,\"c\":{\"d}\":\"\\\"{:\"}}\n");
    assert_reads("{\"a\":1}{\"b\":[{}]}\n\t{}", "{\"a\":1}\n{\"b\":[{}]}\n{}\n");
}

static void read_what_only_begins_like_json_as_yaml(void **state)
{
    (void)state;
    assert_reads("{\"a\": 1e2, b: yes, }", "{\"a\":100,\"b\":true}\n");
    assert_reads("{\"a\": 1e2}\n---\n{\"a\": 1e2}", "{\"a\":100}\n{\"a\":100}\n");
    assert_reads("{\"a\": 1e2} # comment", "{\"a\":100}\n");
    assert_refused("{\"a\": \"}", SW_ESYNTAX,
                   "line 1, column 9: found unexpected end of stream, while scanning a quoted "
                   "scalar");
}

static void read_refuses_a_key_that_stands_twice_in_json(void **state)
{
    (void)state;
    assert_refused("{\"a\": {\"b\": 1,\n\"\\u0062\": 1}}", SW_ESYNTAX,
                   "line 2, column 1: the key \"b\" stands twice in its mapping");
}

static void read_keeps_to_the_depth_limit_in_json(void **state)
{
    char text[1024] = "";

    (void)state;
    for (int i = 0; i < 65; i++)
        memcpy(text + strlen(text), "{\"a\":", 6);
    text[strlen(text)] = '1';
    memset(text + strlen(text), '}', 65);
    assert_refused(text, SW_ELIMIT, "line 1, column 321: nested deeper than 64");
}

static void read_stops_an_alias_bomb(void **state)
{
    char text[4096] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";

    (void)state;
    for (int i = 1; i < 10; i++) {
        size_t len = strlen(text);

        len += (size_t)snprintf(text + len, sizeof(text) - len, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "*a%d,", i - 1);
        snprintf(text + len, sizeof(text) - len, "]\n");
    }
    assert_refused(text, SW_ELIMIT,
                   "line 6, column 18: the aliases stand for more than 400000 values");
}

static void run_out_in_a_scope(struct sw_str text)
{
    int status = SW_ENOMEM;

    for (size_t max = 0; status == SW_ENOMEM; max += 16) {
        SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(max);
        SW_JSON_SCOPE(&arena);
        struct sw_yaml_documents documents = {.n = 77};
        struct sw_err err = {0};

        status = sw_yaml_read(text, &arena, &documents, &err);
        assert_int_equal(err.code, status);
        assert_int_equal(documents.n, status ? 77 : 3);
        assert_true(max < 1 << 16);
    }
    assert_int_equal(status, 0);
}

static void read_in_a_scope_runs_out_of_memory_at_any_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(rich); i++)
        run_out_in_a_scope(sw_str_from(rich[i]));
}

static int n_allowed, n_live;

static void *allocate_some(size_t size)
{
    void *memory = n_allowed-- > 0 ? malloc(size) : NULL;

    n_live += memory != NULL;
    return memory;
}

static void count_and_free(void *memory)
{
    n_live -= memory != NULL;
    free(memory);
}

/* Reads with room for n_allocations of jansson's and max_bytes of the arena; nothing may be left.
 */
static int read_with(struct sw_str text, int n_allocations, size_t max_bytes)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(max_bytes);
    struct sw_yaml_documents documents = {0};
    int status;

    json_set_alloc_funcs(allocate_some, count_and_free);
    n_allowed = n_allocations;
    status = sw_yaml_read(text, &arena, &documents, NULL);
    drop(&documents);
    sw_json_setup();
    assert_int_equal(n_live, 0);
    return status;
}

static void read_leaks_nothing_when_an_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(rich); i++) {
        int n = 0, status;

        while ((status = read_with(sw_str_from(rich[i]), n, 1 << 20)) == SW_ENOMEM)
            assert_true(n++ < 1000);
        assert_int_equal(status, 0);
    }
}

static void read_leaks_nothing_when_the_arena_is_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(rich); i++) {
        size_t max = 0;
        int status;

        while ((status = read_with(sw_str_from(rich[i]), INT_MAX, max)) == SW_ENOMEM)
            assert_true((max += 16) < 1 << 16);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_leaves_empty_documents_out),
        cmocka_unit_test(read_tells_the_line_of_each_document),
        cmocka_unit_test(read_json_objects_as_json),
        cmocka_unit_test(read_what_only_begins_like_json_as_yaml),
        cmocka_unit_test(read_refuses_a_key_that_stands_twice_in_json),
        cmocka_unit_test(read_keeps_to_the_depth_limit_in_json),
        cmocka_unit_test(read_stops_an_alias_bomb),
        cmocka_unit_test(read_in_a_scope_runs_out_of_memory_at_any_point),
        cmocka_unit_test(read_leaks_nothing_when_an_allocation_fails),
        cmocka_unit_test(read_leaks_nothing_when_the_arena_is_full),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
