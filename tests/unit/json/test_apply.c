/* pkg/json/apply.c: each operation where it applies, and where the API server would refuse it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/apply.h"
#include "json/read.h"
#include "json/scan.h"
#include "json/write.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MAX           (1 << 16)

/* A patch and what it makes of a document, in one arena. */
struct trial {
    struct sw_arena arena;
    struct sw_patch patch;
    json_t *document;
    struct sw_err err;
};

static void release_trial(struct trial *trial)
{
    sw_arena_release(&trial->arena);
}

/* Applies `patch` to `document`, both text. */
static int try(struct trial *trial, const char *document, const char *patch)
{
    *trial = (struct trial){0};
    sw_arena_init(&trial->arena, 1024, MAX);
    SW_JSON_SCOPE(&trial->arena);
    assert_int_equal(sw_json_read(sw_str_from(document), &trial->document, NULL), 0);
    assert_int_equal(sw_patch_read(sw_str_from(patch), &trial->arena, &trial->patch, NULL), 0);
    return sw_patch_apply(&trial->patch, trial->document, &trial->err);
}

static void assert_becomes(const char *document, const char *patch, const char *result)
{
    SW_CLEANUP(release_trial) struct trial trial;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    assert_int_equal(try(&trial, document, patch), 0);
    sw_buf_init(&buf, MAX);
    sw_json_write(trial.document, &buf);
    sw_buf_append(&buf, "", 1);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_string_equal(buf.data, result);
}

static void assert_refused(const char *document, const char *patch, int code, const char *message)
{
    SW_CLEANUP(release_trial) struct trial trial;

    assert_int_equal(try(&trial, document, patch), code);
    assert_int_equal(trial.err.code, code);
    assert_string_equal(trial.err.message, message);
}

#define ADD(path, value)     "{\"op\":\"add\",\"path\":\"" path "\",\"value\":" value "}"
#define REPLACE(path, value) "{\"op\":\"replace\",\"path\":\"" path "\",\"value\":" value "}"
#define REMOVE(path)         "{\"op\":\"remove\",\"path\":\"" path "\"}"

static void apply_to_members(void **state)
{
    (void)state;
    assert_becomes("{}", "[]", "{}");
    assert_becomes("{}", "[" ADD("/a", "1") "]", "{\"a\":1}");
    assert_becomes("{\"a\":1,\"b\":2}", "[" ADD("/a", "{}") "]", "{\"a\":{},\"b\":2}");
    assert_becomes("{\"a\":1}", "[" REPLACE("/a", "null") "]", "{\"a\":null}");
    assert_becomes("{\"a\":null,\"b\":2}", "[" REMOVE("/a") "]", "{\"b\":2}");
    assert_becomes("{\"a\":{\"b\":[{\"c\":1}]}}", "[" ADD("/a/b/0/d", "[2]") "]",
                   "{\"a\":{\"b\":[{\"c\":1,\"d\":[2]}]}}");
    assert_becomes("{\"\":{\"\":1}}", "[" REPLACE("//", "2") "]", "{\"\":{\"\":2}}");
    assert_becomes("{}", "[" ADD("/", "1") "]", "{\"\":1}");
}

static void apply_to_escaped_names(void **state)
{
    (void)state;
    assert_becomes("{\"a/b\":1,\"a\":{\"b\":1}}", "[" REPLACE("/a~1b", "2") "]",
                   "{\"a/b\":2,\"a\":{\"b\":1}}");
    assert_becomes("{\"~\":1}", "[" REPLACE("/~0", "2") "]", "{\"~\":2}");
    assert_becomes("{\"~1\":1,\"/\":1}", "[" REPLACE("/~01", "2") "]", "{\"~1\":2,\"/\":1}");
    assert_becomes("{\"m\":{\"x.io/~y\":{}}}", "[" ADD("/m/x.io~1~0y/z~1", "1") "]",
                   "{\"m\":{\"x.io/~y\":{\"z/\":1}}}");
    assert_becomes("{\"0\":1}", "[" REMOVE("/0") "]", "{}");
}

static void apply_to_elements(void **state)
{
    (void)state;
    assert_becomes("{\"a\":[]}", "[" ADD("/a/0", "1") "]", "{\"a\":[1]}");
    assert_becomes("{\"a\":[]}", "[" ADD("/a/-", "1") "]", "{\"a\":[1]}");
    assert_becomes("{\"a\":[1,3]}", "[" ADD("/a/1", "2") "]", "{\"a\":[1,2,3]}");
    assert_becomes("{\"a\":[1,2]}", "[" ADD("/a/2", "3") "," ADD("/a/-", "4") "]",
                   "{\"a\":[1,2,3,4]}");
    assert_becomes("{\"a\":[1,2]}", "[" REPLACE("/a/1", "{}") "]", "{\"a\":[1,{}]}");
    assert_becomes("{\"a\":[1,2,3]}", "[" REMOVE("/a/0") "," REMOVE("/a/1") "]", "{\"a\":[2]}");
    assert_becomes("[1]", "[" ADD("/-", "2") "]", "[1,2]");
}

