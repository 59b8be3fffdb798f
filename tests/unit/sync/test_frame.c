/* pkg/sync/frame.c: lines come out whole, however the bytes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sync/frame.h"

struct fixture {
    struct sw_frame frame;
    struct sw_buf lines; /* what came out, each line in brackets */
    int failure;         /* what on_line answers */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    sw_frame_init(&f->frame);
    sw_buf_init(&f->lines, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_frame_release(&f->frame);
    sw_buf_release(&f->lines);
    free(f);
    return 0;
}

static int on_line(void *context, struct sw_str line, struct sw_err *reterr)
{
    struct fixture *f = context;

    sw_buf_printf(&f->lines, "[%.*s]", SW_STR_ARG(line));
    return f->failure ? sw_err_set(reterr, f->failure, "not taken") : 0;
}

static int feed(struct fixture *f, const char *text)
{
    return sw_frame_feed(&f->frame, sw_str_from(text), on_line, f, NULL);
}

static void assert_lines(struct fixture *f, const char *expected)
{
    sw_buf_append(&f->lines, "", 1);
    assert_int_equal(sw_buf_status(&f->lines, NULL), 0);
    assert_string_equal(f->lines.data, expected);
}

static void feed_hands_on_every_whole_line(void **state)
{
    assert_int_equal(feed(*state, "one\ntwo\nhalf"), 0);
    assert_lines(*state, "[one][two]");
}

static void feed_joins_what_came_in_pieces(void **state)
{
    assert_int_equal(feed(*state, "o"), 0);
    assert_int_equal(feed(*state, ""), 0);
    assert_int_equal(feed(*state, "ne"), 0);
    assert_int_equal(feed(*state, "\nt"), 0);
    assert_int_equal(feed(*state, "wo\n"), 0);
    assert_lines(*state, "[one][two]");
}

static void feed_passes_over_empty_lines(void **state)
{
    assert_int_equal(feed(*state, "\n\none\n\n"), 0);
    assert_lines(*state, "[one]");
}

static void clear_forgets_half_a_line(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(feed(f, "half"), 0);
    sw_frame_clear(&f->frame);
    assert_int_equal(feed(f, "one\n"), 0);
    assert_lines(f, "[one]");
}

static void feed_stops_at_a_line_that_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};

    f->failure = SW_ETYPE;
    assert_int_equal(sw_frame_feed(&f->frame, SW_STR("one\ntwo\n"), on_line, f, &err), SW_ETYPE);
    assert_string_equal(err.message, "not taken");
    assert_lines(f, "[one]");
}

static void feed_of_a_line_over_the_cap_fails(void **state)
{
    struct fixture *f = *state;
    size_t len = SW_FRAME_MAX_LINE_BYTES;
    char *bytes = malloc(len);

    assert_non_null(bytes);
    memset(bytes, 'x', len);
    assert_int_equal(sw_frame_feed(&f->frame, (struct sw_str){bytes, len}, on_line, f, NULL), 0);
    assert_int_equal(feed(f, "x"), SW_ELIMIT);
    free(bytes);
    sw_frame_clear(&f->frame);
    assert_int_equal(feed(f, "one\n"), 0);
    assert_lines(f, "[one]");
}

#define FRAME_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRAME_TEST(feed_hands_on_every_whole_line),
        FRAME_TEST(feed_joins_what_came_in_pieces),
        FRAME_TEST(feed_passes_over_empty_lines),
        FRAME_TEST(clear_forgets_half_a_line),
        FRAME_TEST(feed_stops_at_a_line_that_is_not_taken),
        FRAME_TEST(feed_of_a_line_over_the_cap_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
