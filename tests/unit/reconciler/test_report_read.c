/* reconciler/report_read.c: what other clusters' reports say of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reconciler/report.h"
#include "json/read.h"

static struct sw_arena arena;
static struct sw_report_read found;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)16 << 20);
    found = (struct sw_report_read){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

static int take(const char *text, struct sw_err *reterr)
{
    return sw_report_read(sw_str_from(text), &arena, &found, reterr);
}

static void check_refused(const char *text, int code, const char *words)
{
    struct sw_err err = {0};

    assert_int_equal(take(text, &err), code);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
}

/* What is written is read as it was. */
static void it_reads_what_is_written(void **state)
{
    struct sw_share_reason reason = {SW_SHARE_WITHHELD, SW_STR("NoSidecar"), 2,
                                     SW_STR("shop/\"cart\" to west"), SW_STR("none has one")};
    struct sw_share shares[] = {
        {.namespace_ = SW_STR("a"),
         .name = SW_STR("x"),
         .n_exposed = 1,
         .n_emitted = 2,
         .n_entries = 3,
         .n = {4, 5, 6},
         .reasons = &reason,
         .n_reasons = 1},
        {.namespace_ = SW_STR("b"), .name = SW_STR("y")},
    };
    const struct sw_share *share;
    struct sw_report report = {.local = SW_STR("east"), .tally = {shares, 2}};
    struct sw_buf buf;

    (void)state;
    sw_buf_init(&buf, SW_REPORT_MAX_BYTES);
    assert_int_equal(sw_ledger_new((struct sw_ledger **)&report.ledger, NULL), 0);
    assert_int_equal(sw_report_write(&report, &arena, &buf, NULL), 0);
    assert_int_equal(sw_report_read(sw_buf_str(&buf), &arena, &found, NULL), 0);
    assert_false(found.omitted);
    assert_int_equal(found.tally.n, 2);
    share = sw_tally_find(&found.tally, SW_STR("a"), SW_STR("x"));
    assert_non_null(share);
    assert_int_equal(share->n_exposed, 1);
    assert_int_equal(share->n_emitted, 2);
    assert_int_equal(share->n_entries, 3);
    assert_int_equal(share->n[SW_SHARE_WITHHELD], 4);
    assert_int_equal(share->n[SW_SHARE_PENDING], 5);
    assert_int_equal(share->n[SW_SHARE_NOT_EXPOSED], 6);
    assert_int_equal(share->n_reasons, 1);
    assert_true(sw_str_eq(share->reasons[0].example, reason.example));
    assert_true(sw_str_eq(share->reasons[0].message, reason.message));
    assert_int_equal(share->reasons[0].n, 2);
    sw_ledger_free((struct sw_ledger *)report.ledger);
    sw_buf_release(&buf);
}

static void what_there_was_no_room_for_is_told(void **state)
{
    enum { N = 20000 };
    struct sw_share *shares = sw_arena_zalloc(&arena, N * sizeof(*shares));
    struct sw_report report = {.local = SW_STR("east"), .tally = {shares, N}};
    struct sw_buf buf;

    (void)state;
    assert_non_null(shares);
    for (size_t i = 0; i < N; i++)
        shares[i].name = SW_STR("a-setting-with-a-name");
    sw_buf_init(&buf, SW_REPORT_MAX_BYTES);
    assert_int_equal(sw_ledger_new((struct sw_ledger **)&report.ledger, NULL), 0);
    assert_int_equal(sw_report_write(&report, &arena, &buf, NULL), 0);
    assert_true(buf.len <= SW_REPORT_MAX_SETTINGS_BYTES + 1024);
    sw_arena_release(&arena);
    assert_int_equal(sw_report_read(sw_buf_str(&buf), &arena, &found, NULL), 0);
    assert_true(found.omitted);
    assert_true(found.tally.n > 1000 && found.tally.n < N);
    sw_ledger_free((struct sw_ledger *)report.ledger);
    sw_buf_release(&buf);
}