static void apply_in_order_and_within_new_values(void **state)
{
    (void)state;
    assert_becomes("{}", "[" ADD("/a", "{}") "," ADD("/a/b", "[]") "," ADD("/a/b/-", "1") "]",
                   "{\"a\":{\"b\":[1]}}");
    assert_becomes("{}", "[" ADD("/a", "1") "," REMOVE("/a") "," ADD("/a", "2") "]", "{\"a\":2}");
}

static void apply_leaves_the_patch_as_it_was(void **state)
{
    static const char text[] =
        "[" ADD("/a", "{\"list\":[]}") "," ADD("/a/list/-", "1") "," REMOVE("/a/list/0") "]";
    SW_CLEANUP(release_trial) struct trial trial;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    assert_int_equal(try(&trial, "{}", text), 0);
    sw_buf_init(&buf, MAX);
    sw_patch_write(&trial.patch, &buf);
    assert_true(sw_str_is(sw_buf_str(&buf), text));
}

/* Two places that one value was put in are two values to the operations behind. */
static void apply_within_a_value_that_stands_twice(void **state)
{
    SW_CLEANUP(release_trial) struct trial trial;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_patch_op *ops;

    (void)state;
    assert_int_equal(try(&trial, "{}", "[" ADD("/a", "{\"in\":{\"list\":[]}}") ","
                                       ADD("/b", "0") "," ADD("/b/in/list/0", "1") ","
                                       ADD("/a/in/more", "2") "]"), SW_ETYPE);
    ops = trial.patch.ops;
    ops[1].value = ops[0].value;
    {
        SW_JSON_SCOPE(&trial.arena);
        trial.document = json_object();
        assert_int_equal(sw_patch_apply(&trial.patch, trial.document, NULL), 0);
    }
    sw_buf_init(&buf, MAX);
    sw_json_write(trial.document, &buf);
    sw_json_write(ops[0].value, &buf);
    assert_true(sw_str_is(sw_buf_str(&buf), "{\"a\":{\"in\":{\"list\":[],\"more\":2}},"
                                            "\"b\":{\"in\":{\"list\":[1]}}}"
                                            "{\"in\":{\"list\":[]}}"));
}

static void apply_shares_what_is_not_changed(void **state)
{
    SW_CLEANUP(release_trial) struct trial trial;

    (void)state;
    assert_int_equal(try(&trial, "{\"list\":[]}", "[" ADD("/a", "{}") "," ADD("/list/0", "{}") "]"),
                     0);
    assert_ptr_equal(json_object_get(trial.document, "a"), trial.patch.ops[0].value);
    assert_ptr_equal(json_array_get(json_object_get(trial.document, "list"), 0),
                     trial.patch.ops[1].value);
}

