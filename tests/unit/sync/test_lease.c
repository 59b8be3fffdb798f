/* pkg/sync/lease.c: what is asked, when, and who leads until when. (tests/sim: what may go wrong.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sync/lease.h"

#define T0 INT64_C(1000000)

static struct sw_lease lease;
static struct sw_lease_write written;
static int64_t wake_ms;

static int setup(void **state)
{
    (void)state;
    written = (struct sw_lease_write){0};
    wake_ms = -1;
    return sw_lease_init(&lease, SW_STR("me"), NULL, 7, NULL);
}

static enum sw_lease_action next(int64_t now_ms)
{
    return sw_lease_next(&lease, now_ms, &wake_ms, &written);
}

static struct sw_lease_record record(const char *holder, int version)
{
    struct sw_lease_record made = {.duration_s = 15, .transitions = 2};

    snprintf(made.holder, sizeof(made.holder), "%s", holder);
    snprintf(made.acquired, sizeof(made.acquired), "a");
    snprintf(made.renewed, sizeof(made.renewed), "r%d", version);
    snprintf(made.version, sizeof(made.version), "%d", version);
    return made;
}

static void find(int64_t now_ms, const char *holder, int version)
{
    const struct sw_lease_record found = record(holder, version);

    sw_lease_found(&lease, now_ms, &found);
}

/* Asks at T0, finds nothing, and makes a Lease of version 1. */
static void become_leader(void)
{
    assert_int_equal(next(T0), SW_LEASE_READ);
    sw_lease_missing(&lease, T0);
    assert_int_equal(next(T0), SW_LEASE_CREATE);
    find(T0 + 100, "me", 1);
}

static void where_there_is_none_one_is_made(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    assert_int_equal(next(T0), SW_LEASE_WAIT); /* one request at a time */
    sw_lease_missing(&lease, T0 + 10);
    assert_int_equal(next(T0 + 10), SW_LEASE_CREATE);
    assert_string_equal(written.holder, "me");
    assert_null(written.acquired);
    assert_null(written.version);
    assert_int_equal(written.duration_s, 15);
    assert_int_equal(written.transitions, 0);
    assert_false(sw_lease_leads(&lease, T0 + 10));
}

static void we_lead_from_the_answer_on_but_count_from_the_request(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(sw_lease_until(&lease), T0 + SW_LEASE_RENEW_DEADLINE_MS);
    assert_true(sw_lease_leads(&lease, T0 + SW_LEASE_RENEW_DEADLINE_MS - 1));
    assert_false(sw_lease_leads(&lease, T0 + SW_LEASE_RENEW_DEADLINE_MS));
}

static void a_leader_renews_regularly_on_condition(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 100), SW_LEASE_WAIT);
    assert_int_equal(wake_ms, T0 + 100 + SW_LEASE_RETRY_MS);
    assert_int_equal(next(wake_ms), SW_LEASE_UPDATE);
    assert_string_equal(written.version, "1");
    assert_string_equal(written.acquired, "a");
    assert_int_equal(written.transitions, 2);
    find(wake_ms + 50, "me", 2);
    assert_int_equal(sw_lease_until(&lease),
                     T0 + 100 + SW_LEASE_RETRY_MS + SW_LEASE_RENEW_DEADLINE_MS);
}

static void a_lease_of_another_is_looked_at_with_jitter(void **state)
{
    int64_t shortest = INT64_MAX, longest = 0, now_ms = T0;

    (void)state;
    for (int i = 0; i < 300; i++) {
        assert_int_equal(next(now_ms), SW_LEASE_READ);
        find(now_ms, "other", i);
        assert_int_equal(next(now_ms), SW_LEASE_WAIT);
        shortest = wake_ms - now_ms < shortest ? wake_ms - now_ms : shortest;
        longest = wake_ms - now_ms > longest ? wake_ms - now_ms : longest;
        now_ms = wake_ms;
    }
    assert_in_range(shortest, SW_LEASE_RETRY_MS, SW_LEASE_RETRY_MS + 100);
    assert_in_range(longest, SW_LEASE_RETRY_MS * 21 / 10, SW_LEASE_RETRY_MS * 22 / 10);
}

