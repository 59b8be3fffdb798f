/* reconciler/native.c: what a page of istiod's metrics says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reconciler/native.h"

static void a_remote_cluster_counts(void **state)
{
    (void)state;
    assert_int_equal(sw_native_read(SW_STR("# HELP istiod_managed_clusters Number of clusters.\n"
                                           "# TYPE istiod_managed_clusters gauge\n"
                                           "istiod_managed_clusters{cluster_type=\"local\"} 1\n"
                                           "istiod_managed_clusters{cluster_type=\"remote\"} 2\n"
                                           "pilot_xds 3\n")),
                     1);
}

static void none_is_said_too(void **state)
{
    (void)state;
    assert_int_equal(sw_native_read(SW_STR("istiod_managed_clusters{cluster_type=\"local\"} 1\n"
                                           "istiod_managed_clusters{cluster_type=\"remote\"} 0\n")),
                     0);
    assert_int_equal(sw_native_read(SW_STR("istiod_managed_clusters{cluster_type=\"local\"} 1")),
                     0);
}

static void a_page_that_does_not_say_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(sw_native_read(SW_STR("")), -1);
    assert_int_equal(sw_native_read(SW_STR("pilot_xds 3\n")), -1);
    assert_int_equal(sw_native_read(SW_STR("# TYPE istiod_managed_clusters gauge\n")), -1);
}

static void a_time_behind_the_number_and_other_labels_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(
        sw_native_read(
            SW_STR("istiod_managed_clusters{a=\"b\",cluster_type=\"remote\"}  0 1700000000000\n")),
        0);
    assert_int_equal(
        sw_native_read(SW_STR("istiod_managed_clusters{cluster_type=\"remote\",a=\"b\"} 1e+00\n")),
        1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_remote_cluster_counts),
        cmocka_unit_test(none_is_said_too),
        cmocka_unit_test(a_page_that_does_not_say_says_nothing),
        cmocka_unit_test(a_time_behind_the_number_and_other_labels_do_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
