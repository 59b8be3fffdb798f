/* pkg/serve/room.c: who gives way, and who never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/peer.h"
#include "serve/room.h"

#define N_CONNS 3
#define MS      UINT64_C(1000000)
#define NOW     (UINT64_C(100000) * MS)

/* Three connections with a socket each, of one peer unless a test says otherwise. */
struct fixture {
    struct sw_peer peer, other;
    struct sw_conn conns[N_CONNS];
    int theirs[N_CONNS];
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.peer.n_connections = N_CONNS};
    for (size_t i = 0; i < N_CONNS; i++) {
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
            return -1;
        f.theirs[i] = fds[1];
        f.conns[i] = (struct sw_conn){.fd = fds[0],
                                      .peer = &f.peer,
                                      .n_answers = 1,
                                      .timer.phase = SW_PHASE_IDLE,
                                      .timer.since_ns = NOW,
                                      .next = i + 1 < N_CONNS ? &f.conns[i + 1] : NULL};
    }
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < N_CONNS; i++) {
        close(f->conns[i].fd);
        close(f->theirs[i]);
    }
    return 0;
}

static void set(struct fixture *f, size_t i, enum sw_phase phase, uint64_t age_ms)
{
    f->conns[i].timer.phase = phase;
    f->conns[i].timer.since_ns = f->conns[i].moved_ns = NOW - age_ms * MS;
}

static void hold(struct fixture *f, size_t i, struct sw_peer *peer, size_t bytes)
{
    f->conns[i].peer = peer;
    f->conns[i].held_bytes = bytes;
    peer->held_bytes += bytes;
}

static struct sw_conn *idlest(struct fixture *f)
{
    return sw_room_idlest(f->conns, NULL, NOW);
}

static struct sw_conn *heaviest(struct fixture *f)
{
    return sw_room_heaviest(f->conns, NOW);
}

static void the_one_idle_longest_makes_room(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_IDLE, 5000);
    set(f, 1, SW_PHASE_IDLE, 80000);
    set(f, 2, SW_PHASE_IDLE, 20000);
    assert_ptr_equal(idlest(f), &f->conns[1]);
}

static void nobody_does_who_was_used_just_now(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_IDLE, 999);
    assert_null(idlest(f));
    set(f, 0, SW_PHASE_IDLE, 1000);
    assert_ptr_equal(idlest(f), &f->conns[0]);
}

static void nobody_does_who_has_a_request(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_READING, 90000);
    set(f, 1, SW_PHASE_WAITING, 90000);
    set(f, 2, SW_PHASE_SENDING, 90000);
    assert_null(idlest(f));
}

static void nobody_does_who_has_sent_something(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_IDLE, 80000);
    set(f, 1, SW_PHASE_IDLE, 5000);
    assert_int_equal(send(f->theirs[0], "P", 1, 0), 1);
    assert_ptr_equal(idlest(f), &f->conns[1]);
    assert_int_equal(send(f->theirs[1], "P", 1, 0), 1);
    assert_null(idlest(f));
}

static void before_its_first_request_a_connection_gets_longer(void **state)
{
    struct fixture *f = *state;

    f->conns[0].n_answers = 0;
    set(f, 0, SW_PHASE_IDLE, 1999);
    assert_null(idlest(f));
    set(f, 0, SW_PHASE_IDLE, 2000);
    assert_ptr_equal(idlest(f), &f->conns[0]);
    /* As for how much longer than it must, 300 ms are more than 100. */
    set(f, 0, SW_PHASE_IDLE, 2100);
    set(f, 1, SW_PHASE_IDLE, 1300);
    assert_ptr_equal(idlest(f), &f->conns[1]);
}

static void a_handshake_that_stands_gets_less(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_HANDSHAKE, 249);
    assert_null(idlest(f));
    set(f, 0, SW_PHASE_HANDSHAKE, 250);
    assert_ptr_equal(idlest(f), &f->conns[0]);
    assert_int_equal(send(f->theirs[0], "P", 1, 0), 1);
    assert_null(idlest(f));
}

