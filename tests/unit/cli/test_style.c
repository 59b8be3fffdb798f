/* pkg/cli/style.c: colours where they are wanted, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/style.h"

struct terminal {
    int master, slave;
};

static int setup(void **state)
{
    struct terminal *terminal = malloc(sizeof(*terminal));

    *state = terminal;
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    return terminal ? openpty(&terminal->master, &terminal->slave, NULL, NULL, NULL) : -1;
}

static int teardown(void **state)
{
    struct terminal *terminal = *state;

    close(terminal->master);
    close(terminal->slave);
    free(terminal);
    return 0;
}

static bool wanted(void **state)
{
    return sw_style_wants_colours(((struct terminal *)*state)->slave);
}

static void wants_colours_on_a_terminal(void **state)
{
    assert_true(wanted(state));
}

static void wants_colours_unless_no_color_is_set(void **state)
{
    setenv("NO_COLOR", "", 1);
    assert_true(wanted(state)); /* no-color.org: "when present and not an empty string" */
    setenv("NO_COLOR", "1", 1);
    assert_false(wanted(state));
}

static void wants_colours_unless_the_terminal_has_none(void **state)
{
    setenv("TERM", "dumb", 1);
    assert_false(wanted(state));
    unsetenv("TERM");
    assert_false(wanted(state));
}

static void wants_colours_not_in_a_pipe(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_false(sw_style_wants_colours(fds[1]));
    close(fds[0]);
    close(fds[1]);
}

static void begin_and_end_enclose_what_stands_out(void **state)
{
    (void)state;
    assert_string_equal(sw_style_begin(SW_STYLE_BAD, true), "\033[1;31m");
    assert_string_equal(sw_style_end(SW_STYLE_BAD, true), "\033[0m");
    assert_string_equal(sw_style_begin(SW_STYLE_BAD, false), "");
    assert_string_equal(sw_style_end(SW_STYLE_BAD, false), "");
    assert_string_equal(sw_style_begin(SW_STYLE_PLAIN, true), "");
    assert_string_equal(sw_style_end(SW_STYLE_PLAIN, true), "");
}

static void append_blanks_what_controls_a_terminal(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 100);
    sw_style_append(&buf, SW_STR("a\033[2Jb\n\177\302\233\302\237c\302\240\303\244\302"));
    assert_int_equal(buf.len, 18);
    assert_memory_equal(buf.data, "a [2Jb      c\302\240\303\244\302", 18);
    sw_style_append(&buf, (struct sw_str){NULL, 0});
    assert_int_equal(buf.len, 18);
}

/* By which "cart" can read as "trac", and one line as two. */
static void append_blanks_what_turns_text_around(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 200);
    sw_style_append(&buf,
                    SW_STR("a\u202eb\u202ac\u2066d\u2069e\u200ef\u200fg\u061ch\u2028i\u2029"));
    assert_int_equal(buf.len, 35);
    assert_memory_equal(buf.data, "a   b   c   d   e   f   g  h   i   ", 35);
    sw_buf_clear(&buf);
    sw_style_append(&buf, SW_STR("\u200d\u2030\u2065\u206a\u05d0\U0001f600"));
    assert_memory_equal(buf.data, "\u200d\u2030\u2065\u206a\u05d0\U0001f600", buf.len);
    assert_int_equal(buf.len, 18);
}

static void json_is_escaped_where_a_terminal_would_act(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, 200);
    sw_style_append_json(&buf,
                         SW_STR("{\"a\":\"x\177\302\233\u202e\u2028\303\244\\n\U0001f600\"}\n"));
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data,
                        "{\"a\":\"x\\u007F\\u009B\\u202E\\u2028\303\244\\n\U0001f600\"}\n");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(wants_colours_on_a_terminal),
        TEST(wants_colours_unless_no_color_is_set),
        TEST(wants_colours_unless_the_terminal_has_none),
        TEST(wants_colours_not_in_a_pipe),
        TEST(append_blanks_what_controls_a_terminal),
        TEST(append_blanks_what_turns_text_around),
        TEST(json_is_escaped_where_a_terminal_would_act),
        TEST(begin_and_end_enclose_what_stands_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
