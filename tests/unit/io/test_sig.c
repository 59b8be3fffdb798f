/* pkg/io/sig.c: signals are read, not suffered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "io/sig.h"

static int signal_fd = -1;

static int open_once(void **state)
{
    (void)state;
    return sw_sig_open(&signal_fd, NULL);
}

static int close_once(void **state)
{
    (void)state;
    return close(signal_fd);
}

static void take_gives_what_has_arrived(void **state)
{
    struct pollfd ready = {.fd = signal_fd, .events = POLLIN};

    (void)state;
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_int_equal(sw_sig_take(signal_fd), 0);
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGINT);
    assert_int_equal(poll(&ready, 1, 10000), 1);
    assert_int_equal(sw_sig_take(signal_fd), SIGINT);
    assert_int_equal(sw_sig_take(signal_fd), SIGTERM);
    assert_int_equal(sw_sig_take(signal_fd), 0);
}

/* Each of them would end the process. */
static void open_ignores_what_asks_for_a_reload_or_a_report(void **state)
{
    (void)state;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    assert_int_equal(sw_sig_take(signal_fd), 0);
}

static void open_ignores_sigxfsz(void **state)
{
    (void)state;
    kill(getpid(), SIGXFSZ);
    assert_int_equal(sw_sig_take(signal_fd), 0);
}

static void open_ignores_sigpipe(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), -1);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_gives_what_has_arrived),
        cmocka_unit_test(open_ignores_sigxfsz),
        cmocka_unit_test(open_ignores_sigpipe),
        cmocka_unit_test(open_ignores_what_asks_for_a_reload_or_a_report),
    };

    return cmocka_run_group_tests(tests, open_once, close_once);
}
