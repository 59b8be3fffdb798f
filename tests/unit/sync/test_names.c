/* pkg/sync/names.c: when a name is asked for again, and what stays of an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sync/names.h"

static int setup(void **state)
{
    struct sw_names *names = NULL;

    if (sw_names_new(&names, NULL) < 0)
        return -1;
    *state = names;
    return 0;
}

static int teardown(void **state)
{
    sw_names_free(*state);
    return 0;
}

static void want(struct sw_names *names, const char *name)
{
    struct sw_err err = {0};

    sw_names_begin(names);
    if (sw_names_want(names, sw_str_from(name), &err) < 0)
        fail_msg("%s", err.message);
    sw_names_end(names);
}

/* Fails unless this name is due at now_ms; NULL: none, and then when one will be. */
static void check_due(struct sw_names *names, int64_t now_ms, const char *expected, int64_t wake_ms)
{
    int64_t wake = -1;
    const char *name = sw_names_next(names, now_ms, &wake);

    if (expected) {
        assert_non_null(name);
        assert_string_equal(name, expected);
        return;
    }
    assert_null(name);
    assert_true(wake == wake_ms);
}

static void answer(struct sw_names *names, const char *name, int64_t now_ms,
                   struct sw_names_answer answer)
{
    sw_names_answer(names, name, now_ms, &answer);
}

/* Addresses "a b" with a TTL; `unanswered` as in struct sw_names_answer. */
static void found(struct sw_names *names, const char *name, int64_t now_ms, const char *addresses,
                  int64_t ttl_ms, uint8_t unanswered)
{
    struct sw_str rest = sw_str_from(addresses);
    struct sw_ip ips[64];
    size_t n = 0;

    while (rest.len)
        assert_true(sw_ip_parse(sw_str_cut(&rest, ' '), &ips[n++]));
    answer(names, name, now_ms,
           (struct sw_names_answer){SW_NAMES_FOUND, ips, n, ttl_ms, unanswered});
}

static const struct sw_names_answer none = {.outcome = SW_NAMES_NONE};
static const struct sw_names_answer failed = {.outcome = SW_NAMES_FAILED};

static void check_addresses(struct sw_names *names, const char *name, const char *expected)
{
    const struct sw_ip *ips;
    size_t n = sw_names_addresses(names, sw_str_from(name), &ips);
    char written[SW_IP_TEXT_SIZE];
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < n; i++) {
        sw_ip_write(&ips[i], written);
        sw_buf_printf(&buf, "%s%s", i ? " " : "", written);
    }
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data, expected);
    sw_buf_release(&buf);
}

static void a_new_name_is_due_at_once_and_then_being_asked(void **state)
{
    want(*state, "gw.example.com");
    check_due(*state, -5, "gw.example.com", 0);
    check_due(*state, INT64_MAX, NULL, INT64_MAX);
    check_addresses(*state, "gw.example.com", "");
}

static void letter_case_and_a_trailing_dot_make_no_other_name(void **state)
{
    struct sw_names *names = *state;

    sw_names_begin(names);
    assert_int_equal(sw_names_want(names, SW_STR("GW.Example.COM."), NULL), 0);
    assert_int_equal(sw_names_want(names, SW_STR("gw.example.com"), NULL), 0);
    sw_names_end(names);
    check_due(names, 0, "gw.example.com", 0);
    check_due(names, 0, NULL, INT64_MAX);
    found(names, "gw.example.com", 0, "192.0.2.1", 60000, 0);
    check_addresses(names, "Gw.example.com.", "192.0.2.1");
}

static void an_answer_holds_for_its_ttl_within_limits(void **state)
{
    static const struct {
        int64_t ttl_ms, due_ms;
    } rows[] = {{0, SW_NAMES_MIN_MS},
                {SW_NAMES_MIN_MS - 1, SW_NAMES_MIN_MS},
                {60000, 60000},
                {SW_NAMES_MAX_MS, SW_NAMES_MAX_MS},
                {86400000, SW_NAMES_MAX_MS}};
    int64_t now_ms = 1000;

    want(*state, "gw");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_due(*state, now_ms, "gw", 0);
        found(*state, "gw", now_ms, "192.0.2.1", rows[i].ttl_ms, 0);
        now_ms += rows[i].due_ms;
        check_due(*state, now_ms - 1, NULL, now_ms);
    }
}

static void another_order_is_no_change(void **state)
{
    struct sw_names *names = *state;
    uint64_t version = sw_names_version(names);

    want(names, "gw");
    found(names, "gw", 0, "192.0.2.2 192.0.2.1 2001:db8::1 192.0.2.2", 60000, 0);
    check_addresses(names, "gw", "192.0.2.1 192.0.2.2 2001:db8::1");
    assert_int_equal(sw_names_version(names), version + 1);
    found(names, "gw", 0, "2001:db8::1 192.0.2.1 192.0.2.2", 60000, 0);
    assert_int_equal(sw_names_version(names), version + 1);
    found(names, "gw", 0, "192.0.2.1", 60000, 0);
    check_addresses(names, "gw", "192.0.2.1");
    assert_int_equal(sw_names_version(names), version + 2);
}