static void a_lease_is_taken_after_its_duration_without_a_change(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    find(T0, "other", 5);
    assert_int_equal(next(T0 + 5000), SW_LEASE_READ);
    find(T0 + 5000, "other", 6); /* it changed */
    assert_int_equal(next(T0 + 19999), SW_LEASE_READ);
    find(T0 + 19999, "other", 6);
    assert_int_equal(next(T0 + 19999), SW_LEASE_WAIT);
    assert_int_equal(next(T0 + 25000), SW_LEASE_UPDATE);
    assert_string_equal(written.version, "6");
    assert_null(written.acquired);
    assert_int_equal(written.transitions, 3);
    assert_false(sw_lease_leads(&lease, T0 + 25000));
}

static void what_others_note_in_its_metadata_renews_nothing(void **state)
{
    struct sw_lease_record annotated = record("other", 5);

    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    find(T0, "other", 5);
    assert_int_equal(next(T0 + 10000), SW_LEASE_READ);
    snprintf(annotated.version, sizeof(annotated.version), "6");
    sw_lease_found(&lease, T0 + 10000, &annotated);
    assert_int_equal(next(T0 + 15000), SW_LEASE_UPDATE);
    assert_string_equal(written.version, "6");
}

static void the_duration_is_that_of_the_holder(void **state)
{
    struct sw_lease_record longer = record("other", 5);

    (void)state;
    longer.duration_s = 60;
    assert_int_equal(next(T0), SW_LEASE_READ);
    sw_lease_found(&lease, T0, &longer);
    assert_int_equal(next(T0 + 59999), SW_LEASE_READ);
    sw_lease_found(&lease, T0 + 59999, &longer);
    assert_int_equal(next(T0 + 70000), SW_LEASE_UPDATE);
    longer.duration_s = INT64_MAX; /* no overflow: a day */
    longer.renewed[0] = 'x';
    sw_lease_conflict(&lease, T0 + 70000);
    assert_int_equal(next(T0 + 80000), SW_LEASE_READ);
    sw_lease_found(&lease, T0 + 80000, &longer);
    assert_int_equal(next(T0 + 80000 + 86399000), SW_LEASE_READ);
    sw_lease_found(&lease, T0 + 80000 + 86399000, &longer);
    assert_int_equal(next(T0 + 80000 + 86410000), SW_LEASE_UPDATE);
}

static void what_was_handed_back_is_taken_at_once(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    find(T0, "", 5);
    assert_int_equal(next(T0), SW_LEASE_UPDATE);
    assert_int_equal(written.transitions, 3);
}

static void a_lease_of_our_own_from_before_is_renewed(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    find(T0, "me", 5);
    assert_false(sw_lease_leads(&lease, T0));
    assert_int_equal(next(T0), SW_LEASE_UPDATE);
    assert_string_equal(written.acquired, "a");
    assert_int_equal(written.transitions, 2);
}

static void a_write_that_failed_is_looked_after_before_the_next(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 2100), SW_LEASE_UPDATE);
    sw_lease_failed(&lease, T0 + 2200, 0);
    assert_int_equal(next(T0 + 2200), SW_LEASE_WAIT);
    assert_int_equal(wake_ms, T0 + 2200 + SW_LEASE_RETRY_MS / 2);
    assert_int_equal(next(wake_ms), SW_LEASE_READ);
    find(T0 + 3300, "me", 2); /* it was stored all the same */
    assert_int_equal(sw_lease_until(&lease), T0 + SW_LEASE_RENEW_DEADLINE_MS);
    assert_int_equal(next(T0 + 3300), SW_LEASE_UPDATE);
    assert_string_equal(written.version, "2");
}

