/* reconciler/census.c: the objects that have a status, as an API server holds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../kube/fake_http.h"
#include "reconciler/census.h"
#include "json/read.h"

#define LIST(items) "{\"kind\":\"List\",\"metadata\":{},\"items\":[" items "]}"

static struct sw_census census;
static unsigned int n_done;
static char failure[SW_ERR_MESSAGE_SIZE];
static int64_t retry_after;

static void on_done(void *context, const char *why, int64_t retry_after_s)
{
    assert_ptr_equal(context, &census);
    n_done++;
    retry_after = retry_after_s;
    snprintf(failure, sizeof(failure), "%s", why ? why : "");
}

static int setup(void **state)
{
    n_done = 0;
    if (fake_setup(state) < 0)
        return -1;
    sw_census_init(&census, fake_client().http, (struct sw_census_sink){&census, on_done});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_census_forget(&census);
    return 0;
}

static void both_kinds_are_listed(void **state)
{
    (void)state;
    sw_census_take(&census, fake_client().target);
    assert_non_null(strstr(fake_last()->path, "/apis/tsb.tetrate.io/v2/workspaces?"));
    assert_true(sw_census_is_under_way(&census));
    fake_answer(200, LIST("{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}"));
    assert_non_null(strstr(fake_last()->path, "/apis/tsb.tetrate.io/v2/workspacesettings?"));
    assert_false(sw_census_is_known(&census));
    fake_answer(200, LIST("{\"metadata\":{\"name\":\"c\"}}"));
    assert_int_equal(n_done, 1);
    assert_string_equal(failure, "");
    assert_false(sw_census_is_under_way(&census));
    assert_true(sw_census_is_known(&census));
    assert_int_equal(json_array_size(census.items[SW_CENSUS_WORKSPACES]), 2);
    assert_int_equal(json_array_size(census.items[SW_CENSUS_SETTINGS]), 1);
}

static void a_kind_that_is_not_there_has_no_objects(void **state)
{
    (void)state;
    sw_census_take(&census, fake_client().target);
    fake_answer(404, "{}");
    fake_answer(404, "{}");
    assert_int_equal(n_done, 1);
    assert_true(sw_census_is_known(&census));
    assert_int_equal(json_array_size(census.items[SW_CENSUS_SETTINGS]), 0);
}

static void a_failure_is_told_and_nothing_is_known(void **state)
{
    (void)state;
    sw_census_take(&census, fake_client().target);
    fake_answer(200, LIST(""));
    fake_answer_later(429, 7, "{}");
    assert_int_equal(n_done, 1);
    assert_non_null(strstr(failure, "workspacesettings"));
    assert_int_equal(retry_after, 7);
    assert_false(sw_census_is_known(&census));
    assert_null(census.items[SW_CENSUS_WORKSPACES]);
}

static void what_cannot_be_sent_is_told_at_once(void **state)
{
    (void)state;
    fake.fails = SW_ENOMEM;
    sw_census_take(&census, fake_client().target);
    assert_int_equal(n_done, 1);
    assert_string_not_equal(failure, "");
}

static void one_that_is_forgotten_tells_nothing(void **state)
{
    (void)state;
    sw_census_take(&census, fake_client().target);
    sw_census_forget(&census);
    assert_true(fake_last()->cancelled);
    assert_int_equal(n_done, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_kinds_are_listed),
        TEST(a_kind_that_is_not_there_has_no_objects),
        TEST(a_failure_is_told_and_nothing_is_known),
        TEST(what_cannot_be_sent_is_told_at_once),
        TEST(one_that_is_forgotten_tells_nothing),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
