/* pkg/io/log.c: every line is one JSON object, whole, and nobody is kept waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/log.h"

struct fixture {
    int read_fd, write_fd;
    struct sw_log log;
    FILE *lines;
    char *line;
    size_t line_size;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fds[2];

    if (!f || pipe(fds) < 0)
        return -1;
    f->read_fd = fds[0];
    f->write_fd = fds[1];
    f->lines = fdopen(f->read_fd, "r");
    sw_log_init(&f->log, f->write_fd, SW_LOG_DEBUG);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fclose(f->lines);
    close(f->write_fd);
    free(f->line);
    free(f);
    return 0;
}

/* The next line, parsed; the caller drops it. */
static json_t *next(struct fixture *f)
{
    json_error_t error;
    json_t *record;
    ssize_t len = getline(&f->line, &f->line_size, f->lines);

    assert_true(len > 1 && len <= SW_LOG_LINE_MAX);
    assert_int_equal(f->line[len - 1], '\n');
    record = json_loads(f->line, JSON_REJECT_DUPLICATES, &error);
    if (!record)
        fail_msg("not JSON (%s): %s", error.text, f->line);
    return record;
}

static const char *text_of(const json_t *record, const char *key)
{
    const char *text = json_string_value(json_object_get(record, key));

    assert_non_null(text);
    return text;
}

static void write_gives_one_object_a_line(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {.code = SW_EIO, .message = "no route"};
    const char *at;

    sw_log(&f->log, SW_LOG_WARN, "cannot list", sw_log_text("cluster", "east"),
           sw_log_str("part", (struct sw_str){"abcdef", 3}), sw_log_int("delta", INT64_MIN),
           sw_log_uint("n", INT64_MAX), sw_log_bool("yes", true), sw_log_bool("no", false),
           sw_log_text("none", NULL), sw_log_err(&err));
    json_decref(next(f));
    assert_int_equal(strncmp(f->line, "{\"time\":\"", 9), 0);
    at = strchr(f->line, 'Z');
    assert_non_null(at);
    assert_string_equal(at, "Z\",\"level\":\"warn\",\"msg\":\"cannot list\",\"cluster\":\"east\","
                            "\"part\":\"abc\",\"delta\":-9223372036854775808,"
                            "\"n\":9223372036854775807,\"yes\":true,\"no\":false,"
                            "\"none\":\"\",\"error\":\"no route\"}\n");
}

static void write_without_fields(void **state)
{
    struct fixture *f = *state;
    json_t *record;

    sw_log(&f->log, SW_LOG_INFO, "started");
    record = next(f);
    assert_string_equal(text_of(record, "level"), "info");
    assert_string_equal(text_of(record, "msg"), "started");
    json_decref(record);
}

static void write_tells_the_time(void **state)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    struct fixture *f = *state;
    json_t *record;
    const char *time;

    sw_log(&f->log, SW_LOG_INFO, "x");
    record = next(f);
    time = text_of(record, "time");
    assert_int_equal(strlen(time), strlen(form));
    for (size_t i = 0; form[i]; i++)
        assert_true(form[i] == '0' ? time[i] >= '0' && time[i] <= '9' : time[i] == form[i]);
    json_decref(record);
}

static void write_escapes(void **state)
{
    struct fixture *f = *state;
    json_t *record;

    sw_log(&f->log, SW_LOG_INFO, "x",
           sw_log_text("s", "q\" b\\ n\n t\t e\x1b d\x7f \xc3\xbc \xe2\x82\xac \xff \xc3"));
    record = next(f);
    assert_string_equal(text_of(record, "s"), "q\" b\\ n\n t\t e\x1b d\x7f \xc3\xbc \xe2\x82\xac "
                                              "\xef\xbf\xbd \xef\xbf\xbd");
    json_decref(record);
}

static void write_keeps_a_newline_inside_the_line(void **state)
{
    struct fixture *f = *state;

    sw_log(&f->log, SW_LOG_INFO, "x", sw_log_text("forged", "a\n{\"level\":\"error\"}\n"));
    json_decref(next(f));
    sw_log(&f->log, SW_LOG_INFO, "y");
    json_decref(next(f));
    assert_non_null(strstr(f->line, "\"msg\":\"y\""));
}

static void write_filters_by_level(void **state)
{
    struct fixture *f = *state;
    json_t *record;

    sw_log_init(&f->log, f->write_fd, SW_LOG_WARN);
    sw_log(&f->log, SW_LOG_DEBUG, "a");
    sw_log(&f->log, SW_LOG_INFO, "b");
    sw_log(&f->log, SW_LOG_WARN, "c");
    sw_log(&f->log, SW_LOG_ERROR, "d");
    sw_log(NULL, SW_LOG_ERROR, "e");
    record = next(f);
    assert_string_equal(text_of(record, "msg"), "c");
    json_decref(record);
    record = next(f);
    assert_string_equal(text_of(record, "msg"), "d");
    json_decref(record);
}

/* A value of every length around the cap: always JSON, never over it. */
static void write_cuts_a_long_value(void **state)
{
    struct fixture *f = *state;
    static char value[SW_LOG_LINE_MAX + 10];

    for (size_t len = SW_LOG_LINE_MAX - 130; len < sizeof(value); len++) {
        json_t *record;

        memset(value, len % 2 ? 'x' : '\x01', len);
        value[len] = 0;
        sw_log(&f->log, SW_LOG_INFO, "long", sw_log_text("value", value), sw_log_int("n", 1));
        record = next(f);
        if (json_object_get(record, "cut")) {
            assert_null(json_object_get(record, "n"));
            assert_true(strlen(text_of(record, "value")) <= len);
        } else {
            assert_int_equal(strlen(text_of(record, "value")), len);
            assert_int_equal(json_integer_value(json_object_get(record, "n")), 1);
        }
        json_decref(record);
    }
    assert_non_null(strstr(f->line, "\"cut\":true}"));
}

