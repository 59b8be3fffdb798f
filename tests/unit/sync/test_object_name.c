/* pkg/sync/object_name.c: the name of an object that is not read otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/object_name.h"

static void check(const char *text, const char *namespace_, const char *name)
{
    struct sw_str found_namespace = SW_STR("x"), found_name = SW_STR("x");

    assert_int_equal(sw_object_name_read(sw_str_from(text), &found_namespace, &found_name, NULL),
                     0);
    assert_true(sw_str_is(found_namespace, namespace_));
    assert_true(sw_str_is(found_name, name));
}

static void check_fails(const char *text, int code)
{
    struct sw_str found_namespace = SW_STR("x"), found_name = SW_STR("y");

    assert_int_equal(sw_object_name_read(sw_str_from(text), &found_namespace, &found_name, NULL),
                     code);
    assert_true(sw_str_is(found_namespace, "x"));
    assert_true(sw_str_is(found_name, "y"));
}

static void name_and_namespace_are_found(void **state)
{
    (void)state;
    check("{\"spec\":{\"name\":\"no\"},\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\"}}",
          "shop", "cart");
    check("{\"metadata\":{\"name\":\"n1\"}}", "", "n1");
    check("{\"metadata\":{\"name\":\"n1\",\"namespace\":null}}", "", "n1");
}

static void deep_objects_have_a_name_too(void **state)
{
    static char text[20000];
    size_t depth = 9000, n = 0;
    const char *const head = "{\"a\":", *const tail = ",\"metadata\":{\"name\":\"deep\"}}";

    (void)state;
    memcpy(text, head, strlen(head));
    n = strlen(head);
    memset(text + n, '[', depth);
    memset(text + n + depth, ']', depth);
    memcpy(text + n + 2 * depth, tail, strlen(tail) + 1);
    check(text, "", "deep");
}

static void an_object_without_a_name_is_refused(void **state)
{
    (void)state;
    check_fails("{}", SW_ETYPE);
    check_fails("{\"metadata\":{\"name\":\"\"}}", SW_ETYPE);
    check_fails("{\"metadata\":{\"name\":1}}", SW_ETYPE);
    check_fails("{\"metadata\":{\"name\":\"a\"", SW_ESYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_and_namespace_are_found),
        cmocka_unit_test(deep_objects_have_a_name_too),
        cmocka_unit_test(an_object_without_a_name_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
