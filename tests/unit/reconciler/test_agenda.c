/* reconciler/agenda.c: which plans are due when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reconciler/agenda.h"

static struct sw_arena arena;
static struct sw_agenda agenda;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 1024, 1 << 20);
    agenda = (struct sw_agenda){.next_ms = 0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_agenda_release(&agenda);
    sw_arena_release(&arena);
    return 0;
}

static void add(const char *name, int64_t at_ms, bool together)
{
    struct sw_plan_key key = {SW_STR("shop"), sw_str_from(name)};

    assert_int_equal(sw_agenda_add(&agenda, key, at_ms, together, NULL), 0);
}

/* How many are taken, and whether the one of that name is among them. */
static size_t take(int64_t now_ms, bool any, const char *name)
{
    struct sw_agenda_due due;
    bool found = false;

    assert_int_equal(sw_agenda_take(&agenda, now_ms, any, &arena, &due, NULL), 0);
    for (size_t i = 0; i < due.n; i++)
        found = found || sw_str_is(due.keys[i].name, name);
    assert_true(found || !name);
    return due.n;
}

static void nothing_is_never_due(void **state)
{
    (void)state;
    assert_int_equal(sw_agenda_next(&agenda), INT64_MAX);
    assert_int_equal(take(1000, true, NULL), 0);
}

static void what_is_due_is_taken_once(void **state)
{
    (void)state;
    add("a", 100, false);
    add("b", 200, false);
    assert_int_equal(sw_agenda_next(&agenda), 100);
    assert_int_equal(take(99, false, NULL), 0);
    assert_int_equal(take(100, false, "a"), 1);
    assert_int_equal(sw_agenda_next(&agenda), 200);
    assert_int_equal(take(150, false, NULL), 0);
    assert_int_equal(take(500, false, "b"), 1);
    assert_int_equal(sw_agenda_next(&agenda), INT64_MAX);
}

static void the_earliest_time_of_one_plan_counts(void **state)
{
    (void)state;
    add("a", 300, false);
    add("a", 100, false);
    add("a", 200, false);
    assert_int_equal(take(99, false, NULL), 0);
    assert_int_equal(take(100, false, "a"), 1);
    assert_int_equal(sw_agenda_next(&agenda), INT64_MAX);
}

static void a_plan_without_a_name_is_one_too(void **state)
{
    const struct sw_plan_key gateways = {{NULL, 0}, {NULL, 0}};

    (void)state;
    assert_int_equal(sw_agenda_add(&agenda, gateways, 100, false, NULL), 0);
    assert_int_equal(take(100, false, ""), 1);
}

static void what_belongs_together_is_taken_together(void **state)
{
    (void)state;
    add("a", 1000, true);
    add("b", 2000, true);
    add("c", 3000, false);
    assert_int_equal(take(500, false, NULL), 0);
    assert_int_equal(take(1000, false, "b"), 2);
    add("a", 2000, true);
    assert_int_equal(take(1500, true, "a"), 1); /* others are planned */
    assert_int_equal(sw_agenda_next(&agenda), 3000);
}

static void clear_forgets_everything(void **state)
{
    (void)state;
    add("a", 100, true);
    sw_agenda_clear(&agenda);
    assert_int_equal(sw_agenda_next(&agenda), INT64_MAX);
    add("b", 400, false);
    assert_int_equal(sw_agenda_next(&agenda), 400);
    assert_int_equal(take(300, true, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_never_due),
        TEST(what_is_due_is_taken_once),
        TEST(the_earliest_time_of_one_plan_counts),
        TEST(a_plan_without_a_name_is_one_too),
        TEST(what_belongs_together_is_taken_together),
        TEST(clear_forgets_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
