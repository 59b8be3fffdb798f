/* pkg/sync/entries.c: entries by name, and who holds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sync/entries.h"

#define MANY 1000

static int setup(void **state)
{
    static struct sw_entries entries;

    *state = &entries;
    return sw_entries_init(&entries, NULL);
}

static int teardown(void **state)
{
    sw_entries_release(*state);
    return 0;
}

static struct sw_entry **find(struct sw_entries *entries, const char *namespace_, const char *name)
{
    const struct sw_meta meta = {.namespace_ = sw_str_from(namespace_), .name = sw_str_from(name)};

    return sw_entries_find(entries, &(struct sw_object){SW_KIND_SERVICE, &meta, NULL});
}

static struct sw_entry *add(struct sw_entries *entries, const char *namespace_, const char *name)
{
    struct sw_entry *entry = sw_entry_new(256, 4096);
    struct sw_meta *meta;

    assert_non_null(entry);
    meta = sw_arena_zalloc(&entry->arena, sizeof(*meta));
    assert_non_null(meta);
    meta->namespace_ = sw_arena_copy(&entry->arena, sw_str_from(namespace_));
    meta->name = sw_arena_copy(&entry->arena, sw_str_from(name));
    entry->object = (struct sw_object){SW_KIND_SERVICE, meta, NULL};
    assert_null(*find(entries, namespace_, name));
    sw_entries_add(entries, find(entries, namespace_, name), entry);
    return entry;
}

static void an_entry_is_found_by_namespace_and_name(void **state)
{
    struct sw_entries *entries = *state;
    struct sw_entry *a = add(entries, "shop", "a"), *b = add(entries, "sho", "pa");

    assert_ptr_equal(*find(entries, "shop", "a"), a);
    assert_ptr_equal(*find(entries, "sho", "pa"), b);
    assert_null(*find(entries, "shop", "b"));
    assert_int_equal(entries->n, 2);
}

static void bytes_are_those_of_the_entries_that_are_there(void **state)
{
    struct sw_entries *entries = *state;
    size_t both = sw_entry_bytes(add(entries, "n", "a")) + sw_entry_bytes(add(entries, "n", "b"));

    assert_true(both > 2 * (sizeof(struct sw_entry) + sizeof(struct sw_meta)));
    assert_int_equal(entries->n_bytes, both);
    sw_entries_remove(entries, find(entries, "n", "a"));
    assert_int_equal(entries->n_bytes, sw_entry_bytes(*find(entries, "n", "b")));
    sw_entries_remove(entries, find(entries, "n", "b"));
    assert_int_equal(entries->n_bytes, 0);
    assert_int_equal(entries->n, 0);
}

static void one_that_is_held_outlives_its_removal(void **state)
{
    struct sw_entries *entries = *state;
    struct sw_entry *held = add(entries, "n", "a");

    held->holders++;
    sw_entries_remove(entries, find(entries, "n", "a"));
    assert_null(*find(entries, "n", "a"));
    assert_true(sw_str_is(held->object.meta->name, "a"));
    sw_entry_drop(held);
}

static void many_are_found_while_the_table_grows(void **state)
{
    struct sw_entries *entries = *state;
    char name[16];

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        add(entries, "n", name);
    }
    assert_int_equal(entries->n, MANY);
    assert_true(entries->n_buckets >= MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        assert_non_null(*find(entries, "n", name));
        sw_entries_remove(entries, find(entries, "n", name));
        assert_null(*find(entries, "n", name));
    }
    assert_int_equal(entries->n, 0);
}

#define ENTRIES_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRIES_TEST(an_entry_is_found_by_namespace_and_name),
        ENTRIES_TEST(bytes_are_those_of_the_entries_that_are_there),
        ENTRIES_TEST(one_that_is_held_outlives_its_removal),
        ENTRIES_TEST(many_are_found_while_the_table_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
