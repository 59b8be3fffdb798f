/* pkg/io/manifest.c: files of objects, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/manifest.h"
#include "json/read.h"

struct fixture {
    struct sw_arena arena;
    struct sw_json_scope scope;
    struct sw_manifest manifest;
    struct sw_problems problems;
    struct sw_err err;
    char path[64];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fd;

    if (!f)
        return -1;
    *state = f;
    sw_arena_init(&f->arena, 65536, (size_t)64 << 20);
    f->scope = sw_json_scope_begin(&f->arena);
    f->problems.arena = &f->arena;
    snprintf(f->path, sizeof(f->path), "/tmp/sw_test_manifest.XXXXXX");
    fd = mkstemp(f->path);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    sw_json_scope_end(&f->scope);
    sw_arena_release(&f->arena);
    free(f);
    return 0;
}

static void parse(struct fixture *f, const char *text)
{
    assert_int_equal(sw_manifest_parse(sw_str_from(text), "a.yaml", &f->arena, &f->manifest,
                                       &f->problems, &f->err),
                     0);
    assert_int_equal(f->err.code, 0);
}

/* "kind name" of one object, and where it is. */
static void assert_object(const struct fixture *f, size_t i, const char *kind, const char *name,
                          size_t line)
{
    const struct sw_manifest_object *object = &f->manifest.items[i];
    const json_t *metadata = json_object_get(object->value, "metadata");

    assert_true(i < f->manifest.n);
    assert_string_equal(json_string_value(json_object_get(object->value, "kind")), kind);
    assert_string_equal(json_string_value(json_object_get(metadata, "name")), name);
    assert_string_equal(object->path, "a.yaml");
    assert_int_equal(object->line, line);
}

static void assert_problem(const struct fixture *f, size_t i, size_t line, size_t column,
                           const char *words)
{
    const struct sw_problem *problem = &f->problems.items[i];

    assert_true(i < f->problems.n);
    assert_int_equal(problem->line, line);
    assert_int_equal(problem->column, column);
    if (!strstr(problem->message, words))
        fail_msg("'%s' does not say '%s'", problem->message, words);
}

static void parse_takes_documents_and_lists_in_order(void **state)
{
    struct fixture *f = *state;

    parse(f, "# a comment\n---\n---\n"
             "{apiVersion: v1, kind: Service, metadata: {name: a}}\n---\n"
             "apiVersion: v1\nkind: List\nitems:\n"
             "- {apiVersion: v1, kind: Service, metadata: {name: b}}\n"
             "- {apiVersion: v1, kind: Secret, metadata: {name: c}}\n---\n"
             "apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: d}\n");
    assert_int_equal(f->problems.n, 0);
    assert_int_equal(f->manifest.n, 4);
    assert_object(f, 0, "Service", "a", 4);
    assert_object(f, 1, "Service", "b", 6);
    assert_object(f, 2, "Secret", "c", 6);
    assert_object(f, 3, "Service", "d", 12);
}

static void parse_adds_to_what_is_there(void **state)
{
    struct fixture *f = *state;

    parse(f, "{apiVersion: v1, kind: Service, metadata: {name: a}}");
    parse(f, "{apiVersion: v1, kind: Service, metadata: {name: b}}");
    assert_int_equal(f->manifest.n, 2);
    assert_object(f, 1, "Service", "b", 1);
}

static void parse_notes_slips_and_makes_the_cluster_form(void **state)
{
    struct fixture *f = *state;
    const struct sw_manifest_object *object;

    parse(f, "apiversion: api.tsb.tetrate.io/v2\nkind: Workspace\n"
             "metadata: {organization: o, tenant: t, name: w}\n");
    assert_object(f, 0, "Workspace", "w", 1);
    object = &f->manifest.items[0];
    assert_string_equal(json_string_value(json_object_get(object->value, "apiVersion")),
                        "tsb.tetrate.io/v2");
    assert_int_equal(object->n_slips, 1);
    assert_non_null(strstr(object->slips[0], "apiversion"));
}

