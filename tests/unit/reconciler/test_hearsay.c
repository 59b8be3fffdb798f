/* reconciler/hearsay.c: whom it asks, when, and what it makes of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pair.h"
#include "reconciler/hearsay.h"
#include "reconciler/tidings.h"
#include "json/read.h"

#define REPORT(written, text)                                                                      \
    "{'metadata':{'name':'spillway-status','namespace':'sys'},'data':{'written':'" written         \
    "','status.json':'" text "'}}"
#define SAYS_FOUR                                                                                  \
    "{\\'schemaVersion\\':1,\\'settings\\':[{\\'namespace\\':\\'a\\',\\'name\\':\\'x\\',"          \
    "\\'exposed\\':4}]}"

static struct sw_hearsay *hearsay;

static void on_remote_move(void *context)
{
    (void)context;
    if (hearsay)
        sw_hearsay_move(hearsay);
}

static int setup(void **state)
{
    const struct sw_hearsay_options options = {
        .http = servers_http(), .namespace_ = SW_STR("sys"), .log = NULL};

    hearsay = NULL;
    if (pair_setup(state, on_remote_move, NULL) < 0)
        return -1;
    return sw_hearsay_new(&options, &hearsay, NULL);
}

static int teardown(void **state)
{
    int r = pair_teardown(state);

    sw_hearsay_free(hearsay);
    hearsay = NULL;
    return r;
}

static void wait_for(int64_t ms)
{
    for (int64_t end_ms = servers_now_ms + ms; servers_now_ms <= end_ms; servers_now_ms += 1000) {
        pair_run();
        sw_hearsay_step(hearsay, pair.members, SW_STR("home"), servers_now_ms);
        pair_run();
    }
}

static struct sw_hearsay_word word(void)
{
    struct sw_hearsay_word ret;

    sw_hearsay_of(hearsay, SW_STR("west"), &ret);
    return ret;
}

static void the_others_are_asked_and_what_they_say_is_kept(void **state)
{
    const struct sw_share *share;

    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    assert_false(sw_hearsay_is_settled(hearsay, 1));
    wait_for(2000);
    assert_true(sw_hearsay_is_settled(hearsay, 1));
    assert_int_equal(servers_asked(PAIR_WEST, PAIR_REPORT), 1);
    assert_int_equal(servers_asked(PAIR_HOME, PAIR_REPORT), 0);
    assert_int_equal(word().reason, SW_PROGRAMMED);
    assert_int_equal(word().written_s, 1795429000);
    share = sw_tally_find(word().tally, SW_STR("a"), SW_STR("x"));
    assert_non_null(share);
    assert_int_equal(share->n_exposed, 4);
}

static void they_are_asked_again_and_more_often_in_a_hurry(void **state)
{
    unsigned int n;

    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(SW_HEARSAY_PERIOD_MS * 3 + 2000);
    n = servers_asked(PAIR_WEST, PAIR_REPORT);
    assert_int_equal(n, 4);
    sw_hearsay_hurry(hearsay, true);
    wait_for(SW_HEARSAY_PERIOD_MS); /* what was planned before stands */
    n = servers_asked(PAIR_WEST, PAIR_REPORT);
    wait_for(SW_HEARSAY_HURRY_MS * 3);
    assert_true(servers_asked(PAIR_WEST, PAIR_REPORT) >= n + 3);
}

static void a_report_that_says_the_same_changes_nothing(void **state)
{
    uint64_t version;

    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(2000);
    version = sw_hearsay_version(hearsay);
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429060", SAYS_FOUR));
    wait_for(SW_HEARSAY_PERIOD_MS);
    assert_int_equal(sw_hearsay_version(hearsay), version);
    assert_int_equal(word().written_s, 1795429060);
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429061", "{\\'schemaVersion\\':1}"));
    wait_for(SW_HEARSAY_PERIOD_MS);
    assert_true(sw_hearsay_version(hearsay) > version);
}

static void check_word(enum sw_reason reason, const char *words)
{
    assert_int_equal(word().reason, reason);
    if (!strstr(word().detail, words))
        fail_msg("'%s' does not say '%s'", word().detail, words);
}