static void who_only_lingers_does_so_at_once(void **state)
{
    struct fixture *f = *state;

    set(f, 1, SW_PHASE_LINGERING, 0);
    assert_int_equal(send(f->theirs[1], "P", 1, 0), 1);
    assert_ptr_equal(idlest(f), &f->conns[1]);
}

static void of_one_peer_alone_when_asked(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_IDLE, 80000);
    set(f, 1, SW_PHASE_IDLE, 5000);
    f->conns[1].peer = &f->other;
    assert_ptr_equal(sw_room_idlest(f->conns, &f->other, NOW), &f->conns[1]);
    f->conns[1].is_cut = true;
    assert_null(sw_room_idlest(f->conns, &f->other, NOW));
}

static void the_slowest_gives_its_bytes_back(void **state)
{
    struct fixture *f = *state;

    hold(f, 0, &f->peer, 5000000);
    hold(f, 1, &f->other, 100000);
    hold(f, 2, &f->other, 100000);
    set(f, 0, SW_PHASE_READING, 999);
    set(f, 1, SW_PHASE_READING, 1000);
    set(f, 2, SW_PHASE_SENDING, 3000);
    assert_ptr_equal(heaviest(f), &f->conns[2]);
    f->conns[2].is_cut = true;
    assert_ptr_equal(heaviest(f), &f->conns[1]);
    f->conns[1].is_shed = true;
    assert_ptr_equal(heaviest(f), &f->conns[0]);
}

/* Old, but getting on: on a busy server everybody is old. */
static void who_gets_on_is_not_slow(void **state)
{
    struct fixture *f = *state;

    hold(f, 0, &f->peer, 100000);
    hold(f, 1, &f->other, 5000000);
    set(f, 0, SW_PHASE_READING, 5000);
    set(f, 1, SW_PHASE_READING, 3000);
    f->conns[0].moved_ns = NOW - 999 * MS;
    f->conns[1].moved_ns = NOW;
    assert_ptr_equal(heaviest(f), &f->conns[1]); /* which holds more */
    f->conns[0].moved_ns = NOW - 1000 * MS;
    assert_ptr_equal(heaviest(f), &f->conns[0]);
}

static void else_the_newest_of_who_holds_most(void **state)
{
    struct fixture *f = *state;

    hold(f, 0, &f->peer, 3000000);
    hold(f, 1, &f->peer, 3000000);
    hold(f, 2, &f->other, 4000000);
    set(f, 0, SW_PHASE_READING, 20);
    set(f, 1, SW_PHASE_READING, 10);
    set(f, 2, SW_PHASE_READING, 5);
    assert_ptr_equal(heaviest(f), &f->conns[1]);
}

static void never_one_that_waits_for_us(void **state)
{
    struct fixture *f = *state;

    hold(f, 0, &f->peer, 7000000);
    hold(f, 1, &f->peer, 7000000);
    set(f, 0, SW_PHASE_WAITING, 60000);
    set(f, 1, SW_PHASE_SENDING, 100);
    assert_null(heaviest(f));
}

static void never_one_that_holds_nothing(void **state)
{
    struct fixture *f = *state;

    set(f, 0, SW_PHASE_READING, 9000);
    assert_null(heaviest(f));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_one_idle_longest_makes_room),
        TEST(nobody_does_who_was_used_just_now),
        TEST(nobody_does_who_has_a_request),
        TEST(nobody_does_who_has_sent_something),
        TEST(before_its_first_request_a_connection_gets_longer),
        TEST(a_handshake_that_stands_gets_less),
        TEST(who_only_lingers_does_so_at_once),
        TEST(of_one_peer_alone_when_asked),
        TEST(the_slowest_gives_its_bytes_back),
        TEST(who_gets_on_is_not_slow),
        TEST(else_the_newest_of_who_holds_most),
        TEST(never_one_that_waits_for_us),
        TEST(never_one_that_holds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
