/* webhook/cert_step.c: what is written, and what is not. */
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

static void a_refusal_of_ours_closes_the_webhook_and_leaves_no_owner(void **state)
{
    struct fixture *f = *state;
    json_t *owned;
    char *text;

    life_go_on(f, 10);
    assert_string_equal(life_policy(VALIDATING, 0), "Fail");
    assert_string_equal(life_policy(MUTATING, 0), "Ignore");
    assert_logged(f, "webhook refuses, and so fails closed from now on");

    /* What an API server notes of our write. */
    owned = json_pack("{s:s, s:{s:{s:{s:{}, s:{}}}}}", "manager", "spillway", "fieldsV1",
                      "f:webhooks", "k:{}", "f:failurePolicy", "f:clientConfig");
    json_array_append_new(
        json_object_get(json_object_get(cluster_get(VALIDATING), "metadata"), "managedFields"),
        owned);
    cluster_touch(VALIDATING);
    life_go_on(f, 10);
    owned = json_object_get(cluster_get(VALIDATING), "metadata");
    text = json_dumps(json_array_get(json_object_get(owned, "managedFields"), 1), 0);
    assert_non_null(strstr(text, "f:clientConfig"));
    assert_null(strstr(text, "f:failurePolicy"));
    free(text);
}

static void what_others_refuse_closes_nothing(void **state)
{
    static const struct {
        int status;
        const char *message;
    } answers[] = {
        {201, "{}"},
        {422, "spec: Required value"},
        {403, "workspacesettings is forbidden: User cannot create resource"},
        {422,
         "admission webhook \"other.test\" denied the request: refused because it asks for it"},
        {422, "admission webhook \"v.test\" denied the request: no such workspace"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        cluster.dry_run.status = answers[i].status;
        cluster.dry_run.message = answers[i].message;
        life_go_on(f, 20);
        assert_string_equal(life_policy(VALIDATING, 0), "Ignore");
        assert_logged(f, "webhook goes on ignoring failures");
        life_go_on(f, 20);
        assert_string_equal(life_logged(f), ""); /* the same is said once */
    }
}

static void a_policy_that_is_to_stand_stands(void **state)
{
    struct fixture *f = *state;

    json_object_set_new(json_object_get(cluster_get(VALIDATING), "metadata"), "annotations",
                        json_pack("{s:s}", "spillway.dev/failure-policy", "Ignore"));
    life_settle(f);
    assert_string_equal(life_policy(VALIDATING, 0), "Ignore");
}

static void a_certificate_is_renewed_and_its_authority_too(void **state)
{
    struct fixture *f = *state;
    struct sw_str first;
    const char *before;

    life_settle(f);
    first = life_held(f, "ca.crt");
    before = life_served(f);
    cluster_wait(61 * DAY_S);
    life_settle(f);
    assert_string_not_equal(life_served(f), before);
    assert_true(sw_str_eq(life_held(f, "ca.crt"), first));

    cluster_wait(180 * DAY_S); /* two thirds of the authority's life */
    life_settle(f);
    assert_false(sw_str_eq(life_held(f, "ca.crt"), first));
    assert_true(sw_str_has_suffix(life_held(f, "ca.crt"), first));
    assert_all_trust(f, first);
    assert_all_trust(
        f, sw_str_slice(life_held(f, "ca.crt"), 0, life_held(f, "ca.crt").len - first.len));

    cluster_wait(50 * DAY_S);
    life_settle(f);
    assert_all_trust(f, first); /* it has signed what would still be valid */
    cluster_wait(41 * DAY_S);
    life_settle(f);
    life_settle(f);
    assert_false(life_has(life_held(f, "ca.crt"), first));
    assert_false(life_has(life_bundle(f, VALIDATING, 0), first));
    assert_false(life_has(life_bundle(f, MUTATING, 1), first));
    assert_all_trust(f, life_held(f, "ca.crt"));
}

static void a_conflict_is_looked_at_anew(void **state)
{
    struct fixture *f = *state;

    cluster.conflicts_at = MUTATING;
    life_go_on(f, 30);
    assert_all_trust(f, life_held(f, "ca.crt"));
    assert_int_equal(sw_counter_value(f->stats.failures), 1);
    assert_logged(f, "certificates are looked after again");
}

static void a_secret_of_somebody_else_is_neither_used_nor_written(void **state)
{
    struct fixture *f = *state;

    cluster_put(SECRET, "{'metadata':{'name':'certs'},'data':{'tls.crt':'eA=='}}");
    life_go_on(f, 60);
    assert_false(f->round.loaded);
    assert_int_equal(cluster.n_writes, 0);
    assert_logged(f, "found data of somebody else's");
    assert_int_equal(f->round.error.code, SW_ETYPE);
}

/* Whatever request fails, on the way from nothing: in the end all is well. */
static void any_request_may_fail(void **state)
{
    struct fixture *f = *state;

    for (int n = 1; n <= 15; n++) {
        cluster_put(MUTATING, BOTH);
        cluster_put(VALIDATING, ONE);
        cluster_delete(SECRET);
        cluster.refuses_at = n;
        life_settle(f);
        assert_int_equal(f->round.error.code, 0);
        assert_all_trust(f, life_held(f, "ca.crt"));
        assert_string_equal(life_policy(VALIDATING, 0), "Fail");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)
        TEST(a_refusal_of_ours_closes_the_webhook_and_leaves_no_owner),
        TEST(what_others_refuse_closes_nothing),
        TEST(a_policy_that_is_to_stand_stands),
        TEST(a_certificate_is_renewed_and_its_authority_too),
        TEST(a_conflict_is_looked_at_anew),
        TEST(a_secret_of_somebody_else_is_neither_used_nor_written),
        TEST(any_request_may_fail),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
