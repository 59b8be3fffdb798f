/* pkg/serve/line.c: how late a loop is, and whose large request comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <unistd.h>

#include "io/clock.h"
#include "serve/line.h"

#define MS UINT64_C(1000000)

static void a_turn_begins_when_it_is_first_asked_for(void **state)
{
    struct sw_line line = {.index = 0};
    uint64_t before_ns = sw_clock_mono_ns(), turn_ns = sw_line_turn(&line);

    (void)state;
    assert_in_range(turn_ns, before_ns, sw_clock_mono_ns());
    usleep(2000);
    assert_int_equal(sw_line_turn(&line), turn_ns);
    sw_line_end_turn(&line, turn_ns + 5 * MS);
    assert_true(sw_line_turn(&line) > turn_ns);
}

static void what_is_read_may_have_come_during_the_turn_before(void **state)
{
    struct sw_line line = {.index = 0};
    uint64_t turn_ns = sw_line_turn(&line);

    (void)state;
    assert_int_equal(sw_line_came_ns(&line), turn_ns);
    sw_line_end_turn(&line, turn_ns + 5 * MS);
    turn_ns = sw_line_turn(&line);
    assert_int_equal(sw_line_came_ns(&line), turn_ns - 5 * MS);
    sw_line_end_turn(&line, turn_ns + MS);
    sw_line_end_turn(&line, turn_ns + 9 * MS); /* a turn in which nothing was read */
    turn_ns = sw_line_turn(&line);
    assert_int_equal(sw_line_came_ns(&line), turn_ns);
}

static void an_empty_row_gives_nothing(void **state)
{
    struct sw_line line = {.index = 0};

    (void)state;
    assert_null(sw_line_pop(&line, 1));
}

static void one_peer_is_served_in_order(void **state)
{
    struct sw_line line = {.index = 0};
    struct sw_peer peer = {.n_connections = 3};
    struct sw_conn conns[3] = {{.peer = &peer}, {.peer = &peer}, {.peer = &peer}};
    struct sw_line_item items[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        items[i].conn = &conns[i];
        sw_line_push(&line, &items[i]);
        assert_true(conns[i].waits);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(sw_line_pop(&line, 10 + i), &items[i]);
        assert_false(conns[i].waits);
    }
    assert_null(line.row);
}

static void peers_take_turns(void **state)
{
    struct sw_line line = {.index = 0};
    struct sw_peer many = {.n_connections = 3}, few = {.n_connections = 1};
    struct sw_conn conns[4] = {{.peer = &many}, {.peer = &many}, {.peer = &many}, {.peer = &few}};
    struct sw_line_item items[4];
    static const size_t expected[] = {0, 3, 1, 2};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        items[i].conn = &conns[i];
        sw_line_push(&line, &items[i]);
    }
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(sw_line_pop(&line, 10 + i), &items[expected[i]]);
}

static void one_that_was_cut_is_taken_out_too(void **state)
{
    struct sw_line line = {.index = 0};
    struct sw_conn conn = {.is_cut = true};
    struct sw_line_item item = {.conn = &conn};

    (void)state;
    sw_line_push(&line, &item);
    assert_ptr_equal(sw_line_pop(&line, 1), &item);
}

static void it_is_stuck_while_answers_hold_too_much(void **state)
{
    struct sw_line line = {.max_held_bytes = 100};

    (void)state;
    assert_false(sw_line_is_stuck(&line));
    line.held_bytes = 101; /* by requests alone: to answer them is what helps */
    assert_false(sw_line_is_stuck(&line));
    line.answer_bytes = 1;
    assert_true(sw_line_is_stuck(&line));
    line.held_bytes = 100;
    assert_false(sw_line_is_stuck(&line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_begins_when_it_is_first_asked_for),
        cmocka_unit_test(what_is_read_may_have_come_during_the_turn_before),
        cmocka_unit_test(an_empty_row_gives_nothing),
        cmocka_unit_test(one_peer_is_served_in_order),
        cmocka_unit_test(peers_take_turns),
        cmocka_unit_test(it_is_stuck_while_answers_hold_too_much),
        cmocka_unit_test(one_that_was_cut_is_taken_out_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
