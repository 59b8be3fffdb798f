/* pkg/mesh/sorted.c: a list that is put in order when it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/sorted.h"

static int by_number(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void check_sorted(struct sw_sorted *list, size_t n)
{
    sw_sorted_settle(list, by_number);
    assert_int_equal(list->n, n);
    for (size_t i = 1; i < n; i++)
        assert_true(by_number(list->items[i - 1], list->items[i]) <= 0);
}

/* A permutation, so that each number is there once. */
static void fill(int *numbers, int n)
{
    for (int i = 0; i < n; i++)
        numbers[i] = (i * 577) % n;
}

static void many_are_sorted_at_once_and_few_put_in_their_places(void **state)
{
    int numbers[1000];
    struct sw_sorted list = {0};

    (void)state;
    fill(numbers, 1000);
    for (size_t i = 0; i < 900; i++)
        assert_int_equal(sw_sorted_add(&list, &numbers[i], NULL), 0);
    check_sorted(&list, 900);
    for (size_t i = 900; i < 1000; i++) {
        assert_int_equal(sw_sorted_add(&list, &numbers[i], NULL), 0);
        if (i % 3 == 0)
            check_sorted(&list, i + 1);
    }
    check_sorted(&list, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(*(const int *)list.items[i], i);
    sw_sorted_release(&list);
}

static void what_is_removed_leaves_the_rest_in_order(void **state)
{
    int numbers[100];
    struct sw_sorted list = {0};
    size_t n = 100;

    (void)state;
    fill(numbers, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(sw_sorted_add(&list, &numbers[i], NULL), 0);
    sw_sorted_remove(&list, &numbers[99]); /* before it was ever sorted */
    check_sorted(&list, --n);
    for (size_t i = 0; i < 99; i += 2) {
        sw_sorted_remove(&list, &numbers[i]);
        if (i % 4 == 0)
            assert_int_equal(sw_sorted_add(&list, &numbers[i], NULL), 0);
        else
            n--;
        if (i % 5 == 0)
            check_sorted(&list, n);
    }
    check_sorted(&list, n);
    sw_sorted_remove(&list, &numbers[99]);
    check_sorted(&list, n);
    sw_sorted_release(&list);
}

static void an_empty_list_is_in_order(void **state)
{
    struct sw_sorted list = {0};
    int number = 1;

    (void)state;
    check_sorted(&list, 0);
    sw_sorted_remove(&list, &number);
    assert_int_equal(sw_sorted_add(&list, &number, NULL), 0);
    check_sorted(&list, 1);
    sw_sorted_remove(&list, &number);
    check_sorted(&list, 0);
    sw_sorted_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_sorted_at_once_and_few_put_in_their_places),
        cmocka_unit_test(what_is_removed_leaves_the_rest_in_order),
        cmocka_unit_test(an_empty_list_is_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