static void a_failure_leaves_the_addresses_and_asks_again_soon(void **state)
{
    struct sw_names *names = *state;
    int64_t now_ms = 0;

    want(names, "gw");
    found(names, "gw", 0, "192.0.2.1", 60000, 0);
    for (int i = 0; i < 100; i++) {
        answer(names, "gw", now_ms, failed);
        check_addresses(names, "gw", "192.0.2.1");
        check_due(names, now_ms, NULL, now_ms + SW_NAMES_MIN_MS);
        now_ms += SW_NAMES_MIN_MS;
    }
}

static void a_name_without_an_answer_yet_is_asked_for_sooner(void **state)
{
    static const int64_t waits_ms[] = {2000, 4000, 8000, 16000, 30000, 30000};
    int64_t now_ms = 0;

    want(*state, "gw");
    for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
        check_due(*state, now_ms, "gw", 0);
        answer(*state, "gw", now_ms, failed);
        check_due(*state, now_ms, NULL, now_ms + waits_ms[i]);
        now_ms += waits_ms[i];
    }
}

static void a_name_that_is_gone_loses_its_addresses_after_ten_minutes(void **state)
{
    struct sw_names *names = *state;
    uint64_t version;

    want(names, "gw");
    found(names, "gw", 0, "192.0.2.1", 60000, 0);
    version = sw_names_version(names);
    answer(names, "gw", 1000, none);
    answer(names, "gw", 1000 + SW_NAMES_GONE_MS - 1, none);
    check_addresses(names, "gw", "192.0.2.1");
    check_due(names, 0, NULL, 1000 + SW_NAMES_GONE_MS - 1 + SW_NAMES_MIN_MS);
    answer(names, "gw", 1000 + SW_NAMES_GONE_MS, none);
    check_addresses(names, "gw", "");
    assert_int_equal(sw_names_version(names), version + 1);
}

static void a_name_that_is_back_in_time_is_as_if_it_had_not_gone(void **state)
{
    struct sw_names *names = *state;

    want(names, "gw");
    found(names, "gw", 0, "192.0.2.1", 60000, 0);
    answer(names, "gw", 1000, none);
    found(names, "gw", 500000, "192.0.2.1", 60000, 0);
    answer(names, "gw", 1000 + SW_NAMES_GONE_MS, none);
    check_addresses(names, "gw", "192.0.2.1");
}

/* One server answers for A and not for AAAA: what is known of the other family stays. */
static void a_family_without_an_answer_stays(void **state)
{
    struct sw_names *names = *state;

    want(names, "gw");
    found(names, "gw", 0, "192.0.2.1 2001:db8::1", 600000, 0);
    found(names, "gw", 0, "192.0.2.2", 600000, 6);
    check_addresses(names, "gw", "192.0.2.2 2001:db8::1");
    check_due(names, 0, NULL, SW_NAMES_MIN_MS);
    found(names, "gw", 0, "192.0.2.2", 600000, 0);
    check_addresses(names, "gw", "192.0.2.2");
}

static void addresses_that_mean_another_host_elsewhere_are_left_out(void **state)
{
    struct sw_names *names = *state;

    want(names, "gw");
    found(names, "gw", 0, "127.0.0.1 192.0.2.1 ::1 169.254.0.1", 60000, 0);
    check_addresses(names, "gw", "192.0.2.1");
    found(names, "gw", 0, "127.0.0.1", 60000, 0);
    check_addresses(names, "gw", "192.0.2.1"); /* as if there were none: it stays for a while */
    found(names, "gw", SW_NAMES_GONE_MS, "127.0.0.1", 60000, 0);
    check_addresses(names, "gw", "");
}

static void too_many_addresses_are_the_lowest_in_any_order(void **state)
{
    struct sw_names_answer many = {.outcome = SW_NAMES_FOUND, .ttl_ms = 60000};
    struct sw_ip ips[SW_NAMES_MAX_ADDRESSES + 10];
    const struct sw_ip *kept;
    struct sw_names *names = *state;

    want(names, "gw");
    many.n = sizeof(ips) / sizeof(ips[0]);
    for (size_t i = 0; i < many.n; i++)
        ips[i] = (struct sw_ip){4, {10, 0, 0, (uint8_t)(many.n - i)}};
    many.addresses = ips;
    sw_names_answer(names, "gw", 0, &many);
    assert_int_equal(sw_names_addresses(names, SW_STR("gw"), &kept), SW_NAMES_MAX_ADDRESSES);
    assert_int_equal(kept[0].bytes[3], 1);
    assert_int_equal(kept[SW_NAMES_MAX_ADDRESSES - 1].bytes[3], SW_NAMES_MAX_ADDRESSES);
}

static void a_name_that_is_not_wanted_any_more_is_forgotten(void **state)
{
    struct sw_names *names = *state;

    want(names, "a");
    found(names, "a", 0, "192.0.2.1", 60000, 0);
    want(names, "b");
    check_addresses(names, "a", "");
    check_due(names, 100000, "b", 0);
    check_due(names, 100000, NULL, INT64_MAX);
    answer(names, "a", 0, none);
}