static void a_conflict_is_looked_at(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 2100), SW_LEASE_UPDATE);
    sw_lease_conflict(&lease, T0 + 2200);
    assert_true(sw_lease_leads(&lease, T0 + 2200));
    assert_int_equal(next(T0 + 3200), SW_LEASE_READ);
    find(T0 + 3200, "other", 9);
    assert_false(sw_lease_leads(&lease, T0 + 3200));
}

static void the_api_server_says_when_to_come_back(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    sw_lease_failed(&lease, T0, 9000);
    assert_int_equal(next(T0), SW_LEASE_WAIT);
    assert_int_equal(wake_ms, T0 + 9000);
}

static void nobody_stays_away_for_a_day(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    sw_lease_failed(&lease, T0, 86400000);
    assert_int_equal(next(T0), SW_LEASE_WAIT);
    assert_int_equal(wake_ms, T0 + SW_LEASE_DURATION_MS);
}

static void silence_is_given_up_in_time_for_another_try(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 2100), SW_LEASE_UPDATE);
    assert_int_equal(next(T0 + 2100), SW_LEASE_WAIT);
    assert_int_equal(wake_ms, T0 + 2100 + SW_LEASE_RENEW_DEADLINE_MS / 2);
    assert_int_equal(next(wake_ms), SW_LEASE_ABORT);
    assert_int_equal(next(wake_ms), SW_LEASE_READ); /* who leads has no time to rest */
}

static void a_leader_is_woken_when_its_time_is_up(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 9000), SW_LEASE_UPDATE);
    assert_int_equal(next(T0 + 9000), SW_LEASE_WAIT);
    assert_int_equal(wake_ms, T0 + SW_LEASE_RENEW_DEADLINE_MS);
    assert_int_equal(next(wake_ms), SW_LEASE_WAIT);
    assert_int_equal(sw_lease_until(&lease), INT64_MIN);
}

static void a_lease_that_was_deleted_is_lost_at_once(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 2100), SW_LEASE_UPDATE);
    sw_lease_missing(&lease, T0 + 2200);
    assert_false(sw_lease_leads(&lease, T0 + 2200));
    assert_int_equal(next(T0 + 2200), SW_LEASE_WAIT);
    assert_int_equal(next(wake_ms), SW_LEASE_CREATE);
}

static void who_resigns_leads_no_more_and_hands_it_back(void **state)
{
    (void)state;
    become_leader();
    sw_lease_resign(&lease, T0 + 500);
    assert_false(sw_lease_leads(&lease, T0 + 500));
    assert_int_equal(next(T0 + 500), SW_LEASE_UPDATE);
    assert_string_equal(written.holder, "");
    assert_string_equal(written.version, "1");
    assert_int_equal(written.duration_s, 1);
    assert_int_equal(written.transitions, 2);
    find(T0 + 600, "", 2);
    assert_int_equal(next(T0 + 600), SW_LEASE_DONE);
    assert_int_equal(next(T0 + 99999), SW_LEASE_DONE);
}

static void who_resigns_in_a_renewal_looks_what_became_of_it(void **state)
{
    (void)state;
    become_leader();
    assert_int_equal(next(T0 + 2100), SW_LEASE_UPDATE);
    sw_lease_resign(&lease, T0 + 2110);
    assert_int_equal(next(T0 + 2110), SW_LEASE_ABORT);
    assert_int_equal(next(T0 + 2110), SW_LEASE_READ);
    find(T0 + 2200, "me", 2);
    assert_false(sw_lease_leads(&lease, T0 + 2200));
    assert_int_equal(next(T0 + 2200), SW_LEASE_UPDATE);
    assert_string_equal(written.holder, "");
    assert_string_equal(written.version, "2");
}

