/* pkg/base/str.c: borrowed strings, the number parser, distances and label values. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"

static const struct sw_str unset = {NULL, 0};

static int precision_of(int precision, const char *data)
{
    (void)data;
    return precision;
}

static void eq_compares_bytes_and_takes_unset_for_empty(void **state)
{
    (void)state;
    assert_true(sw_str_eq(SW_STR("a\0b"), SW_STR("a\0b")));
    assert_false(sw_str_eq(SW_STR("a\0b"), SW_STR("a\0c")));
    assert_false(sw_str_eq(SW_STR("a"), SW_STR("ab")));
    assert_true(sw_str_eq(unset, SW_STR("")));
    assert_true(sw_str_is(unset, ""));
    assert_true(sw_str_is(SW_STR("ab"), "ab"));
    assert_false(sw_str_is(SW_STR("a\0b"), "a"));
    assert_true(sw_str_eq(sw_str_from(NULL), unset));
}

static void arg_prints_unset_and_never_a_negative_precision(void **state)
{
    char text[16];
    struct sw_str huge = {"", (size_t)INT_MAX + 2};

    (void)state;
    snprintf(text, sizeof(text), "<%.*s>", SW_STR_ARG(unset));
    assert_string_equal(text, "<>");
    snprintf(text, sizeof(text), "<%.*s>", SW_STR_ARG(sw_str_slice(SW_STR("abc"), 0, 2)));
    assert_string_equal(text, "<ab>");
    assert_int_equal(precision_of(SW_STR_ARG(huge)), INT_MAX);
}

static void cmp_orders_by_bytes_then_length(void **state)
{
    (void)state;
    assert_true(sw_str_cmp(SW_STR("a"), SW_STR("b")) < 0);
    assert_true(sw_str_cmp(SW_STR("b"), SW_STR("ab")) > 0);
    assert_true(sw_str_cmp(SW_STR("a"), SW_STR("ab")) < 0);
    assert_true(sw_str_cmp(SW_STR("ab"), SW_STR("a")) > 0);
    assert_true(sw_str_cmp(SW_STR("\xff"), SW_STR("a")) > 0);
    assert_int_equal(sw_str_cmp(SW_STR("ab"), SW_STR("ab")), 0);
    assert_int_equal(sw_str_cmp(unset, SW_STR("")), 0);
}

static void has_prefix_and_suffix(void **state)
{
    (void)state;
    assert_true(sw_str_has_prefix(SW_STR("failover.io/x"), SW_STR("failover.io/")));
    assert_true(sw_str_has_prefix(SW_STR("x"), unset));
    assert_false(sw_str_has_prefix(SW_STR("fail"), SW_STR("failover")));
    assert_false(sw_str_has_prefix(SW_STR("xfail"), SW_STR("fail")));
    assert_true(sw_str_has_suffix(SW_STR("a.yaml"), SW_STR(".yaml")));
    assert_true(sw_str_has_suffix(unset, unset));
    assert_false(sw_str_has_suffix(SW_STR("yaml"), SW_STR(".yaml")));
    assert_false(sw_str_has_suffix(SW_STR(".yaml2"), SW_STR(".yaml")));
}

static void find_gives_the_first_or_the_length(void **state)
{
    (void)state;
    assert_int_equal(sw_str_find(SW_STR("a/b/c"), '/'), 1);
    assert_int_equal(sw_str_find(SW_STR("abc"), '/'), 3);
    assert_int_equal(sw_str_find(unset, '/'), 0);
}

static void slice_clamps(void **state)
{
    (void)state;
    assert_true(sw_str_is(sw_str_slice(SW_STR("abcd"), 1, 3), "bc"));
    assert_true(sw_str_is(sw_str_slice(SW_STR("abcd"), 2, 100), "cd"));
    assert_true(sw_str_is(sw_str_slice(SW_STR("abcd"), 3, 1), ""));
    assert_true(sw_str_is(sw_str_slice(SW_STR("abcd"), 9, 12), ""));
    assert_null(sw_str_slice(unset, 0, 5).data);
}

static void cut_walks_all_parts(void **state)
{
    struct sw_str rest = SW_STR("a,,b,");

    (void)state;
    assert_true(sw_str_is(sw_str_cut(&rest, ','), "a"));
    assert_true(sw_str_is(sw_str_cut(&rest, ','), ""));
    assert_true(sw_str_is(sw_str_cut(&rest, ','), "b"));
    assert_non_null(rest.data); /* one more part, an empty one, stands behind the last comma */
    assert_true(sw_str_is(sw_str_cut(&rest, ','), ""));
    assert_null(rest.data);
    assert_true(sw_str_is(sw_str_cut(&rest, ','), ""));
    assert_null(rest.data);
}