/* Whoever asks holds the name until the answer. */
static void a_name_that_is_being_asked_for_is_kept_until_the_answer(void **state)
{
    struct sw_names *names = *state;
    int64_t wake_ms;
    const char *name;

    want(names, "a");
    name = sw_names_next(names, 0, &wake_ms);
    want(names, "b");
    check_due(names, 0, "b", 0);
    assert_string_equal(name, "a");
    found(names, name, 0, "192.0.2.1", 60000, 0);
    check_addresses(names, "a", "");
    want(names, "b");
    want(names, "a");
    check_due(names, 0, "a", 0);
}

static void what_is_no_host_name_is_refused(void **state)
{
    static const char *const texts[] = {"", ".", "a..b", ".a", "a b", "a/b", "192.0.2.1:80", "a.."};
    struct sw_names *names = *state;
    char text[300];
    struct sw_err err = {0};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(sw_names_want(names, sw_str_from(texts[i]), NULL), SW_ETYPE);
    memset(text, 'a', sizeof(text));
    assert_int_equal(sw_names_want(names, (struct sw_str){text, 63}, NULL), 0);
    assert_int_equal(sw_names_want(names, (struct sw_str){text, 64}, NULL), SW_ETYPE);
    for (size_t i = 63; i < sizeof(text); i += 64)
        text[i] = '.';
    assert_int_equal(sw_names_want(names, (struct sw_str){text, 253}, NULL), 0);
    assert_int_equal(sw_names_want(names, (struct sw_str){text, 254}, NULL), SW_ETYPE);
    sw_names_want(names, SW_STR("not a name"), &err);
    assert_string_equal(err.message, "expected a host name or an IP, found \"not a name\"");
}

static void too_many_names_are_refused(void **state)
{
    struct sw_names *names = *state;
    char name[32];

    sw_names_begin(names);
    for (int i = 0; i < SW_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(sw_names_want(names, sw_str_from(name), NULL), 0);
    }
    assert_int_equal(sw_names_want(names, SW_STR("one-more"), NULL), SW_ELIMIT);
    assert_int_equal(sw_names_want(names, SW_STR("n7"), NULL), 0);
}

/* Each name of two that are wanted, and one that is not any more. */
static void how_the_names_fare_is_summed_up(void **state)
{
    struct sw_names *names = *state;
    struct sw_names_summary summary = sw_names_summary(names);

    assert_int_equal(summary.n, 0);
    assert_int_equal(summary.oldest_ms, -1);
    sw_names_begin(names);
    assert_int_equal(sw_names_want(names, SW_STR("a"), NULL), 0);
    assert_int_equal(sw_names_want(names, SW_STR("b"), NULL), 0);
    sw_names_end(names);
    summary = sw_names_summary(names);
    assert_int_equal(summary.n, 2);
    assert_int_equal(summary.n_failing, 0); /* nobody has been asked */
    assert_int_equal(summary.n_empty, 2);
    found(names, "a", 1000, "192.0.2.1", 60000, 0);
    found(names, "b", 2000, "192.0.2.2", 60000, 0);
    answer(names, "b", 3000, failed);
    summary = sw_names_summary(names);
    assert_int_equal(summary.n_failing, 1);
    assert_int_equal(summary.n_empty, 0);
    assert_int_equal(summary.oldest_ms, 2000);
    answer(names, "a", 4000, none);
    assert_int_equal(sw_names_summary(names).oldest_ms, 1000);
    answer(names, "a", 4000 + SW_NAMES_GONE_MS, none); /* it is not in use any more */
    summary = sw_names_summary(names);
    assert_int_equal(summary.n_failing, 2);
    assert_int_equal(summary.n_empty, 1);
    assert_int_equal(summary.oldest_ms, 2000);
    want(names, "a");
    assert_int_equal(sw_names_summary(names).n, 1);
    assert_int_equal(sw_names_summary(names).oldest_ms, -1);
    found(names, "a", 5000 + SW_NAMES_GONE_MS, "192.0.2.3", 60000, 0);
    assert_int_equal(sw_names_summary(names).n_failing, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_name_is_due_at_once_and_then_being_asked),
        TEST(letter_case_and_a_trailing_dot_make_no_other_name),
        TEST(an_answer_holds_for_its_ttl_within_limits),
        TEST(another_order_is_no_change),
        TEST(a_failure_leaves_the_addresses_and_asks_again_soon),
        TEST(a_name_without_an_answer_yet_is_asked_for_sooner),
        TEST(a_name_that_is_gone_loses_its_addresses_after_ten_minutes),
        TEST(a_name_that_is_back_in_time_is_as_if_it_had_not_gone),
        TEST(a_family_without_an_answer_stays),
        TEST(addresses_that_mean_another_host_elsewhere_are_left_out),
        TEST(too_many_addresses_are_the_lowest_in_any_order),
        TEST(a_name_that_is_not_wanted_any_more_is_forgotten),
        TEST(a_name_that_is_being_asked_for_is_kept_until_the_answer),
        TEST(what_is_no_host_name_is_refused),
        TEST(too_many_names_are_refused),
        TEST(how_the_names_fare_is_summed_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
