/* webhook/cert_round.c: months of looks in a moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cert_life.h"
#include "json/read.h"

static void from_nothing_all_is_there_in_seconds(void **state)
{
    struct fixture *f = *state;

    life_go_on(f, 6);
    assert_true(f->round.loaded);
    assert_true(life_served(f)[0]);
    assert_all_trust(f, life_held(f, "ca.crt"));
    assert_null(
        json_object_get(json_object_get(life_webhook(MUTATING, 2), "clientConfig"), "caBundle"));
    assert_int_equal(sw_counter_value(f->stats.writes[SW_CERT_WROTE_BUNDLES]), 3);
    assert_int_equal(sw_counter_value(f->stats.writes[SW_CERT_WROTE_AUTHORITY]), 1);
    assert_int_equal(sw_counter_value(f->stats.writes[SW_CERT_WROTE_SERVING]), 1);
    assert_int_equal(sw_gauge_value(f->stats.leader), 1);
    assert_int_equal(sw_counter_value(f->stats.failures), 0);
    assert_int_equal(sw_gauge_value(f->stats.serving_end) / DAY_S, NOW_S / DAY_S + 90);
    assert_int_equal(sw_gauge_value(f->stats.authority_end) / DAY_S, NOW_S / DAY_S + 360);
}

static void when_all_is_well_nothing_is_written(void **state)
{
    struct fixture *f = *state;
    int n_writes;

    life_settle(f);
    n_writes = cluster.n_writes;
    life_go_on(f, 1200);
    assert_int_equal(cluster.n_writes, n_writes);
    assert_string_equal(life_logged(f), "");
}

static void a_new_authority_signs_only_once_it_is_known(void **state)
{
    struct fixture *f = *state;
    const char *before;
    struct sw_str first;

    life_settle(f);
    before = life_served(f);
    first = life_held(f, "ca.crt");
    cluster_wait(30 * DAY_S);
    json_object_set_new(json_object_get(cluster_get(SECRET), "data"), "ca.key", json_string(""));
    cluster_touch(SECRET);
    life_go_on(f, 12);
    assert_logged(f, "holds what cannot be used, it will be made anew");
    assert_string_equal(life_served(f), before);
    assert_all_trust(f, first);
    assert_all_trust(
        f, sw_str_slice(life_held(f, "ca.crt"), 0, life_held(f, "ca.crt").len - first.len));
    life_go_on(f, 15);
    assert_string_not_equal(life_served(f), before);
}

static void a_secret_that_is_gone_is_made_anew(void **state)
{
    struct fixture *f = *state;
    struct sw_str before;
    const char *was_served;

    life_settle(f);
    before = life_held(f, "ca.crt");
    was_served = life_served(f);
    cluster_delete(SECRET);
    life_go_on(f, 10);
    assert_non_null(cluster_get(SECRET));
    assert_string_equal(life_served(f), was_served);
    assert_all_trust(f, before);
    life_go_on(f, 20);
    assert_string_not_equal(life_served(f), was_served);
    assert_all_trust(f, before); /* replicas may not have looked yet */
    life_settle(f);
    assert_false(life_has(life_bundle(f, MUTATING, 0), before));
}

static void a_bundle_that_was_reset_is_filled_again(void **state)
{
    struct fixture *f = *state;

    life_settle(f);
    cluster_put(MUTATING, BOTH);
    life_go_on(f, 6);
    assert_all_trust(f, life_held(f, "ca.crt"));
}

static void without_registrations_a_certificate_is_kept_all_the_same(void **state)
{
    struct fixture *f = *state;

    cluster_delete(MUTATING);
    cluster_delete(VALIDATING);
    life_settle(f);
    assert_true(f->round.loaded);
    cluster_put(VALIDATING, ONE);
    life_go_on(f, 6);
    assert_true(life_has(life_bundle(f, VALIDATING, 0), life_held(f, "ca.crt")));
}

static void who_does_not_lead_loads_and_writes_nothing(void **state)
{
    struct fixture *f = *state;
    const char *before;
    int n_writes;

    life_settle(f);
    before = life_served(f);
    sw_elector_leave(f->elector);
    cluster_put(MUTATING, BOTH);
    n_writes = cluster.n_writes;
    life_go_on(f, 60);
    assert_int_equal(cluster.n_writes, n_writes);
    assert_int_equal(sw_gauge_value(f->stats.leader), 0);
    assert_false(life_has(life_bundle(f, MUTATING, 0), life_held(f, "ca.crt")));
    assert_string_equal(life_served(f), before);
}

static void an_api_server_that_is_away_leaves_what_is_there(void **state)
{
    struct fixture *f = *state;
    const char *before;

    life_settle(f);
    before = life_served(f);
    cluster.is_down = true;
    life_go_on(f, 3600);
    assert_string_equal(life_served(f), before);
    assert_true(f->round.loaded);
    assert_in_range(sw_counter_value(f->stats.failures), 60, 240); /* 30 to 60 s apart */
    assert_logged(f, "what is in use stays");
    cluster.is_down = false;
    life_go_on(f, 90);
    assert_logged(f, "certificates are looked after again");
    assert_int_equal(f->round.error.code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)
        TEST(from_nothing_all_is_there_in_seconds),
        TEST(when_all_is_well_nothing_is_written),
        TEST(a_new_authority_signs_only_once_it_is_known),
        TEST(a_secret_that_is_gone_is_made_anew),
        TEST(a_bundle_that_was_reset_is_filled_again),
        TEST(without_registrations_a_certificate_is_kept_all_the_same),
        TEST(who_does_not_lead_loads_and_writes_nothing),
        TEST(an_api_server_that_is_away_leaves_what_is_there),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