static void where_there_is_none_it_says_what_to_do(void **state)
{
    (void)state;
    servers_answer(PAIR_WEST, PAIR_REPORT, 404);
    wait_for(2000);
    check_word(SW_NOT_REPORTED, "install spillway-reconciler");
    assert_null(word().tally);
    servers_answer(PAIR_WEST, PAIR_REPORT, 403);
    wait_for(SW_HEARSAY_PERIOD_MS);
    check_word(SW_NOT_REPORTED, "spillway remote-secret --apply");
    servers_answer(PAIR_WEST, PAIR_REPORT, 200);
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(SW_HEARSAY_PERIOD_MS);
    check_word(SW_PROGRAMMED, "");
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", "{\\'schemaVersion\\':9}"));
    wait_for(2000);
    check_word(SW_REPORT_UNREADABLE, "ConfigMap spillway-status there: data");
    assert_null(word().tally);
}

static void one_that_nobody_writes_is_stale(void **state)
{
    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(2000);
    check_word(SW_PROGRAMMED, "");
    wait_for(300000 + SW_HEARSAY_PERIOD_MS);
    check_word(SW_REPORT_STALE, "see whether one does");
    assert_non_null(word().tally);
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429400", SAYS_FOUR));
    wait_for(SW_HEARSAY_PERIOD_MS);
    check_word(SW_PROGRAMMED, "");
}

static void what_was_said_last_stays_while_nobody_answers(void **state)
{
    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(2000);
    servers_answer(PAIR_WEST, NULL, SERVERS_REFUSED);
    wait_for(600000);
    check_word(SW_PROGRAMMED, "");
    assert_non_null(word().tally);
}

/* Its watches go on: it is there, and its report is not to be had. */
static void one_that_is_never_handed_out_grows_stale(void **state)
{
    uint64_t version;

    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(2000);
    servers_answer(PAIR_WEST, PAIR_REPORT, 500);
    wait_for(SW_TIDINGS_STALE_MS - SW_HEARSAY_PERIOD_MS * 2);
    check_word(SW_PROGRAMMED, "");
    wait_for(SW_HEARSAY_PERIOD_MS * 4);
    check_word(SW_REPORT_STALE, "in namespace sys there cannot be read: ");
    assert_non_null(word().tally);
    version = sw_hearsay_version(hearsay);
    servers_answer(PAIR_WEST, PAIR_REPORT, 503);
    wait_for(SW_HEARSAY_PERIOD_MS * 2);
    assert_int_equal(sw_hearsay_version(hearsay), version);
    servers_answer(PAIR_WEST, PAIR_REPORT, 200);
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429400", SAYS_FOUR));
    wait_for(SW_HEARSAY_PERIOD_MS * 2);
    check_word(SW_PROGRAMMED, "");
}

static void what_is_forgotten_is_asked_for_anew(void **state)
{
    (void)state;
    servers_put(PAIR_WEST, PAIR_REPORT, REPORT("1795429000", SAYS_FOUR));
    wait_for(2000);
    sw_hearsay_forget(hearsay);
    assert_null(word().tally);
    assert_false(sw_hearsay_is_settled(hearsay, 1));
    wait_for(2000);
    assert_int_equal(servers_asked(PAIR_WEST, PAIR_REPORT), 2);
    assert_non_null(word().tally);
}

/* The fixture fails where a request is left when its target goes. */
static void nothing_is_under_way_when_clusters_go(void **state)
{
    (void)state;
    servers_answer(PAIR_WEST, PAIR_REPORT, SERVERS_SILENT);
    wait_for(1000);
    assert_int_equal(servers_asked(PAIR_WEST, PAIR_REPORT), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_others_are_asked_and_what_they_say_is_kept),
        TEST(they_are_asked_again_and_more_often_in_a_hurry),
        TEST(a_report_that_says_the_same_changes_nothing),
        TEST(where_there_is_none_it_says_what_to_do),
        TEST(what_cannot_be_read_is_told),
        TEST(one_that_nobody_writes_is_stale),
        TEST(what_was_said_last_stays_while_nobody_answers),
        TEST(one_that_is_never_handed_out_grows_stale),
        TEST(what_is_forgotten_is_asked_for_anew),
        TEST(nothing_is_under_way_when_clusters_go),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