static void apply_where_nothing_is(void **state)
{
    static const struct {
        const char *document, *patch, *message;
    } cases[] = {
        {"{}", "[" ADD("/a/b", "1") "]", "operation 0, add \"/a/b\": there is no \"a\" on the way"},
        {"{}", "[" REPLACE("/a", "1") "]", "operation 0, replace \"/a\": there is no member \"a\""},
        {"{\"a\":1}", "[" REMOVE("/a") "," REMOVE("/a") "]",
         "operation 1, remove \"/a\": there is no member \"a\""},
        {"{\"a\":[1]}", "[" ADD("/a/2", "1") "]",
         "operation 0, add \"/a/2\": there is no element \"2\" in an array of 1"},
        {"{\"a\":[1]}", "[" REPLACE("/a/1", "1") "]",
         "operation 0, replace \"/a/1\": there is no element \"1\" in an array of 1"},
        {"{\"a\":[1]}", "[" REMOVE("/a/-") "]",
         "operation 0, remove \"/a/-\": there is no element \"-\" in an array of 1"},
        {"{\"a\":[1]}", "[" REPLACE("/a/-", "1") "]",
         "operation 0, replace \"/a/-\": there is no element \"-\" in an array of 1"},
        {"{\"a\":[1]}", "[" REMOVE("/a/-1") "]",
         "operation 0, remove \"/a/-1\": there is no element \"-1\" in an array of 1"},
        {"{\"a\":[1,2]}", "[" REMOVE("/a/01") "]",
         "operation 0, remove \"/a/01\": there is no element \"01\" in an array of 2"},
        {"{\"a\":[1]}", "[" ADD("/a/b", "1") "]",
         "operation 0, add \"/a/b\": there is no element \"b\" in an array of 1"},
        {"{\"a\":[1]}", "[" ADD("/a/", "1") "]",
         "operation 0, add \"/a/\": there is no element \"\" in an array of 1"},
        {"{\"a\":[[]]}", "[" ADD("/a/-/0", "1") "]",
         "operation 0, add \"/a/-/0\": there is no \"-\" on the way"},
        {"{\"a\":[]}", "[" ADD("/a/18446744073709551616", "1") "]",
         "operation 0, add \"/a/18446744073709551616\": there is no element "
         "\"18446744073709551616\" in an array of 0"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_refused(cases[i].document, cases[i].patch, SW_ENOENT, cases[i].message);
}

static void apply_where_a_scalar_is(void **state)
{
    (void)state;
    assert_refused("{\"a\":\"text\"}", "[" ADD("/a/b", "1") "]", SW_ETYPE,
                   "operation 0, add \"/a/b\": \"b\" cannot lie in a string");
    assert_refused("{\"a\":null}", "[" ADD("/a/b", "1") "]", SW_ETYPE,
                   "operation 0, add \"/a/b\": \"b\" cannot lie in null");
    assert_refused("{\"a\":1}", "[" REMOVE("/a/b/c") "]", SW_ETYPE,
                   "operation 0, remove \"/a/b/c\": \"b\" cannot lie in an integer");
    assert_refused("{}", "[" REPLACE("", "{}") "]", SW_ETYPE,
                   "operation 0, replace \"\": the whole document cannot be patched");
}

static void apply_of_what_is_no_pointer(void **state)
{
    (void)state;
    assert_refused("{\"a\":1}", "[" REMOVE("a") "]", SW_ESYNTAX,
                   "operation 0, remove \"a\": a pointer begins with \"/\"");
    assert_refused("{\"~\":1}", "[" REMOVE("/~") "]", SW_ESYNTAX,
                   "operation 0, remove \"/~\": \"~\" must be followed by 0 or 1");
    assert_refused("{\"a\":1}", "[" REMOVE("/~2/a") "]", SW_ESYNTAX,
                   "operation 0, remove \"/~2/a\": \"~\" must be followed by 0 or 1");
    assert_refused("{\"a\":1}", "[" REMOVE("/~/0") "]", SW_ESYNTAX,
                   "operation 0, remove \"/~/0\": \"~\" must be followed by 0 or 1");
}

/* A pointer of n steps into objects. */
static void write_steps(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memcpy(text + 2 * i, "/a", 3);
}

static void apply_of_the_longest_pointer(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    char pointer[2 * SW_JSON_MAX_DEPTH + 3];
    struct sw_patch_op op = {SW_PATCH_ADD, pointer, NULL};
    struct sw_patch patch = {&op, 1};
    json_t *document;

    (void)state;
    sw_arena_init(&arena, 4096, MAX);
    SW_JSON_SCOPE(&arena);
    document = json_object();
    op.value = json_object();
    for (size_t n = 1; n <= SW_JSON_MAX_DEPTH; n++) {
        write_steps(pointer, n);
        assert_int_equal(sw_patch_apply(&patch, document, NULL), 0);
    }
    write_steps(pointer, SW_JSON_MAX_DEPTH + 1);
    assert_int_equal(sw_patch_apply(&patch, document, NULL), SW_ELIMIT);
}

/* Whatever the cap, applying ends in the result or in SW_ENOMEM. */
static void apply_in_an_arena_of_every_size(void **state)
{
    static const char patch_text[] =
        "[" ADD("/a", "{\"b\":[1,2]}") "," ADD("/list/0", "\"x\"") "," REPLACE("/list/1", "{}") ","
        REPLACE("/c", "[]") "," ADD("/a/b/-", "3") "]";
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_patch patch;
    bool fits = false;

    (void)state;
    sw_arena_init(&arena, 1024, MAX);
    assert_int_equal(sw_patch_read(sw_str_from(patch_text), &arena, &patch, NULL), 0);
    for (size_t cap = 0; !fits; cap += 16) {
        SW_CLEANUP(sw_arena_release) struct sw_arena large;
        SW_CLEANUP(sw_arena_release) struct sw_arena small;
        struct sw_err err = {0};
        json_t *document;
        int r;

        sw_arena_init(&large, 1024, MAX);
        {
            SW_JSON_SCOPE(&large);
            assert_int_equal(
                sw_json_read(SW_STR("{\"list\":[1,2,3,4,5,6,7,8],\"c\":0}"), &document, NULL), 0);
        }
        sw_arena_init(&small, 16, cap);
        SW_JSON_SCOPE(&small);
        r = sw_patch_apply(&patch, document, &err);
        fits = r == 0;
        assert_int_equal(r, fits ? 0 : SW_ENOMEM);
        assert_int_equal(err.code, r);
        assert_true(cap < MAX);
    }
}

static int setup(void **state)
{
    (void)state;
    sw_json_setup();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apply_to_members),
        cmocka_unit_test(apply_to_escaped_names),
        cmocka_unit_test(apply_to_elements),
        cmocka_unit_test(apply_in_order_and_within_new_values),
        cmocka_unit_test(apply_leaves_the_patch_as_it_was),
        cmocka_unit_test(apply_within_a_value_that_stands_twice),
        cmocka_unit_test(apply_shares_what_is_not_changed),
        cmocka_unit_test(apply_where_nothing_is),
        cmocka_unit_test(apply_where_a_scalar_is),
        cmocka_unit_test(apply_of_what_is_no_pointer),
        cmocka_unit_test(apply_of_the_longest_pointer),
        cmocka_unit_test(apply_in_an_arena_of_every_size),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