static void who_resigns_gives_up_in_the_end(void **state)
{
    int64_t now_ms = T0 + 500;

    (void)state;
    become_leader();
    sw_lease_resign(&lease, now_ms);
    sw_lease_resign(&lease, now_ms + 1000); /* once is enough */
    while (next(now_ms) != SW_LEASE_DONE) {
        assert_true(now_ms < T0 + 500 + SW_LEASE_RELEASE_MS);
        sw_lease_failed(&lease, now_ms, 60000);
        assert_int_equal(next(now_ms), SW_LEASE_WAIT);
        now_ms = wake_ms;
    }
    assert_int_equal(now_ms, T0 + 500 + SW_LEASE_RELEASE_MS);
}

static void who_never_held_it_just_goes(void **state)
{
    (void)state;
    assert_int_equal(next(T0), SW_LEASE_READ);
    find(T0, "other", 5);
    sw_lease_resign(&lease, T0 + 10);
    assert_int_equal(next(T0 + 10), SW_LEASE_DONE);
    assert_int_equal(setup(NULL), 0);
    assert_int_equal(next(T0), SW_LEASE_READ);
    sw_lease_resign(&lease, T0 + 10);
    assert_int_equal(next(T0 + 10), SW_LEASE_ABORT);
    assert_int_equal(next(T0 + 10), SW_LEASE_DONE);
}

static void times_that_are_not_safe_are_refused(void **state)
{
    static const struct sw_lease_times bad[] = {
        {15000, 15000, 2000}, {15000, 10000, 10000}, {15500, 10000, 2000},
        {15000, 10000, 0},    {15000, -1, -2},       {INT64_MAX, 10000, 2000},
    };
    static const struct sw_lease_times good = {3000, 2000, 500};
    struct sw_err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sw_lease_init(&lease, SW_STR("me"), &bad[i], 1, &err), SW_ETYPE);
    assert_int_equal(sw_lease_init(&lease, SW_STR("me"), &good, 1, &err), 0);
}

static void an_identity_has_its_length(void **state)
{
    char identity[SW_LEASE_HOLDER_SIZE];

    (void)state;
    memset(identity, 'i', sizeof(identity));
    assert_int_equal(
        sw_lease_init(&lease, (struct sw_str){identity, sizeof(identity) - 1}, NULL, 1, NULL), 0);
    assert_int_equal(
        sw_lease_init(&lease, (struct sw_str){identity, sizeof(identity)}, NULL, 1, NULL),
        SW_ELIMIT);
    assert_int_equal(sw_lease_init(&lease, (struct sw_str){0}, NULL, 1, NULL), SW_ELIMIT);
}

#define LEASE_TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEASE_TEST(where_there_is_none_one_is_made),
        LEASE_TEST(we_lead_from_the_answer_on_but_count_from_the_request),
        LEASE_TEST(a_leader_renews_regularly_on_condition),
        LEASE_TEST(a_lease_of_another_is_looked_at_with_jitter),
        LEASE_TEST(a_lease_is_taken_after_its_duration_without_a_change),
        LEASE_TEST(what_others_note_in_its_metadata_renews_nothing),
        LEASE_TEST(the_duration_is_that_of_the_holder),
        LEASE_TEST(what_was_handed_back_is_taken_at_once),
        LEASE_TEST(a_lease_of_our_own_from_before_is_renewed),
        LEASE_TEST(a_write_that_failed_is_looked_after_before_the_next),
        LEASE_TEST(a_conflict_is_looked_at),
        LEASE_TEST(the_api_server_says_when_to_come_back),
        LEASE_TEST(nobody_stays_away_for_a_day),
        LEASE_TEST(silence_is_given_up_in_time_for_another_try),
        LEASE_TEST(a_leader_is_woken_when_its_time_is_up),
        LEASE_TEST(a_lease_that_was_deleted_is_lost_at_once),
        LEASE_TEST(who_resigns_leads_no_more_and_hands_it_back),
        LEASE_TEST(who_resigns_in_a_renewal_looks_what_became_of_it),
        LEASE_TEST(who_resigns_gives_up_in_the_end),
        LEASE_TEST(who_never_held_it_just_goes),
        LEASE_TEST(times_that_are_not_safe_are_refused),
        LEASE_TEST(an_identity_has_its_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
