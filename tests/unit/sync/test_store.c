/* pkg/sync/store.c: what a picture leaves, what changes, and who holds what. */
#include "store_fixture.h"

static void put_adds_and_replaces(void **state)
{
    put(*state, "a", "1");
    put(*state, "b", "1");
    put(*state, "a", "2");
    assert_holds(*state, "a=2 b=1");
}

static void remove_takes_away_what_is_there(void **state)
{
    put(*state, "a", "1");
    put(*state, "b", "1");
    remove_name(*state, "a");
    remove_name(*state, "never-seen");
    assert_holds(*state, "b=1");
}

static void end_removes_what_the_picture_did_not_show(void **state)
{
    struct fixture *f = *state;

    put(f, "a", "1");
    put(f, "b", "1");
    begin(f);
    put(f, "b", "2");
    assert_holds(f, "a=1 b=2");
    end(f);
    assert_holds(f, "b=2");
}

static void begin_again_forgets_half_a_picture(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", "1");
    put(f, "b", "1");
    begin(f);
    put(f, "b", "1");
    end(f);
    assert_holds(f, "b=1");
}

static void changes_are_counted(void **state)
{
    struct fixture *f = *state;
    uint64_t before;

    begin(f);
    put(f, "a", "1");
    end(f);
    before = sw_store_stats(f->store)->n_changes;
    remove_name(f, "b");
    begin(f);
    assert_int_equal(sw_store_stats(f->store)->n_changes, before);
    end(f);
    assert_true(sw_store_stats(f->store)->n_changes > before);
}

static void a_lease_holds_what_was_replaced_or_removed(void **state)
{
    struct fixture *f = *state;
    const struct sw_view *view;

    put(f, "a", "1");
    put(f, "b", "1");
    view = look(f);
    put(f, "a", "2");
    remove_name(f, "b");
    assert_int_equal(view->n_services, 2);
    assert_true(sw_str_is(view->services[1]->meta.name, "b"));
    assert_int_equal(view->services[0]->n_ports, 1);
}

static void a_lease_outlives_its_store(void **state)
{
    struct fixture *f = *state;
    const struct sw_view *view;

    put(f, "a", "1");
    view = look(f);
    sw_store_free(f->store);
    f->store = NULL;
    assert_true(sw_str_is(view->services[0]->meta.name, "a"));
}

static void two_leases_hold_one_object(void **state)
{
    struct fixture *f = *state;
    struct sw_store_lease *other;
    struct sw_view_builder builder;

    put(f, "a", "1");
    look(f);
    sw_view_builder_init(&builder, (struct sw_view_source){.cluster = SW_STR("x")}, &f->arena);
    assert_int_equal(sw_store_lease(f->store, &builder, &other, NULL), 0);
    remove_name(f, "a");
    sw_store_lease_free(other);
    assert_true(sw_str_is(f->view.services[0]->meta.name, "a"));
}

static void many_objects_are_found_again(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        put(f, name, "1");
    }
    assert_int_equal(sw_store_stats(f->store)->n_objects, 5000);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        remove_name(f, name);
    }
    assert_int_equal(sw_store_stats(f->store)->n_objects, 0);
}

static void without_memory_for_the_view_nothing_is_held(void **state)
{
    struct fixture *f = *state;
    struct sw_store_lease *lease = NULL;
    struct sw_view_builder builder;
    struct sw_arena small;

    put(f, "a", "1");
    sw_arena_init(&small, 16, 16);
    sw_view_builder_init(&builder, (struct sw_view_source){.cluster = SW_STR("x")}, &small);
    assert_int_equal(sw_store_lease(f->store, &builder, &lease, NULL), SW_ENOMEM);
    assert_null(lease);
    remove_name(f, "a"); /* the sanitizer sees whether it is freed once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(put_adds_and_replaces),
        STORE_TEST(remove_takes_away_what_is_there),
        STORE_TEST(end_removes_what_the_picture_did_not_show),
        STORE_TEST(begin_again_forgets_half_a_picture),
        STORE_TEST(changes_are_counted),
        STORE_TEST(a_lease_holds_what_was_replaced_or_removed),
        STORE_TEST(a_lease_outlives_its_store),
        STORE_TEST(two_leases_hold_one_object),
        STORE_TEST(many_objects_are_found_again),
        STORE_TEST(without_memory_for_the_view_nothing_is_held),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
