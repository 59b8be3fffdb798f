/* webhook/held_view.c: what a view borrows from its source is held as long as the view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_source.h"
#include "webhook/held_view.h"

static void read_holds_until_the_last_reference_is_gone(void **state)
{
    struct fake fake = {.version = 3, .holds = true};
    struct sw_source source = {&fake_live_ops, &fake};
    struct sw_held_view *held, *other;
    uint64_t version;

    (void)state;
    assert_int_equal(sw_held_view_read(&source, SW_STR("east"), &held, &version, NULL), 0);
    assert_int_equal(version, 3);
    other = sw_held_view_ref(held);
    sw_held_view_unref(held);
    assert_int_equal(fake.n_held, 1);
    sw_held_view_unref(other);
    assert_int_equal(fake.n_held, 0);
}

static void read_that_fails_holds_nothing(void **state)
{
    struct fake fake = {.holds = true, .fill_error = "no"};
    struct sw_source source = {&fake_ops, &fake};
    struct sw_held_view *held;
    uint64_t version;

    (void)state;
    assert_int_equal(sw_held_view_read(&source, SW_STR("east"), &held, &version, NULL),
                     SW_ESYNTAX);
    assert_int_equal(fake.n_held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_holds_until_the_last_reference_is_gone),
        cmocka_unit_test(read_that_fails_holds_nothing),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