static void parse_gives_a_lists_slips_to_its_first_object(void **state)
{
    struct fixture *f = *state;

    parse(f, "apiversion: v1\nkind: List\nitems:\n"
             "- {apiVersion: v1, Kind: Service, metadata: {name: a}}\n"
             "- {apiVersion: v1, kind: Service, metadata: {name: b}}\n");
    assert_int_equal(f->manifest.n, 2);
    assert_int_equal(f->manifest.items[0].n_slips, 2);
    assert_non_null(strstr(f->manifest.items[0].slips[0], "apiversion"));
    assert_non_null(strstr(f->manifest.items[0].slips[1], "Kind"));
    assert_int_equal(f->manifest.items[1].n_slips, 0);
}

static void parse_of_bad_text_names_line_and_column(void **state)
{
    struct fixture *f = *state;

    parse(f, "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n   labels: {}\n");
    assert_int_equal(f->manifest.n, 0);
    assert_int_equal(f->problems.n, 1);
    assert_problem(f, 0, 5, 10, "mapping values are not allowed");
    assert_string_equal(f->problems.items[0].path, "a.yaml");
    assert_int_not_equal(strncmp(f->problems.items[0].message, "line", 4), 0);
}

static void parse_of_bad_objects_takes_the_rest(void **state)
{
    struct fixture *f = *state;

    parse(f, "kind: Service\n---\ntext\n---\n"
             "apiVersion: v1\nkind: List\nitems:\n- text\n"
             "- {apiVersion: v1}\n"
             "- {apiVersion: v1, kind: Service, metadata: {name: a}}\n---\n"
             "apiVersion: v1\nkind: List\nitems: text\n");
    assert_int_equal(f->manifest.n, 1);
    assert_object(f, 0, "Service", "a", 5);
    assert_int_equal(f->problems.n, 5);
    assert_problem(f, 0, 1, 0, "apiVersion: expected a string");
    assert_problem(f, 1, 3, 0, "found \"text\"");
    assert_problem(f, 2, 5, 0, "items[0]: expected an object");
    assert_problem(f, 3, 5, 0, "items[1]: kind: expected a string");
    assert_problem(f, 4, 12, 0, "items: expected an array");
}

static void parse_counts_problems_beyond_the_most(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(sw_buf_release) struct sw_buf text;

    sw_buf_init(&text, 100000);
    for (int i = 0; i < SW_PROBLEMS_MAX + 7; i++)
        sw_buf_append_text(&text, "text\n---\n");
    assert_int_equal(sw_manifest_parse(sw_buf_str(&text), "a.yaml", &f->arena, &f->manifest,
                                       &f->problems, &f->err),
                     0);
    assert_int_equal(f->problems.n, SW_PROBLEMS_MAX);
    assert_int_equal(f->problems.n_more, 7);
}

static void parse_without_problems_wanted(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        sw_manifest_parse(SW_STR("{"), "a.yaml", &f->arena, &f->manifest, NULL, &f->err), 0);
    assert_int_equal(f->manifest.n, 0);
}

/* Whichever allocation it is that fails. */
static void parse_fails_without_memory(void **state)
{
    struct fixture *f = *state;
    size_t max_bytes = 0;
    int r;

    do {
        struct sw_arena small;
        struct sw_json_scope scope;
        struct sw_manifest manifest = {NULL, 0};
        struct sw_problems problems = {.arena = &small};

        sw_arena_init(&small, 16, max_bytes);
        scope = sw_json_scope_begin(&small);
        f->err = (struct sw_err){0};
        r = sw_manifest_parse(SW_STR("apiversion: v1\nkind: List\nitems:\n- text\n"
                                     "- {apiVersion: v1, Kind: Service}\n"),
                              "a.yaml", &small, &manifest, &problems, &f->err);
        sw_json_scope_end(&scope);
        sw_arena_release(&small);
        assert_true(r == 0 || r == SW_ENOMEM);
        assert_int_equal(f->err.code, r);
        max_bytes += 16;
    } while (r < 0);
    assert_true(max_bytes > 1000);
}

