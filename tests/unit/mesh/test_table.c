/* pkg/mesh/table.c: typed objects that come, change and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/table.h"
#include "json/get.h"

struct item {
    struct sw_meta meta;
    int64_t number;
    bool carried;
};

struct fixture {
    struct sw_table table;
    int n_here, n_arrived;
    bool refuses; /* to let an item arrive */
};

static int read_item(const json_t *object, struct sw_arena *arena, void *item,
                     struct sw_err *reterr)
{
    struct item *read = item;
    int r = sw_meta_read(object, arena, &read->meta, reterr);

    if (r == 0)
        r = sw_get_int(object, "number", NULL, (struct sw_int_range){0, 99}, &read->number, reterr);
    if (r >= 0 && !sw_arena_zalloc(arena, 8 * (size_t)read->number))
        r = sw_err_nomem(reterr);
    return r < 0 ? r : read->number > 0;
}

static void carry(const void *old, void *item)
{
    ((struct item *)item)->carried = ((const struct item *)old)->number == 1;
}

static int arrive(void *context, void *item, struct sw_err *reterr)
{
    struct fixture *f = context;

    (void)item;
    f->n_here++;
    f->n_arrived++;
    return f->refuses ? sw_err_nomem(reterr) : 0;
}

static void leave(void *context, void *item)
{
    (void)item;
    ((struct fixture *)context)->n_here--;
}

static const struct sw_table_kind kind = {
    sizeof(struct item), 256, read_item, carry, arrive, leave};

static bool is_same(const void *old, const void *item)
{
    return ((const struct item *)old)->number == ((const struct item *)item)->number;
}

static const struct sw_table_kind kind_with_same = {
    sizeof(struct item), 256, read_item, carry, arrive, leave, is_same};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->table.kind = &kind;
    f->table.context = f;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    int n_here;

    sw_table_release(&f->table);
    n_here = f->n_here;
    free(f);
    return n_here;
}

static int put(struct fixture *f, const char *name, const char *version, int number,
               uint32_t picture)
{
    json_t *object = json_pack("{s:{s:s,s:s},s:i}", "metadata", "name", name, "resourceVersion",
                               version, "number", number);
    int r = sw_table_put(&f->table, object, picture, NULL);

    json_decref(object);
    return r;
}

static const struct item *find(struct fixture *f, const char *name)
{
    return sw_table_find(&f->table, (struct sw_str){NULL, 0}, sw_str_from(name));
}

static void the_last_one_put_stands(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put(f, "a", "1", 1, 1), 0);
    assert_int_equal(put(f, "a", "2", 2, 1), 0);
    assert_int_equal(put(f, "b", "3", 3, 1), 0);
    assert_int_equal(find(f, "a")->number, 2);
    assert_true(find(f, "a")->carried);
    assert_false(find(f, "b")->carried);
    assert_int_equal(f->n_here, 2);
    assert_int_equal(f->n_arrived, 3);
    sw_table_remove(&f->table, (struct sw_str){NULL, 0}, SW_STR("a"));
    sw_table_remove(&f->table, (struct sw_str){NULL, 0}, SW_STR("a"));
    assert_null(find(f, "a"));
    assert_int_equal(f->n_here, 1);
}

static void a_version_that_is_there_is_only_touched(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put(f, "a", "7", 1, 1), 0);
    assert_int_equal(put(f, "a", "7", 1, 2), 0);
    assert_int_equal(f->n_arrived, 1);
    assert_int_equal(sw_table_sweep(&f->table, 2), 0);
    assert_int_equal(put(f, "a", "", 1, 2), 0);
    assert_int_equal(put(f, "a", "", 1, 2), 0);
    assert_int_equal(f->n_arrived, 3);
}

static void one_that_says_the_same_is_only_touched(void **state)
{
    struct fixture *f = *state;

    f->table.kind = &kind_with_same;
    assert_int_equal(put(f, "a", "7", 1, 1), 0);
    assert_int_equal(put(f, "a", "8", 1, 2), 0);
    assert_int_equal(f->n_arrived, 1);
    assert_int_equal(sw_table_sweep(&f->table, 2), 0);
    assert_int_equal(put(f, "a", "9", 2, 2), 0);
    assert_int_equal(f->n_arrived, 2);
    assert_int_equal(find(f, "a")->number, 2);
    assert_int_equal(f->n_here, 1);
}

/* The arena that it is read into has 256 bytes, of which it takes 8 x number and its name. */
static void an_item_takes_what_it_needs(void **state)
{
    struct fixture *f = *state;
    size_t small, large;

    assert_int_equal(put(f, "a", "1", 1, 1), 0);
    small = sw_table_bytes(&f->table);
    assert_int_equal(put(f, "b", "2", 11, 1), 0);
    large = sw_table_bytes(&f->table) - small;
    assert_int_equal(large - small, 80);
    assert_int_equal(find(f, "b")->number, 11);
    sw_table_remove(&f->table, (struct sw_str){NULL, 0}, SW_STR("b"));
    assert_int_equal(sw_table_bytes(&f->table), small);
}

static void one_that_nobody_wants_any_more_leaves(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put(f, "a", "1", 0, 1), 0);
    assert_null(find(f, "a"));
    assert_int_equal(put(f, "a", "2", 1, 1), 0);
    assert_int_equal(put(f, "a", "3", 0, 1), 0);
    assert_null(find(f, "a"));
}

static void one_that_cannot_be_read_leaves_the_old_one(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put(f, "a", "1", 1, 1), 0);
    assert_int_equal(put(f, "a", "2", 100, 1), SW_ETYPE);
    assert_int_equal(find(f, "a")->number, 1);
}

static void one_that_cannot_arrive_is_not_kept(void **state)
{
    struct fixture *f = *state;

    f->refuses = true;
    assert_int_equal(put(f, "a", "1", 1, 1), SW_ENOMEM);
    assert_null(find(f, "a"));
    assert_int_equal(f->n_here, 0);
    assert_int_equal(sw_table_bytes(&f->table), 0);
}

static void a_sweep_takes_what_the_picture_did_not_show(void **state)
{
    struct fixture *f = *state;
    const struct item *item;
    size_t n = 0;

    assert_int_equal(put(f, "a", "1", 1, 1), 0);
    assert_int_equal(put(f, "b", "1", 1, 1), 0);
    assert_int_equal(put(f, "c", "1", 1, 2), 0);
    sw_table_touch(&f->table, (struct sw_str){NULL, 0}, SW_STR("b"), 2);
    sw_table_touch(&f->table, (struct sw_str){NULL, 0}, SW_STR("never-seen"), 2);
    assert_int_equal(sw_table_sweep(&f->table, 2), 1);
    for (item = sw_table_next(&f->table, NULL); item; item = sw_table_next(&f->table, item))
        n++;
    assert_int_equal(n, 2);
    assert_null(find(f, "a"));
    assert_true(sw_table_bytes(&f->table) > 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_one_put_stands),
        TEST(a_version_that_is_there_is_only_touched),
        TEST(one_that_says_the_same_is_only_touched),
        TEST(an_item_takes_what_it_needs),
        TEST(one_that_nobody_wants_any_more_leaves),
        TEST(one_that_cannot_be_read_leaves_the_old_one),
        TEST(one_that_cannot_arrive_is_not_kept),
        TEST(a_sweep_takes_what_the_picture_did_not_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
