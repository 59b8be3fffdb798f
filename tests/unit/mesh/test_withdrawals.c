/* pkg/mesh/withdrawals.c: since when a host is on its way out. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/check.h"

#include "mesh/withdrawals.h"

static uint64_t since(struct mesh *mesh, const char *gateway, const char *host, uint64_t now_ms)
{
    struct sw_err err = {0};
    uint64_t since_ms = 0;

    assert_int_equal(sw_withdrawals_since(&mesh->withdrawals, sw_str_from(gateway),
                                          sw_str_from(host), now_ms, &since_ms, &err),
                     0);
    return since_ms;
}

static void since_is_the_first_time(void **state)
{
    assert_int_equal(since(*state, "gw", "a", 5), 5);
    assert_int_equal(since(*state, "gw", "a", 9), 5);
    assert_int_equal(since(*state, "gw", "b", 9), 9);
    assert_int_equal(since(*state, "g", "wa", 10), 10); /* told apart from gw, a */
}

static void sweep_forgets_what_was_not_asked_for(void **state)
{
    struct mesh *mesh = *state;

    since(mesh, "gw", "a", 5);
    since(mesh, "gw", "b", 5);
    sw_withdrawals_sweep(&mesh->withdrawals);
    since(mesh, "gw", "b", 6);
    sw_withdrawals_sweep(&mesh->withdrawals);
    assert_int_equal(since(mesh, "gw", "a", 7), 7);
    assert_int_equal(since(mesh, "gw", "b", 7), 5);
}

static void many_are_kept_apart(void **state)
{
    char host[8] = "host-aa";

    for (int i = 0; i < 100; i++) {
        host[5] = (char)('a' + i / 10);
        host[6] = (char)('a' + i % 10);
        assert_int_equal(since(*state, "gw", host, (uint64_t)i + 1), i + 1);
    }
    assert_int_equal(since(*state, "gw", "host-ab", 1000), 2);
    sw_withdrawals_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(since_is_the_first_time),
        MESH_TEST(sweep_forgets_what_was_not_asked_for),
        MESH_TEST(many_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
