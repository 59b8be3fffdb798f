/* reconciler/conditions.c: when status is written, of what, and when it is not. What it says is
 * proved in test_standing.c, and that an API server takes it in tests/integration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pair.h"
#include "reconciler/conditions.h"
#include "json/read.h"

#define WORKSPACES "/apis/tsb.tetrate.io/v2/workspaces"
#define SETTINGS   "/apis/tsb.tetrate.io/v2/workspacesettings"
#define IN_TSB     "/apis/tsb.tetrate.io/v2/namespaces/tsb/"
#define SHOP_PATH  IN_TSB "workspaces/shop/status"
#define SHOPS_PATH IN_TSB "workspacesettings/shops/status"

#define SHOP(generation)                                                                           \
    "{'metadata':{'namespace':'tsb','name':'shop','uid':'u1','generation':" generation "},"        \
    "'spec':{'namespaceSelector':{'names':['*/shop']}}}"
#define SHOPS                                                                                      \
    "{'metadata':{'namespace':'tsb','name':'shops','uid':'u2'},'spec':{"                           \
    "'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw','labels':"            \
    "{'app':'gw'}}}]}}"
#define GOING                                                                                      \
    "{'metadata':{'namespace':'tsb','name':'shop','deletionTimestamp':"                            \
    "'2026-01-01T00:00:00Z'},'spec':{'namespaceSelector':{'names':['*/shop']}}}"

#define N_MANY 70 /* more than one step of a round takes */

static struct sw_hearsay *hearsay;
static struct sw_ledger *ledger;
static struct sw_conditions *conditions;

static void on_remote_move(void *context)
{
    (void)context;
    if (hearsay)
        sw_hearsay_move(hearsay);
}

static int setup(void **state)
{
    const struct sw_hearsay_options hears = {
        .http = servers_http(), .namespace_ = SW_STR("sys"), .log = NULL};
    const struct sw_conditions_options options = {.http = servers_http(), .log = NULL};

    hearsay = NULL;
    if (pair_setup(state, on_remote_move, NULL) < 0 || sw_ledger_new(&ledger, NULL) < 0 ||
        sw_hearsay_new(&hears, &hearsay, NULL) < 0)
        return -1;
    servers_answer(PAIR_WEST, PAIR_REPORT, 404);
    return sw_conditions_new(&options, &conditions, NULL);
}

static int teardown(void **state)
{
    int r;

    sw_conditions_point(conditions, NULL);
    r = pair_teardown(state);
    sw_conditions_free(conditions);
    sw_hearsay_free(hearsay);
    sw_ledger_free(ledger);
    hearsay = NULL;
    return r;
}

/* As the publisher does. */
static void go_round(void)
{
    const struct sw_conditions_turn turn = {
        .state = pair.state,
        .ledger = ledger,
        .members = pair.members,
        .local = sw_members_at(pair.members, 0),
        .hearsay = hearsay,
        .now_ms = servers_now_ms,
    };

    pair_run();
    pair_mesh();
    sw_hearsay_step(hearsay, pair.members, SW_STR("home"), servers_now_ms);
    sw_conditions_step(conditions, &turn);
    pair_run();
}

static void wait_for(int64_t ms)
{
    for (int64_t end_ms = servers_now_ms + ms; servers_now_ms < end_ms; servers_now_ms += 250)
        go_round();
}

static void begin(void)
{
    pair_run();
    sw_conditions_point(conditions, sw_member_target(sw_members_at(pair.members, 0)));
}

static unsigned int n_writes(void)
{
    return servers_asked(PAIR_HOME, SHOP_PATH) + servers_asked(PAIR_HOME, SHOPS_PATH);
}

static void each_object_gets_its_status(void **state)
{
    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    servers_put(PAIR_HOME, SETTINGS, SHOPS);
    begin();
    wait_for(4000);
    assert_int_equal(servers_asked(PAIR_HOME, SHOP_PATH), 1);
    assert_int_equal(servers_asked(PAIR_HOME, SHOPS_PATH), 1);
    assert_non_null(strstr(servers_query(PAIR_HOME, SHOP_PATH), "fieldManager=spillway"));
    assert_non_null(strstr(servers_query(PAIR_HOME, SHOP_PATH), "force=true"));
    assert_int_equal(servers_asked(PAIR_WEST, SHOP_PATH), 0);
}

static void more_than_a_step_s_objects_get_one_each(void **state)
{
    static char texts[N_MANY][96]; /* which the servers borrow */
    char path[96];

    (void)state;
    for (size_t i = 0; i < N_MANY; i++) {
        snprintf(texts[i], sizeof(texts[i]),
                 "{'metadata':{'namespace':'tsb','name':'w%zu','uid':'u%zu'}}", i, i);
        servers_put(PAIR_HOME, WORKSPACES, texts[i]);
    }
    begin();
    wait_for(40000);
    for (size_t i = 0; i < N_MANY; i++) {
        snprintf(path, sizeof(path), IN_TSB "workspaces/w%zu/status", i);
        assert_int_equal(servers_asked(PAIR_HOME, path), 1);
    }
}