static void to_u64_reads_up_to_max(void **state)
{
    static const struct {
        const char *text;
        uint64_t max, value;
    } good[] = {
        {"0", 0, 0},          {"7", 7, 7},
        {"007", 7, 7},        {"65535", 65535, 65535},
        {"9", UINT64_MAX, 9}, {"18446744073709551615", UINT64_MAX, UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        uint64_t value = 99;

        assert_true(sw_str_to_u64(sw_str_from(good[i].text), good[i].max, &value));
        assert_int_equal(value, good[i].value);
    }
}

static void to_u64_refuses_the_rest(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
    } bad[] = {
        {"", 10},     {"-1", 10},       {"+1", 10},
        {" 1", 10},   {"1 ", 10},       {"1a", 100},
        {"0x1", 100}, {"1", 0},         {"7", 5},
        {"8", 7},     {"65536", 65535}, {"18446744073709551616", UINT64_MAX},
        {"105", 104}, {":", 100},       {"99999999999999999999", UINT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        uint64_t value = 42;

        assert_false(sw_str_to_u64(sw_str_from(bad[i].text), bad[i].max, &value));
        assert_int_equal(value, 42);
    }
    assert_false(sw_str_to_u64(unset, 10, &(uint64_t){0}));
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(sw_str_distance(SW_STR("kitten"), SW_STR("sitting"), 10), 3);
    assert_int_equal(sw_str_distance(SW_STR("apiVersion"), SW_STR("apiversion"), 2), 1);
    assert_int_equal(sw_str_distance(SW_STR("same"), SW_STR("same"), 0), 0);
    assert_int_equal(sw_str_distance(unset, SW_STR("abc"), 5), 3);
    assert_int_equal(sw_str_distance(SW_STR("abc"), unset, 5), 3);
}

static void distance_stops_at_its_limits(void **state)
{
    char text[65];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(sw_str_distance(SW_STR("abc"), SW_STR("xyz"), 2), 3);
    assert_int_equal(sw_str_distance(SW_STR("abcdef"), SW_STR("uvwxyz"), 2), 3);
    assert_int_equal(sw_str_distance((struct sw_str){text, 64}, (struct sw_str){text, 63}, 2), 1);
    assert_int_equal(sw_str_distance((struct sw_str){text, 65}, (struct sw_str){text, 65}, 2), 3);
}

static void dup_is_a_text_of_its_own(void **state)
{
    char *copy = sw_str_dup((struct sw_str){"cart of another", 4});
    char *empty = sw_str_dup((struct sw_str){NULL, 0});

    (void)state;
    assert_string_equal(copy, "cart");
    assert_string_equal(empty, "");
    free(copy);
    free(empty);
}

static void is_line_without_control_characters(void **state)
{
    (void)state;
    assert_true(sw_str_is_line(SW_STR("")));
    assert_true(sw_str_is_line(SW_STR("a b~\xc3\xa4")));
    assert_false(sw_str_is_line(SW_STR("a\r\nb")));
    assert_false(sw_str_is_line(SW_STR("a\0")));
    assert_false(sw_str_is_line(SW_STR("\x7f")));
}

static void is_dns_label_as_kubernetes_says(void **state)
{
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char *const wrong[] = {"", "-a", "a-", "A", "a.b", "a/b", "a b", "..", "a_b"};

    (void)state;
    assert_true(sw_str_is_dns_label(SW_STR("a")));
    assert_true(sw_str_is_dns_label(SW_STR("9x-1")));
    assert_true(sw_str_is_dns_label((struct sw_str){text, 63}));
    assert_false(sw_str_is_dns_label((struct sw_str){text, 64}));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sw_str_is_dns_label(sw_str_from(wrong[i])));
}

static void is_object_name_as_kubernetes_says(void **state)
{
    static const char *const wrong[] = {"", ".", "..", "a.", ".a", "a..b", "a.-b", "A.b", "a/b"};
    char text[255];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 2 ? '.' : 'a';
    assert_true(sw_str_is_object_name(SW_STR("certs")));
    assert_true(sw_str_is_object_name(SW_STR("a.b-c.9")));
    assert_true(sw_str_is_object_name((struct sw_str){text, 253}));
    assert_false(sw_str_is_object_name((struct sw_str){text, 255}));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sw_str_is_object_name(sw_str_from(wrong[i])));
}

static void is_label_value_as_kubernetes_says(void **state)
{
    char text[64];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_true(sw_str_is_label_value(unset));
    assert_true(sw_str_is_label_value(SW_STR("v1")));
    assert_true(sw_str_is_label_value(SW_STR("A-b_c.9")));
    assert_true(sw_str_is_label_value((struct sw_str){text, 63}));
    assert_false(sw_str_is_label_value((struct sw_str){text, 64}));
    assert_false(sw_str_is_label_value(SW_STR("-a")));
    assert_false(sw_str_is_label_value(SW_STR("a-")));
    assert_false(sw_str_is_label_value(SW_STR("a/b")));
    assert_false(sw_str_is_label_value(SW_STR("a b")));
    assert_false(sw_str_is_label_value(SW_STR("\xc3\xa4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eq_compares_bytes_and_takes_unset_for_empty),
        cmocka_unit_test(arg_prints_unset_and_never_a_negative_precision),
        cmocka_unit_test(cmp_orders_by_bytes_then_length),
        cmocka_unit_test(has_prefix_and_suffix),
        cmocka_unit_test(find_gives_the_first_or_the_length),
        cmocka_unit_test(slice_clamps),
        cmocka_unit_test(cut_walks_all_parts),
        cmocka_unit_test(to_u64_reads_up_to_max),
        cmocka_unit_test(to_u64_refuses_the_rest),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(distance_stops_at_its_limits),
        cmocka_unit_test(dup_is_a_text_of_its_own),
        cmocka_unit_test(is_line_without_control_characters),
        cmocka_unit_test(is_dns_label_as_kubernetes_says),
        cmocka_unit_test(is_object_name_as_kubernetes_says),
        cmocka_unit_test(is_label_value_as_kubernetes_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
