/* reconciler/tidings.c: a report as it was last read, and whether somebody still writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reconciler/tidings.h"
#include "json/read.h"

#define WALL_MS ((int64_t)1800000000 * 1000)
#define NOW_MS  5000

#define CONFIG_MAP(written, report)                                                                \
    "{\"data\":{\"written\":\"" written "\",\"status.json\":\"" report "\"}}"
#define REPORT                                                                                     \
    "{\\\"schemaVersion\\\":1,\\\"settings\\\":[{\\\"namespace\\\":\\\"a\\\",\\\"name\\\":"        \
    "\\\"x\\\",\\\"exposed\\\":4}]}"
#define OTHER "{\\\"schemaVersion\\\":1,\\\"settings\\\":[]}"

static struct sw_tidings tidings;

static int setup(void **state)
{
    (void)state;
    sw_tidings_init(&tidings);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_tidings_release(&tidings);
    return 0;
}

static int take(const char *body, int64_t now_ms, struct sw_err *reterr)
{
    const struct sw_answer answer = {.verdict = SW_ANSWER_OK, .body = sw_str_from(body)};

    return sw_tidings_take(&tidings, &answer, WALL_MS + now_ms, now_ms, reterr);
}

static void it_keeps_what_a_report_says(void **state)
{
    const struct sw_share *share;

    (void)state;
    assert_int_equal(take(CONFIG_MAP("1800000000", REPORT), NOW_MS, NULL), 1);
    assert_true(tidings.known);
    assert_int_equal(tidings.written_s, 1800000000);
    share = sw_tally_find(&tidings.tally, SW_STR("a"), SW_STR("x"));
    assert_non_null(share);
    assert_int_equal(share->n_exposed, 4);
}

static void the_same_report_written_anew_is_the_same(void **state)
{
    (void)state;
    assert_int_equal(take(CONFIG_MAP("1800000000", REPORT), NOW_MS, NULL), 1);
    assert_int_equal(take(CONFIG_MAP("1800000060", REPORT), NOW_MS, NULL), 0);
    assert_int_equal(tidings.written_s, 1800000060);
    assert_int_equal(take(CONFIG_MAP("1800000060", OTHER), NOW_MS, NULL), 1);
    assert_int_equal(tidings.tally.n, 0);
}

static void one_that_is_not_written_any_more_is_stale(void **state)
{
    (void)state;
    take(CONFIG_MAP("1800000000", REPORT), NOW_MS, NULL);
    assert_false(sw_tidings_is_stale(&tidings, NOW_MS + SW_TIDINGS_STALE_MS - 1));
    take(CONFIG_MAP("1800000000", REPORT), NOW_MS + SW_TIDINGS_STALE_MS, NULL);
    assert_true(sw_tidings_is_stale(&tidings, NOW_MS + SW_TIDINGS_STALE_MS));
    take(CONFIG_MAP("1800000300", REPORT), NOW_MS + SW_TIDINGS_STALE_MS, NULL);
    assert_false(sw_tidings_is_stale(&tidings, NOW_MS + SW_TIDINGS_STALE_MS));
}

static void an_old_one_is_stale_until_it_changes(void **state)
{
    (void)state;
    take(CONFIG_MAP("1700000000", REPORT), NOW_MS, NULL);
    assert_true(sw_tidings_is_stale(&tidings, NOW_MS));
    take(CONFIG_MAP("1700000001", REPORT), NOW_MS, NULL); /* a clock that is behind */
    assert_false(sw_tidings_is_stale(&tidings, NOW_MS));
}

static void nothing_is_stale_from_the_start(void **state)
{
    (void)state;
    assert_true(sw_tidings_is_stale(&tidings, NOW_MS));
    assert_false(tidings.known);
}

static void check_refused(const char *body, int code, const char *words)
{
    struct sw_err err = {0};

    assert_int_equal(take(CONFIG_MAP("1800000000", REPORT), NOW_MS, NULL), 1);
    assert_int_equal(take(body, NOW_MS, &err), code);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
    assert_false(tidings.known);
}

static void what_cannot_be_read_is_not_known(void **state)
{
    (void)state;
    check_refused("{", SW_ESYNTAX, "");
    check_refused("{}", SW_ETYPE, "status.json");
    check_refused("{\"data\":7}", SW_ETYPE, "data");
    check_refused(CONFIG_MAP("soon", REPORT), SW_ETYPE, "expected a Unix time, found \"soon\"");
    check_refused(CONFIG_MAP("1", "{}"), SW_ETYPE, "data[\"status.json\"]: schemaVersion");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_keeps_what_a_report_says),
        TEST(the_same_report_written_anew_is_the_same),
        TEST(one_that_is_not_written_any_more_is_stale),
        TEST(an_old_one_is_stale_until_it_changes),
        TEST(nothing_is_stale_from_the_start),
        TEST(what_cannot_be_read_is_not_known),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