static int read_path(struct fixture *f, const char *path)
{
    return sw_manifest_read(path, &f->arena, &f->manifest, &f->problems, &f->err);
}

static void read_takes_a_file(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    fputs("{\"apiVersion\": \"v1\", \"kind\": \"Service\"}", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(read_path(f, f->path), 0);
    assert_int_equal(f->manifest.n, 1);
    assert_string_equal(f->manifest.items[0].path, f->path);
}

static void read_of_no_file_is_a_problem(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_path(f, "/no/such/file"), 0);
    assert_int_equal(f->problems.n, 1);
    assert_string_equal(f->problems.items[0].path, "/no/such/file");
    assert_string_equal(f->problems.items[0].message, "No such file or directory");
}

static void read_of_a_name_longer_than_a_message_is_a_problem(void **state)
{
    struct fixture *f = *state;
    char path[3 * SW_ERR_MESSAGE_SIZE];

    memset(path, 'a', sizeof(path));
    path[sizeof(path) - 1] = 0;
    assert_int_equal(read_path(f, path), 0);
    assert_int_equal(f->problems.n, 1);
}

static void read_over_the_limit_is_a_problem(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(truncate(f->path, (off_t)SW_MANIFEST_MAX_BYTES + 1), 0);
    assert_int_equal(read_path(f, f->path), 0);
    assert_int_equal(f->problems.n, 1);
    assert_problem(f, 0, 0, 0, "larger than the limit of 67108864 bytes");
}

/* Standard input is a socket under some runners, and those cannot be opened by name. */
static void read_takes_standard_input_from_a_socket(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "{apiVersion: v1, kind: Service}";
    int fds[2], before = dup(0);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
    close(fds[1]);
    assert_int_equal(dup2(fds[0], 0), 0);
    assert_int_equal(read_path(f, "-"), 0);
    dup2(before, 0);
    close(before);
    close(fds[0]);
    assert_int_equal(f->problems.n, 0);
    assert_int_equal(f->manifest.n, 1);
    assert_string_equal(f->manifest.items[0].path, "-");
}

static void read_of_a_closed_standard_input_is_a_problem(void **state)
{
    struct fixture *f = *state;
    int before = dup(0);

    close(0);
    assert_int_equal(read_path(f, "-"), 0);
    dup2(before, 0);
    close(before);
    assert_int_equal(f->problems.n, 1);
    assert_problem(f, 0, 0, 0, "Bad file descriptor");
}

static void assert_blamed(const char *object, const char *expected)
{
    struct sw_err err = {0};
    json_t *value;

    assert_int_equal(sw_json_read(sw_str_from(object), &value, &err), 0);
    sw_err_set(&err, SW_ETYPE, "spec: bad");
    assert_int_equal(sw_manifest_blame(value, &err), SW_ETYPE);
    assert_string_equal(err.message, expected);
}

static void blame_names_the_object(void **state)
{
    (void)state;
    assert_blamed("{\"kind\":\"Service\",\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}}",
                  "Service b/a: spec: bad");
    assert_blamed("{\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"}}", "Service a: spec: bad");
    assert_blamed("{\"kind\":\"Service\"}", "Service without a name: spec: bad");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(parse_takes_documents_and_lists_in_order),
        TEST(parse_adds_to_what_is_there),
        TEST(parse_notes_slips_and_makes_the_cluster_form),
        TEST(parse_gives_a_lists_slips_to_its_first_object),
        TEST(parse_of_bad_text_names_line_and_column),
        TEST(parse_of_bad_objects_takes_the_rest),
        TEST(parse_counts_problems_beyond_the_most),
        TEST(parse_without_problems_wanted),
        TEST(parse_fails_without_memory),
        TEST(read_takes_a_file),
        TEST(read_of_no_file_is_a_problem),
        TEST(read_of_a_name_longer_than_a_message_is_a_problem),
        TEST(read_over_the_limit_is_a_problem),
        TEST(read_takes_standard_input_from_a_socket),
        TEST(read_of_a_closed_standard_input_is_a_problem),
        TEST(blame_names_the_object),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
