/* pkg/model/peerauth.c: whether a namespace takes mTLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/peerauth.h"

static struct sw_peerauth auth_of(struct sw_world *world, const char *spec)
{
    struct sw_peerauth auth = {0};
    struct sw_err err = {0};

    if (sw_peerauth_read(sw_world_jsonf(world, "{'spec':%s}", spec), &world->arena, &auth, &err) <
        0)
        fail_msg("%s", err.message);
    return auth;
}

static void read_knows_every_mode(void **state)
{
    static const struct {
        const char *spec;
        enum sw_mtls_mode mode;
    } rows[] = {
        {"{'mtls':{'mode':'DISABLE'}}", SW_MTLS_DISABLE},
        {"{'mtls':{'mode':'PERMISSIVE'}}", SW_MTLS_PERMISSIVE},
        {"{'mtls':{'mode':'STRICT'}}", SW_MTLS_STRICT},
        {"{'mtls':{'mode':'UNSET'}}", SW_MTLS_UNSET},
        {"{'mtls':{}}", SW_MTLS_UNSET},
        {"{}", SW_MTLS_UNSET},
        {"null", SW_MTLS_UNSET},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(auth_of(*state, rows[i].spec).mode, rows[i].mode);
}

static void read_takes_the_selector(void **state)
{
    struct sw_peerauth auth = auth_of(*state, "{'selector':{'matchLabels':{'app':'cart'}}}");

    sw_check_labels(&auth.selector, "app=cart");
    assert_int_equal(auth_of(*state, "{'selector':{}}").selector.n, 0);
}

static void read_refuses_another_mode_or_type(void **state)
{
    struct sw_world *world = *state;
    struct sw_peerauth auth = {.mode = SW_MTLS_STRICT};
    struct sw_err err = {0};

    sw_check_err(sw_peerauth_read(sw_world_json(world, "{'spec':{'mtls':{'mode':'strict'}}}"),
                                  &world->arena, &auth, &err),
                 &err, SW_ETYPE,
                 "spec.mtls.mode: expected UNSET, DISABLE, PERMISSIVE or STRICT, found 'strict'");
    sw_check_err(sw_peerauth_read(sw_world_json(world, "{'spec':{'selector':[]}}"), &world->arena,
                                  &auth, &err),
                 &err, SW_ETYPE, "spec.selector: expected an object, found an array");
    assert_int_equal(auth.mode, SW_MTLS_STRICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_knows_every_mode),
        SW_WORLD_TEST(read_takes_the_selector),
        SW_WORLD_TEST(read_refuses_another_mode_or_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
