/* pkg/serve/conn.c: counted, listed, and ended by its socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/conn.h"
#include "serve/line.h"
#include "serve/loop.h"
#include "serve/stats.h"
#include "serve/tls.h"

#define MS UINT64_C(1000000)

struct fixture {
    struct sw_server_stats stats;
    struct sw_loop_shared shared;
    struct sw_line line;
    struct sw_conn *list;
    int ours, theirs; /* two ends of one connection */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fds[2];

    if (!f || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return -1;
    f->ours = fds[0];
    f->theirs = fds[1];
    f->shared.stats = &f->stats;
    f->shared.max_connections = 2;
    sw_peers_init(&f->shared.peers);
    f->shared.limits_ns[SW_PHASE_READING] = 10 * MS;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_peers_release(&f->shared.peers);
    close(f->ours);
    close(f->theirs);
    free(f);
    return 0;
}

static struct sw_conn *make(struct fixture *f)
{
    struct sw_conn *conn = NULL;

    if (sw_conn_reserve(&f->shared))
        conn = sw_conn_new(&f->shared, &f->list, f->ours);
    assert_non_null(conn);
    conn->line = &f->line;
    return conn;
}

/* Whether the peer sees the end of the stream. */
static bool is_shut(const struct fixture *f)
{
    char byte;

    return recv(f->theirs, &byte, 1, MSG_DONTWAIT) == 0;
}

static void new_is_listed_and_counted(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *first = make(f), *second = make(f);

    assert_ptr_equal(f->list, second);
    assert_ptr_equal(second->next, first);
    assert_int_equal(f->shared.n_connections, 2);
    assert_ptr_equal(first->peer, second->peer);
    assert_int_equal(first->peer->n_connections, 2);
    assert_false(sw_conn_reserve(&f->shared));
    assert_int_equal(f->shared.n_connections, 2);
    sw_conn_free(second);
    assert_int_equal(first->peer->n_connections, 1);
    assert_ptr_equal(f->list, first);
    assert_int_equal(f->shared.n_connections, 1);
    sw_conn_free(first);
    assert_null(f->list);
    assert_int_equal(f->shared.n_connections, 0);
}

/* Not even for a moment may it be spoken to without TLS. */
static void new_refuses_where_tls_has_no_certificate_yet(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sw_tls_new(&(struct sw_tls_options){.late = true}, &f->shared.tls, NULL), 0);
    assert_true(sw_conn_reserve(&f->shared));
    assert_null(sw_conn_new(&f->shared, &f->list, f->ours));
    assert_null(f->list);
    assert_int_equal(f->shared.n_connections, 0);
    sw_tls_free(f->shared.tls);
}

static void free_takes_the_right_one_out_of_the_list(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *last = make(f), *first = make(f);

    sw_conn_free(last);
    assert_ptr_equal(f->list, first);
    assert_null(first->next);
    sw_conn_free(first);
}

static void check_shuts_what_takes_too_long(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    sw_conn_check(conn, SW_PHASE_READING, 1000 * MS, 0);
    sw_conn_check(conn, SW_PHASE_READING, 1009 * MS, 0);
    assert_false(is_shut(f));
    sw_conn_check(conn, SW_PHASE_READING, 1010 * MS, 0);
    assert_true(is_shut(f));
    sw_conn_free(conn);
}

static void check_spares_an_idle_one_to_which_a_request_has_just_come(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    f->shared.limits_ns[SW_PHASE_IDLE] = 10 * MS;
    sw_conn_check(conn, SW_PHASE_IDLE, 1000 * MS, 0);
    assert_int_equal(send(f->theirs, "G", 1, 0), 1);
    sw_conn_check(conn, SW_PHASE_IDLE, 1010 * MS, 0);
    assert_false(is_shut(f));
    sw_conn_free(conn);
}

static void check_while_stopping_waits_for_work(void **state)
{
    static const enum sw_phase working[] = {SW_PHASE_HANDSHAKE, SW_PHASE_READING, SW_PHASE_SENDING};
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    for (size_t i = 0; i < 3; i++)
        sw_conn_check(conn, working[i], 1000 * MS, 5000 * MS);
    assert_false(is_shut(f));
    assert_int_equal(f->shared.n_cut, 0);
    sw_conn_check(conn, SW_PHASE_SENDING, 5000 * MS, 5000 * MS);
    assert_true(is_shut(f));
    assert_int_equal(f->shared.n_cut, 1);
    sw_conn_check(conn, SW_PHASE_SENDING, 5010 * MS, 5000 * MS);
    assert_int_equal(f->shared.n_cut, 1);
    sw_conn_free(conn);
}

static void check_while_stopping_ends_the_idle(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    conn->n_answers = 1;
    sw_conn_check(conn, SW_PHASE_IDLE, 1000 * MS, 5000 * MS);
    assert_true(is_shut(f));
    assert_int_equal(f->shared.n_cut, 0);
    sw_conn_free(conn);
}

static void check_while_stopping_sees_a_request_that_has_just_come(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    conn->n_answers = 1;
    assert_int_equal(send(f->theirs, "G", 1, 0), 1);
    sw_conn_check(conn, SW_PHASE_IDLE, 1000 * MS, 5000 * MS);
    assert_false(is_shut(f));
    sw_conn_free(conn);
}

