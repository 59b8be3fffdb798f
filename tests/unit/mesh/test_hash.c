/* pkg/mesh/hash.c: records that carry their own links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/hash.h"

struct item {
    struct sw_record record;
    int number;
};

static bool item_is(const struct sw_record *record, const void *key)
{
    return ((const struct item *)record)->number == *(const int *)key;
}

static struct item *find(const struct sw_hash *table, int number, uint32_t hash)
{
    return (struct item *)sw_hash_find(table, hash, item_is, &number);
}

static size_t count(const struct sw_hash *table)
{
    size_t n = 0;

    for (const struct sw_record *r = sw_hash_next(table, NULL); r; r = sw_hash_next(table, r))
        n++;
    return n;
}

static void an_empty_table_has_nothing(void **state)
{
    struct sw_hash table = {0};

    (void)state;
    assert_null(find(&table, 1, 1));
    assert_null(sw_hash_next(&table, NULL));
    sw_hash_release(&table);
}

/* The same hash for all: the key decides. */
static void what_is_in_it_is_found_by_its_key(void **state)
{
    struct item items[1000];
    struct sw_hash table = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        items[i].number = i;
        assert_int_equal(sw_hash_insert(&table, &items[i].record, (uint32_t)i % 7, NULL), 0);
    }
    for (int i = 0; i < 1000; i++)
        assert_ptr_equal(find(&table, i, (uint32_t)i % 7), &items[i]);
    assert_null(find(&table, 1000, 1000 % 7));
    assert_null(find(&table, 3, 4));
    assert_int_equal(count(&table), 1000);
    sw_hash_release(&table);
}

static void what_is_removed_while_going_over_it_is_gone(void **state)
{
    struct item items[100];
    struct sw_hash table = {0};
    struct sw_record *record;

    (void)state;
    for (int i = 0; i < 100; i++) {
        items[i].number = i;
        assert_int_equal(sw_hash_insert(&table, &items[i].record, (uint32_t)i * 2654435761U, NULL),
                         0);
    }
    record = sw_hash_next(&table, NULL);
    while (record) {
        struct item *item = (struct item *)record;

        record = sw_hash_next(&table, record);
        if (item->number % 2)
            sw_hash_remove(&table, &item->record);
    }
    assert_int_equal(count(&table), 50);
    assert_int_equal(table.n, 50);
    assert_null(find(&table, 1, 1 * 2654435761U));
    assert_non_null(find(&table, 2, 2 * 2654435761U));
    sw_hash_release(&table);
    assert_int_equal(table.n, 0);
}

static void names_and_namespaces_do_not_run_into_each_other(void **state)
{
    (void)state;
    assert_int_not_equal(sw_hash_of(SW_STR("ab"), SW_STR("c")),
                         sw_hash_of(SW_STR("a"), SW_STR("bc")));
    assert_int_equal(sw_hash_of(SW_STR("ab"), SW_STR("")),
                     sw_hash_of(SW_STR("ab"), (struct sw_str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(what_is_in_it_is_found_by_its_key),
        cmocka_unit_test(what_is_removed_while_going_over_it_is_gone),
        cmocka_unit_test(names_and_namespaces_do_not_run_into_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
