/* webhook/admit_handler.c: from a request to its response, over an index that a test publishes. */
#include "admit_fixture.h"

static void routes_are_those_that_the_manifests_name(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(f->routes[SW_ADMIT_MUTATE].path, "/mutate");
    assert_string_equal(f->routes[SW_ADMIT_VALIDATE].path, "/validate");
    for (size_t i = 0; i < SW_ADMIT_N_ROUTES; i++) {
        assert_string_equal(f->routes[i].method, "POST");
        assert_string_equal(f->routes[i].content_type, "application/json");
    }
}

static void mutate_answers_with_a_patch(void **state)
{
    struct fixture *f = *state;

    assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_CART), 200, 0,
                    "\"patchType\":\"JSONPatch\"");
    assert_page_holds(f, "spillway_admission_reviews_total{path=\"/mutate\",kind=\"Service\","
                         "verdict=\"patched\"} 1\n");
    assert_page_holds(f, "spillway_admission_duration_seconds_count{path=\"/mutate\","
                         "kind=\"Service\"} 1\n");
    assert_int_equal(logged(f).len, 0);
}

static void mutate_lets_other_kinds_through(void **state)
{
    struct fixture *f = *state;

    assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_POD), 200, 0, "\"allowed\":true");
    assert_page_holds(f, "spillway_admission_reviews_total{path=\"/mutate\",kind=\"other\","
                         "verdict=\"allowed\"} 1\n");
}

static void mutate_answers_one_review_after_another(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < 1000; i++)
        assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_CART), 200, 0, "u-cart");
    assert_page_holds(f, "verdict=\"patched\"} 1000\n");
}

static void mutate_logs_each_warning(void **state)
{
    struct fixture *f = *state;
    struct sw_str text;

    assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_WARNED), 200, 0, "warnings");
    text = logged(f);
    assert_true(holds(text, "\"msg\":\"warned\",\"uid\":\"u-warned\",\"kind\":\"Service\","
                            "\"namespace\":\"shop\",\"name\":\"cart\",\"reason\":"));
    assert_page_holds(f, "spillway_admission_findings_total{severity=\"warning\",reason=");
}

static void validate_refuses_and_logs_why(void **state)
{
    struct fixture *f = *state;
    struct sw_str text;

    assert_response(post_text(f, SW_ADMIT_VALIDATE, REVIEW_BAD_SETTING("u-1")), 200, 0,
                    "\"allowed\":false");
    text = logged(f);
    assert_true(holds(text,
                      "\"msg\":\"refused\",\"uid\":\"u-1\",\"kind\":\"WorkspaceSetting\","
                      "\"namespace\":\"shop\",\"name\":\"s2\",\"reason\":\"WorkspaceUnknown\""));
    assert_page_holds(f, "spillway_admission_findings_total{severity=\"refusal\","
                         "reason=\"WorkspaceUnknown\"} 1\n");
}

static void validate_on_a_live_index_asks_for_the_first_refusal_again(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_publish(&f->snapshot, cluster(true, true));
    assert_response(post_text(f, SW_ADMIT_VALIDATE, REVIEW_BAD_SETTING("u-1")), 429, 1,
                    "\"code\":429");
    assert_int_equal(logged(f).len, 0);
    assert_response(post(f, SW_ADMIT_VALIDATE, sw_str_from(REVIEW_BAD_SETTING("u-2")), 1), 429, 1,
                    "\"code\":429");
    /* the second call may come in on another thread */
    assert_response(post(f, SW_ADMIT_VALIDATE, sw_str_from(REVIEW_BAD_SETTING("u-1")), 1), 200, 0,
                    "\"allowed\":false");
    assert_page_holds(f, "kind=\"WorkspaceSetting\",verdict=\"again\"} 2\n");
    assert_page_holds(f, "kind=\"WorkspaceSetting\",verdict=\"refused\"} 1\n");
    assert_page_holds(f, "severity=\"refusal\",reason=\"WorkspaceUnknown\"} 1\n");
}

static void unsynced_is_503_and_logged_once_a_second(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_publish(&f->snapshot, cluster(false, false));
    for (size_t i = 0; i < 5; i++)
        assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_CART), 503, 1, "\"code\":503");
    assert_true(count_lines(logged(f)) <= 2); /* a second may have passed on a busy machine */
    assert_page_holds(f, "kind=\"Service\",verdict=\"unsynced\"} 5\n");
}

static void malformed_is_400_and_logged_once_a_second(void **state)
{
    struct fixture *f = *state;
    struct sw_str text;

    for (size_t i = 0; i < 5; i++)
        assert_response(post_text(f, SW_ADMIT_MUTATE, "{\"kind\":"), 400, 0, "\"code\":400");
    text = logged(f);
    assert_true(holds(text, "\"msg\":\"not a review\",\"remote\":\"10.0.0.1:4711\",\"error\":"));
    assert_true(count_lines(text) <= 2);
    assert_page_holds(f, "kind=\"other\",verdict=\"malformed\"} 5\n");
}

static void an_empty_body_is_malformed(void **state)
{
    assert_response(post(*state, SW_ADMIT_VALIDATE, (struct sw_str){NULL, 0}, 0), 400, 0,
                    "\"code\":400");
}

static void free_of_nothing_is_allowed(void **state)
{
    (void)state;
    sw_admit_handler_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(routes_are_those_that_the_manifests_name),
        TEST(mutate_answers_with_a_patch),
        TEST(mutate_lets_other_kinds_through),
        TEST(mutate_answers_one_review_after_another),
        TEST(mutate_logs_each_warning),
        TEST(validate_refuses_and_logs_why),
        TEST(validate_on_a_live_index_asks_for_the_first_refusal_again),
        TEST(unsynced_is_503_and_logged_once_a_second),
        TEST(malformed_is_400_and_logged_once_a_second),
        TEST(an_empty_body_is_malformed),
        cmocka_unit_test(free_of_nothing_is_allowed),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
