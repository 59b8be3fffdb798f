/* webhook/admit_log.c: what is said of an answer, how often, and that nothing more is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "webhook/admit_log.h"

static int fds[2];
static struct sw_log to;
static struct sw_admit_log to_admit;
static char text[1 << 16];

static int setup(void **state)
{
    (void)state;
    if (pipe2(fds, O_NONBLOCK) < 0)
        return -1;
    sw_log_init(&to, fds[1], SW_LOG_INFO);
    sw_admit_log_init(&to_admit, &to);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close(fds[0]);
    close(fds[1]);
    return 0;
}

/* Reads what was logged into `text`; returns its number of lines. */
static size_t read_lines(void)
{
    ssize_t len = read(fds[0], text, sizeof(text) - 1);
    size_t n = 0;

    text[len > 0 ? len : 0] = '\0';
    for (const char *p = text; *p; p++)
        n += *p == '\n';
    return n;
}

static void say(struct sw_admit_answer answer, uint64_t now_ms)
{
    sw_admit_log_answer(&to_admit, &answer, SW_STR("10.0.0.1:80"), now_ms);
}

static struct sw_admit_answer answer_of(enum sw_verdict verdict)
{
    return (struct sw_admit_answer){
        .verdict = verdict,
        .review = {.uid = SW_STR("u"),
                   .kind_name = SW_STR("Service"),
                   .namespace_ = SW_STR("shop"),
                   .name = SW_STR("cart")},
    };
}

static void answer_without_findings_says_nothing(void **state)
{
    (void)state;
    say(answer_of(SW_VERDICT_ALLOWED), 1);
    say(answer_of(SW_VERDICT_PATCHED), 1);
    assert_int_equal(read_lines(), 0);
}

static void answer_with_findings_says_each(void **state)
{
    struct sw_finding warning = {SW_UNNAMED_PORT, "spec.ports[0]", "name it"};
    struct sw_finding refusal = {SW_WORKSPACE_UNKNOWN, "metadata", "no such workspace"};
    struct sw_admit_answer answer = answer_of(SW_VERDICT_REFUSED);

    (void)state;
    answer.outcome.warnings = (struct sw_findings){&warning, 1};
    answer.outcome.refusals = (struct sw_findings){&refusal, 1};
    say(answer, 1);
    assert_int_equal(read_lines(), 2);
    assert_non_null(strstr(text, "\"level\":\"info\",\"msg\":\"refused\",\"uid\":\"u\",\"kind\":"
                                 "\"Service\",\"namespace\":\"shop\",\"name\":\"cart\","
                                 "\"reason\":\"WorkspaceUnknown\",\"path\":\"metadata\","
                                 "\"message\":\"no such workspace\"}"));
    assert_non_null(strstr(text, "\"msg\":\"warned\""));
}

static void answer_with_too_many_findings_is_cut(void **state)
{
    struct sw_finding warnings[SW_ADMIT_LOG_MAX_LINES + 5];
    struct sw_admit_answer answer = answer_of(SW_VERDICT_PATCHED);

    (void)state;
    for (size_t i = 0; i < SW_ADMIT_LOG_MAX_LINES + 5; i++)
        warnings[i] = (struct sw_finding){SW_UNNAMED_PORT, "spec", "name it"};
    answer.outcome.warnings = (struct sw_findings){warnings, SW_ADMIT_LOG_MAX_LINES};
    say(answer, 1);
    assert_int_equal(read_lines(), SW_ADMIT_LOG_MAX_LINES);
    answer.outcome.warnings.n = SW_ADMIT_LOG_MAX_LINES + 5;
    say(answer, 1);
    assert_int_equal(read_lines(), SW_ADMIT_LOG_MAX_LINES + 1);
    assert_non_null(strstr(text, "not logged\",\"uid\":\"u\",\"findings\":5}"));
}

static void failure_of_ours_is_an_error_each_time(void **state)
{
    struct sw_admit_answer answer = answer_of(SW_VERDICT_FAILED);

    (void)state;
    sw_err_nomem(&answer.error);
    say(answer, 1);
    say(answer, 1);
    assert_int_equal(read_lines(), 2);
    assert_non_null(strstr(text, "\"level\":\"error\",\"msg\":\"review could not be judged\""));
    assert_non_null(strstr(text, "\"error\":\"out of memory\""));
}

static void what_anybody_may_send_is_said_once_a_second(void **state)
{
    (void)state;
    for (uint64_t now_ms = 5000; now_ms < 8000; now_ms += 10)
        say(answer_of(now_ms % 20 ? SW_VERDICT_MALFORMED : SW_VERDICT_UNSYNCED), now_ms);
    assert_int_equal(read_lines(), 3);
}

static void again_is_for_debugging(void **state)
{
    (void)state;
    say(answer_of(SW_VERDICT_AGAIN), 1);
    assert_int_equal(read_lines(), 0);
    sw_log_init(&to, fds[1], SW_LOG_DEBUG);
    say(answer_of(SW_VERDICT_AGAIN), 1);
    assert_int_equal(read_lines(), 1);
}

static void answer_without_a_log_is_allowed(void **state)
{
    (void)state;
    sw_admit_log_init(&to_admit, NULL);
    say(answer_of(SW_VERDICT_FAILED), 1);
    say(answer_of(SW_VERDICT_MALFORMED), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answer_without_findings_says_nothing),
        TEST(answer_with_findings_says_each),
        TEST(answer_with_too_many_findings_is_cut),
        TEST(failure_of_ours_is_an_error_each_time),
        TEST(what_anybody_may_send_is_said_once_a_second),
        TEST(again_is_for_debugging),
        TEST(answer_without_a_log_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