static void write_drops_whole_fields_that_do_not_fit(void **state)
{
    struct fixture *f = *state;
    struct sw_log_field fields[600] = {{.key = NULL}};
    json_t *record;

    for (size_t i = 0; i < 599; i++)
        fields[i] = sw_log_text("some_key", "v");
    sw_log_write(&f->log, SW_LOG_INFO, "many", fields);
    assert_true(getline(&f->line, &f->line_size, f->lines) > SW_LOG_LINE_MAX - 100);
    record = json_loads(f->line, 0, NULL);
    assert_non_null(record);
    assert_true(json_is_true(json_object_get(record, "cut")));
    json_decref(record);
}

static void fill_pipe(const struct fixture *f)
{
    fcntl(f->write_fd, F_SETFL, O_NONBLOCK);
    while (write(f->write_fd, "{}\n", 3) == 3)
        ;
    while (write(f->write_fd, "\n", 1) == 1)
        ;
    fcntl(f->write_fd, F_SETFL, 0);
}

static void write_drops_and_counts_where_the_pipe_is_full(void **state)
{
    struct fixture *f = *state;

    fill_pipe(f);
    errno = 0;
    sw_log(&f->log, SW_LOG_ERROR, "lost one");
    sw_log(&f->log, SW_LOG_ERROR, "lost two");
    assert_int_equal(errno, 0);
    while (getline(&f->line, &f->line_size, f->lines) >= 0 && strcmp(f->line, "\n") != 0)
        ;
    sw_log(&f->log, SW_LOG_ERROR, "through");
    sw_log(&f->log, SW_LOG_ERROR, "after");
    while (getline(&f->line, &f->line_size, f->lines) >= 0 && !strstr(f->line, "through"))
        assert_null(strstr(f->line, "lost"));
    assert_non_null(strstr(f->line, "\"msg\":\"through\",\"dropped\":2}"));
    assert_true(getline(&f->line, &f->line_size, f->lines) > 0);
    assert_non_null(strstr(f->line, "\"msg\":\"after\"}"));
}

#define N_THREADS 4
#define N_RECORDS 500

static void *log_much(void *arg)
{
    struct fixture *f = arg;

    for (int i = 0; i < N_RECORDS; i++)
        sw_log(&f->log, SW_LOG_INFO, "one of many", sw_log_int("i", i),
               sw_log_text("padding", "................................................"));
    return NULL;
}

static void *log_from_threads(void *arg)
{
    struct fixture *f = arg;
    pthread_t threads[N_THREADS];

    for (size_t i = 0; i < N_THREADS; i++)
        if (pthread_create(&threads[i], NULL, log_much, f) != 0)
            abort();
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    sw_log(&f->log, SW_LOG_INFO, "end");
    close(f->write_fd);
    return NULL;
}

static void write_mixes_no_lines_of_threads(void **state)
{
    struct fixture *f = *state;
    uint64_t n = 0, n_dropped = 0;
    pthread_t writer;
    json_t *record;

    assert_int_equal(pthread_create(&writer, NULL, log_from_threads, f), 0);
    while (getline(&f->line, &f->line_size, f->lines) >= 0) {
        record = json_loads(f->line, 0, NULL);
        assert_non_null(record);
        n++;
        n_dropped += (uint64_t)json_integer_value(json_object_get(record, "dropped"));
        json_decref(record);
    }
    pthread_join(writer, NULL);
    n_dropped += f->log.n_dropped;
    assert_int_equal(n + n_dropped, N_THREADS * N_RECORDS + 1);
    f->write_fd = dup(2); /* for the teardown to close */
}

static void level_parse_knows_four(void **state)
{
    enum sw_log_level level = SW_LOG_DEBUG;

    (void)state;
    assert_true(sw_log_level_parse(SW_STR("error"), &level));
    assert_int_equal(level, SW_LOG_ERROR);
    assert_true(sw_log_level_parse(SW_STR("warn"), &level));
    assert_int_equal(level, SW_LOG_WARN);
    assert_true(sw_log_level_parse(SW_STR("debug"), &level));
    assert_int_equal(level, SW_LOG_DEBUG);
    assert_true(sw_log_level_parse(SW_STR("info"), &level));
    assert_int_equal(level, SW_LOG_INFO);
    assert_false(sw_log_level_parse(SW_STR("INFO"), &level));
    assert_false(sw_log_level_parse(SW_STR(""), &level));
    assert_int_equal(level, SW_LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(write_gives_one_object_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(write_without_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(write_tells_the_time, setup, teardown),
        cmocka_unit_test_setup_teardown(write_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(write_keeps_a_newline_inside_the_line, setup, teardown),
        cmocka_unit_test_setup_teardown(write_filters_by_level, setup, teardown),
        cmocka_unit_test_setup_teardown(write_cuts_a_long_value, setup, teardown),
        cmocka_unit_test_setup_teardown(write_drops_whole_fields_that_do_not_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(write_drops_and_counts_where_the_pipe_is_full, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(write_mixes_no_lines_of_threads, setup, teardown),
        cmocka_unit_test(level_parse_knows_four),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