/* The objects never have the status that was written: here nobody stores it. */
static void a_round_comes_at_most_every_gap(void **state)
{
    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    begin();
    wait_for(2000);
    assert_int_equal(n_writes(), 1);
    for (unsigned int i = 0; i < 8; i++) { /* something changes all the time */
        servers_put(PAIR_HOME, SERVERS_NAMESPACES, "{'metadata':{'name':'shop'}}");
        wait_for(SW_CONDITIONS_GAP_MS / 4);
    }
    assert_in_range(n_writes(), 2, 3);
}

static void where_nothing_changes_nothing_is_asked_or_written(void **state)
{
    unsigned int n_lists, n;

    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    begin();
    wait_for(20000);
    n = n_writes();
    n_lists = servers_asked(PAIR_HOME, WORKSPACES);
    wait_for(60000);
    assert_int_equal(n_writes(), n);
    assert_int_equal(servers_asked(PAIR_HOME, WORKSPACES), n_lists);
}

static void clusters_that_were_not_seen_are_waited_for(void **state)
{
    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    servers_answer(PAIR_WEST, NULL, SERVERS_REFUSED);
    begin();
    wait_for(SW_CONDITIONS_PATIENCE_MS - 1000);
    assert_int_equal(n_writes(), 0);
    wait_for(5000);
    assert_int_equal(n_writes(), 1);
}

static void one_that_is_refused_does_not_hold_up_the_others(void **state)
{
    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    servers_put(PAIR_HOME, SETTINGS, SHOPS);
    servers_answer(PAIR_HOME, SHOP_PATH, 422);
    begin();
    wait_for(4000);
    assert_int_equal(servers_asked(PAIR_HOME, SHOP_PATH), 1);
    assert_int_equal(servers_asked(PAIR_HOME, SHOPS_PATH), 1);
}

static void what_is_refused_is_tried_again_ever_later(void **state)
{
    unsigned int n;

    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    servers_answer(PAIR_HOME, SHOP_PATH, 403);
    begin();
    wait_for(4000);
    assert_int_equal(n_writes(), 1);
    wait_for(SW_CONDITIONS_GAP_MS);
    assert_int_equal(n_writes(), 2);
    wait_for(SW_CONDITIONS_GAP_MS);
    assert_int_equal(n_writes(), 2);
    wait_for(60000);
    n = n_writes();
    assert_in_range(n, 4, 5);
    servers_answer(PAIR_HOME, SHOP_PATH, 200);
    wait_for(SW_CONDITIONS_MAX_RETRY_MS);
    assert_in_range(n_writes(), n + 1, 8);
}

static void objects_that_cannot_be_listed_are_not_written(void **state)
{
    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    begin();
    servers_answer(PAIR_HOME, SETTINGS, 403);
    wait_for(10000);
    assert_int_equal(n_writes(), 0);
    servers_answer(PAIR_HOME, SETTINGS, 200);
    wait_for(20000);
    assert_true(n_writes() >= 1);
}

static void what_is_on_its_way_out_is_left_alone(void **state)
{
    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, GOING);
    begin();
    wait_for(10000);
    assert_int_equal(n_writes(), 0);
}

static void who_leads_again_reads_everything_again(void **state)
{
    unsigned int n_lists;

    (void)state;
    servers_put(PAIR_HOME, WORKSPACES, SHOP("1"));
    servers_put(PAIR_HOME, SETTINGS, SHOPS);
    servers_answer(PAIR_HOME, SHOP_PATH, SERVERS_SILENT);
    begin();
    wait_for(20000);
    assert_int_equal(n_writes(), 1); /* the next waits for its answer */
    sw_conditions_forget(conditions);
    servers_answer(PAIR_HOME, SHOP_PATH, 200);
    n_lists = servers_asked(PAIR_HOME, WORKSPACES);
    wait_for(3000);
    assert_int_equal(servers_asked(PAIR_HOME, SHOP_PATH), 2);
    assert_int_equal(servers_asked(PAIR_HOME, SHOPS_PATH), 1);
    assert_true(servers_asked(PAIR_HOME, WORKSPACES) > n_lists);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_object_gets_its_status),
        TEST(more_than_a_step_s_objects_get_one_each),
        TEST(a_round_comes_at_most_every_gap),
        TEST(where_nothing_changes_nothing_is_asked_or_written),
        TEST(clusters_that_were_not_seen_are_waited_for),
        TEST(one_that_is_refused_does_not_hold_up_the_others),
        TEST(what_is_refused_is_tried_again_ever_later),
        TEST(objects_that_cannot_be_listed_are_not_written),
        TEST(what_is_on_its_way_out_is_left_alone),
        TEST(who_leads_again_reads_everything_again),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
