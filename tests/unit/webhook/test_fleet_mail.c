/* webhook/fleet_mail.c: one letter a cluster, the newest, and those that are gone first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "webhook/fleet_mail.h"

struct fixture {
    struct sw_log log;
    int log_fds[2];
    struct sw_fleet_mail mail;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f || pipe2(f->log_fds, O_NONBLOCK) < 0)
        return -1;
    sw_log_init(&f->log, f->log_fds[1], SW_LOG_INFO);
    *state = f;
    return sw_fleet_mail_init(&f->mail, &f->log, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_fleet_mail_release(&f->mail);
    close(f->log_fds[0]);
    close(f->log_fds[1]);
    free(f);
    return 0;
}

static void post(struct fixture *f, enum sw_fleet_change change, const char *name,
                 const char *kubeconfig, const char *error)
{
    const struct sw_fleet_event event = {change, sw_str_from(name), sw_str_from(kubeconfig), error};
    struct sw_fleet_sink sink = sw_fleet_mail_sink(&f->mail);

    assert_int_equal(sink.event(sink.context, &event, NULL), 0);
}

/* The next letter as "name=kubeconfig(error)" or "-name"; "" for none. */
static void assert_next(struct fixture *f, const char *expected)
{
    struct sw_fleet_letter *letter = sw_fleet_mail_take(&f->mail);
    char text[2048] = "";

    if (letter && letter->removed)
        snprintf(text, sizeof(text), "-%.*s", SW_STR_ARG(sw_buf_str(&letter->name)));
    else if (letter)
        snprintf(text, sizeof(text), "%.*s=%.*s(%s)", SW_STR_ARG(sw_buf_str(&letter->name)),
                 SW_STR_ARG(sw_buf_str(&letter->kubeconfig)), letter->error.message);
    sw_fleet_letter_free(letter);
    assert_string_equal(text, expected);
}

static bool is_readable(const struct fixture *f)
{
    struct pollfd fd = {.fd = sw_fleet_mail_fd(&f->mail), .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void letters_come_in_their_order(void **state)
{
    struct fixture *f = *state;

    assert_next(f, "");
    post(f, SW_FLEET_ADDED, "west", "w1", NULL);
    post(f, SW_FLEET_ADDED, "north", NULL, "why");
    assert_next(f, "west=w1()");
    assert_next(f, "north=(why)");
    assert_next(f, "");
}

static void a_newer_letter_replaces_an_older_one(void **state)
{
    struct fixture *f = *state;

    post(f, SW_FLEET_ADDED, "west", "w1", NULL);
    post(f, SW_FLEET_ADDED, "north", "n1", NULL);
    post(f, SW_FLEET_CHANGED, "west", "w2", "why");
    assert_next(f, "west=w2(why)");
    assert_next(f, "north=n1()");
    assert_next(f, "");
    post(f, SW_FLEET_REMOVED, "west", NULL, NULL);
    post(f, SW_FLEET_ADDED, "west", "w3", NULL);
    assert_next(f, "west=w3()");
    assert_next(f, "");
}

static void those_that_are_gone_come_first(void **state)
{
    struct fixture *f = *state;

    post(f, SW_FLEET_ADDED, "west", "w1", NULL);
    post(f, SW_FLEET_REMOVED, "north", NULL, NULL);
    post(f, SW_FLEET_REMOVED, "south", NULL, NULL);
    assert_next(f, "-north");
    assert_next(f, "-south");
    assert_next(f, "west=w1()");
}

static void a_letter_that_is_given_back_gives_way_to_a_newer_one(void **state)
{
    struct fixture *f = *state;
    struct sw_fleet_letter *letter;

    post(f, SW_FLEET_ADDED, "west", "w1", NULL);
    sw_fleet_mail_give_back(&f->mail, sw_fleet_mail_take(&f->mail));
    assert_next(f, "west=w1()");
    post(f, SW_FLEET_ADDED, "west", "w1", NULL);
    letter = sw_fleet_mail_take(&f->mail);
    post(f, SW_FLEET_CHANGED, "west", "w2", NULL);
    sw_fleet_mail_give_back(&f->mail, letter);
    assert_next(f, "west=w2()");
    assert_next(f, "");
}

static void news_make_it_readable(void **state)
{
    struct sw_fleet_status status = {.synced = true, .n_clusters = 2}, seen;
    struct fixture *f = *state;

    assert_false(is_readable(f));
    post(f, SW_FLEET_ADDED, "west", "w1", NULL);
    assert_true(is_readable(f));
    sw_fleet_mail_status(&f->mail, &seen);
    assert_false(is_readable(f));
    assert_false(seen.synced);
    sw_fleet_mail_tell(&f->mail, &status);
    assert_true(is_readable(f));
    sw_fleet_mail_status(&f->mail, &seen);
    assert_true(seen.synced);
    assert_int_equal(seen.n_clusters, 2);
    sw_fleet_mail_tell(&f->mail, &status); /* the same again is no news */
    assert_false(is_readable(f));
    sw_err_set(&status.error, SW_EIO, "away");
    sw_fleet_mail_tell(&f->mail, &status);
    assert_true(is_readable(f));
}

static void a_finding_is_a_line_of_the_log(void **state)
{
    struct fixture *f = *state;
    struct sw_fleet_sink sink = sw_fleet_mail_sink(&f->mail);
    char text[2048] = "";

    sink.finding(sink.context, "Secret a/b, key c: passed over");
    assert_true(read(f->log_fds[0], text, sizeof(text) - 1) > 0);
    assert_non_null(strstr(text, "\"level\":\"warn\",\"msg\":\"Secrets of remote clusters\","
                                 "\"error\":\"Secret a/b, key c: passed over\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(letters_come_in_their_order),
        TEST(a_newer_letter_replaces_an_older_one),
        TEST(those_that_are_gone_come_first),
        TEST(a_letter_that_is_given_back_gives_way_to_a_newer_one),
        TEST(news_make_it_readable),
        TEST(a_finding_is_a_line_of_the_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
