/* certs/memory.c: since when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "certs/memory.h"
#include "maker.h"

struct fixture {
    struct sw_cert_list cas, one, two;
    const struct sw_cert_list *bundles[2];
    struct sw_cert_state state;
    struct sw_cert_memory memory;
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){.bundles = {&f.one, &f.two}};
    maker_push(&f.cas, maker_made_up("a", NOW_S, DAY_S));
    maker_push(&f.cas, maker_made_up("b", NOW_S, DAY_S));
    f.state = (struct sw_cert_state){
        .now_s = NOW_S,
        .cas = &f.cas,
        .bundles = f.bundles,
        .n_bundles = 2,
        .leaf = {.set = true, .ca = 1},
    };
    for (size_t i = 0; i < 2; i++) {
        maker_push(&f.one, f.cas.items[i]);
        maker_push(&f.two, f.cas.items[i]);
    }
    return 0;
}

static void look(int64_t now_ms, int64_t trusted_ms, int64_t served_ms)
{
    sw_cert_memory_note(&f.memory, now_ms, &f.state);
    assert_int_equal(f.state.trusted_ms, trusted_ms);
    assert_int_equal(f.state.served_ms, served_ms);
}

static void time_passes_while_all_is_the_same(void **state)
{
    (void)state;
    look(1000, 0, 0);
    look(6000, 5000, 5000);
    look(7000, 6000, 6000);
}

static void a_bundle_without_the_signer_begins_anew(void **state)
{
    (void)state;
    look(1000, 0, 0);
    f.two.n = 0;
    look(2000, -1, 1000);
    setup(NULL);
    look(3000, 0, 0);
}

static void what_was_away_at_one_look_begins_anew(void **state)
{
    (void)state;
    look(1000, 0, 0);
    f.one.n = 0;
    f.state.leaf.set = false;
    look(2000, -1, -1);
    f.one.n = 2;
    f.state.leaf.set = true;
    look(3000, 0, 0);
    look(4000, 1000, 1000);
}

static void another_signer_begins_anew(void **state)
{
    (void)state;
    look(1000, 0, 0);
    f.state.signer = 1;
    look(2000, 0, 1000);
    f.state.signer = f.cas.n;
    look(3000, -1, 2000);
}

static void another_leaf_of_the_same_authority_goes_on(void **state)
{
    (void)state;
    look(1000, 0, 0);
    f.state.leaf.not_after_s += 7;
    look(2000, 1000, 1000);
    f.state.leaf.ca = 0;
    look(3000, 2000, 0);
}

static void without_webhooks_all_of_them_trust(void **state)
{
    (void)state;
    f.state.n_bundles = 0;
    look(1000, 0, 0);
    look(2000, 1000, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
        TEST(time_passes_while_all_is_the_same),
        TEST(a_bundle_without_the_signer_begins_anew),
        TEST(what_was_away_at_one_look_begins_anew),
        TEST(another_signer_begins_anew),
        TEST(another_leaf_of_the_same_authority_goes_on),
        TEST(without_webhooks_all_of_them_trust),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