static void check_while_stopping_gives_a_new_one_a_moment(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    sw_conn_check(conn, SW_PHASE_IDLE, 1000 * MS, 5000 * MS);
    sw_conn_check(conn, SW_PHASE_IDLE, 1499 * MS, 5000 * MS);
    assert_false(is_shut(f));
    sw_conn_check(conn, SW_PHASE_IDLE, 1500 * MS, 5000 * MS);
    assert_true(is_shut(f));
    sw_conn_free(conn);
}

static void cut_gives_its_place_back_at_once(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f), *other = make(f);

    sw_conn_hold(conn, 1000);
    sw_conn_hold(other, 500);
    assert_int_equal(f->line.held_bytes, 1500);
    assert_int_equal(other->peer->held_bytes, 1500);
    sw_conn_cut(conn);
    assert_true(is_shut(f));
    assert_int_equal(f->shared.n_connections, 1);
    assert_int_equal(other->peer->n_connections, 1);
    assert_int_equal(f->line.held_bytes, 500);
    sw_conn_hold(conn, 2000); /* of no account any more */
    assert_int_equal(f->line.held_bytes, 500);
    sw_conn_free(conn);
    assert_int_equal(f->shared.n_connections, 1);
    sw_conn_free(other);
    assert_int_equal(f->shared.n_connections, 0);
    assert_int_equal(f->line.held_bytes, 0);
}

static void answer_is_summed_up_too(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f), *other = make(f);

    sw_conn_answer(conn, 1000);
    sw_conn_answer(other, 10);
    sw_conn_answer(conn, 300);
    assert_int_equal(f->line.answer_bytes, 310);
    sw_conn_cut(conn);
    assert_int_equal(f->line.answer_bytes, 10);
    sw_conn_answer(other, 0);
    assert_int_equal(f->line.answer_bytes, 0);
    sw_conn_free(conn);
    sw_conn_free(other);
}

static void hold_replaces_what_was_held(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    sw_conn_hold(conn, 1000);
    sw_conn_hold(conn, 300);
    assert_int_equal(f->line.held_bytes, 300);
    assert_int_equal(conn->peer->held_bytes, 300);
    sw_conn_free(conn);
    assert_int_equal(f->line.held_bytes, 0);
}

static void note_tells_when_it_last_got_on(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    sw_conn_note(conn, SW_PHASE_READING, 100, 1000 * MS);
    assert_int_equal(conn->moved_ns, 1000 * MS);
    sw_conn_note(conn, SW_PHASE_READING, 100 + SW_CONN_MOVE_BYTES - 1, 1001 * MS);
    assert_int_equal(conn->moved_ns, 1000 * MS);
    sw_conn_note(conn, SW_PHASE_READING, 100 + SW_CONN_MOVE_BYTES, 1002 * MS);
    assert_int_equal(conn->moved_ns, 1002 * MS);
    assert_int_equal(conn->timer.since_ns, 1000 * MS);
    sw_conn_note(conn, SW_PHASE_SENDING, 0, 1003 * MS);
    assert_int_equal(conn->moved_ns, 1003 * MS);
    conn->n_answers++; /* the next request of the same kind begins anew */
    sw_conn_note(conn, SW_PHASE_SENDING, 0, 1004 * MS);
    assert_int_equal(conn->moved_ns, 1004 * MS);
    sw_conn_free(conn);
}

static void linger_keeps_the_socket(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);
    char byte;

    assert_false(sw_conn_linger(conn));
    sw_conn_keep(conn);
    sw_conn_keep(conn);
    close(f->ours);
    assert_true(sw_conn_linger(conn));
    assert_int_equal(conn->timer.phase, SW_PHASE_LINGERING);
    assert_true(is_shut(f));
    assert_int_equal(send(f->theirs, "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(conn->fd, &byte, 1, 0), 1);
    f->ours = conn->fd;
    sw_conn_free(conn);
}

static void linger_not_after_a_cut(void **state)
{
    struct fixture *f = *state;
    struct sw_conn *conn = make(f);

    sw_conn_keep(conn);
    sw_conn_check(conn, SW_PHASE_READING, 1000 * MS, 0);
    sw_conn_check(conn, SW_PHASE_READING, 2000 * MS, 0);
    assert_false(sw_conn_linger(conn));
    sw_conn_free(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(new_is_listed_and_counted),
        TEST(new_refuses_where_tls_has_no_certificate_yet),
        TEST(free_takes_the_right_one_out_of_the_list),
        TEST(check_shuts_what_takes_too_long),
        TEST(check_spares_an_idle_one_to_which_a_request_has_just_come),
        TEST(check_while_stopping_waits_for_work),
        TEST(check_while_stopping_ends_the_idle),
        TEST(check_while_stopping_sees_a_request_that_has_just_come),
        TEST(check_while_stopping_gives_a_new_one_a_moment),
        TEST(cut_gives_its_place_back_at_once),
        TEST(answer_is_summed_up_too),
        TEST(hold_replaces_what_was_held),
        TEST(note_tells_when_it_last_got_on),
        TEST(linger_keeps_the_socket),
        TEST(linger_not_after_a_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