static void one_that_knows_no_settings_omits_them_all(void **state)
{
    (void)state;
    assert_int_equal(take("{\"schemaVersion\":1,\"subjects\":[]}", NULL), 0);
    assert_true(found.omitted);
    assert_int_equal(found.tally.n, 0);
}

static void a_state_of_another_version_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(take("{\"schemaVersion\":1,\"settings\":[{\"name\":\"x\",\"reasons\":["
                          "{\"state\":\"Else\",\"count\":1},"
                          "{\"state\":\"Pending\",\"reason\":\"Other\",\"count\":1}]}]}",
                          NULL),
                     0);
    assert_int_equal(found.tally.shares[0].n_reasons, 1);
    assert_true(sw_str_is(found.tally.shares[0].reasons[0].word, "Other"));
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    check_refused("{", SW_ESYNTAX, "line 1");
    check_refused("[]", SW_ETYPE, "expected an object");
    check_refused("{}", SW_ETYPE, "schemaVersion");
    check_refused("{\"schemaVersion\":2}", SW_ETYPE, "schemaVersion: expected");
    check_refused("{\"schemaVersion\":1,\"settings\":[{\"exposed\":\"x\"}]}", SW_ETYPE,
                  "settings[0].exposed: expected");
    check_refused("{\"schemaVersion\":1,\"settings\":[{\"exposed\":-1}]}", SW_ETYPE,
                  "settings[0].exposed");
    check_refused("{\"schemaVersion\":1,\"settings\":[{\"reasons\":[{\"state\":\"Pending\"}]}]}",
                  SW_ETYPE, "settings[0].reasons[0].reason");
}

#define REASONS(reason)                                                                            \
    "{\"schemaVersion\":1,\"settings\":[{\"name\":\"x\",\"reasons\":[{\"state\":"                  \
    "\"Pending\"," reason "}]}]}"

/* It becomes ours, and an API server refuses a status whose reasons are none. */
static void a_reason_is_a_word(void **state)
{
    (void)state;
    check_refused(REASONS("\"reason\":\"not a word\""), SW_ETYPE,
                  "settings[0].reasons[0].reason: expected a word");
    check_refused(REASONS("\"reason\":\"1st\""), SW_ETYPE, "expected a word");
    check_refused(
        REASONS("\"reason\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""),
        SW_ETYPE, "expected a word");
    assert_int_equal(take(REASONS("\"reason\":\"Aa1\""), NULL), 0);
}

static void a_reason_s_text_has_an_end(void **state)
{
    char message[2050], *text;

    (void)state;
    memset(message, 'm', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    text = (char *)sw_arena_printf(&arena, REASONS("\"reason\":\"A\",\"message\":\"%s\""), message);
    check_refused(text, SW_ETYPE, "settings[0].reasons[0].message: expected a text of at most");
    text = (char *)sw_arena_printf(&arena, REASONS("\"reason\":\"A\",\"example\":\"%s\""), message);
    check_refused(text, SW_ETYPE, "settings[0].reasons[0].example: expected a text of at most");
    text = (char *)sw_arena_printf(&arena, REASONS("\"reason\":\"A\",\"message\":\"%.2048s\""),
                                   message);
    assert_int_equal(take(text, NULL), 0);
}

static void a_text_that_is_too_long_is_not_read(void **state)
{
    char *text = sw_arena_zalloc(&arena, SW_REPORT_MAX_BYTES + 1);

    (void)state;
    assert_non_null(text);
    assert_int_equal(
        sw_report_read((struct sw_str){text, SW_REPORT_MAX_BYTES + 1}, &arena, &found, NULL),
        SW_ELIMIT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_reads_what_is_written),
        TEST(what_there_was_no_room_for_is_told),
        TEST(one_that_knows_no_settings_omits_them_all),
        TEST(a_state_of_another_version_is_passed_over),
        TEST(what_is_wrong_is_told_with_its_place),
        TEST(a_reason_is_a_word),
        TEST(a_reason_s_text_has_an_end),
        TEST(a_text_that_is_too_long_is_not_read),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
